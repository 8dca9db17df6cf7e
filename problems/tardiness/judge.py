"""The independent judge of a sequence, and its picture."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from problems.base import Arrays, Bar, BoundBroken, Instance, InvalidSolution, Picture, ReferenceKind

IntArray = NDArray[np.int64]


def measure(instance: Instance, solution: Arrays, budget: float) -> dict[str, float]:
    """Return the measures of a sequence: `gap`, `tardiness` and `milliseconds`.

    `gap` is in percent above the reference. Where that is 0 no such percentage exists; then it is the tardiness in
    percent of all work, which is 0 for an optimal sequence too and the same in every unit of time.

    Args:
        instance: With arrays `p` and `d`.
        solution: `order`, (jobs,) the jobs in the order in which they are processed; `seconds`, (1,) CPU time that the
            heuristic took.
        budget: CPU milliseconds that a heuristic may take for each job.

    Raises:
        InvalidSolution: It is not a sequence of all jobs, or it took too long.
        BoundBroken: Its tardiness is below what is proven possible.
    """
    order = _checked(instance, solution)
    spent = _checked_time(instance, solution, budget)
    late = np.maximum(np.cumsum(instance.arrays["p"][order]) - instance.arrays["d"][order], 0)
    tardiness, reference = float(late.sum()), instance.reference
    if tardiness < reference.value and reference.kind is not ReferenceKind.BEST_KNOWN:
        raise BoundBroken(
            f"{instance.name}: total tardiness {tardiness:g} is below its {reference.kind} {reference.value:g}"
        )
    whole = reference.value or max(float(instance.arrays["p"].sum()), 1.0)
    return {
        "gap": 100.0 * (tardiness - reference.value) / whole,
        "tardiness": tardiness,
        "milliseconds": spent,
    }


def _checked(instance: Instance, solution: Arrays) -> IntArray:
    jobs = len(instance.arrays["p"])
    order = solution.get("order")
    if order is None or order.shape != (jobs,) or order.dtype.kind not in "iu":
        found = "missing" if order is None else f"{order.shape} of {order.dtype}"
        raise InvalidSolution(f"{instance.name}: order must hold {jobs} integers, every job once; it is {found}")
    outside = (order < 0) | (order >= jobs)
    if outside.any():
        raise InvalidSolution(f"{instance.name}: order names job {order[outside][0]}; jobs are 0 to {jobs - 1}")
    order = order.astype(np.int64)
    times = np.bincount(order, minlength=jobs)
    if times.max() > 1:
        twice, never = int(times.argmax()), int(times.argmin())
        raise InvalidSolution(f"{instance.name}: order names job {twice} {times[twice]} times and job {never} never")
    return order


def _checked_time(instance: Instance, solution: Arrays, budget: float) -> float:
    """Return the CPU milliseconds that the heuristic took."""
    seconds = solution.get("seconds")
    if seconds is None or seconds.shape != (1,) or seconds.dtype != np.float64 or not 0.0 <= seconds[0] < np.inf:
        raise InvalidSolution(f"{instance.name}: seconds must be one finite number from 0 on")
    spent, most = 1000.0 * float(seconds[0]), budget * len(instance.arrays["p"])
    if spent > most:
        raise InvalidSolution(
            f"{instance.name}: the heuristic took {spent:.1f} ms of CPU time for {len(instance.arrays['p'])} jobs; "
            f"at most {most:g} ms are allowed: search less"
        )
    return spent


def picture(instance: Instance, solution: Arrays) -> Picture:
    """Return a Gantt chart of the machine, coloured by what is late, above the due dates in their order.

    In the lane of due dates each job's bar ends at its due date and begins at the one before.
    """
    p, d, order = instance.arrays["p"], instance.arrays["d"], solution["order"].astype(np.int64)
    ends = np.empty(len(p), np.int64)
    ends[order] = np.cumsum(p[order])
    group = ["late" if end > due else "on time" for end, due in zip(ends, d, strict=True)]
    label = [
        f"job {job}, due at {due}" + (f", {end - due} late" if end > due else "")
        for job, (end, due) in enumerate(zip(ends, d, strict=True))
    ]
    bars = [Bar("machine", float(ends[j] - p[j]), float(ends[j]), label[j], group[j]) for j in order]
    by_due = np.argsort(d, kind="stable")
    begins = pairwise([min(0, int(d.min())), *d[by_due].tolist()])
    bars += [Bar("due", float(a), float(b), label[j], group[j]) for j, (a, b) in zip(by_due, begins, strict=True)]
    marks = {"all jobs done": float(p.sum()), "last due date": float(d.max())}
    return Picture("time, in the instance's time unit", ("machine", "due"), bars, marks)
