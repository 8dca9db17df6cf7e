"""What a stand-alone module takes along to schedule blocking job shops by a rule."""

from math import ceil

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.blocking_jobshop.builder import build
from problems.blocking_jobshop.shutdowns import draw, ends
from problems.jobshop.driver import EXAMPLES, show_starts
from problems.jobshop.loaders import parse

__all__ = ["EXAMPLES", "FORM", "MEASURE", "MEASURE_TEXT", "SOLUTION", "objective", "read", "show", "solve"]

FORM = """\
A job shop as text, in the standard layout of JSPLIB and the OR-Library: jobs and machines on one line, then a line for
each job with machine (from 0) and duration of each operation in turn. Taillard's layout is understood too. When
machines are shut down is drawn from the numbers of the instance, as it was where the heuristic was found."""
MEASURE = "makespan"
MEASURE_TEXT = "the time at which the last operation ends, in the instance's time unit"
SOLUTION = "`starts`: (jobs, machines) start time of each job's operations, in the order of the job"
PROBABILITY = 0.1
"""That a machine is shut down in a period."""
LIMIT: int | str = "none"
"""How many jobs may stand on machines at once: a number, "2m/3" for two thirds of the machines, or "none"."""


def read(text: str, name: str) -> dict[str, AnyArray]:
    """Return an instance from a text.

    Args:
        text: See `FORM`.
        name: What messages call it.

    Raises:
        ValueError: The text is no such instance.
    """
    durations, machines = parse(text, name)
    down, period = draw(durations, machines, PROBABILITY)
    return {"durations": durations, "machines": machines, "down": down, "period": np.array([period])}


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the rule builds.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself.
    """
    jobs, count = instance["durations"].shape
    limit = jobs if LIMIT == "none" else ceil(2 * count / 3) if LIMIT == "2m/3" else int(LIMIT)
    period = int(instance["period"][0])
    return {"starts": build(address, instance["durations"], instance["machines"], instance["down"], period, limit)}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the makespan, in the instance's time unit."""
    return float(ends_of(instance, solution).max())


def ends_of(instance: Arrays, solution: Arrays) -> AnyArray:
    """Return (jobs, machines) when each operation ends; while its machine is shut down, it stops."""
    starts = np.asarray(solution["starts"], np.int64)
    return ends(instance["down"], int(instance["period"][0]), instance["machines"], starts, instance["durations"])


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a schedule as text: a line for each machine, with job, start and end of each operation."""
    return show_starts(instance["machines"], solution["starts"], ends_of(instance, solution))
