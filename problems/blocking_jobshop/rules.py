"""Classic dispatching rules for the blocking job shop; of the jobs that wait for a machine the largest priority enters.

Sources: Panwalkar and Iskander (1977), A survey of scheduling rules, Operations Research 25(1), for all but the last
two. UNBLOCK frees machines that others wait for first; JOBID takes the first job, whatever it is.
"""

from problems.blocking_jobshop.features import FEATURES

HEAD = f"def priority({', '.join(FEATURES)}):\n"

BODIES = {
    "MWKR": "return work_remaining",
    "SPT": "return -p",
    "LPT": "return p",
    "LWKR": "return -work_remaining",
    "MOPNR": "return ops_remaining",
    "LOPNR": "return -ops_remaining",
    "FIFO": "return waited",
    "MWKR/P": "return work_remaining / max(p, 1.0)",
    "UNBLOCK": "return held_work",
    "JOBID": "return 0.0",
}

SEEDS = {name: f"{HEAD}    {body}\n" for name, body in BODIES.items()}
