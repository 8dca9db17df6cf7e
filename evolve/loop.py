"""Search asks, proposer writes, evaluator judges, archive keeps, search is told."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any

import numpy as np

from evaluators.base import Evaluation, Evaluator
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Record
from evolve.proposers.base import Proposer
from evolve.search.base import Search

logger = logging.getLogger(__name__)

GLANCE = 0.2
"""Seconds between two looks at whether the user wants to stop."""


class Loop:
    """One run of the loop over one archive; iterate over it to let it go on.

    Only the iterating thread touches the archive and the search; the threads of the pool write and judge. What the
    archive has is never asked for again: a candidate is judged if it was not, and told to the search in any case, so
    resuming is the same as replaying.

    In deterministic mode the search is told every record in the order of the numbers, and ask k is made when exactly
    the records up to k - width have been told. Then the run does not depend on how long anything took.

    Args:
        width: How many candidates are under way at once.
        enough: Told the number of asks made and the dollars spent; true ends the asking for new candidates, and what
            is there is still judged.
        stop: When set, nothing new is proposed or judged, and the loop ends with what is under way.
    """

    def __init__(
        self,
        archive: Archive,
        run: Run,
        search: Search,
        proposer: Proposer,
        evaluate: Evaluator,
        *,
        seed: int,
        width: int,
        deterministic: bool,
        enough: Callable[[int, float], bool],
        stop: threading.Event,
    ) -> None:
        self._archive, self._run = archive, run
        self._search, self._proposer, self._evaluate = search, proposer, evaluate
        self._seed, self._width, self._deterministic = seed, width, deterministic
        self._enough, self._stop = enough, stop
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="candidate")
        self._proposing: dict[Future[Candidate], int] = {}
        self._judging: dict[Future[Evaluation], int] = {}
        self._candidates = archive.candidates(run)
        self._judged = {record.number: record for record in archive.records(run)}  # not yet told, in order of judging
        self._last = max(self._candidates, default=-1)
        self._next = 0  # the lowest number that was not asked for
        self._told = 0
        self._dollars = sum(candidate.cost.usd for candidate in self._candidates.values())

    def __iter__(self) -> Iterator[Record]:
        """Yield every record as the search is told it, those from the archive first."""
        if not self._deterministic:
            yield from self._replay()
        while True:
            while self._may_ask():
                self._ask()
            if (record := self._tellable()) is not None:
                self._told += 1
                self._search.tell(record)
                yield record
            elif self._proposing or self._judging:
                self._collect()
            else:
                return

    def __enter__(self) -> "Loop":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads. After an error, proposals under way are awaited and archived: they may have been paid for.

        After a second interrupt nothing is awaited; what is written is archived all the same.
        """
        if error is not None and not isinstance(error, KeyboardInterrupt):
            wait(self._proposing)
        for written in [future for future in self._proposing if future.done() and not future.cancelled()]:
            if written.exception() is None:
                self._archive_proposal(written)
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    def _replay(self) -> Iterator[Record]:
        """Tell what was judged, in the order in which it was, and judge what was proposed and not judged."""
        judged, self._judged = self._judged, {}
        for record in judged.values():
            self._told += 1
            self._search.tell(record)
            yield record
        for number in sorted(self._candidates.keys() - judged.keys()):
            if not self._stop.is_set():
                self._judge(number)

    def _may_ask(self) -> bool:
        while not self._deterministic and self._next in self._candidates:
            self._next += 1
        under_way = self._next - self._told if self._deterministic else len(self._proposing) + len(self._judging)
        if under_way >= self._width or self._stop.is_set():
            return False
        # What lies before the last archived number belongs to the run, whatever is left of the budget.
        return self._next <= self._last or not self._enough(self._asked(), self._dollars)

    def _asked(self) -> int:
        return self._next if self._deterministic else len(self._candidates) + len(self._proposing)

    def _ask(self) -> None:
        number = self._next
        self._next += 1
        if number in self._judged:
            return
        if number in self._candidates:
            self._judge(number)
            return
        rng = np.random.default_rng([self._seed, number])
        brief = self._search.ask(number, rng)
        self._proposing[self._pool.submit(self._proposer, brief, rng)] = number

    def _tellable(self) -> Record | None:
        if self._deterministic:
            return self._judged.pop(self._told, None) if self._told < self._next else None
        return self._judged.pop(next(iter(self._judged))) if self._judged else None

    def _collect(self) -> None:
        """Archive what has been written or judged since the last look."""
        under_way: list[Future[Any]] = [*self._proposing, *self._judging]
        wait(under_way, timeout=GLANCE, return_when=FIRST_COMPLETED)
        written = [future for future in self._proposing if future.done()]
        for future in sorted(written, key=lambda future: future.exception() is not None):  # an error comes last
            number = self._archive_proposal(future)
            if not self._stop.is_set():
                self._judge(number)
        for judged in [future for future in self._judging if future.done()]:
            self._keep(self._judging.pop(judged), judged.result())

    def _archive_proposal(self, written: Future[Candidate]) -> int:
        number, candidate = self._proposing[written], written.result()
        del self._proposing[written]
        self._candidates[number] = self._archive.propose(self._run, number, candidate)
        self._dollars += candidate.cost.usd
        return number

    def _judge(self, number: int) -> None:
        source = self._candidates[number].source
        self._judging[self._pool.submit(self._evaluate, source)] = number

    def _keep(self, number: int, evaluation: Evaluation) -> None:
        self._archive.judge(self._run, number, evaluation)
        self._judged[number] = Record(number, self._candidates[number], evaluation)
