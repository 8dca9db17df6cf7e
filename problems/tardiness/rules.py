"""The published rules among the heuristics, as rules for the next job; sources as in `problems.tardiness.sequences`.

Ties go by processing time or due date as they do there, which takes a fraction below the
smallest difference between two due dates.
"""

from problems.tardiness.features import FEATURES

HEAD = f"def priority({', '.join(FEATURES)}):\n"
_SHORTER = "p / (longest_p + 1.0)"

BODIES = {
    "MDD": f"return -max(now + p, due) - {_SHORTER}",
    "EDD": f"return -due - {_SHORTER}",
    "SPT": "return -p",
    "slack": "return -slack",
    "COVERT": "urgency = max(0.0, 1.0 - max(slack, 0.0) / (2.0 * max(p, 1.0))) / max(p, 1.0)\n"
    f"    return urgency if urgency > 0.0 else -due - {_SHORTER}",
    "ATC": "return math.exp(-max(slack, 0.0) / (2.0 * max(mean_p, 1.0))) / max(p, 1.0)",
    "MDDC": "share = min(1.0, p / max(now + longest_p, 1.0))\n"
    "    bonus = share**2 / (1.0 + share**2)\n"
    "    return -max(1.1 * p + now, due) * (1.0 + bonus) - p / max(now + mean_p, 1.0)",
}

SEEDS = {
    name: ("import math\n\n\n" if "math." in body else "") + f"{HEAD}    {body}\n" for name, body in BODIES.items()
}
