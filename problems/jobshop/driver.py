"""What a stand-alone module takes along to schedule job shops by a rule."""

from problems.base import AnyArray, Arrays, Heuristic
from problems.jobshop.builder import build
from problems.jobshop.loaders import parse

FORM = """\
A job shop as text, in the standard layout of JSPLIB and the OR-Library: jobs and machines on one line, then a line for
each job with machine (from 0) and duration of each operation in turn. Taillard's layout is understood too."""
MEASURE = "makespan"
MEASURE_TEXT = "the time at which the last operation ends, in the instance's time unit"
SOLUTION = "`starts`: (jobs, machines) start time of each job's operations, in the order of the job"
DELAY = 0.0
"""How long a machine may be kept waiting: 0 builds non-delay schedules, 1 active ones."""
EXAMPLES = (
    "3 3\n0 3 1 2 2 2\n0 2 2 1 1 4\n1 4 2 3 0 1\n",
    """\
6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
""",
)
"""The second is FT06 of Fisher and Thompson (1963)."""


def read(text: str, name: str) -> dict[str, AnyArray]:
    """Return an instance from a text.

    Args:
        text: See `FORM`.
        name: What messages call it.

    Raises:
        ValueError: The text is no such instance.
    """
    durations, machines = parse(text, name)
    return {"durations": durations, "machines": machines}


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the rule builds.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself.
    """
    return {"starts": build(address, DELAY, instance["durations"], instance["machines"])}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the makespan, in the instance's time unit."""
    return float((solution["starts"] + instance["durations"]).max())


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a schedule as text: a line for each machine, with job, start and end of each operation."""
    return show_starts(instance["machines"], solution["starts"], solution["starts"] + instance["durations"])


def show_starts(machines: AnyArray, starts: AnyArray, ends: AnyArray) -> str:
    """Return a schedule as text; all three are (jobs, machines)."""
    lines = []
    for machine in range(starts.shape[1]):
        jobs, steps = (machines == machine).nonzero()
        order = sorted(zip(starts[jobs, steps].tolist(), ends[jobs, steps].tolist(), jobs.tolist(), strict=True))
        lines.append(f"machine {machine}: " + ", ".join(f"job {job} {begin}-{end}" for begin, end, job in order))
    return "\n".join(lines)
