"""Tuning the constants of a candidate: what is left to numbers is found by numbers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evaluators.tuner import Tuned
from evolve.candidate import Brief, Candidate
from evolve.proposers.base import Proposer


class Tune:
    """Tunes the constants of the parent where the brief says "tune"; every other brief goes to the inner proposer.

    So does, as a mutation, a brief whose parent has no constants or no better ones.

    Args:
        inner: Who writes the rest.
        tuner: Returns a source with better constants, from a source and a seed; as `evaluators.tuner.Tuner` does.
    """

    def __init__(self, inner: Proposer, tuner: Callable[[str, int], Tuned | None]) -> None:
        self._inner, self._tuner = inner, tuner

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return a candidate; see `evolve.proposers.base.Proposer`."""
        if brief.operator != "tune":
            return self._inner(brief, rng)
        parent = brief.parents[0]
        tuned = self._tuner(parent.candidate.source, int(rng.integers(1, 2**31)))
        if tuned is None:
            return self._inner(replace(brief, operator="mutate"), rng)
        told = f"the best of {tuned.trials} settings of its {tuned.constants} constants"
        idea = f"{parent.candidate.idea} ({told})" if parent.candidate.idea else told
        return Candidate(tuned.source, "tune", (parent.number,), idea, "tune")
