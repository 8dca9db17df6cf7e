"""The first baseline: independent samples, of which the best counts."""

import numpy as np

from evolve.candidate import Brief, Record


class BestOfN:
    """Asks for something new every time and learns nothing: what a search must beat at the same number of samples.

    Source: Stiennon and others (2020), Learning to summarize with human feedback, NeurIPS, where it is the baseline of
    sampling from a model; the pure random search of Brooks (1958), A discussion of random methods for seeking maxima,
    Operations Research 6.

    Args:
        objectives: Names of the measures that are minimised; not looked at.
    """

    def __init__(self, objectives: tuple[str, ...]) -> None:
        del objectives

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        return Brief(number, "create")

    def tell(self, record: Record) -> None:
        """Learn nothing; see `evolve.search.base.Search`."""
