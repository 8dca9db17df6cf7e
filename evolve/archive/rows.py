"""What is in memory as rows, and back."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import Column, Row, String, Table, select

from evaluators.base import Evaluation, Status
from evolve.archive import tables
from evolve.candidate import Candidate, Cost, Flaw
from problems.base import Split


def storable(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    """Return a row whose texts every database takes, so that an answer that was paid for is not lost to its encoding.

    Lone surrogates become U+FFFD, NUL is dropped, and what is longer than its column is cut.
    """
    return {name: _cleaned(value, table.c[name]) if isinstance(value, str) else value for name, value in row.items()}


def _cleaned(text: str, column: Column[Any]) -> str:
    length = column.type.length if isinstance(column.type, String) else None
    return re.sub("[\ud800-\udfff]", "\ufffd", text).replace("\0", "")[:length]


def stored(candidate: Candidate) -> Candidate:
    """Return a candidate as the archive gives it back: its texts as far as they can be stored."""
    columns = tables.candidate.c
    return replace(
        candidate,
        source=_cleaned(candidate.source, columns.source),
        operator=_cleaned(candidate.operator, columns.operator),
        idea=_cleaned(candidate.idea, columns.idea),
        proposer=_cleaned(candidate.proposer, columns.proposer),
        transcript=_cleaned(candidate.transcript, columns.transcript),
        flaw=candidate.flaw
        and Flaw(_cleaned(candidate.flaw.cause, columns.flaw_cause), _cleaned(candidate.flaw.message, columns.flaw)),
    )


def candidate_row(run: int, number: int, candidate: Candidate) -> dict[str, object]:
    """Return the row of a stored candidate that is proposed now.

    Args:
        run: Key of its run.
    """
    return {
        "run_id": run,
        "number": number,
        "created": time.time(),
        "operator": candidate.operator,
        "parents": json.dumps(candidate.parents),
        "idea": candidate.idea,
        "proposer": candidate.proposer,
        "source": candidate.source,
        "transcript": candidate.transcript,
        "flaw_cause": candidate.flaw.cause if candidate.flaw else "",
        "flaw": candidate.flaw.message if candidate.flaw else "",
        **asdict(candidate.cost),
    }


def evaluation_row(run: int, number: int, evaluation: Evaluation, split: Split) -> dict[str, object]:
    """Return the row of a verdict that is given now on the candidate of this number.

    Raises:
        ValueError: A measure is not finite.
    """
    per_instance = {name: dict(values) for name, values in evaluation.per_instance.items()}
    row = {
        "split": str(split),
        "created": time.time(),
        "status": str(evaluation.status),
        "measures": json.dumps(dict(evaluation.measures), allow_nan=False),
        "per_instance": json.dumps(per_instance, allow_nan=False),
        "seconds": evaluation.seconds,
        "message": evaluation.message,
        "cause": evaluation.cause,
        "isolation": evaluation.isolation,
        "behaviour": evaluation.behaviour,
    }
    candidate = tables.candidate.c
    judged = select(candidate.id).where(candidate.run_id == run, candidate.number == number)
    return {"candidate_id": judged.scalar_subquery(), **storable(tables.evaluation, row)}


def candidate_of(row: Row[Any]) -> Candidate:
    """Return the candidate of a row."""
    return Candidate(
        source=row.source,
        operator=row.operator,
        parents=tuple(json.loads(row.parents)),
        idea=row.idea,
        proposer=row.proposer,
        cost=cost_of(row),
        transcript=row.transcript,
        flaw=Flaw(row.flaw_cause, row.flaw) if row.flaw_cause else None,
    )


def cost_of(row: Row[Any]) -> Cost:
    """Return the cost in a row; the columns are named as its fields."""
    return Cost(*(row._mapping[field.name] for field in fields(Cost)))


def evaluation_of(row: Row[Any]) -> Evaluation:
    """Return the verdict of a row."""
    measures, per_instance = json.loads(row.measures), json.loads(row.per_instance)
    told = (row.seconds, row.message, row.cause, row.isolation, row.behaviour)
    return Evaluation(Status(row.status), measures, per_instance, *told)
