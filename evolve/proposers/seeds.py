"""The published heuristics as candidates."""

from collections.abc import Mapping

import numpy as np

from evolve.candidate import Brief, Candidate
from evolve.proposers.base import Proposer


class Seeds:
    """Hands out the seeds; every other brief goes to the inner proposer.

    Args:
        seeds: Source texts by name.
        inner: Who writes the rest.
    """

    def __init__(self, seeds: Mapping[str, str], inner: Proposer) -> None:
        self._seeds = list(seeds.items())
        self._inner = inner

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return a candidate; see `evolve.proposers.base.Proposer`."""
        if brief.operator != "seed":
            return self._inner(brief, rng)
        name, source = self._seeds[brief.number]
        return Candidate(source, "seed", idea=name, proposer="seed")
