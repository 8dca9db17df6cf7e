"""Who writes candidates."""

from typing import Protocol

import numpy as np

from evolve.candidate import Brief, Candidate


class Proposer(Protocol):
    """Writes a candidate for a brief."""

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return a candidate; block until it is written.

        Called from several worker threads at once; keeps no state between calls. All randomness comes from `rng`,
        which is a function of the run's seed and the brief's number.
        """
        ...
