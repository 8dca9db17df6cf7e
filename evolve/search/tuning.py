"""Asking now and then for a promising candidate to be tuned."""

from bisect import insort

import numpy as np

from evaluators.base import Status
from evaluators.constants import lift
from evolve.candidate import Brief, Record
from evolve.search.base import Search
from evolve.search.parents import check_count

REMEMBERED = 1000
"""How many of the candidates tuned last are not tuned again."""


class Tuning:
    """Asks for one of the best candidates that were not tuned to be tuned, every so many asks; else the inner one asks.

    They take turns, so that two asks do not choose the same one while the first is under way. A candidate that was
    tuned itself is not tuned again; what is made from it may be. The asks in between see the tuned candidate as any
    other. It is wasted on nothing: while none of the best has constants, the inner search asks.

    Args:
        inner: The search that asks for the rest.
        objective: The measure that decides who is the best.
        every: One in so many asks is for tuning.
        among: Of how many best candidates one is taken.
    """

    def __init__(self, inner: Search, objective: str, *, every: int = 25, among: int = 3) -> None:
        check_count(1, every=every, among=among)
        self._inner, self._objective, self._every, self._among = inner, objective, every, among
        self._best: list[tuple[float, int, Record]] = []
        self._tuned: dict[int, None] = {}

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        if number % self._every == self._every - 1:
            left = [record for _, resident, record in self._best if resident not in self._tuned]
            if left:
                return Brief(number, "tune", (left[number // self._every % len(left)],))
        return self._inner.ask(number, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        self._inner.tell(record)
        candidate = record.candidate
        if record.number % self._every == self._every - 1:  # its parent was tuned, or could not be made better
            self._tuned |= dict.fromkeys(candidate.parents)
            while len(self._tuned) > REMEMBERED:
                del self._tuned[next(iter(self._tuned))]
        if record.evaluation.status is Status.OK and candidate.operator != "tune" and lift(candidate.source).values:
            value = record.evaluation.measures[self._objective]
            if all(value != other for other, _, _ in self._best):
                insort(self._best, (value, record.number, record), key=lambda entry: entry[:2])
                del self._best[self._among :]
