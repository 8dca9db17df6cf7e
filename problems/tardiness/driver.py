"""What a stand-alone module takes along to sequence jobs by a heuristic that returns the whole sequence."""

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.tardiness.reading import EXAMPLES, FORM, MEASURE, MEASURE_TEXT, SOLUTION, objective, read, show
from problems.tardiness.sequencer import sequence

__all__ = ["EXAMPLES", "FORM", "MEASURE", "MEASURE_TEXT", "SOLUTION", "objective", "read", "show", "solve"]


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the heuristic makes.

    Args:
        instance: As `read` returns it.
        address: Of the heuristic's native code, where it is compiled by itself.
    """
    return {"order": np.asarray(sequence(address, instance["p"], instance["d"]), np.int64)}
