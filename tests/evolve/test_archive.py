import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, ArchiveError, OldArchive, RunBusy, RunState, UnknownRun, shown, tables, upgrade
from evolve.archive.errors import explained
from evolve.archive.schema import MIGRATIONS
from evolve.candidate import Candidate, Cost, Flaw, Record
from problems.base import Split

COST = Cost(7, 8, 0.5, cached_tokens=3, reasoning_tokens=2, priced=False, estimated=True)
CANDIDATE = Candidate(
    "def f(): pass", "cross", (3, 1), "an idea", "gp", COST, "prompt and answer", Flaw("duplicate", "the same as 3")
)
OLD = Path(__file__).parents[1] / "upgrades"
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


@pytest.mark.parametrize("path", sorted(OLD.glob("*.db")), ids=lambda path: path.stem)
def test_an_old_archive_is_upgraded_with_all_that_is_in_it(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    shutil.copy(path, old)
    with pytest.raises(OldArchive, match="evolve upgrade"):
        Archive(str(old))
    assert upgrade(str(old)) == tables.SCHEMA
    with Archive(str(old)) as archive:
        run = archive.run("jobshop")
        records = archive.records(run)
        assert len(records) == 22
        assert all(record.candidate.flaw is None and record.candidate.cost == Cost() for record in records)
        assert archive.state(run) is RunState.FINISHED
        archive.propose(run, 22, Candidate("x", "mutate", flaw=Flaw("no code", "there is no code in the answer")))
        assert archive.candidates(run)[22].flaw == Flaw("no code", "there is no code in the answer")


def test_old_archives_are_kept_for_every_schema_but_the_newest() -> None:
    assert [path.stem for path in sorted(OLD.glob("*.db"))] == [
        path.stem[:4] for path in sorted((MIGRATIONS / "versions").glob("*.py"))
    ][:-1]


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
    monkeypatch.setattr("evolve.archive.engine.BUSY_SECONDS", 0.05)
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


def test_a_text_that_cannot_be_stored_is_cleaned_and_not_lost(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    dirty = Candidate("a\ud800b", "mutate" * 10, (), "i\x00dea", "m" * 201, transcript="\udfff\x00")
    archive.propose(run, 0, dirty)
    archive.judge(run, 0, Evaluation(Status.ERROR, message="\x00m\udc80", cause="c" * 81))
    (record,) = archive.records(run)
    clean = Candidate("a\ufffdb", ("mutate" * 10)[:40], (), "idea", "m" * 200, transcript="\ufffd")
    assert record == Record(0, clean, Evaluation(Status.ERROR, message="m\ufffd", cause="c" * 80))


def test_an_export_the_day_after_a_kill_is_no_working_time(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 100.0, 105.0, 107.0, 90_000.0, 90_001.0])  # run, start, proposal, verdict, export, now
    monkeypatch.setattr("time.time", lambda: next(moments))
    run = archive.create_run("r", "{}", "1")
    archive.begin(run)
    archive.propose(run, 0, CANDIDATE)
    archive.judge(run, 0, VERDICT)
    archive.judge(run, 0, VERDICT, Split.VALIDATION)
    assert archive.seconds_spent(run) == 7.0


BEGINNING = """
import os, sys
from evolve.archive import Archive
archive = Archive(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
archive.begin(archive.run("r"))
"""


def _start(program: str, path: str, count: int) -> list[subprocess.Popen[bytes]]:
    """Start processes that say that they are ready and then wait until all of them may go on."""
    command, pipe = [sys.executable, "-c", program, path], subprocess.PIPE
    told, tell = os.pipe()
    crowd = [subprocess.Popen(command, stdin=told, stdout=pipe, stderr=subprocess.DEVNULL) for _ in range(count)]
    os.close(told)
    for one in crowd:
        one.stdout.readline()
    os.close(tell)
    return crowd


def test_of_processes_that_begin_a_run_at_once_one_does(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Archive(path) as archive:
        run = archive.create_run("r", "{}", "1")
        crowd = _start(BEGINNING + "os.kill(os.getpid(), 19)", path, 4)  # stopped, so still alive
        try:
            codes = [os.waitid(os.P_PID, one.pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT).si_code for one in crowd]
        finally:
            for one in crowd:
                one.kill()
                one.wait()
        assert sorted(codes) == sorted([os.CLD_STOPPED] + [os.CLD_EXITED] * 3)
        assert [event.kind for event in archive.events(run)] == ["started"]


def test_processes_that_start_on_a_fresh_archive_at_once_all_get_a_run(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom evolve.archive import Archive\nprint('ready', flush=True)\nsys.stdin.read()\n"
        "with Archive(sys.argv[1]) as archive: archive.create_run('r', '{}', '1')"
    )
    for attempt in range(3):
        path = str(tmp_path / f"{attempt}.db")
        assert [one.wait() for one in _start(program, path, 6)] == [0] * 6
        with Archive(path, read_only=True) as archive:
            assert [run.name for run in archive.runs()] == ["r", "r-2", "r-3", "r-4", "r-5", "r-6"]


def test_what_reads_and_then_writes_is_one_transaction_with_the_right_to_write(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    statements = []
    with archive.reading() as connection:
        connection.connection.driver_connection.set_trace_callback(statements.append)
    archive.create_run("r", "{}", "1")
    archive.begin(run)
    archive.runs()
    assert [one for one in statements if one.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN IMMEDIATE", "BEGIN"]


def test_a_process_that_ended_and_was_not_fetched_does_not_work_on_a_run(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Archive(path) as archive:
        run = archive.create_run("r", "{}", "1")
        (ended,) = _start(BEGINNING, path, 1)
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        try:
            assert archive.state(run) is RunState.KILLED
            archive.begin(run)
        finally:
            ended.wait()


def test_a_run_on_another_host_names_it_and_can_be_taken_over_by_force(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    archive.log(run, "started", {"pid": 12, "host": "far.away", "born": "7"})
    with pytest.raises(RunBusy, match=r"process 12 on far\.away.*--force"):
        archive.begin(run)
    archive.begin(run, force=True)
    assert archive.events(run)[-1].detail["pid"] == os.getpid()


def test_a_finished_archive_can_be_read_in_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    # The first archive loads everything that a plain user might not be allowed to read once root has stepped down.
    program = (
        "import os, sys\nfrom evolve.archive import Archive\nArchive(sys.argv[1]).close()\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "with Archive(sys.argv[2], read_only=True) as archive: print(archive.run().name)"
    )
    with tempfile.TemporaryDirectory() as folder:
        with Archive(f"{folder}/a.db") as archive:
            archive.create_run("kept", "{}", "1")
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", program, str(tmp_path / "a.db"), f"{folder}/a.db"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        Path(folder).chmod(0o755)
    assert result.stdout == "kept\n", result.stderr


def test_what_is_only_in_the_log_is_read_where_the_folder_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    path = str(tmp_path / "a.db")
    with Archive(path) as writer:
        writer.create_run("young", "{}", "1")
        assert (tmp_path / "a.db-wal").stat().st_size > 0
        with Archive(path, read_only=True) as reader:
            assert reader.run().name == "young"


def test_a_url_of_an_sqlite_file_is_as_good_as_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Archive("sqlite:///a.db") as archive:
        archive.create_run("r", "{}", "1")
        assert archive.url == str(tmp_path / "a.db")
    with Archive("a.db", create=False) as archive:
        assert archive.run().name == "r"
        assert archive.url == "a.db"
    assert upgrade("sqlite:///a.db") == tables.SCHEMA


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("postgresql://u:secret@h:abc/db", "not a database URL"),  # the port is no number
        ("://x", "not a database URL"),
        ("a\x00b", "not"),
    ],
)
@pytest.mark.parametrize("use", [Archive, upgrade])
def test_a_url_that_is_none_is_one_clear_line(use, url: str, told: str) -> None:
    with pytest.raises(ArchiveError, match=told) as caught:
        use(url)
    assert len(str(caught.value).splitlines()) == 1
    assert "secret" not in str(caught.value)


def test_a_password_is_never_shown() -> None:
    assert shown("postgresql+psycopg://me:secret@host/db") == "postgresql+psycopg://me:***@host/db"
    assert "secret" not in shown("postgresql+psycopg://host/db?user=me&password=secret")
    with pytest.raises(ArchiveError) as caught:
        Archive("nosuchdb://me:secret@host/name")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("use", [Archive, upgrade])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM alembic_version", "not an archive"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
        ("DROP TABLE candidate", "not an archive"),
        ("DROP TABLE alembic_version", "not an archive"),
    ],
)
def test_a_database_that_is_not_of_ours_is_refused_and_left_alone(use, change: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Archive(str(path)).close()
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(change)
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match=told):
        use(str(path))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.db"]


def test_an_upgrade_from_a_schema_that_never_was_is_refused(tmp_path: Path) -> None:
    _stamp(tmp_path / "old.db", "0000")
    with pytest.raises(ArchiveError, match="0000"):
        upgrade(str(tmp_path / "old.db"))


def test_only_the_first_line_of_what_a_driver_says_is_told() -> None:
    error = DBAPIError("", {}, Exception("server says: database is locked\nand a lot more"))
    assert str(explained(error, "a")) == "archive a: server says: database is locked"


def test_what_a_driver_says_is_told_by_its_code_and_not_by_its_words(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute('SELECT * FROM "the full table is locked"')
    assert str(explained(DBAPIError("", {}, caught.value), "a")) == f"archive a: {caught.value}"
