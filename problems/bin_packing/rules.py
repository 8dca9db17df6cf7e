"""Published rules for online bin packing, as heuristics that can be evolved; the bin of the largest value is chosen.

Sources: D. S. Johnson (1974), Fast algorithms for bin packing, Journal of Computer and System Sciences 8, 272-314, for
the first five; B. Romera-Paredes et al. (2024), Mathematical discoveries from program search with large language
models, Nature 625, 468-475, and the notebook published with it, for the formulas of the two called FunSearch. Theirs
see many empty bins at once; of these, the second is worth 0 in the formula for Weibull sizes. Here one stands for all.
"""

from problems.bin_packing.features import FEATURES

PARAMETERS = ", ".join(FEATURES)

FUNSEARCH_OR = f"""\
def priority({PARAMETERS}):
    gap = remaining - item
    if gap <= 2.0:
        return 4.0
    if gap <= 3.0:
        return 3.0
    if gap <= 5.0:
        return 2.0
    if gap <= 7.0:
        return 1.0
    if gap <= 9.0:
        return 0.9
    if gap <= 12.0:
        return 0.95
    if gap <= 15.0:
        return 0.97
    return 0.98 if gap <= 21.0 else 0.99
"""

FUNSEARCH_WEIBULL = f"""\
def worth(item, room, capacity):
    value = (room - capacity) ** 2 / item + room**2 / item**2 + room**2 / item**3
    return -value if room > item else value


def priority({PARAMETERS}):
    value = worth(item, remaining, capacity)
    if previous > 0.0:
        value -= worth(item, previous, capacity)
    return max(value, 0.0) if inside == 0.0 else value
"""

EXPRESSIONS = {
    "BestFit": "item - remaining",
    "FirstFit": "-number",
    "WorstFit": "remaining if inside > 0.0 else 0.0",
    "LastFit": "number if inside > 0.0 else -1.0",
    "NextFit": "2.0 if number == opened - 1.0 else 1.0 if inside == 0.0 else 0.0",
}

SEEDS = {
    name: f"def priority({PARAMETERS}):\n    return {expression}\n" for name, expression in EXPRESSIONS.items()
} | {"FunSearch OR": FUNSEARCH_OR, "FunSearch Weibull": FUNSEARCH_WEIBULL}
