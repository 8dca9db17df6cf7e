"""What both problems of one machine share: settings, instances, the judge and the picture."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from problems import draws
from problems.base import Arrays, Instance, Picture, Problem, Reference, ReferenceKind, Split
from problems.tardiness import judge, loaders
from problems.tardiness.generate import CLASSES, SIZES, generate, suite
from problems.tardiness.loaders import IntArray

MOST_STATES = 500_000
"""States of the exact solver for an instance from a file, about half a second; beyond, a bound is its reference."""


class SingleMachine(Problem):
    """Sequence jobs on one machine for the least total tardiness.

    The measure `milliseconds` is the CPU time of each call of the heuristic, taken beside it in the sandbox: as honest
    as compiled code that reaches nothing but its arguments. The limit on all instances of a split together, which the
    evaluator sets, is kept by the kernel and does not rest on it.

    Args:
        sizes: Numbers of jobs of the train and validation instances, of 50, 100 and 200.
        test_sizes: Numbers of jobs of the test instances, of 20, 100, 200 and 500.
        classes: Spread (RDD) and tightness (TF) of due dates, as RDD/TF.
        per_class: How many test instances of each class and size, at most 5.
        files: Files in the OR-Library's layout that replace the generated test instances.
        instances_per_file: How many instances each of them holds.
        budget: CPU milliseconds that a heuristic may take for each job of an instance.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: A setting that makes no sense.
        problems.tardiness.loaders.MalformedInstance: A file is not in that layout.
        OSError: A file cannot be read.
    """

    objectives = ("gap",)
    statement: str  # a template until the budget is known

    def __init__(
        self,
        sizes: Sequence[int] = SIZES[Split.TRAIN],
        test_sizes: Sequence[int] = SIZES[Split.TEST],
        classes: Sequence[str] = CLASSES,
        per_class: int = 5,
        files: Sequence[str] = (),
        instances_per_file: int = 125,
        budget: float = 0.2,
        draw: int = 0,
    ) -> None:
        _check_some("sizes", sizes, SIZES[Split.TRAIN])
        _check_some("test_sizes", test_sizes, SIZES[Split.TEST])
        _check_some("classes", classes, CLASSES)
        if not 1 <= per_class <= 5:
            raise ValueError(f"per_class must be from 1 to 5, not {per_class}")
        if instances_per_file < 1:
            raise ValueError(f"instances_per_file must be at least 1, not {instances_per_file}")
        if not 0.0 < budget < float("inf"):
            raise ValueError(f"budget must be a positive number of milliseconds, not {budget}")
        self._sizes = {Split.TRAIN: sizes, Split.VALIDATION: sizes, Split.TEST: test_sizes}
        self._classes = classes
        self._per_class = per_class
        self._budget = budget
        self.draw = draws.checked(draw)
        self.statement = self.statement.format(budget=budget)
        if len(set(files)) < len(files):
            raise ValueError("files names the same file twice")
        stems = Counter(Path(path).stem for path in files)
        self._loaded = [
            _from_file(f"{path if stems[Path(path).stem] > 1 else Path(path).stem}-{number}", p, d)
            for path in files
            for number, (p, d) in enumerate(loaders.load(path, instances_per_file), start=1)
        ]

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated instances; for test those of the given files, if any."""
        if split is Split.TEST and self._loaded:
            return self._loaded
        kept: Counter[tuple[int, str]] = Counter()
        chosen = []
        for jobs, spread, instance in _generated(split, draws.drawn(split, self.draw)):
            if jobs not in self._sizes[split] or spread not in self._classes:
                continue
            kept[jobs, spread] += 1
            if split is not Split.TEST or kept[jobs, spread] <= self._per_class:
                chosen.append(instance)
        return chosen

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return `gap` (percent above the optimum), `tardiness` (time units) and `milliseconds` of a sequence.

        Raises:
            InvalidSolution: It is not a sequence of all jobs, or the heuristic took longer than its budget.
            BoundBroken: The tardiness is below what is proven possible.
        """
        return judge.measure(instance, solution, self._budget)

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return a Gantt chart with the due dates below it."""
        return judge.picture(instance, solution)


def _check_some(option: str, given: Sequence[int] | Sequence[str], known: Sequence[int] | Sequence[str]) -> None:
    if not given or set(given) - set(known):
        raise ValueError(f"{option} must be some of {', '.join(map(str, known))}, not {list(given)}")


@cache
def _generated(split: Split, draw: int) -> tuple[tuple[int, str, Instance], ...]:
    """Return a suite: number of jobs, class and instance."""
    made = []
    for _, jobs, spread, seed, optimum in suite(split, draw):
        p, d = generate(split, jobs, spread, seed)
        reference = Reference(optimum, ReferenceKind.OPTIMUM, "decomposition with memory")
        name = f"{split}-{jobs}-{spread}-{seed}"
        made.append((jobs, spread, Instance(name, f"{jobs} jobs", {"p": p, "d": d}, reference)))
    return tuple(made)


def _from_file(name: str, p: IntArray, d: IntArray) -> Instance:
    return Instance(name, f"{len(p)} jobs", {"p": p, "d": d}, _reference(p, d))


def _reference(p: IntArray, d: IntArray) -> Reference:
    from problems.tardiness.exact import Unproven, lower_bound, optimum  # takes numba along, which few runs need

    try:
        return Reference(optimum(p, d, MOST_STATES).tardiness, ReferenceKind.OPTIMUM, "decomposition with memory")
    except Unproven:
        return Reference(lower_bound(p, d), ReferenceKind.LOWER_BOUND, "due dates matched with completion times")
