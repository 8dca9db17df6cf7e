"""Letting the evaluator know what the search knows."""

from collections.abc import Callable

import numpy as np

from evaluators.base import Evaluation
from evolve.candidate import Brief, Record
from evolve.search.base import Search


class Watched:
    """Passes on every judged candidate: its number, its source and its evaluation.

    Args:
        inner: The search; it asks, and is told everything.
        watch: Told of every candidate that was judged, in the order in which the search is.
    """

    def __init__(self, inner: Search, watch: Callable[[int, str, Evaluation], None]) -> None:
        self._inner, self._watch = inner, watch

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        return self._inner.ask(number, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        if record.candidate.flaw is None:
            self._watch(record.number, record.candidate.source, record.evaluation)
        self._inner.tell(record)
