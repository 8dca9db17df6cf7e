"""The classic dispatching rules, as heuristics that can be evolved; the operation of the largest priority goes first.

Sources: Panwalkar and Iskander (1977), Operations Research 25, for the rules up to FDD/MWKR; Vepsalainen and Morton
(1987), Management Science 33, for ATC; Holthaus and Rajendran (1997), International Journal of Production Economics
48, for those that look at the next queue. ATC works towards a common due date, the lower bound on the makespan.

Where a rule adds or divides, times are relative to the mean processing time, as usual where rules are combined; that
changes nothing but which of equal values rounding makes the larger, and gives the figures that the tests compare.
"""

from problems.jobshop.features import FEATURES

HEAD = f"def priority({', '.join(FEATURES)}):\n"

BODIES = {
    "MWKR": "return work_remaining",
    "SPT": "return -p",
    "LPT": "return p",
    "LWKR": "return -work_remaining",
    "MOPNR": "return ops_remaining",
    "LOPNR": "return -ops_remaining",
    "FIFO": "return -ready",
    "FDD/MWKR": "return -(work_done + p) / max(work_remaining, 1.0)",
    "SPT/TWKR": "return -(p / mean_p) / max((work_done + work_remaining) / mean_p, 1e-9)",
    "LTPT": "return work_remaining - p",
    "LSO": "return p_next",
    "WINQ": "return -next_queue_work",
    "2PT+WINQ+NPT": "return -(2.0 * (p / mean_p) + next_queue_work / mean_p + p_next / mean_p)",
    "SPT+SSO": "return -(p / mean_p + p_next / mean_p)",
    "ATC": "slack = max(lower_bound - now - work_remaining, 0.0)\n"
    "    return math.exp(-slack / (3.0 * max(mean_p, 1.0))) / max(p, 1.0)",
    "MWKR/P": "return work_remaining / max(p, 1.0)",
}

SEEDS = {
    name: ("import math\n\n\n" if "math." in body else "") + f"{HEAD}    {body}\n" for name, body in BODIES.items()
}
