"""A recorded run as the proposer: its answers once more, without asking anybody."""

import numpy as np

from evolve.archive import Archive
from evolve.candidate import Brief, Candidate
from evolve.proposers.base import Means, NotStarted
from problems.base import Problem


class Replay:
    """Hands out the candidates of a recorded run, number by number, with what they cost then.

    With the recorded run's settings and seed, and `deterministic = true` in both, the new run is the same as the
    recorded one, verdict by verdict. It ends where the recorded run ended.

    Args:
        problem: What is to be scheduled; must be that of the recorded run.
        means: What the run lends; nothing of it is needed.
        archive: SQLite file or database URL that keeps the recorded run.
        run: Name of the recorded run; the newest by default.

    Raises:
        evolve.archive.ArchiveError: The archive cannot be opened.
        evolve.archive.UnknownRun: It has no such run.
    """

    def __init__(self, problem: Problem, means: Means, *, archive: str, run: str = "last") -> None:
        with Archive(archive, read_only=True) as store:
            self._candidates = store.candidates(store.run(run))

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        """Return the recorded candidate of this number; see `evolve.proposers.base.Proposer`."""
        if brief.number not in self._candidates:
            raise NotStarted
        return self._candidates[brief.number]
