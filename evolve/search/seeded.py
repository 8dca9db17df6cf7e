"""Asking for the published heuristics first."""

import numpy as np

from evolve.candidate import Brief, Record
from evolve.search.base import Search


class Seeded:
    """Asks for every seed of the problem before the inner search gets to ask.

    Args:
        inner: The search that follows; it is told of the seeds.
        seeds: How many seeds there are.
    """

    def __init__(self, inner: Search, seeds: int) -> None:
        self._inner = inner
        self._seeds = seeds

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        return Brief(number, "seed") if number < self._seeds else self._inner.ask(number, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        self._inner.tell(record)
