"""The archive: every candidate, verdict and event of every run, append-only."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from evaluators.base import Evaluation
from evolve.archive import process, tables
from evolve.archive.engine import path_of, take_turn, writing
from evolve.archive.errors import explained
from evolve.archive.rows import candidate_of, candidate_row, evaluation_of, evaluation_row, stored
from evolve.archive.schema import connect, locate, shown
from evolve.candidate import Candidate, Record
from problems.base import Split


class RunState(StrEnum):
    """What a run is doing."""

    RUNNING = "running"
    FINISHED = "finished"  # a budget ended it
    INTERRUPTED = "interrupted"  # by the user, or by an error
    KILLED = "killed"  # its process is gone without a word


@dataclass(frozen=True, slots=True)
class Run:
    """One run as archived.

    Attributes:
        created: Seconds since the epoch.
        settings: JSON text of its settings.
        version: Of the program that started it.
    """

    id: int
    name: str
    created: float
    settings: str
    version: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run: it started, ended, or its test split was opened."""

    kind: str
    created: float
    detail: Mapping[str, Any]


class UnknownRun(LookupError):
    """The archive has no such run or candidate."""


class RunBusy(RuntimeError):
    """Another process is working on the run."""


class Archive:
    """Every run, in one database. Used from one thread.

    Args:
        url: A database URL or the path of an SQLite file; created when missing.
        read_only: Open without the right to write; then it must exist.
        create: Make it when it is missing.

    Attributes:
        url: The URL or path as it may be shown: without a password.
        path: Its file; None if it is on a server.

    Raises:
        ArchiveError: It cannot be opened.
    """

    def __init__(self, url: str, *, read_only: bool = False, create: bool = True) -> None:
        self.url = shown(url)
        self.path = path_of(locate(url))
        self._engine = connect(url, read_only=read_only, create=create)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Provide a transaction for reading; it does not wait for writers.

        Raises:
            ArchiveError: The database cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise explained(error, self.url) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with writing(self._engine) as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise explained(error, self.url) from error

    def create_run(self, name: str, settings: str, version: str) -> Run:
        """Append a run; a name that is taken gets a number behind it."""
        with self._writing() as connection:
            take_turn(connection)
            taken = set(
                connection.execute(select(tables.run.c.name).where(tables.run.c.name.startswith(name))).scalars()
            )
            unique, count = name, 1
            while unique in taken:
                count += 1
                unique = f"{name}-{count}"
            created = time.time()
            row = {"name": unique, "created": created, "settings": settings, "version": version}
            key = connection.execute(insert(tables.run).values(row)).inserted_primary_key
        assert key is not None, "an insert of one row yields its key"
        return Run(key[0], unique, created, settings, version)

    def runs(self) -> list[Run]:
        """Return all runs, the oldest first."""
        with self.reading() as connection:
            return [Run(*row) for row in connection.execute(select(tables.run).order_by(tables.run.c.id))]

    def run(self, name: str = "last") -> Run:
        """Return a run by its name; "last" is the newest.

        Raises:
            UnknownRun: There is none.
        """
        every = self.runs()
        if not every:
            raise UnknownRun(f"archive {self.url} has no run yet: `evolve demo` makes one")
        found = [run for run in every if run.name == name]
        if name == "last" and not found:
            return every[-1]
        if not found:
            raise UnknownRun(
                f"archive {self.url} has no run {name!r}: it has {', '.join(run.name for run in every[-8:])}"
            )
        return found[0]

    def log(self, run: Run, kind: str, detail: Mapping[str, Any]) -> None:
        """Append an event."""
        with self._writing() as connection:
            _log(connection, run, kind, detail)

    def events(self, run: Run) -> list[Event]:
        """Return what happened to a run, in order."""
        with self.reading() as connection:
            return _events(connection, run)

    def begin(self, run: Run, force: bool = False) -> None:
        """Note that this process works on a run from now on.

        Args:
            force: Do so whoever else may be working on it.

        Raises:
            RunBusy: Another process does, or did on another machine and has not said that it ended.
        """
        with self._writing() as connection:
            connection.execute(select(tables.run.c.id).where(tables.run.c.id == run.id).with_for_update())
            last = _last_session(_events(connection, run))
            if not force and last is not None and last.kind == "started" and process.is_alive(last.detail):
                raise _busy(run, last.detail)
            _log(connection, run, "started", process.identity())

    def state(self, run: Run) -> RunState:
        """Return what a run is doing."""
        last = _last_session(self.events(run))
        if last is None:
            return RunState.KILLED
        if last.kind == "ended":
            return RunState(last.detail["state"])
        return RunState.RUNNING if process.is_alive(last.detail) else RunState.KILLED

    def propose(self, run: Run, number: int, candidate: Candidate) -> Candidate:
        """Append a candidate before it is judged and return it as archived: its texts as far as they can be stored.

        Raises:
            sqlalchemy.exc.IntegrityError: The run has a candidate of this number, or there is no such run.
        """
        kept = stored(candidate)
        with self._writing() as connection:
            connection.execute(insert(tables.candidate).values(candidate_row(run.id, number, kept)))
        return kept

    def judge(self, run: Run, number: int, evaluation: Evaluation, split: Split = Split.TRAIN) -> None:
        """Append the verdict on a candidate; its texts as far as they can be stored.

        Raises:
            sqlalchemy.exc.IntegrityError: The candidate has a verdict on this split, or there is no such candidate.
            ValueError: A measure is not finite.
        """
        row = evaluation_row(run.id, number, evaluation, split)
        with self._writing() as connection:
            connection.execute(insert(tables.evaluation).values(row))

    def candidates(self, run: Run) -> dict[int, Candidate]:
        """Return all candidates of a run by number, judged or not."""
        query = select(tables.candidate).where(tables.candidate.c.run_id == run.id).order_by(tables.candidate.c.number)
        with self.reading() as connection:
            return {row.number: candidate_of(row) for row in connection.execute(query)}

    def records(self, run: Run, split: Split = Split.TRAIN, number: int | None = None) -> list[Record]:
        """Return the judged candidates of a run, or one of them, in the order in which they were judged."""
        query = (
            select(tables.candidate, tables.evaluation)
            .join(tables.evaluation, tables.evaluation.c.candidate_id == tables.candidate.c.id)
            .where(tables.candidate.c.run_id == run.id, tables.evaluation.c.split == str(split))
            .order_by(tables.evaluation.c.id)
        )
        if number is not None:
            query = query.where(tables.candidate.c.number == number)
        with self.reading() as connection:
            return [Record(row.number, candidate_of(row), evaluation_of(row)) for row in connection.execute(query)]

    def seconds_spent(self, run: Run) -> float:
        """Return the wall seconds that processes have worked on a run.

        A killed one counts to its last verdict on train: what a later export judges is no work on the run.
        """
        rows = (
            select(func.max(tables.evaluation.c.created))
            .join(tables.candidate)
            .where(tables.candidate.c.run_id == run.id, tables.evaluation.c.split == str(Split.TRAIN))
        )
        sessions = _sessions(self.events(run))
        total = 0.0
        for number, event in enumerate(sessions):
            if event.kind != "started":
                continue
            following = sessions[number + 1] if number + 1 < len(sessions) else None
            if following is not None and following.kind == "ended":
                total += following.created - event.created
                continue
            before = following.created if following else time.time()
            with self.reading() as connection:
                last = connection.execute(rows.where(tables.evaluation.c.created < before)).scalar_one_or_none()
            total += max((last or event.created) - event.created, 0.0)
        return total


def _log(connection: Connection, run: Run, kind: str, detail: Mapping[str, Any]) -> None:
    row = {"run_id": run.id, "created": time.time(), "kind": kind, "detail": json.dumps(detail)}
    connection.execute(insert(tables.event).values(row))


def _events(connection: Connection, run: Run) -> list[Event]:
    query = select(tables.event).where(tables.event.c.run_id == run.id).order_by(tables.event.c.id)
    return [Event(row.kind, row.created, json.loads(row.detail)) for row in connection.execute(query)]


def _sessions(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.kind in ("started", "ended")]


def _last_session(events: Iterable[Event]) -> Event | None:
    sessions = _sessions(events)
    return sessions[-1] if sessions else None


def _busy(run: Run, known: Mapping[str, Any]) -> RunBusy:
    who = f"process {known['pid']} on {known['host']}"
    if process.is_here(known):
        return RunBusy(f"run {run.name} is being worked on by {who}: end that first")
    return RunBusy(
        f"run {run.name} was last worked on by {who}, and whether it still is cannot be seen from here: "
        f"end that first, or if it is gone `evolve resume {run.name} --force`"
    )
