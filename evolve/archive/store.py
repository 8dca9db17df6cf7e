"""The archive: every candidate, verdict and event of every run, append-only."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from evaluators.base import Evaluation, Status
from evolve.archive import process, tables
from evolve.archive.schema import connect, explained
from evolve.candidate import Candidate, Cost, Record
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

    Raises:
        ArchiveError: It cannot be opened.
    """

    def __init__(self, url: str, *, read_only: bool = False, create: bool = True) -> None:
        self.url = url
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
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise explained(error, self.url) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise explained(error, self.url) from error

    def create_run(self, name: str, settings: str, version: str) -> Run:
        """Append a run; a name that is taken gets a number behind it."""
        with self._writing() as connection:
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
        with self._reading() as connection:
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
        row = {"run_id": run.id, "created": time.time(), "kind": kind, "detail": json.dumps(detail)}
        with self._writing() as connection:
            connection.execute(insert(tables.event).values(row))

    def events(self, run: Run) -> list[Event]:
        """Return what happened to a run, in order."""
        query = select(tables.event).where(tables.event.c.run_id == run.id).order_by(tables.event.c.id)
        with self._reading() as connection:
            return [Event(row.kind, row.created, json.loads(row.detail)) for row in connection.execute(query)]

    def begin(self, run: Run) -> None:
        """Note that this process works on a run from now on.

        Raises:
            RunBusy: Another process on this machine does.
        """
        last = self._last_session(run)
        if last is not None and last.kind == "started" and process.is_alive(last.detail):
            raise RunBusy(f"run {run.name} is being worked on by process {last.detail['pid']}: end that first")
        self.log(run, "started", process.identity())

    def state(self, run: Run) -> RunState:
        """Return what a run is doing."""
        last = self._last_session(run)
        if last is None:
            return RunState.KILLED
        if last.kind == "ended":
            return RunState(last.detail["state"])
        return RunState.RUNNING if process.is_alive(last.detail) else RunState.KILLED

    def _last_session(self, run: Run) -> Event | None:
        sessions = [event for event in self.events(run) if event.kind in ("started", "ended")]
        return sessions[-1] if sessions else None

    def propose(self, run: Run, number: int, candidate: Candidate) -> None:
        """Append a candidate before it is judged.

        Raises:
            sqlalchemy.exc.IntegrityError: The run has a candidate of this number.
        """
        row = {
            "run_id": run.id,
            "number": number,
            "created": time.time(),
            "operator": candidate.operator,
            "parents": json.dumps(candidate.parents),
            "idea": candidate.idea,
            "proposer": candidate.proposer,
            "source": candidate.source,
            "input_tokens": candidate.cost.input_tokens,
            "output_tokens": candidate.cost.output_tokens,
            "usd": candidate.cost.usd,
            "transcript": candidate.transcript,
        }
        with self._writing() as connection:
            connection.execute(insert(tables.candidate).values(row))

    def judge(self, run: Run, number: int, evaluation: Evaluation, split: Split = Split.TRAIN) -> None:
        """Append the verdict on a candidate.

        Raises:
            sqlalchemy.exc.IntegrityError: The candidate has a verdict on this split.
        """
        of = select(tables.candidate.c.id).where(
            tables.candidate.c.run_id == run.id, tables.candidate.c.number == number
        )
        row = {
            "candidate_id": of.scalar_subquery(),
            "split": str(split),
            "created": time.time(),
            "status": str(evaluation.status),
            "measures": json.dumps(dict(evaluation.measures), allow_nan=False),
            "per_instance": json.dumps(
                {name: dict(values) for name, values in evaluation.per_instance.items()}, allow_nan=False
            ),
            "seconds": evaluation.seconds,
            "message": evaluation.message,
            "cause": evaluation.cause,
            "isolation": evaluation.isolation,
        }
        with self._writing() as connection:
            connection.execute(insert(tables.evaluation).values(row))

    def candidates(self, run: Run) -> dict[int, Candidate]:
        """Return all candidates of a run by number, judged or not."""
        query = select(tables.candidate).where(tables.candidate.c.run_id == run.id).order_by(tables.candidate.c.number)
        with self._reading() as connection:
            return {row.number: _candidate(row) for row in connection.execute(query)}

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
        with self._reading() as connection:
            return [Record(row.number, _candidate(row), _evaluation(row)) for row in connection.execute(query)]

    def seconds_spent(self, run: Run) -> float:
        """Return the wall seconds that processes have worked on a run; a killed one counts to its last line."""
        rows = (
            select(func.max(tables.evaluation.c.created))
            .join(tables.candidate)
            .where(tables.candidate.c.run_id == run.id)
        )
        sessions = [event for event in self.events(run) if event.kind in ("started", "ended")]
        total = 0.0
        for number, event in enumerate(sessions):
            if event.kind != "started":
                continue
            following = sessions[number + 1] if number + 1 < len(sessions) else None
            if following is not None and following.kind == "ended":
                total += following.created - event.created
                continue
            before = following.created if following else time.time()
            with self._reading() as connection:
                last = connection.execute(rows.where(tables.evaluation.c.created < before)).scalar_one_or_none()
            total += max((last or event.created) - event.created, 0.0)
        return total


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        source=row.source,
        operator=row.operator,
        parents=tuple(json.loads(row.parents)),
        idea=row.idea,
        proposer=row.proposer,
        cost=Cost(row.input_tokens, row.output_tokens, row.usd),
        transcript=row.transcript,
    )


def _evaluation(row: Row[Any]) -> Evaluation:
    measures, per_instance = json.loads(row.measures), json.loads(row.per_instance)
    return Evaluation(Status(row.status), measures, per_instance, row.seconds, row.message, row.cause, row.isolation)
