import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import IntegrityError

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, ArchiveError, OldArchive, RunBusy, RunState, UnknownRun, tables, upgrade
from evolve.archive.schema import MIGRATIONS
from evolve.candidate import Candidate, Cost, Record
from problems.base import Split

CANDIDATE = Candidate("def f(): pass", "cross", (3, 1), "an idea", "gp", Cost(7, 8, 0.5), "prompt and answer")
VERDICT = Evaluation(Status.OK, {"gap": 1.5}, {"a": {"gap": 1.0}, "b": {"gap": 2.0}}, 0.25, isolation="weak")


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "deep" / "a.db")) as opened:
        yield opened


def test_what_is_archived_comes_back_unchanged(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1.0")
    archive.propose(run, 4, CANDIDATE)
    assert archive.candidates(run) == {4: CANDIDATE}
    assert archive.records(run) == []
    archive.judge(run, 4, VERDICT)
    assert archive.records(run) == [Record(4, CANDIDATE, VERDICT)]
    assert archive.records(run, Split.TEST) == []
    assert archive.run("r") == run


def test_records_come_in_the_order_in_which_they_were_judged(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1.0")
    for number in (0, 1, 2):
        archive.propose(run, number, CANDIDATE)
    for number in (2, 0, 1):
        archive.judge(run, number, VERDICT)
    assert [record.number for record in archive.records(run)] == [2, 0, 1]


def test_a_candidate_is_archived_and_judged_once(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1.0")
    archive.propose(run, 0, CANDIDATE)
    with pytest.raises(IntegrityError):
        archive.propose(run, 0, CANDIDATE)
    archive.judge(run, 0, VERDICT)
    with pytest.raises(IntegrityError):
        archive.judge(run, 0, VERDICT)
    archive.judge(run, 0, VERDICT, Split.TEST)


def test_a_verdict_on_a_candidate_that_is_not_there_is_refused(archive: Archive) -> None:
    with pytest.raises(IntegrityError):
        archive.judge(archive.create_run("r", "{}", "1.0"), 9, VERDICT)


def test_no_number_that_is_not_finite_enters(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1.0")
    archive.propose(run, 0, CANDIDATE)
    with pytest.raises(ValueError, match="JSON compliant"):
        archive.judge(run, 0, Evaluation(Status.OK, {"gap": float("inf")}))


def test_a_name_that_is_taken_gets_a_number(archive: Archive) -> None:
    assert [archive.create_run("demo", "{}", "1").name for _ in range(3)] == ["demo", "demo-2", "demo-3"]
    assert archive.run().name == "demo-3"
    with pytest.raises(UnknownRun, match="demo-2"):
        archive.run("demo-9")


def test_a_run_that_is_worked_on_cannot_be_resumed_by_another_process(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    assert archive.state(run) is RunState.KILLED
    archive.begin(run)
    assert archive.state(run) is RunState.RUNNING
    with pytest.raises(RunBusy, match="process"):
        archive.begin(run)
    archive.log(run, "ended", {"state": "finished"})
    assert archive.state(run) is RunState.FINISHED
    archive.begin(run)


def test_a_run_whose_process_is_gone_counts_as_killed(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    program = (
        "import os, sys\nfrom evolve.archive import Archive\n"
        "archive = Archive(sys.argv[1])\narchive.begin(archive.create_run('r', '{}', '1'))\nos.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == -9
    with Archive(path) as archive:
        assert archive.state(archive.run("r")) is RunState.KILLED
        archive.begin(archive.run("r"))


def test_migrations_and_tables_give_the_same_schema(tmp_path: Path) -> None:
    empty = tmp_path / "migrated.db"
    sqlite3.connect(empty).close()
    assert upgrade(str(empty)) == tables.SCHEMA
    Archive(str(tmp_path / "created.db")).close()

    def shape(path: Path) -> dict[str, object]:
        found = inspect(create_engine(f"sqlite:///{path}"))
        return {
            name: (
                [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)],
                sorted(str(u["column_names"]) for u in found.get_unique_constraints(name)),
                sorted(str(i["column_names"]) for i in found.get_indexes(name)),
                sorted(str(k["constrained_columns"]) for k in found.get_foreign_keys(name)),
            )
            for name in found.get_table_names()
        }

    assert shape(empty) == shape(tmp_path / "created.db")
    assert [path.stem[:4] for path in sorted((MIGRATIONS / "versions").glob("*.py"))][-1] == tables.SCHEMA


def _stamp(path: Path, revision: str) -> None:
    Archive(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_an_archive_of_another_schema_says_what_to_do(tmp_path: Path) -> None:
    _stamp(tmp_path / "old.db", "0000")
    with pytest.raises(OldArchive, match="evolve upgrade"):
        Archive(str(tmp_path / "old.db"))
    _stamp(tmp_path / "new.db", "9999")
    with pytest.raises(ArchiveError, match="newer version"):
        Archive(str(tmp_path / "new.db"))


def test_what_is_no_archive_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.db"
    text.write_text("these are notes, not a database, and they are long enough to be looked at as one" * 20)
    before = text.read_bytes()
    with pytest.raises(ArchiveError, match="not an SQLite database"):
        Archive(str(text))
    assert text.read_bytes() == before
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(ArchiveError, match="not an archive"):
        Archive(str(other))
    with pytest.raises(ArchiveError, match="there is no archive"):
        Archive(str(tmp_path / "missing.db"), read_only=True)
    assert not (tmp_path / "missing.db").exists()


def test_a_locked_archive_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolve.archive.schema.BUSY_SECONDS", 0.05)
    path = tmp_path / "a.db"
    with Archive(str(path)) as archive:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ArchiveError, match="another process holds it"):
            archive.create_run("r", "{}", "1")
        holder.execute("ROLLBACK")
        holder.close()
        assert archive.create_run("r", "{}", "1").name == "r"


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Archive(str(path)) as archive:
        run = archive.create_run("r", "{}", "1")
        archive.propose(run, 0, CANDIDATE)
        with archive._engine.connect() as connection:  # SQLite's own way to have no room left
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.commit()
            connection.close()
        big = Candidate("x" * 100_000, "mutate")
        with pytest.raises(ArchiveError, match="disk is full"):
            archive.propose(run, 1, big)
        assert archive.candidates(run) == {0: CANDIDATE}


def test_a_run_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Archive(path) as writer:
        run = writer.create_run("r", "{}", "1")
        with Archive(path, read_only=True) as reader:
            writer.propose(run, 0, CANDIDATE)
            assert reader.candidates(run) == {0: CANDIDATE}
            with pytest.raises(ArchiveError, match="cannot be written"):
                reader.propose(run, 1, CANDIDATE)


def test_a_database_url_without_a_driver_says_what_to_install() -> None:
    with pytest.raises(ArchiveError, match="driver"):
        Archive("nosuchdb://host/name")
