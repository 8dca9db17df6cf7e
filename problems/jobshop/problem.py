"""The job shop as a problem: instances, the schedule that a rule builds, and its independent judge."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
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
    Reference,
    ReferenceKind,
    RuleProblem,
    Split,
)
from problems.jobshop import generate, library, loaders
from problems.jobshop.features import FEATURES, SIGNATURE
from problems.jobshop.rules import SEEDS

BUILDERS = {"non-delay": 0.0, "active": 1.0}
FAMILIES = tuple(str(family) for family in generate.Family)
SIZES = tuple(f"{jobs}x{machines}" for jobs, machines in generate.SIZES)
SETS = ("FT", "LA", "ABZ", "ORB", "SWV", "YN", "TA")
STEP = list(FEATURES).index("ops_done")
LATEST = 2**40
"""Start times beyond this are refused, so that no sum or product below can overflow."""
IntArray = NDArray[np.int64]

STATEMENT = """\
Job shop scheduling. Each of n jobs is a fixed sequence of operations, one on each of m machines; a machine processes
one operation at a time and is never interrupted. The makespan is the time at which the last operation ends.
The heuristic is a dispatching rule. A schedule is built in one pass: again and again a machine is chosen, and of
the operations that could be started on it next the one with the LARGEST priority is scheduled. The rule is called
once for each of those operations. {builder}
A rule is good when the makespan is small: it is scored by the gap to the best known makespan in percent, averaged over
instances of {sizes} (jobs x machines), and must hold for others. A machine's queue holds every operation that is the
next one of its job and needs that machine, also one that cannot start yet because the job's previous operation is
scheduled and not over. All arguments are floats, times and work in the instance's time unit:
{features}
"""
BUILDER_TEXT = {
    0.0: "The builder is non-delay: no machine stays idle while an operation waits for it, so start equals now.",
    1.0: "The builder makes active schedules (Giffler and Thompson): an operation may start later than now.",
}
MIXED_TEXT = "The builder may keep a machine waiting for a while, so an operation may start later than now."


class JobShop(RuleProblem):
    """Minimise the makespan of a job shop with a dispatching rule.

    Args:
        builder: "non-delay", "active", or a number between 0 (non-delay) and 1 (active).
        families: Families that train and validation are generated from: "uniform" as Taillard's, "two-set" as the
            harder half of Demirkol, Mehta and Uzsoy's.
        sizes: Sizes of the generated instances, jobs by machines.
        sets: Published sets that the test split consists of.
        files: Instance files, in JSPLIB or Taillard layout, that replace the published sets.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: An unknown builder or set, or no draw.
        problems.jobshop.loaders.MalformedInstance: A file is not an instance.
        OSError: A file cannot be read.
    """

    name = "jobshop"
    signature = SIGNATURE
    seeds = SEEDS
    objectives = ("gap",)
    absolute = "makespan"

    def __init__(
        self,
        builder: str | float = "non-delay",
        families: Sequence[str] = FAMILIES,
        sizes: Sequence[str] = SIZES,
        sets: Sequence[str] = SETS,
        files: Sequence[str] = (),
        draw: int = 0,
    ) -> None:
        delay = BUILDERS.get(builder) if isinstance(builder, str) else float(builder)
        if delay is None or not 0.0 <= delay <= 1.0:
            raise ValueError(f"builder must be one of {', '.join(BUILDERS)} or a number from 0 to 1, not {builder!r}")
        if unknown := [name for name in sets if name not in SETS]:
            raise ValueError(f"unknown set {unknown[0]!r}: the published sets are {', '.join(SETS)}")
        if not families or set(families) - set(FAMILIES):
            raise ValueError(f"families must be some of {', '.join(FAMILIES)}, not {list(families)}")
        if not sizes or set(sizes) - set(SIZES):
            raise ValueError(f"sizes must be some of {', '.join(SIZES)}, not {list(sizes)}")
        self.delay = delay
        self.sizes = tuple(sizes)
        self.families = tuple(families)
        if not sets and not files:
            raise ValueError("sets must not be empty where no files are given")
        self.sets = tuple(dict.fromkeys(sets))
        self.files = tuple(files)
        self.draw = draws.checked(draw)
        features = "\n".join(f"- {name}: {meaning}" for name, meaning in FEATURES.items())
        self.statement = STATEMENT.format(
            builder=BUILDER_TEXT.get(delay, MIXED_TEXT), features=features, sizes=", ".join(sizes)
        )
        stems = Counter(Path(path).stem for path in self.files)
        self._loaded = [
            _from_file(path, path if stems[Path(path).stem] > 1 else Path(path).stem) for path in self.files
        ]
        if len({instance.name for instance in self._loaded}) < len(self._loaded):
            raise ValueError("files names the same file twice")

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated instances for train and validation; the published sets, or the given files, for test."""
        if split is not Split.TEST:
            return [
                instance
                for family in self.families
                for instance in _generated(split, family, self.draw)
                if instance.group.removeprefix(f"{family} ") in self.sizes
            ]
        return self._loaded or [instance for name in self.sets for instance in _published(name)]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `starts`: (jobs, machines) start times of each job's operations, in order."""
        from problems.jobshop.builder import build  # takes numba along, which only the sandboxed process needs

        starts = build(heuristic, self.delay, instance.arrays["durations"], instance.arrays["machines"])
        # Half the bytes on the way out of the sandbox, wherever they suffice.
        return {"starts": starts.astype(np.int32) if starts.max() < 2**31 else starts}

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return the choices that lead to a schedule; see `problems.base.RuleProblem`.

        Raises:
            InvalidSolution: This builder does not make that schedule, whatever the rule.
        """
        from problems.jobshop.builder import rebuild

        starts = np.ascontiguousarray(solution["starts"], np.int64)
        durations = instance.arrays["durations"]
        rebuilt = rebuild(self.delay, durations, instance.arrays["machines"], starts)
        if not np.array_equal(rebuilt.starts, starts):
            raise InvalidSolution(f"{instance.name}: no dispatching rule leads to this schedule")
        step = np.round(rebuilt.rows[:, STEP]).astype(int)
        instant = durations[rebuilt.jobs, step] == 0
        order = np.lexsort((~instant, starts[rebuilt.jobs, step], rebuilt.decisions))
        chosen = order[np.searchsorted(rebuilt.decisions, np.unique(rebuilt.decisions))]
        # Operations without length may be scheduled in any order at their moment: a choice of one tells nothing.
        telling = np.flatnonzero(~instant[chosen])
        kept = np.isin(rebuilt.decisions, telling)
        return Decisions(rebuilt.rows[kept], rebuilt.decisions[kept], (np.cumsum(kept) - 1)[chosen[telling]])

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the priority of each row of features; see `problems.base.RuleProblem`."""
        from problems.jobshop.builder import values

        priorities: AnyArray = values(heuristic, rows)
        return priorities

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return `gap` (percent above the reference) and `makespan` (time units) of a schedule.

        Raises:
            InvalidSolution: The schedule breaks precedence or a machine's capacity, or is not a schedule.
            BoundBroken: The makespan is below what is proven possible.
        """
        durations = instance.arrays["durations"]
        starts = solution.get("starts")
        if starts is None or starts.shape != durations.shape or starts.dtype.kind not in "iu":
            raise InvalidSolution(f"{instance.name}: starts must be {durations.shape} integers")
        starts = starts.astype(np.int64)
        if starts.min() < 0 or starts.max() > LATEST:
            raise InvalidSolution(f"{instance.name}: a start time is not between 0 and {LATEST}")
        ends = starts + durations
        if (starts[:, 1:] < ends[:, :-1]).any():
            job, step = np.argwhere(starts[:, 1:] < ends[:, :-1])[0]
            raise InvalidSolution(
                f"{instance.name}: job {job} starts operation {step + 1} before it ends operation {step}"
            )
        _check_capacity(instance, starts, durations)
        makespan = float(ends.max())
        reference = instance.reference
        if makespan < reference.value and reference.kind is not ReferenceKind.BEST_KNOWN:
            raise BoundBroken(
                f"{instance.name}: makespan {makespan:g} is below its {reference.kind} {reference.value:g}"
            )
        return {"gap": 100.0 * (makespan / reference.value - 1.0), "makespan": makespan}

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return a Gantt chart: a lane per machine, a bar per operation, a colour per job."""
        durations, machines, starts = instance.arrays["durations"], instance.arrays["machines"], solution["starts"]
        ends = starts + durations
        bars = [
            Bar(
                f"machine {machines[job, step]}",
                float(starts[job, step]),
                float(ends[job, step]),
                f"job {job}, operation {step}",
                f"job {job}",
            )
            for job, step in np.ndindex(*starts.shape)
        ]
        lanes = [f"machine {machine}" for machine in range(starts.shape[1])]
        marks = {"makespan": float(ends.max()), str(instance.reference.kind): instance.reference.value}
        return Picture("time", lanes, bars, marks)

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.jobshop.driver", {"DELAY": self.delay})


def _check_capacity(instance: Instance, starts: IntArray, durations: IntArray) -> None:
    """Raise InvalidSolution where two operations overlap on a machine."""
    by_machine = instance.arrays["by_machine"]
    start, length = starts.ravel()[by_machine], durations.ravel()[by_machine]
    # Sorted by start, then by length: an operation of length 0 may share the moment at which another starts.
    bits = int(length.max()).bit_length()
    keys = np.sort((start << bits) | length, axis=1)
    end = (keys >> bits) + (keys & ((1 << bits) - 1))
    overlaps = (keys[:, 1:] >> bits) < end[:, :-1]
    if overlaps.any():
        machine, position = np.argwhere(overlaps)[0]
        order = np.lexsort((length[machine], start[machine]))
        first, second = by_machine[machine, order[position : position + 2]] // starts.shape[1]
        raise InvalidSolution(f"{instance.name}: jobs {first} and {second} overlap on machine {machine}")


def make_instance(name: str, group: str, durations: IntArray, machines: IntArray, reference: Reference) -> Instance:
    """Return an instance with what `measure` needs: `by_machine`, the flat indices of each machine's operations."""
    jobs, count = durations.shape
    by_machine = np.argsort(machines, axis=None, kind="stable").reshape(count, jobs)
    return Instance(name, group, {"durations": durations, "machines": machines, "by_machine": by_machine}, reference)


def lower_bound(durations: IntArray, machines: IntArray) -> int:
    """Return the trivial bound on the makespan: the longest job or the busiest machine."""
    return int(max(durations.sum(axis=1).max(), np.bincount(machines.ravel(), durations.ravel()).max()))


@cache
def _published(name: str) -> tuple[Instance, ...]:
    """Return a published set, with the bounds of 2026-08."""
    loaded = []
    for member in library.names(name):
        durations, machines = library.classic(member)
        _, upper, optimal = library.bounds(member)
        kind = ReferenceKind.OPTIMUM if optimal else ReferenceKind.BEST_KNOWN
        group = f"{name} {durations.shape[0]}x{durations.shape[1]}"
        loaded.append(make_instance(member, group, durations, machines, Reference(upper, kind, "literature, 2026-08")))
    return tuple(loaded)


@cache
def _generated(split: Split, wanted: str, draw: int) -> tuple[Instance, ...]:
    """Return one family of a generated suite, draw 0 with the bounds that CP-SAT proved or found."""
    loaded = []
    for name, family, jobs, machines, seed in generate.suite(split, draw):
        if family != wanted:
            continue
        shop = generate.generate(family, jobs, machines, seed)
        reference = _bounding(*shop) if draw else _known(name)
        loaded.append(make_instance(name, f"{family} {jobs}x{machines}", *shop, reference))
    return tuple(loaded)


def _known(name: str) -> Reference:
    _, upper, optimal = library.bounds(name)
    kind = ReferenceKind.OPTIMUM if optimal else ReferenceKind.BEST_KNOWN
    return Reference(upper, kind, "CP-SAT and tabu search")


def _bounding(durations: IntArray, machines: IntArray) -> Reference:
    bound = lower_bound(durations, machines)
    return Reference(bound, ReferenceKind.LOWER_BOUND, "longest job or busiest machine")


def _from_file(path: str, name: str) -> Instance:
    shop = loaders.load(path)
    return make_instance(name, "{}x{}".format(*shop[0].shape), *shop, _bounding(*shop))
