"""Whole runs that tune constants and stop judging early."""

import threading
from pathlib import Path
from typing import Any

import pytest

from evaluators.base import Status
from evaluators.plan import DUPLICATE, RACED_OUT
from evolve import settings as recipes
from evolve.archive import Archive, Run
from evolve.candidate import Record
from evolve.run import session
from evolve.settings import Settings, SettingsError

RECIPE: dict[str, Any] = {
    "seed": 3,
    "deterministic": True,
    "problem": {"kind": "jobshop", "families": ["uniform"], "sizes": ["6x6", "10x10"], "sets": ["FT"]},
    "race": {"error": 0.05},
    "tune": {"every": 9, "trials": 40},
    "budget": {"evaluations": 70},
}


def settings(workers: int) -> Settings:
    return recipes.checked(RECIPE | {"evaluator": {"workers": workers}})


def carried_out(archive: Archive, run: Run, chosen: Settings, pauses: tuple[int, ...] = ()) -> list[Record]:
    """Carry a run out, beginning anew after so many records, and return its records."""
    for pause in (*pauses, 10**9):
        stop = threading.Event()
        with session(archive, run, chosen, stop) as work:
            for count, _ in enumerate(work.records, start=1):
                if count >= pause:
                    stop.set()
    return archive.records(run)


def fingerprint(records: list[Record]) -> list[tuple[object, ...]]:
    by_number = sorted(records, key=lambda record: record.number)
    return [
        (each.number, each.candidate, each.evaluation.status, each.evaluation.measures, each.evaluation.message)
        for each in by_number
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory):
    with Archive(str(tmp_path_factory.mktemp("early") / "a.db")) as opened:
        yield opened


@pytest.fixture(scope="module")
def records(archive: Archive) -> list[Record]:
    chosen = settings(2)
    return carried_out(archive, archive.create_run("whole", recipes.dump(chosen), "1"), chosen)


def test_a_run_stops_duplicates_and_losers_and_none_of_them_competes(records: list[Record]) -> None:
    stopped = [record for record in records if record.evaluation.status is Status.STOPPED]
    assert {record.evaluation.cause for record in stopped} == {DUPLICATE, RACED_OUT}
    numbers = {record.number for record in stopped}
    assert not any(numbers & set(record.candidate.parents) for record in records)
    assert all(0 < len(record.evaluation.per_instance) < 20 for record in stopped)
    assert all(record.evaluation.status is Status.OK for record in records if record.candidate.operator == "seed")


def test_tuned_candidates_name_their_parent_and_are_judged_like_any(records: list[Record]) -> None:
    tuned = [record for record in records if record.candidate.operator == "tune"]
    by_number = {record.number: record for record in records}
    assert tuned
    assert {record.number % 9 for record in tuned} == {8}
    for record in tuned:
        (parent,) = (by_number[number] for number in record.candidate.parents)
        assert parent.candidate.source != record.candidate.source
        assert "settings of" in record.candidate.idea
        assert not record.evaluation.status.failed


def test_the_run_is_the_same_on_one_worker_and_after_pauses(archive: Archive, records: list[Record]) -> None:
    chosen = settings(1)
    other = archive.create_run("paused", recipes.dump(chosen), "1")
    assert fingerprint(carried_out(archive, other, chosen, (30, 55))) == fingerprint(records)


def test_an_axis_that_is_not_measured_is_refused(archive: Archive, tmp_path: Path) -> None:
    table = RECIPE | {"search": {"kind": "map_elites", "axes": ["size", "deviation"]}}
    chosen = recipes.checked(table)
    run = archive.create_run("axes", recipes.dump(chosen), "1")
    with (
        pytest.raises(SettingsError, match=r"evaluator\.probes=true"),
        session(archive, run, chosen, threading.Event()),
    ):
        pass
    probing = recipes.checked(table | {"evaluator": {"probes": True}, "budget": {"evaluations": 30}})
    found = carried_out(archive, archive.create_run("probing", recipes.dump(probing), "1"), probing)
    deviations = {each.evaluation.measures["deviation"] for each in found if each.evaluation.status is Status.OK}
    assert 0.0 in deviations
    assert len(deviations) > 5
