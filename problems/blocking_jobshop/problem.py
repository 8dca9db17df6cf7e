"""The interrupting blocking job shop as a problem: instances, the schedule of a rule, and its independent judge."""

from collections import Counter
from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from problems import draws
from problems.base import (
    AnyArray,
    Arrays,
    Bar,
    BoundBroken,
    Decisions,
    Driver,
    Heuristic,
    Instance,
    InvalidSolution,
    Picture,
    ReferenceKind,
    RuleProblem,
    Split,
)
from problems.blocking_jobshop import shutdowns
from problems.blocking_jobshop.features import FEATURES, SIGNATURE
from problems.blocking_jobshop.rules import SEEDS
from problems.blocking_jobshop.suites import SIZES, from_file, generated, published
from problems.jobshop import generate, library

LIMITS = ("none", "2m/3")
STEP = list(FEATURES).index("ops_done")
LATEST = 2**40
"""Start times beyond this are refused, so that no sum or product below can overflow."""
IntArray = NDArray[np.int64]

STATEMENT = """\
Blocking job shop scheduling with swaps and shutdowns. Each of n jobs is a fixed sequence of operations, one on each of
m machines; a machine holds one job at a time. There are no buffers: a job whose operation is over stays on its machine
and blocks it until the job's next machine takes it. Jobs that stand in a cycle, each waiting for the machine of the
next one, swap at the same moment, so there are no deadlocks. Time is cut into periods of the mean processing time; in
each, each machine is shut down with probability {probability:g}. Then it starts nothing; an operation on it stops and
goes on afterwards. Nobody knows of a shutdown before it comes. The makespan is the time at which the last job leaves.
The heuristic is a dispatching rule. Whenever a machine is free and running and two or more jobs wait for it, the job
with the LARGEST priority takes it; ties go to the lowest job. Jobs wait on the machine of their previous operation, or
outside the shop if they have not entered it. {limit}
A rule is good when the makespan is small: it is scored by the gap to the best makespan known without shutdowns in
percent, averaged over instances.
All arguments are floats, times and work in the instance's time unit:
{features}
"""


class BlockingJobShop(RuleProblem):
    """Minimise the makespan of a blocking job shop with swaps and shutdowns with a dispatching rule.

    A job holds its machine until it moves to the next; jobs may swap machines in cycles of any length at one moment.
    A machine that is shut down starts nothing, and an operation on it stops and goes on afterwards with nothing lost;
    jobs may leave it. Shutdowns are drawn from the instance; see `shutdowns`.

    Source: V. W. H. Wong, S. H. Kim, J. Park, J. Park and K. H. Law (2024), Generating dispatching rules for the
    interrupting swap-allowed blocking job shop problem using graph neural network and reinforcement learning, Journal
    of Manufacturing Science and Engineering 146(1), for the problem. The length of shutdowns and the limit are ours.

    Args:
        probability: That a machine is shut down in a period, from 0 to below 1.
        limit: How many jobs may stand on machines at once: "none", "2m/3" (rounded up), or a number.
        families: Families that train and validation are generated from, as the job shop's.
        sizes: Sizes of the generated instances, jobs by machines.
        sets: Published sets that the test split consists of.
        files: Job shop files, in JSPLIB or Taillard layout, that replace the published sets.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: A setting is out of range or unknown.
        problems.jobshop.loaders.MalformedInstance: A file is not an instance.
        OSError: A file cannot be read.
    """

    name = "blocking_jobshop"
    signature = SIGNATURE
    seeds = SEEDS
    objectives = ("gap",)
    absolute = "makespan"

    def __init__(
        self,
        probability: float = 0.1,
        limit: str | int = "none",
        families: Sequence[str] = tuple(map(str, generate.Family)),
        sizes: Sequence[str] = SIZES,
        sets: Sequence[str] = library.SETS,
        files: Sequence[str] = (),
        draw: int = 0,
    ) -> None:
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"probability must be from 0 to below 1, not {probability}")
        if limit not in LIMITS and not (isinstance(limit, int) and limit > 0):
            raise ValueError(f"limit must be one of {', '.join(LIMITS)} or a number from 1, not {limit!r}")
        if unknown := [name for name in sets if name not in library.SETS]:
            raise ValueError(f"unknown set {unknown[0]!r}: the published sets are {', '.join(library.SETS)}")
        if not families or set(families) - set(generate.Family):
            raise ValueError(f"families must be some of {', '.join(generate.Family)}, not {list(families)}")
        if not sizes or set(sizes) - set(SIZES):
            raise ValueError(f"sizes must be some of {', '.join(SIZES)}, not {list(sizes)}")
        if not sets and not files:
            raise ValueError("sets must not be empty where no files are given")
        if len({Path(path).resolve() for path in files}) < len(files):
            raise ValueError("files names the same file twice")
        self.probability = float(probability)
        self.limit = limit
        self.families = tuple(families)
        self.sizes = tuple(sizes)
        self.sets = tuple(dict.fromkeys(sets))
        self.draw = draws.checked(draw)
        stems = Counter(Path(path).stem for path in files)
        self._loaded = [
            from_file(path, path if stems[Path(path).stem] > 1 else Path(path).stem, self.probability) for path in files
        ]
        self.statement = STATEMENT.format(
            probability=self.probability,
            limit=""
            if limit == "none"
            else f"At most {limit} jobs stand on machines at once (m machines, rounded up).",
            features="\n".join(f"- {name}: {meaning}" for name, meaning in FEATURES.items()),
        )

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated instances for train and validation; the published sets, or the given files, for test."""
        if split is Split.TEST:
            return self._loaded or [i for name in self.sets for i in published(name, self.probability)]
        return [
            instance
            for family in self.families
            for size in self.sizes
            for instance in generated(split, family, size, self.probability, self.draw)
        ]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `starts`: (jobs, machines) start times of each job's operations, in order."""
        from problems.blocking_jobshop.builder import build  # takes numba along, which only the sandbox needs

        arrays = instance.arrays
        starts = build(
            heuristic,
            arrays["durations"],
            arrays["machines"],
            arrays["down"],
            int(arrays["period"][0]),
            self._limit(instance),
        )
        return {"starts": starts.astype(np.int32) if starts.max() < 2**31 else starts}

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return the choices that lead to a schedule; see `problems.base.RuleProblem`.

        Raises:
            InvalidSolution: No rule leads to that schedule.
        """
        from problems.blocking_jobshop.builder import rebuild

        arrays = instance.arrays
        durations = arrays["durations"]
        starts = np.ascontiguousarray(solution["starts"], np.int64)
        rebuilt = rebuild(
            durations, arrays["machines"], arrays["down"], int(arrays["period"][0]), self._limit(instance), starts
        )
        if not np.array_equal(rebuilt.starts, starts):
            raise InvalidSolution(f"{instance.name}: no dispatching rule leads to this schedule")
        step = np.round(rebuilt.rows[:, STEP]).astype(int)
        instant = durations[rebuilt.jobs, step] == 0
        order = np.lexsort((~instant, starts[rebuilt.jobs, step], rebuilt.decisions))
        chosen = order[np.searchsorted(rebuilt.decisions, np.unique(rebuilt.decisions))]
        # Operations without length may be started in any order at their moment: a choice of one tells nothing.
        telling = np.flatnonzero(~instant[chosen])
        kept = np.isin(rebuilt.decisions, telling)
        return Decisions(rebuilt.rows[kept], rebuilt.decisions[kept], (np.cumsum(kept) - 1)[chosen[telling]])

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the priority of each row of features; see `problems.base.RuleProblem`."""
        from problems.blocking_jobshop.simulator import values

        priorities: AnyArray = values(heuristic, rows)
        return priorities

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return `gap` (percent above the reference) and `makespan` (time units) of a schedule.

        Raises:
            InvalidSolution: The schedule breaks precedence, a machine holds two jobs, an operation starts on a machine
                that is shut down, or it is not a schedule.
            BoundBroken: The makespan is below what is proven possible.
        """
        arrays = instance.arrays
        starts = solution.get("starts")
        if starts is None or starts.shape != arrays["durations"].shape or starts.dtype.kind not in "iu":
            raise InvalidSolution(f"{instance.name}: starts must be {arrays['durations'].shape} integers")
        starts = starts.astype(np.int64)
        if starts.min() < 0 or starts.max() > LATEST:
            raise InvalidSolution(f"{instance.name}: a start time is not between 0 and {LATEST}")
        ends = _checked_ends(instance, starts)
        _check_holding(instance, starts, np.append(starts[:, 1:], ends[:, -1:], axis=1))
        makespan = float(ends.max())
        reference = instance.reference
        if makespan < reference.value and reference.kind is not ReferenceKind.BEST_KNOWN:
            raise BoundBroken(
                f"{instance.name}: makespan {makespan:g} is below its {reference.kind} {reference.value:g}"
            )
        return {"gap": 100.0 * (makespan / reference.value - 1.0), "makespan": makespan}

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return a Gantt chart: a lane per machine, a bar per operation and per wait on it, a colour per job."""
        arrays = instance.arrays
        starts = solution["starts"].astype(np.int64)
        ends = _checked_ends(instance, starts)
        releases = np.append(starts[:, 1:], ends[:, -1:], axis=1)
        bars = []
        for job, step in np.ndindex(*starts.shape):
            lane, group = f"machine {arrays['machines'][job, step]}", f"job {job}"
            start, end, release = (float(times[job, step]) for times in (starts, ends, releases))
            bars.append(Bar(lane, start, end, f"{group}, operation {step}", group))
            if release > end:
                bars.append(Bar(lane, end, release, f"{group} blocks after operation {step}", "blocked"))
        lanes = [f"machine {machine}" for machine in range(starts.shape[1])]
        marks = {"makespan": float(ends.max()), str(instance.reference.kind): instance.reference.value}
        return Picture("time", lanes, bars, marks)

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.blocking_jobshop.driver", {"PROBABILITY": self.probability, "LIMIT": self.limit})

    def _limit(self, instance: Instance) -> int:
        jobs, count = instance.arrays["durations"].shape
        if self.limit == "none":
            return int(jobs)
        return ceil(2 * count / 3) if self.limit == "2m/3" else int(self.limit)


def _checked_ends(instance: Instance, starts: IntArray) -> IntArray:
    """Return when operations end; raise InvalidSolution where one starts too early or on a machine that is down."""
    arrays = instance.arrays
    machines, down, period = arrays["machines"], arrays["down"], int(arrays["period"][0])
    off = shutdowns.is_down(down, period, machines, starts)
    if off.any():
        job, step = np.argwhere(off)[0]
        raise InvalidSolution(
            f"{instance.name}: job {job} starts operation {step} at {starts[job, step]}, when machine "
            f"{machines[job, step]} is shut down"
        )
    ends = shutdowns.ends(down, period, machines, starts, arrays["durations"])
    early = starts[:, 1:] < ends[:, :-1]
    if early.any():
        job, step = np.argwhere(early)[0]
        raise InvalidSolution(f"{instance.name}: job {job} starts operation {step + 1} before it ends operation {step}")
    return ends


def _check_holding(instance: Instance, starts: IntArray, releases: IntArray) -> None:
    """Raise InvalidSolution where a machine holds two jobs; a job holds it until it starts on its next machine."""
    by_machine = instance.arrays["by_machine"]
    start, release = starts.ravel()[by_machine], releases.ravel()[by_machine]
    order = np.lexsort((release, start))
    start, release = np.take_along_axis(start, order, 1), np.take_along_axis(release, order, 1)
    overlaps = start[:, 1:] < release[:, :-1]
    if overlaps.any():
        machine, position = np.argwhere(overlaps)[0]
        first, second = by_machine[machine, order[machine, position : position + 2]] // starts.shape[1]
        raise InvalidSolution(f"{instance.name}: machine {machine} holds jobs {first} and {second} at once")
