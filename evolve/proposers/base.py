"""Who writes candidates."""

from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

import numpy as np

from evolve.candidate import Brief, Candidate
from evolve.llm.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Means:
    """What a run lends to its proposer.

    Attributes:
        stop: Set when the run is to end: whatever waits, waits no longer.
        ledger: Keeps what is spent under the run's caps.
        folder: A folder of the run's own, for answers that are on their way to the archive; may not exist yet.
    """

    stop: Event
    ledger: Ledger
    folder: Path


class NotStarted(Exception):
    """The proposal was not begun, or given up before anything was paid: a cap is reached or the run is ending."""


class Proposer(Protocol):
    """Writes a candidate for a brief. Its constructor takes the problem, the means, and its own settings."""

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return a candidate; block until it is written.

        Called from several worker threads at once; keeps no state between calls. All randomness comes from `rng`,
        which is a function of the run's seed and the brief's number.

        Raises:
            NotStarted: Nothing was written and nothing is owed.
        """
        ...
