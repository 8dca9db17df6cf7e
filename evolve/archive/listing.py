"""Light reading: what tables and charts of a run need, without sources, transcripts and single instances."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, func, or_, select

from evaluators.base import Status
from evolve.archive import tables
from evolve.archive.rows import cost_of
from evolve.archive.store import Archive, Event, Run, RunState
from evolve.candidate import Cost
from problems.base import Split

IDEA = 300
"""Characters of an idea that a table shows."""
FREE = Cost()
LATELY = 300.0
"""Seconds of work that a pace is taken from."""
COST = tuple(field.name for field in fields(Cost))


@dataclass(frozen=True, slots=True)
class Line:
    """A judged candidate as one line of a table.

    Attributes:
        idea: Its first `IDEA` characters.
        characters: Length of the source.
        judged: When the verdict on train was archived, in seconds since the epoch.
        measures: On train; empty unless the status is OK.
        seconds: CPU seconds in the sandbox, all instances.
        cause: Of the failure; empty when OK.
        proposer: Who wrote it.
        cost: What it cost.
        by_model: Whether a model wrote it.
        flawed: Whether it was no heuristic to be judged.
        key: Of the verdict; ascending in the order in which verdicts were given.
    """

    number: int
    operator: str
    parents: tuple[int, ...]
    idea: str
    characters: int
    judged: float
    status: Status
    measures: Mapping[str, float]
    seconds: float
    cause: str
    proposer: str = ""
    cost: Cost = FREE
    by_model: bool = False
    flawed: bool = False
    key: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a run's part of the archive reaches; as long as it is the same, so is what is read.

    Attributes:
        candidate: Highest key of the run's candidates, 0 without one.
        evaluation: Highest key of verdicts on them.
        event: Highest key of the run's events.
    """

    candidate: int
    evaluation: int
    event: int


@dataclass(frozen=True, slots=True)
class Glance:
    """A run at a glance.

    Attributes:
        waiting: Numbers of the candidates that are proposed and not judged.
        best: The best OK line; seeds included.
        best_seed: The best of the problem's published heuristics.
        gain: By how much `best` is better than `best_seed`, in the objective's unit; 0 without them.
        failed: How many lines have failed.
        causes: Failures by cause, the most frequent first.
        stopped: How many lines were stopped early, as duplicates or raced out.
        seconds: Wall time that processes worked on it.
    """

    state: RunState
    judged: int
    waiting: Sequence[int]
    best: Line | None
    best_seed: Line | None
    gain: float
    failed: int
    causes: Mapping[str, int]
    stopped: int
    usd: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which a run's best value improved.

    Attributes:
        evaluations: How many candidates had been judged by then, this one included.
        seconds: For how long processes had worked on the run by then.
        value: Of the objective.
    """

    number: int
    operator: str
    evaluations: int
    seconds: float
    value: float


def mark(archive: Archive, run: Run) -> Mark:
    """Return how far a run's part of the archive reaches."""
    candidate, evaluation, event = tables.candidate.c, tables.evaluation.c, tables.event.c
    queries = (
        select(func.max(candidate.id)).where(candidate.run_id == run.id),
        select(func.max(evaluation.id)).join(tables.candidate).where(candidate.run_id == run.id),
        select(func.max(event.id)).where(event.run_id == run.id),
    )
    with archive.reading() as connection:
        return Mark(*(connection.execute(query).scalar_one() or 0 for query in queries))


def lines(archive: Archive, run: Run, after: int = 0) -> list[Line]:
    """Return the judged candidates of a run in the order in which they were judged.

    Args:
        after: Leave out those whose verdict has this key or a lower one.
    """
    candidate, evaluation = tables.candidate.c, tables.evaluation.c
    query = (
        select(
            candidate.number,
            candidate.operator,
            candidate.parents,
            func.substr(candidate.idea, 1, IDEA).label("idea"),
            func.length(candidate.source).label("characters"),
            candidate.proposer,
            *(tables.candidate.c[name] for name in COST),
            (candidate.transcript != "").label("by_model"),
            (candidate.flaw_cause != "").label("flawed"),
            evaluation.id,
            evaluation.created,
            evaluation.status,
            evaluation.measures,
            evaluation.seconds,
            evaluation.cause,
        )
        .join(tables.evaluation)
        .where(candidate.run_id == run.id, evaluation.split == str(Split.TRAIN), evaluation.id > after)
        .order_by(evaluation.id)
    )
    with archive.reading() as connection:
        return [_line(row) for row in connection.execute(query)]


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    return Line(
        number=row.number,
        operator=row.operator,
        parents=tuple(json.loads(row.parents)),
        idea=row.idea,
        characters=row.characters,
        judged=row.created,
        status=Status(row.status),
        measures=json.loads(row.measures),
        seconds=row.seconds,
        cause=row.cause,
        proposer=row.proposer,
        cost=cost_of(row),
        by_model=bool(row.by_model),
        flawed=bool(row.flawed),
        key=row.id,
    )


def containing(archive: Archive, run: Run, text: str) -> set[int]:
    """Return the numbers of the candidates whose source or idea contains a text, in upper or lower case."""
    candidate = tables.candidate.c
    found = or_(candidate.source.icontains(text, autoescape=True), candidate.idea.icontains(text, autoescape=True))
    with archive.reading() as connection:
        return set(connection.execute(select(candidate.number).where(candidate.run_id == run.id, found)).scalars())


def glance(archive: Archive, run: Run, listed: Sequence[Line], objective: str) -> Glance:
    """Return a run at a glance.

    Args:
        listed: Its lines.
        objective: The measure that decides.
    """
    candidate = tables.candidate.c
    with archive.reading() as connection:
        usd = connection.execute(select(func.sum(candidate.usd)).where(candidate.run_id == run.id)).scalar_one()
        numbers = set(connection.execute(select(candidate.number).where(candidate.run_id == run.id)).scalars())
    first = best(listed, objective)
    first_seed = best([line for line in listed if line.operator == "seed"], objective)
    causes = Counter(line.cause for line in listed if line.status.failed)
    return Glance(
        state=archive.state(run),
        judged=len(listed),
        waiting=sorted(numbers - {line.number for line in listed}),
        best=first,
        best_seed=first_seed,
        gain=first_seed.measures[objective] - first.measures[objective] if first and first_seed else 0.0,
        failed=causes.total(),
        causes=dict(causes.most_common()),
        stopped=sum(line.status is Status.STOPPED for line in listed),
        usd=usd or 0.0,
        seconds=archive.seconds_spent(run),
    )


def best(listed: Sequence[Line], objective: str) -> Line | None:
    """Return the OK line with the smallest value of a measure; of equals the one with the lowest number."""
    valid = [line for line in listed if line.status is Status.OK]
    return min(valid, key=lambda line: (line.measures[objective], line.number), default=None)


def moments(events: Sequence[Event], listed: Sequence[Line]) -> dict[int, float]:
    """Return for how long processes had worked on a run when each candidate was judged, in seconds by number.

    The time between two sessions does not count; a session that was killed counts to its last line.
    """
    marks = [(event.created, event.kind, -1) for event in events if event.kind in ("started", "ended")]
    marks += [(line.judged, "judged", line.number) for line in listed]
    marks.sort()
    found: dict[int, float] = {}
    begin, before, latest = marks[0][0] if marks else 0.0, 0.0, 0.0
    for moment, kind, number in marks:
        if kind == "started":
            begin, before = moment, latest
            continue
        latest = before + moment - begin
        if kind == "judged":
            found[number] = latest
    return found


def pace(seconds: Mapping[int, float], lately: float = LATELY) -> float | None:
    """Return how many candidates were judged per minute of work lately; None where too little time has passed.

    Args:
        seconds: Working time by number; see `moments`.
        lately: How far back to look, in seconds.
    """
    now = max(seconds.values(), default=0.0)
    since = max(now - lately, 0.0)
    if now - since < 1.0:
        return None
    return 60.0 * sum(moment > since for moment in seconds.values()) / (now - since)


def steps(listed: Sequence[Line], objective: str, seconds: Mapping[int, float]) -> list[Step]:
    """Return the moments at which the best value improved, the first OK candidate included.

    Args:
        listed: Lines in the order in which they were judged.
        seconds: Working time by number; see `moments`.
    """
    found: list[Step] = []
    for position, line in enumerate(listed, start=1):
        value = line.measures.get(objective)
        if value is not None and (not found or value < found[-1].value):
            found.append(Step(line.number, line.operator, position, seconds[line.number], value))
    return found


def ancestors(listed: Sequence[Line], number: int) -> list[Line]:
    """Return the line of main parents of a candidate, the nearest first, back to one without a parent."""
    by_number = {line.number: line for line in listed}
    found: list[Line] = []
    line = by_number.get(number)
    while line is not None and line.parents and line.parents[0] < line.number:
        line = by_number.get(line.parents[0])
        if line is not None:
            found.append(line)
    return found
