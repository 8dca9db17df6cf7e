"""Who decides what to try next."""

from typing import Protocol

import numpy as np

from evolve.candidate import Brief, Record


class Search(Protocol):
    """Decides what to try next; a pure function of the records told, in order."""

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`. Changes nothing: only `tell` does."""
        ...

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate. Only OK records may become parents."""
        ...
