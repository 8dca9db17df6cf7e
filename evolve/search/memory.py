"""What the records told so far teach, ready for every ask."""

from bisect import insort
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from evaluators.base import Status
from evaluators.cached import tree_of
from evolve.candidate import Insight, Knowledge, Record
from evolve.insights import Insights

BEST, FAILURES, TRIED = 12, 12, 8
"""How many records of each kind are kept."""
PARENTS = 2000
"""Of how many parents it is kept what was made from them; those used last stay."""


class Memory:
    """Keeps what briefs are told; a function of the records told, in order.

    Args:
        objective: The measure that decides.
        publish: Called with the number of records told and the insights whenever these have changed.
        entry: Name of the problem's function; if empty, it is the last one of a source.
    """

    def __init__(self, objective: str, publish: Callable[[int, Sequence[Insight]], None], entry: str = "") -> None:
        self._objective = objective
        self._publish = publish
        self._insights = Insights(objective, entry)
        self._baselines: list[tuple[float, int, Record]] = []
        self._best: list[tuple[float, int, Record]] = []
        self._tried: dict[int, deque[Record]] = {}
        self._failures: deque[Record] = deque(maxlen=FAILURES)
        self._known: dict[str, int] = {}
        self._numbers: list[int] = []

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate."""
        candidate = record.candidate
        if candidate.source:
            self._known.setdefault(tree_of(candidate.source), len(self._numbers))
        self._numbers.append(record.number)
        for parent in candidate.parents:
            self._try(parent, record)
        if record.evaluation.status is Status.OK:
            self._keep(record)
        elif candidate.by_model and record.evaluation.status.failed:
            self._failures.appendleft(record)
        if self._insights.tell(record):
            self._publish(len(self._numbers), self._insights.current)

    def knowledge(self, parents: Sequence[Record]) -> Knowledge:
        """Return what is known now, for a brief with these parents."""
        return Knowledge(
            told=len(self._numbers),
            baselines=tuple(record for _, _, record in self._baselines),
            best=tuple(record for _, _, record in self._best),
            tried=tuple(self._tried.get(parents[0].number, ())) if parents else (),
            failures=tuple(self._failures),
            insights=self._insights.current,
            known=self._known,
            numbers=self._numbers,
        )

    def _try(self, parent: int, record: Record) -> None:
        """Keep what was made from a parent, without the many numbers that nobody asks for."""
        tried = self._tried.pop(parent, None) or deque(maxlen=TRIED)
        light = replace(record.candidate, transcript="")
        tried.appendleft(replace(record, candidate=light, evaluation=replace(record.evaluation, per_instance={})))
        self._tried[parent] = tried
        if len(self._tried) > PARENTS:
            del self._tried[next(iter(self._tried))]

    def _keep(self, record: Record) -> None:
        value = record.evaluation.measures[self._objective]
        entry = (value, record.number, record)
        if record.candidate.operator == "seed":
            insort(self._baselines, entry, key=lambda entry: entry[:2])
            return
        for position, (other, _, known) in enumerate(self._best):
            if other == value:
                if len(record.candidate.source) < len(known.candidate.source):
                    self._best[position] = entry
                return
        insort(self._best, entry, key=lambda entry: entry[:2])
        del self._best[BEST:]
