"""What a stand-alone module takes along to sequence jobs on one machine, however its heuristic is asked."""

import numpy as np

from problems.base import AnyArray, Arrays

FORM = """\
Jobs as text: a line for each job with its processing time and its due date, whole numbers in one time unit. Empty lines
and lines that start with # are skipped."""
MEASURE = "tardiness"
MEASURE_TEXT = "the sum over all jobs of how much later than due they end, in the instance's time unit"
SOLUTION = "`order`: (jobs,) the jobs, from 0, in the order in which they are processed"
EXAMPLES = (
    "3 6\n2 4\n4 7\n1 2\n5 15\n",
    "121 260\n79 266\n147 266\n83 336\n130 337\n102 400\n96 683\n88 719\n",
)


def read(text: str, name: str) -> dict[str, AnyArray]:
    """Return an instance from a text.

    Args:
        text: See `FORM`.
        name: What messages call it.

    Raises:
        ValueError: The text is no such instance.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            length, due = map(int, words)
        except ValueError:
            raise ValueError(
                f"{name}, line {number}: {line.strip()[:40]!r}, expected a processing time and a due date"
            ) from None
        if not 0 <= length <= 1_000_000 or abs(due) > 1_000_000_000:
            raise ValueError(
                f"{name}, line {number}: expected a processing time from 0 to 1,000,000 and a due date within 10**9"
            )
        rows.append((length, due))
    if not rows:
        raise ValueError(f"{name}: no jobs, expected a line for each with a processing time and a due date")
    table = np.array(rows, np.int64)
    return {"p": table[:, 0].copy(), "d": table[:, 1].copy()}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the total tardiness, in the instance's time unit."""
    order = solution["order"]
    return float(np.maximum(np.cumsum(instance["p"][order]) - instance["d"][order], 0).sum())


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a sequence as text: a line for each job in order, with its start, its end and how late it is."""
    lines = []
    now = 0
    for job in solution["order"].tolist():
        begin, now = now, now + int(instance["p"][job])
        late = max(now - int(instance["d"][job]), 0)
        lines.append(f"job {job}: {begin}-{now}" + (f", {late} late" if late else ""))
    return "\n".join(lines)
