"""What a stand-alone module takes along to sequence jobs by a rule for the next one."""

from problems.base import AnyArray, Arrays, Heuristic
from problems.tardiness.reading import EXAMPLES, FORM, MEASURE, MEASURE_TEXT, SOLUTION, objective, read, show
from problems.tardiness.sequencer import build

__all__ = ["EXAMPLES", "FORM", "MEASURE", "MEASURE_TEXT", "SOLUTION", "objective", "read", "show", "solve"]


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the rule builds.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself.
    """
    return {"order": build(address, instance["p"], instance["d"])}
