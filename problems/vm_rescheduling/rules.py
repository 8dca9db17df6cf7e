"""Rules for rescheduling VMs, as heuristics that can be evolved; the move of the largest value above 0 is made.

"HA" is the greedy rule with which X. Ding et al. (2025), Towards VM rescheduling optimization through deep
reinforcement learning, EuroSys, compare: the move that lowers the fragment rate most. "alpha-VBPP" follows the one
they name so, vector bin packing of alpha VMs at a time: the VM goes that leaves the smallest fragments behind, and
then to the tightest place, as by R. Panigrahy et al. (2011), Heuristics for vector bin packing. Theirs takes alpha VMs
out before it places them; here, alpha is 1. "HA, best fit" prefers, of equally good moves, the one with the least rest
at its destination. "look-ahead" also values to come closer to a slot.
"""

from problems.vm_rescheduling.features import FEATURES

HEAD = f"def value({', '.join(FEATURES)}):\n"

BODIES = {
    "HA": "return gain - loss",
    "HA, best fit": "return gain - loss - 0.01 * to_rest_after if gain > loss else 0.0",
    "alpha-VBPP": """\
left = to_free - size if nodes == 1.0 else to_free + to_other - 2.0 * size
    if gain <= loss:
        return 0.0
    return 100.0 + from_rest - from_rest_after - 0.01 * left""",
    "look-ahead": """\
closer = from_steps - from_steps_after if gain == 0.0 else 0.0
    net = gain - loss
    if net < 0.0 or net == 0.0 and (closer <= 0.0 or moves_left < from_steps):
        return 0.0
    return 100.0 * net + 10.0 * closer - from_steps_after - 0.1 * to_rest_after""",
}

SEEDS = {name: f"{HEAD}    {body}\n" for name, body in BODIES.items()}
