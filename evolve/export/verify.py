"""Verifying an export: the text that is to be written must decide as the archived candidate did, choice by choice."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluators.base import Evaluation
from evaluators.features import features_of
from evolve.export.heuristic import heuristic_in
from evolve.export.replay import Replay
from evolve.export.runtime import Case
from evolve.settings import Settings
from problems.base import AnyArray, Arrays, Instance, Problem, Split
from sandbox import Ending, Fence, Limits
from sandbox.wire import JSON

SLOWER = 300.0
"""About how many times longer an instance takes without numba."""
PLAIN_SECONDS = 6.0
"""CPU seconds for replaying instances without numba, as far as they can be foreseen."""
LIMITS = Limits(compile_cpu_seconds=90.0, run_cpu_seconds=90.0, wall_seconds=600.0)
TIMING = "seconds"


class ExportMismatch(RuntimeError):
    """The exported text does not decide as the candidate did; nothing was written."""


class TookTooLong(ExportMismatch):
    """Replaying without numba was not done in time."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What came out for an instance.

    Attributes:
        solution: Its arrays.
        objective: Of it, as the driver computes it.
        seconds: CPU time.
    """

    solution: Arrays
    objective: float
    seconds: float


Chosen = Mapping[Split, Sequence[int]]
"""Positions of instances by split."""


class Verifier:
    """Solves instances in the fence, with our simulator or with an exported text.

    Args:
        problem: The problem.
        fence: Whose task is `evolve.export.replay.Replay`.
    """

    def __init__(self, problem: Problem, fence: Fence) -> None:
        self._problem = problem
        self._fence = fence
        self._ours: dict[tuple[Split, int], Solved] = {}

    def cases(self, source: str, texts: Sequence[str]) -> list[Case]:
        """Return examples of the driver with what our simulator makes of them."""
        return [
            Case(text, solved.objective, {name: array.tolist() for name, array in _decided(solved.solution).items()})
            for text, solved in zip(texts, self._solved(source, {}, "ours", len(texts)), strict=True)
        ]

    def check_archived(self, source: str, archived: Mapping[Split, Evaluation]) -> None:
        """Return if our simulator repeats the archived objective of every instance.

        Raises:
            ExportMismatch: It does not.
        """
        everything = {split: range(len(self._problem.instances(split))) for split in archived}
        places = [(split, index) for split, indices in everything.items() for index in indices]
        if not places:
            return
        self._ours = dict(zip(places, self._solved(source, everything, "ours", len(places)), strict=True))
        for (split, index), solved in self._ours.items():
            instance = self._problem.instances(split)[index]
            timed = {TIMING: np.zeros(1)} if TIMING in solved.solution else {}
            measured = self._problem.measure(instance, _decided(solved.solution) | timed)
            for name in self._problem.objectives:
                was = archived[split].per_instance[instance.name][name]
                if measured[name] != was:
                    raise ExportMismatch(
                        f"{instance.name} of {split}: {name} is {measured[name]!r}, archived is {was!r}"
                    )

    def chosen_without_numba(self, seconds: float) -> dict[Split, list[int]]:
        """Return which instances to replay without numba: of each group the quickest, as long as there is time."""
        chosen = {}
        for split in dict.fromkeys(split for split, _ in self._ours):
            needed = [solved.seconds for (own, _), solved in self._ours.items() if own == split]
            chosen[split] = _within(self._problem.instances(split), needed, seconds / 3)
        return chosen

    def check(self, text: str, without_numba: Chosen | None) -> None:
        """Return if an exported text makes the solutions of our simulator: of all instances, and some without numba.

        Args:
            text: The very text that is to be written.
            without_numba: What to replay without it; None where the text refuses to work without.

        Raises:
            ExportMismatch: It does not.
        """
        everything: dict[Split, list[int]] = {}
        for split, index in self._ours:
            everything.setdefault(split, []).append(index)
        self._compare(text, everything, "numba")
        if without_numba is not None:
            self._compare(text, without_numba, "plain")

    def _compare(self, text: str, chosen: Chosen, by: Literal["numba", "plain"]) -> None:
        places = [(split, index) for split, indices in chosen.items() for index in indices]
        if not places:
            self._solved(text, {}, by, None)  # its self-test
            return
        for place, theirs in zip(places, self._solved(text, chosen, by, len(places)), strict=True):
            ours, (split, index) = self._ours[place], place
            where = (
                f"{self._problem.instances(split)[index].name} of {split}{'' if by == 'numba' else ' without numba'}"
            )
            expected = _decided(ours.solution)
            if theirs.solution.keys() != expected.keys() or any(
                not np.array_equal(theirs.solution[name], array) for name, array in expected.items()
            ):
                raise ExportMismatch(f"the exported text decides differently on {where}")
            if theirs.objective != ours.objective:
                raise ExportMismatch(f"the exported text tells the objective {theirs.objective!r} on {where}, "
                                     f"it is {ours.objective!r}")  # fmt: skip

    def _solved(self, source: str, chosen: Chosen, by: str, count: int | None) -> list[Solved]:
        wanted = {str(split): list(indices) for split, indices in chosen.items()}
        features = features_of(heuristic_in(source))
        outcome = self._fence.call(source, {"instances": wanted, "by": by}, features=features)
        if outcome.ending is not Ending.OK:
            if by == "plain" and outcome.ending is Ending.TIMEOUT:
                raise TookTooLong(f"the exported text is too slow without numba: {outcome.message}")
            what = "the candidate" if by == "ours" else "the exported text"
            raise ExportMismatch(f"{what} does not run{' without numba' if by == 'plain' else ''}: {outcome.message}")
        solutions: dict[str, dict[str, AnyArray]] = {}
        for key, array in outcome.arrays.items():
            index, slash, name = key.partition("/")
            if slash:
                solutions.setdefault(index, {})[name] = array
        values = [outcome.arrays.get(name, np.empty(0)).tolist() for name in ("objective", TIMING)]
        found = len(solutions) if count is None else count
        if solutions.keys() != set(map(str, range(found))) or any(len(each) != found for each in values):
            raise ExportMismatch("the process that replays exports answered with something else")
        return [Solved(solutions[str(index)], values[0][index], values[1][index]) for index in range(found)]


def _decided(solution: Arrays) -> dict[str, AnyArray]:
    """Return the arrays of a solution that are decisions."""
    return {name: array for name, array in solution.items() if name != TIMING}


def _within(instances: Sequence[Instance], seconds: Sequence[float], budget: float) -> list[int]:
    """Return positions of instances that can be replayed in time, the quickest of each group first; at least one."""
    ranks: dict[str, int] = {}
    ranked = []
    for index in sorted(range(len(instances)), key=lambda index: seconds[index]):
        group = instances[index].group
        ranks[group] = ranks.get(group, 0) + 1
        ranked.append((ranks[group], seconds[index], index))
    chosen: list[int] = []
    left = budget
    for _, needed, index in sorted(ranked):
        if not chosen or needed * SLOWER <= left:
            chosen.append(index)
            left -= needed * SLOWER
    return sorted(chosen)


@contextmanager
def verifier(problem: Problem, settings: Settings, warm_up: str) -> Iterator[Verifier]:
    """Provide a verifier, and end its processes afterwards.

    Args:
        problem: The problem of a run.
        settings: Of the run.
        warm_up: The export of the problem's template.

    Raises:
        sandbox.SandboxUnavailable: No fence can be set up here.
    """
    options: dict[str, JSON] = {
        "problem": settings.problem.kind,
        "settings": settings.problem.arguments,
        "warm_up": warm_up,
    }
    target = f"{Replay.__module__}:{Replay.__name__}"
    with Fence(target, options, limits=LIMITS, isolation=settings.evaluator.isolation) as fence:
        yield Verifier(problem, fence)
