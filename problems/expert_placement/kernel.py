"""Calls a compiled placement heuristic."""

from numba import njit

from problems.expert_placement.rules import SIGNATURE
from problems.native import caller

place_of = caller(SIGNATURE)


@njit(SIGNATURE.replace("(", "(intp, ", 1), cache=True)
def place(address, loads, old, slots, groups, nodes, gpus):  # type: ignore[no-untyped-def]
    """Return the placement of the heuristic at a native address; the other arguments are the heuristic's own."""
    return place_of(address, (loads, old, slots, groups, nodes, gpus))
