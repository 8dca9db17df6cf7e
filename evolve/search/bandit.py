"""Choosing who writes, and how, by what it has brought per dollar."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluators.base import Status
from evolve.candidate import Brief, Cost, Record
from evolve.search.base import Search

WINDOW = 100
"""How many recent values a new one is ranked among."""
ELITE = 20
"""How many of the best records are looked through for a second parent."""
REPAIRABLE = 20
"""How many of the newest failures may still be repaired."""
NEEDED = {"create": 0, "mutate": 1, "simplify": 1, "cross": 2}
"""Parents that an operator takes; "repair" takes a failed one."""

FloatArray = NDArray[np.float64]
Arm = tuple[str, str]
"""A model, as "provider:name", and an operator."""


@dataclass(slots=True)
class _Account:
    """What an arm has brought and what it has taken; both fade."""

    credit: float
    cost: float


class Bandit:
    """Lets the inner search choose parents, and chooses the model and the operator by improvement per dollar.

    1. Credit. A record earns, if it is valid and better than its best parent (or, made from none, than half of the
       recent records), 2 ** (-rank / 10), where the rank is its place among the last `WINDOW` values; else nothing.
       It depends on comparisons alone, so the scale of the objective does not matter.
    2. Cost. What the record has cost, relative to the mean of all: in dollars, or in tokens where a price is unknown
       or nothing is charged.
    3. Credit and cost of every arm fade by `decay` with each record. An arm starts with one record's worth of `prior`.
    4. An arm is drawn with a probability in proportion to its weight times credit over cost, and at least `floor`
       times its even share.

    Source: ranks as credit from Fialho, Schoenauer and Sebag (2010), Toward comparison-based adaptive operator
    selection, GECCO; drawing in proportion from Thierens (2005), An adaptive pursuit strategy for allocating operator
    probabilities, GECCO; value over cost from Tran-Thanh and others (2012), Knapsack based optimal policies for
    budget-limited multi-armed bandits, AAAI. It differs from the first in the exponential weight of ranks.

    Args:
        inner: Chooses parents.
        objective: The measure that decides.
        arms: Weight of each arm.
        learning: If false, arms are drawn by their weights alone.
        decay: What is left of an account after one more record.
        floor: Between 0 and 1, see above.
        prior: Credit that a new arm is trusted to bring.
    """

    def __init__(
        self,
        inner: Search,
        objective: str,
        arms: Mapping[Arm, float],
        *,
        learning: bool = True,
        decay: float = 0.98,
        floor: float = 0.2,
        prior: float = 0.3,
    ) -> None:
        if not arms or not all(weight >= 0.0 for weight in arms.values()) or not any(arms.values()):
            raise ValueError("at least one model and one operator must have a weight above 0, and none below")
        if not 0.0 < decay <= 1.0 or not 0.0 <= floor <= 1.0 or not prior > 0.0:
            raise ValueError("decay must be above 0 and at most 1, floor between 0 and 1, prior above 0")
        self._inner, self._objective = inner, objective
        self._weights = {arm: weight for arm, weight in arms.items() if weight > 0.0}
        self._learning, self._decay, self._floor = learning, decay, floor
        self._accounts = {arm: _Account(prior, 1.0) for arm in self._weights}
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._values: dict[int, float] = {}
        self._elite: list[tuple[float, int, Record]] = []
        self._broken: dict[int, Record] = {}
        self._spent, self._paid, self._priced = Cost(), 0, True

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        brief = self._inner.ask(number, rng)
        parents = self._parents(brief.parents)
        arms = [arm for arm in self._weights if self._can(arm[1], parents)]
        if not arms:
            return brief
        writer, operator = arms[rng.choice(len(arms), p=self._chances(arms))]
        if operator == "repair":
            waiting = sorted(self._broken)
            return replace(
                brief, operator=operator, writer=writer, parents=(self._broken[waiting[number % len(waiting)]],)
            )
        return replace(brief, operator=operator, writer=writer, parents=parents[: NEEDED[operator]])

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        self._inner.tell(record)
        candidate = record.candidate
        if candidate.operator == "repair":
            self._broken.pop(candidate.parents[0], None)
        if record.evaluation.status is Status.OK:
            value = record.evaluation.measures[self._objective]
            self._values[record.number] = value
            insort(self._elite, (value, record.number, record), key=lambda entry: entry[:2])
            del self._elite[ELITE:]
        elif is_repairable(record):
            self._broken[record.number] = record
            if len(self._broken) > REPAIRABLE:
                del self._broken[min(self._broken)]
        if candidate.by_model:
            self._account(record)

    def shares(self) -> dict[Arm, float]:
        """Return with which probability each arm would be drawn now, if all could be."""
        arms = list(self._weights)
        return dict(zip(arms, self._chances(arms).tolist(), strict=True))

    def _account(self, record: Record) -> None:
        candidate = record.candidate
        credit = self._credit(record)
        if record.number in self._values:
            self._recent.append(self._values[record.number])
        self._spent += candidate.cost
        self._paid += 1
        cost = self._relative(candidate.cost)
        for account in self._accounts.values():
            account.credit *= self._decay
            account.cost *= self._decay
        if (arm := (candidate.proposer, candidate.operator)) in self._accounts:
            self._accounts[arm].credit += credit
            self._accounts[arm].cost += cost

    def _credit(self, record: Record) -> float:
        value = self._values.get(record.number)
        if value is None:
            return 0.0
        recent = sorted(self._recent)
        rank = bisect_left(recent, value)
        before = [self._values[number] for number in record.candidate.parents if number in self._values]
        better = value < min(before) if before else 2 * rank <= len(recent)
        return float(2.0 ** (-rank / 10)) if better else 0.0

    def _relative(self, cost: Cost) -> float:
        """Return a cost relative to the mean of all that were paid, this one included."""
        if self._spent.priced and self._spent.usd > 0.0:
            return cost.usd * self._paid / self._spent.usd
        return cost.tokens * self._paid / self._spent.tokens if self._spent.tokens else 1.0

    def _chances(self, arms: Sequence[Arm]) -> FloatArray:
        weights = np.array([self._weights[arm] for arm in arms])
        even: FloatArray = weights / weights.sum()
        if not self._learning:
            return even
        worth = weights * [self._accounts[arm].credit / max(self._accounts[arm].cost, 1e-9) for arm in arms]
        if not worth.sum() > 0.0:  # long without any improvement, all credit has faded
            return even
        chances: FloatArray = self._floor * even + (1.0 - self._floor) * worth / worth.sum()
        return chances

    def _can(self, operator: str, parents: Sequence[Record]) -> bool:
        return bool(self._broken) if operator == "repair" else len(parents) >= NEEDED.get(operator, len(parents) + 1)

    def _parents(self, chosen: tuple[Record, ...]) -> tuple[Record, ...]:
        """Return the first parent and the one of the best that is furthest ahead of it where it is weak."""
        if not chosen:
            return ()
        first = chosen[0]
        others = {record.number: record for _, _, record in self._elite} | {record.number: record for record in chosen}
        others.pop(first.number, None)
        gains = [(self._gain(first, other), -number, other) for number, other in others.items()]
        best = max(gains, key=lambda entry: entry[:2], default=None)
        return (first, best[2]) if best is not None and best[0] > 0.0 else (first,)

    def _gain(self, first: Record, other: Record) -> float:
        """Return by how much one is better than the other where it is better, summed over instances."""
        mine, theirs = first.evaluation.per_instance, other.evaluation.per_instance
        name = self._objective
        return sum(max(mine[key][name] - theirs[key][name], 0.0) for key in mine.keys() & theirs.keys())


def is_repairable(record: Record) -> bool:
    """Return whether a failed candidate deserves a turn of repair: a model's code that was judged, and no repair."""
    candidate = record.candidate
    ours = candidate.by_model and bool(candidate.source) and candidate.flaw is None
    return ours and candidate.operator != "repair" and record.evaluation.status.failed
