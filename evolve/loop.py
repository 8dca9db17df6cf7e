"""Search asks, proposer writes, evaluator judges, archive keeps, search is told."""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from evaluators.base import Evaluation, Evaluator, Status
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Cost, Record
from evolve.proposers.base import NotStarted, Proposer
from evolve.search.base import Search

logger = logging.getLogger(__name__)

GLANCE = 0.2
"""Seconds between two looks at whether the user wants to stop."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has used of its budget.

    Attributes:
        asked: Candidates, those under way included.
        calls: Of these, the ones that a model has written or is writing.
        cost: Of all that are archived.
    """

    asked: int
    calls: int
    cost: Cost


class Loop:
    """One run of the loop over one archive; iterate over it to let it go on.

    Only the iterating thread touches the archive and the search; the threads of the pool write and judge. What the
    archive has is never asked for again: a candidate is judged if it was not, and told to the search in any case, so
    resuming is the same as replaying.

    In deterministic mode the search is told every record in the order of the numbers, and ask k is made when exactly
    the records up to k - width have been told. Then the run does not depend on how long anything took.

    Args:
        width: How many candidates are written, or wait to be judged, at once; in deterministic mode, how many are
            under way in any state.
        judges: How many candidates are judged at once.
        enough: Told what is spent; true ends the asking for new candidates, and what is there is still judged.
        first: How many candidates must have been told before any after them is asked for: the published heuristics, so
            that whoever writes knows all of them.
        stop: When set, nothing new is proposed or judged, and the loop ends with what is under way.
        closing: Set by the loop when nobody is to wait any longer for what is not paid for: it ends, or is overdue.
        overdue: Returns whether the run's time is over.
        answered: Numbers of candidates whose answers are here and not archived; they are asked for whatever is left of
            the budget.
        now: Returns an evaluator that judges by what the search has been told until now, and by nothing later; None
            means that the evaluator judges always alike. In deterministic mode a candidate is judged as it would be at
            the moment it is asked for.
        local: Writes candidates, free of charge, whenever nothing waits to be judged and the proposer is at work on
            all that it may; None leaves the cores idle. It must not be given in deterministic mode.
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
        judges: int,
        deterministic: bool,
        enough: Callable[[Spent], bool],
        stop: threading.Event,
        first: int = 0,
        closing: threading.Event | None = None,
        overdue: Callable[[], bool] = lambda: False,
        answered: Collection[int] = (),
        now: Callable[[], Evaluator] | None = None,
        local: Proposer | None = None,
    ) -> None:
        if local is not None and deterministic:
            raise ValueError("what a local proposer fills in depends on time: it cannot be had in deterministic mode")
        self._archive, self._run = archive, run
        self._search, self._proposer, self._evaluate, self._local = search, proposer, evaluate, local
        self._seed, self._width, self._judges, self._deterministic = seed, width, judges, deterministic
        self._enough, self._stop, self._first = enough, stop, first
        self._closing, self._overdue = closing or threading.Event(), overdue
        self._now = now if deterministic else None
        self._standing: dict[int, Evaluator] = {}  # who judges a candidate that is asked for, where that depends on now
        self._pool = ThreadPoolExecutor(width + 2 * judges, thread_name_prefix="candidate")
        self._proposing: dict[Future[Candidate], int] = {}
        self._filling: dict[Future[Candidate], int] = {}
        self._waiting: set[int] = set()  # written and not judged
        self._judging: dict[Future[Evaluation], int] = {}
        self._candidates = archive.candidates(run)
        self._judged = {record.number: record for record in archive.records(run)}  # not yet told, in order of judging
        self._last = max([*self._candidates, *answered], default=-1)
        self._next = 0  # the lowest number that was not asked for
        self._told = 0
        self._closed = False  # a proposer could not start: a cap is reached
        self._calls = sum(candidate.by_model for candidate in self._candidates.values())
        self._cost = sum((candidate.cost for candidate in self._candidates.values()), Cost())

    def __iter__(self) -> Iterator[Record]:
        """Yield every record as the search is told it, those from the archive first."""
        if not self._deterministic:
            yield from self._replay()
        while True:
            while self._may_ask():
                self._ask()
            self._judge_waiting()
            if (record := self._tellable()) is not None:
                self._told += 1
                self._search.tell(record)
                yield record
            elif self._may_fill():
                self._fill()
            elif self._under_way():
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
            self._closing.set()  # nobody tries again
            wait([*self._proposing, *self._filling])
        for under_way in (self._proposing, self._filling):
            for written in [future for future in under_way if future.done() and not future.cancelled()]:
                if written.exception() is None:
                    self._archive_proposal(under_way, written)
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    @property
    def writing(self) -> int:
        """How many candidates are being written."""
        return len(self._proposing)

    def _under_way(self) -> bool:
        return bool(self._proposing or self._filling or self._judging)

    def _replay(self) -> Iterator[Record]:
        """Tell what was judged, in the order in which it was, and judge what was proposed and not judged."""
        judged, self._judged = self._judged, {}
        for record in judged.values():
            self._told += 1
            self._search.tell(record)
            yield record
        self._waiting |= self._candidates.keys() - judged.keys()

    def _may_ask(self) -> bool:
        while not self._deterministic and self._next in self._candidates:
            self._next += 1
        ahead = self._next - self._told if self._deterministic else len(self._proposing) + len(self._waiting)
        if ahead >= self._width or self._told < self._first <= self._next:
            return False
        # What lies before the last archived number belongs to the run, whatever is left of the budget, and so do the
        # published heuristics, as far as they cost nothing but time.
        free = self._next < self._first and not self._enough(Spent(self._asked(), 0, Cost()))
        return self._open() or ((self._next <= self._last or free) and not self._halted())

    def _may_fill(self) -> bool:
        """Return whether a core would be idle and something may be proposed for it."""
        if self._local is None or self._waiting or len(self._filling) + len(self._judging) >= self._judges:
            return False
        # Whatever the paid budget allows, there is time as long as answers are waited for.
        in_time = not self._enough(Spent(self._asked(), 0, Cost()))
        return self._told >= self._first and bool(self._proposing) and in_time and not self._halted()

    def _open(self) -> bool:
        return not self._halted() and not self._enough(self._spent())

    def _halted(self) -> bool:
        return self._closed or self._stop.is_set()

    def _spent(self) -> Spent:
        return Spent(self._asked(), self._calls + len(self._proposing), self._cost)

    def _asked(self) -> int:
        writing = len(self._proposing) + len(self._filling)
        return self._next if self._deterministic else len(self._candidates) + writing

    def _ask(self) -> None:
        number = self._next
        self._next += 1
        if number in self._judged:
            return
        if self._now is not None:
            self._standing[number] = self._now()
        if number in self._candidates:
            self._waiting.add(number)
            return
        self._submit(number, self._proposer, self._proposing)

    def _fill(self) -> None:
        number = self._next
        self._next += 1
        assert self._local is not None, "asked for only if there is one"
        self._submit(number, self._local, self._filling)

    def _submit(self, number: int, proposer: Proposer, under_way: dict[Future[Candidate], int]) -> None:
        rng = np.random.default_rng([self._seed, number])
        brief = self._search.ask(number, rng)
        under_way[self._pool.submit(proposer, brief, rng)] = number

    def _tellable(self) -> Record | None:
        if self._deterministic:
            return self._judged.pop(self._told, None) if self._told < self._next else None
        return self._judged.pop(next(iter(self._judged))) if self._judged else None

    def _collect(self) -> None:
        """Archive what has been written or judged since the last look."""
        under_way: list[Future[Any]] = [*self._proposing, *self._filling, *self._judging]
        wait(under_way, timeout=GLANCE, return_when=FIRST_COMPLETED)
        if self._stop.is_set() or self._overdue():
            self._closing.set()
        for proposals in (self._proposing, self._filling):
            written = [future for future in proposals if future.done()]
            for future in sorted(written, key=lambda future: future.exception() is not None):  # an error comes last
                if isinstance(future.exception(), NotStarted):
                    del proposals[future]
                    self._closed = True
                else:
                    self._waiting.add(self._archive_proposal(proposals, future))
        for judged in [future for future in self._judging if future.done()]:
            self._keep(self._judging.pop(judged), judged.result())

    def _archive_proposal(self, proposals: dict[Future[Candidate], int], written: Future[Candidate]) -> int:
        number, candidate = proposals[written], written.result()
        del proposals[written]
        self._candidates[number] = self._archive.propose(self._run, number, candidate)
        self._cost += candidate.cost
        self._calls += candidate.by_model
        return number

    def _judge_waiting(self) -> None:
        """Let candidates be judged as far as there is room, those of models first: they were waited for and paid."""
        for number in sorted(self._waiting, key=lambda number: (not self._candidates[number].by_model, number)):
            if self._stop.is_set() or len(self._judging) >= self._judges:
                return
            self._waiting.remove(number)
            candidate, judge = self._candidates[number], self._standing.pop(number, self._evaluate)
            if candidate.flaw is not None:
                verdict = Evaluation(Status.REJECTED, message=candidate.flaw.message, cause=candidate.flaw.cause)
                self._keep(number, verdict)
            else:
                self._judging[self._pool.submit(judge, candidate.source)] = number

    def _keep(self, number: int, evaluation: Evaluation) -> None:
        self._archive.judge(self._run, number, evaluation)
        self._judged[number] = Record(number, self._candidates[number], evaluation)
