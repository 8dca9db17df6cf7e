"""What a run teaches about changes: which of them helped and which hurt, by counts."""

from bisect import insort
from dataclasses import dataclass, field
from math import sqrt

from evaluators.base import Status
from evolve.candidate import Insight, Record
from evolve.changes import Profile, changes, profile

FIRST, EVERY = 20, 50
"""After how many records insights are drawn first, and how often from then on."""
MOST, EXAMPLES = 8, 3
LEAST = 5
"""How often a change must have been seen to be told."""
Z = 2.58
"""Of an interval that holds the true share in 99 of 100 cases: dozens of changes are looked at."""


@dataclass(slots=True)
class _Tally:
    """Outcomes of one change.

    Attributes:
        gains: The best gains with the number of the candidate, the largest gain first, as (-gain, number).
    """

    better: int = 0
    worse: int = 0
    failed: int = 0
    gains: list[tuple[float, int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many outcomes there are."""
        return self.better + self.worse + self.failed

    def evidence(self, usual: float) -> float:
        """Return by how much the interval of the share that was better leaves out the usual share."""
        low, high = wilson(self.better, self.count)
        return max(low - usual, usual - high)


class Insights:
    """Counts how candidates fared against their best parent, by what was changed; a function of the records told.

    A change is worth telling if the interval of its share of successes (Wilson, 1927, Journal of the American
    Statistical Association 22) leaves out the share over all candidates with parents; the evidence is by how much.

    Args:
        objective: The measure that decides.
        entry: Name of the function; if empty, it is the last one of a source.
    """

    def __init__(self, objective: str, entry: str = "") -> None:
        self._objective, self._entry = objective, entry
        self._profiles: dict[int, tuple[Profile, float]] = {}  # of OK records, with their value
        self._tallies: dict[str, _Tally] = {}
        self._all = _Tally()
        self._told = 0
        self.current: tuple[Insight, ...] = ()

    def tell(self, record: Record) -> bool:
        """Learn from a judged candidate; return whether `current` was drawn anew and is another one than before."""
        self._told += 1
        self._count(record)
        if self._told != FIRST and self._told % EVERY:
            return False
        before, self.current = self.current, self._drawn()
        return self.current != before

    def _count(self, record: Record) -> None:
        made = profile(record.candidate.source, self._entry)
        if made is None:
            return
        judged = record.evaluation.status is Status.OK
        if judged:
            self._profiles[record.number] = made, record.evaluation.measures[self._objective]
        parents = [self._profiles[number] for number in record.candidate.parents if number in self._profiles]
        judgeable = record.candidate.flaw is None and record.evaluation.status is not Status.STOPPED
        if not parents or not judgeable:
            return
        best, before = min(parents, key=lambda parent: parent[1])
        gain = before - self._profiles[record.number][1] if judged else None
        found = [tally for change in changes(best, made) for tally in [self._tallies.setdefault(change, _Tally())]]
        for tally in (self._all, *found):
            _add(tally, gain, record.number)

    def _drawn(self) -> tuple[Insight, ...]:
        if not self._all.count:
            return ()
        usual = self._all.better / self._all.count
        worth = sorted(
            (-tally.evidence(usual), change) for change, tally in self._tallies.items() if tally.count >= LEAST
        )
        return tuple(self._insight(change, usual) for evidence, change in worth[:MOST] if evidence < 0.0)

    def _insight(self, change: str, usual: float) -> Insight:
        tally = self._tallies[change]
        examples = tuple(number for _, number in tally.gains)
        return Insight(change, tally.better, tally.worse, tally.failed, examples, usual)


def wilson(successes: int, count: int, z: float = Z) -> tuple[float, float]:
    """Return the interval of a share after `count` trials, which must not be 0."""
    share, square = successes / count, z * z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = z * sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return middle - half, middle + half


def told(insight: Insight) -> str:
    """Return an insight as a sentence with its counts."""
    count = insight.better + insight.worse + insight.failed
    verdict = "helped" if insight.better > insight.usual * count else "hurt"
    return (
        f"{insight.change}: {verdict}; {insight.better} of {count} were better than their best parent "
        f"(of all, {insight.usual:.0%}), {insight.worse} were not, {insight.failed} failed"
    )


def _add(tally: _Tally, gain: float | None, number: int) -> None:
    if gain is None:
        tally.failed += 1
    elif gain <= 0.0:
        tally.worse += 1
    else:
        tally.better += 1
        insort(tally.gains, (-gain, number))
        del tally.gains[EXAMPLES:]
