"""The second baseline: improve the best, one step after the other."""

import numpy as np

from evaluators.base import Status
from evolve.candidate import Brief, Record
from evolve.search.parents import code_size, values_of


class Greedy:
    """Asks for a change of the best candidate so far; of equals the shorter is the best, then the newer.

    Source: the (1 + 1) scheme of Rechenberg (1973), Evolutionsstrategie; that the newer of equals is taken, so that it
    can wander along a plateau, from Jansen and Wegener (2001), Evolutionary algorithms: how to cope with plateaus of
    constant fitness, IEEE Transactions on Evolutionary Computation 5. With several candidates under way it is (1 + n).

    Args:
        objectives: Names of the measures that are minimised, the most important first.
    """

    def __init__(self, objectives: tuple[str, ...]) -> None:
        self._objectives = objectives
        self._best: Record | None = None

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        return Brief(number, "mutate", (self._best,)) if self._best else Brief(number, "create")

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        if record.evaluation.status is Status.OK and (self._best is None or self._key(record) <= self._key(self._best)):
            self._best = record

    def _key(self, record: Record) -> tuple[float, ...]:
        return (*values_of(record, self._objectives), code_size(record.candidate.source))
