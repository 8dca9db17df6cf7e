"""Judging a few instances first: what behaves like an earlier candidate, or clearly loses, is judged no further."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from threading import Lock
from typing import Protocol, TypeVar

from evaluators.base import Evaluation, Evaluator, Status
from evaluators.cached import tree_of
from evaluators.plan import DUPLICATE, Plan, Stopped, p_worse
from problems.base import Problem, Split

REMEMBERED = 4096
"""How many earlier candidates are known; the oldest are forgotten first."""
SPARED = 20
"""Who behaves as one of so many best candidates is judged in full: the best are where a small difference counts."""
Remembered = TypeVar("Remembered")


class Stages(Evaluator, Protocol):
    """An evaluator that can stop early."""

    def staged(self, source: str, plan: Plan) -> Evaluation | Stopped:
        """Return the verdict on a source text on the train split, as `Evaluator`, or where and why it was stopped."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """A behaviour: the number of who showed it first, the shortest code that did, and its lowest objective."""

    number: int
    length: int
    value: float


@dataclass(frozen=True, slots=True)
class Rival:
    """Whom a candidate is raced against: its number, and its values of the objective by instance."""

    number: int
    values: Mapping[str, float]


class RacingEvaluator:
    """Judges train candidates in stages, by what it was told of earlier ones; passes other splits through.

    1. A candidate whose code is that of an earlier one gets the same verdict.
    2. A candidate with exactly the solutions of an earlier one on the probes, the instances before the first look, is
       taken for a duplicate, unless its code is shorter. It may still differ on the others, and where a search refines
       its best it often does; so this holds only if the earlier one is not among the best `SPARED` of different values.
    3. At every look a candidate that is worse than its rival, in the mean and by a one-sided signed-rank test on the
       paired values so far, is stopped. The level of each look is `error` over the number of looks, so a candidate
       whose differences to its rival lie symmetrically around zero is stopped with a probability of at most `error` in
       all (Bonferroni).

    Duplicates and losers are `Status.STOPPED`, never OK: only what was judged in full competes. What is published is
    judged in full, whatever it is like. A verdict depends on the source and on what had been told when `now` was
    called, and on nothing else.

    Source: Birattari, Stützle, Paquete and Varrentrapp (2002), A racing algorithm for configuring metaheuristics,
    GECCO; of two, F-Race too compares by signed ranks. It differs in the correction for repeated looks.

    Args:
        inner: Judges, in stages or at once.
        problem: What is to be scheduled.
        looks: After which shares of the train instances it is looked whether to go on; the first one never before there
            was an instance of every group.
        error: Probability with which a candidate as good as its rival may be stopped; 0 lets all go on.
        rank: The rival is the candidate of this rank among different values of the objective: 1 is the incumbent, more
            spares those that are worse than the incumbent and still good enough to be parents.
        duplicates: Whether duplicates are stopped.
    """

    def __init__(
        self,
        inner: Stages,
        problem: Problem,
        *,
        looks: Sequence[float] = (0.125, 0.25, 0.5),
        error: float = 0.05,
        rank: int = 1,
        duplicates: bool = True,
    ) -> None:
        if not looks or not all(0.0 < look < 1.0 for look in looks) or list(looks) != sorted(set(looks)):
            raise ValueError(f"looks must be ascending shares between 0 and 1, not {list(looks)}")
        if not 0.0 <= error < 0.5 or not isinstance(rank, int) or rank < 1:
            raise ValueError("error must be at least 0 and below 0.5, rank a whole number of at least 1")
        self._published = frozenset(problem.seeds.values())
        instances = problem.instances(Split.TRAIN)
        groups: dict[str, list[int]] = {}
        for index, instance in enumerate(instances):
            groups.setdefault(instance.group, []).append(index)
        self._order = tuple(index for turn in zip_longest(*groups.values()) for index in turn if index is not None)
        self._names = [instances[index].name for index in self._order]
        counts = {max(len(groups), round(look * len(instances))) for look in looks}
        self._looks = tuple(sorted(count for count in counts if count < len(instances)))
        self._inner, self._objective, self._error, self._rank = inner, problem.objectives[0], error, rank
        self._duplicates = duplicates
        self._lock = Lock()  # guards what was told: threads that judge look at it while another one tells
        self._best: list[tuple[float, Rival]] = []  # one per value
        self._verdicts: dict[str, Evaluation] = {}
        self._behaviours: dict[str, Known] = {}

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        """Return the verdict on a source text, by what has been told; see `evaluators.base.Evaluator`."""
        return self.now()(source, split)

    def tell(self, number: int, source: str, evaluation: Evaluation) -> None:
        """Learn from an earlier candidate; called by one thread, in the order in which a replay tells them again.

        Args:
            number: By which its message is to name it.
            source: Its source.
            evaluation: Its verdict on train.
        """
        with self._lock:
            self._learn(number, source, evaluation)

    def _learn(self, number: int, source: str, evaluation: Evaluation) -> None:
        _remember(self._verdicts, tree_of(source), evaluation)
        if evaluation.status is not Status.OK or not self._looks:
            return
        value = evaluation.measures[self._objective]
        if evaluation.behaviour:
            known = self._behaviours.get(evaluation.behaviour, Known(number, len(source), value))
            shorter, lower = min(known.length, len(source)), min(known.value, value)
            _remember(self._behaviours, evaluation.behaviour, Known(known.number, shorter, lower))
        if all(value != other for other, _ in self._best):
            values = {name: measures[self._objective] for name, measures in evaluation.per_instance.items()}
            self._best = sorted([*self._best, (value, Rival(number, values))], key=lambda entry: entry[0])
            del self._best[max(self._rank, SPARED) :]

    def now(self) -> Evaluator:
        """Return the evaluator as it is now; what is told later does not change its verdicts."""
        with self._lock:
            rival = self._best[self._rank - 1][1] if self._error and len(self._best) >= self._rank else None
            good = self._best[SPARED - 1][0] if len(self._best) >= SPARED else math.inf
            known = self._behaviours.items() if self._duplicates else ()
            behaviours = {key: candidate for key, candidate in known if candidate.value > good}
            verdicts = dict(self._verdicts)

        def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
            if split is not Split.TRAIN:
                return self._inner(source, split)
            if source in self._published:
                return self._judged(source, None, {})
            return verdicts.get(tree_of(source)) or self._judged(source, rival, behaviours)

        return judge

    def _judged(self, source: str, rival: Rival | None, behaviours: Mapping[str, Known]) -> Evaluation:
        plan = Plan(
            self._order,
            self._looks,
            self._objective,
            tuple(rival.values[name] for name in self._names) if rival else (),
            self._error / max(len(self._looks), 1),
            frozenset(key for key, known in behaviours.items() if known.length <= len(source)),
        )
        judged = self._inner.staged(source, plan)
        if isinstance(judged, Evaluation):
            return judged
        if judged.cause == DUPLICATE:
            message = self._duplicate(behaviours[judged.behaviour], len(judged.measured))
        else:
            assert rival is not None, "else nothing is raced out"
            message = self._raced_out(rival, plan, judged)
        names = self._names[: len(judged.measured)]
        solved = dict(zip(names, judged.measured, strict=True))
        told = (judged.seconds, message, judged.cause, judged.isolation)
        return Evaluation(Status.STOPPED, {}, solved, *told)

    def _duplicate(self, known: Known, solved: int) -> str:
        return (
            f"stopped after {solved} of {len(self._order)} instances: it solves them just as candidate {known.number} "
            f"does, and who did so reached {self._objective} {known.value:.6g} at best, with code that is no longer"
        )

    def _raced_out(self, rival: Rival, plan: Plan, stopped: Stopped) -> str:
        differences = plan.differences(stopped.measured)
        worse, better = sum(value > 0.0 for value in differences), sum(value < 0.0 for value in differences)
        mean = sum(differences) / len(differences)
        return (
            f"raced out after {len(differences)} of {len(self._order)} instances against candidate {rival.number}: "
            f"worse on {worse}, better on {better}, {self._objective} {mean:+.6g} in the mean; one-sided signed-rank "
            f"p = {p_worse(differences):.2g}, below {plan.level:.2g}"
        )


def _remember(table: dict[str, Remembered], key: str, value: Remembered) -> None:
    """Keep a value under a key, and forget the oldest where there are too many."""
    table[key] = value
    if len(table) > REMEMBERED:
        del table[next(iter(table))]
