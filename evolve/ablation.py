"""What each part of a heuristic is worth, and the smallest one that is as good."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from evaluators.base import Evaluation, Evaluator, Status
from evolve.cuts import Cut, combined, cuts, plain_form, size
from evolve.statistics import Comparison, compare, family
from problems.base import Problem, Split


@dataclass(frozen=True, slots=True)
class Worth:
    """What one part is worth: how the heuristic without it compares with the whole, on train.

    Attributes:
        comparison: Of the heuristic without it against the whole; None if it is not valid without it.
        message: Why it is not; empty if it is.
    """

    cut: Cut
    comparison: Comparison | None
    message: str

    @property
    def verdict(self) -> str:
        """In words, what taking it out does."""
        if self.comparison is None:
            return "not valid without it"
        words = {"worse": "needed", "better": "harmful", "not distinguishable": "not distinguishable"}
        return words[self.comparison.verdict]


@dataclass(frozen=True, slots=True)
class Ablation:
    """A heuristic taken apart.

    Attributes:
        source: The heuristic, in plain form; the lines of the parts are lines of it.
        value: Its mean on train.
        parts: What each part is worth, the most valuable first, and those it cannot do without before them all.
        smallest: The smallest heuristic found that is not significantly worse on train; may be the same.
        trained: How that compares with the whole on train.
        validated: The same on validation, which no choice here has seen; None if it is not valid there.
    """

    source: str
    value: float
    parts: Sequence[Worth]
    smallest: str
    trained: Comparison
    validated: Comparison | None


class Ablating:
    """Takes a heuristic apart.

    Args:
        problem: Its problem.
        evaluate: Judges; remembers equal code, since the same may be met again.
        workers: How many are judged at once.
        progress: Called with what is done next.
    """

    def __init__(self, problem: Problem, evaluate: Evaluator, workers: int, progress: Callable[[str], None]) -> None:
        self._entry, self._objective = problem.entry, problem.objectives[0]
        self._evaluate, self._workers, self._progress = evaluate, workers, progress

    def __call__(self, source: str) -> Ablation:
        """Return what the parts of a valid heuristic are worth.

        1. Every part is taken out alone, and what is left is judged on train against the whole, instance by instance.
        2. Those that are not significantly worse are sorted, the best first; the first is taken, and then each further
           one that fits together with those before. This is repeated with what is left, until nothing fits.

        What is compared is always the first whole, so that small losses do not add up. Not significantly worse means
        that neither the test nor the interval says worse, without any correction for the number of parts.

        Raises:
            ValueError: The heuristic is not valid on train.
        """
        whole = plain_form(source, self._entry)
        values = self._values(self._evaluate(whole))
        if values is None:
            raise ValueError("the heuristic is not valid on train")
        parts = self._parts(whole, values)
        smallest = self._smallest(whole, values)
        trained = self._against(smallest, values, Split.TRAIN)
        assert trained is not None, "it was judged before"
        fresh = self._values(self._evaluate(whole, Split.VALIDATION))
        validated = self._against(smallest, fresh, Split.VALIDATION) if fresh is not None else None
        return Ablation(whole, sum(values) / len(values), parts, smallest, trained, validated)

    def _parts(self, whole: str, values: Sequence[float]) -> list[Worth]:
        found = cuts(whole, self._entry)
        judged = dict(zip([cut.source for cut in found], self._judged(found, "judging part"), strict=True))
        valid = {
            text: compare(mine, values)
            for text, evaluation in judged.items()
            if (mine := self._values(evaluation)) is not None
        }
        corrected = family(valid)
        parts = [Worth(cut, corrected.get(cut.source), judged[cut.source].message) for cut in found]
        return sorted(parts, key=lambda part: -part.comparison.difference if part.comparison else float("-inf"))

    def _smallest(self, whole: str, values: Sequence[float]) -> str:
        def fits(text: str) -> bool:
            versus = self._against(text, values, Split.TRAIN)
            return versus is not None and not versus.maybe_worse

        current = whole
        while True:
            smaller = [cut for cut in cuts(current, self._entry) if size(cut.source) < size(current)]
            judged = self._judged(smaller, f"shortening {size(current)[0]} nodes: judging")
            ranked = []
            for index, (cut, evaluation) in enumerate(zip(smaller, judged, strict=True)):
                mine = self._values(evaluation)
                if mine is not None and not compare(mine, values).maybe_worse:
                    ranked.append((sum(mine), size(cut.source), index, cut))
            if not ranked:
                return current
            current = combined(current, [cut for *_, cut in sorted(ranked)], self._entry, fits)

    def _judged(self, found: Sequence[Cut], what: str) -> list[Evaluation]:
        with ThreadPoolExecutor(self._workers) as pool:
            verdicts = []
            for number, verdict in enumerate(pool.map(self._evaluate, [cut.source for cut in found]), start=1):
                self._progress(f"{what} {number} of {len(found)}")
                verdicts.append(verdict)
        return verdicts

    def _against(self, text: str, values: Sequence[float], split: Split) -> Comparison | None:
        mine = self._values(self._evaluate(text, split))
        return compare(mine, values) if mine is not None else None

    def _values(self, evaluation: Evaluation) -> list[float] | None:
        """Return the objective on every instance; None if the heuristic is not valid."""
        if evaluation.status is not Status.OK:
            return None
        return [measures[self._objective] for measures in evaluation.per_instance.values()]
