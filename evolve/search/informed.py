"""Telling the proposer what the run has taught."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from evolve.candidate import Brief, Insight, Record
from evolve.search.base import Search
from evolve.search.memory import Memory


def _to_nobody(told: int, insights: Sequence[Insight]) -> None:
    """Publish nothing."""


class Informed:
    """Adds to the briefs of the inner search what the records told so far teach.

    Args:
        inner: The search that decides.
        objective: The measure that decides.
        publish: Called with the number of records told and the insights whenever these have changed.
        entry: Name of the problem's function; if empty, it is the last one of a source.
    """

    def __init__(
        self,
        inner: Search,
        objective: str,
        publish: Callable[[int, Sequence[Insight]], None] = _to_nobody,
        *,
        entry: str = "",
    ) -> None:
        self._inner = inner
        self.memory = Memory(objective, publish, entry)

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        brief = self._inner.ask(number, rng)
        return replace(brief, knowledge=self.memory.knowledge(brief.parents))

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        self._inner.tell(record)
        self.memory.tell(record)
