"""The archive on PostgreSQL; a server of the test's own, where one is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sqlalchemy

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, ArchiveError, OldArchive, Run, tables, upgrade
from evolve.candidate import Candidate, Record
from tests.evolve.test_loop import drain, fingerprint, loop

pytest.importorskip("psycopg", reason="PostgreSQL needs the package psycopg")
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path(shutil.which("initdb") or "/nowhere").parent]
AS_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def url():
    """Return the URL of an empty database; the server listens on a socket in its own folder and nowhere else."""
    initdb, control = (BINARIES[-1] / name for name in ("initdb", "pg_ctl"))
    if not initdb.exists() or (AS_USER and not shutil.which("setpriv")):
        pytest.skip("no PostgreSQL server is installed")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        if AS_USER:
            os.chown(folder, 65534, 65534)
        data = f"{folder}/data"
        run = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL, "env": {"PATH": os.environ["PATH"]}}
        subprocess.run([*AS_USER, initdb, "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C"], **run)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        subprocess.run([*AS_USER, control, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"], **run)
        try:
            yield f"postgresql+psycopg://tester@/postgres?host={folder}"
        finally:
            subprocess.run([*AS_USER, control, "-D", data, "-m", "immediate", "stop"], **run)


def test_a_run_on_postgresql_is_the_same_as_on_sqlite(url: str, tmp_path: Path) -> None:
    prints = []
    for where in (url, str(tmp_path / "a.db")):
        with Archive(where) as archive:
            run = archive.create_run("same", "{}", "1")
            drain(loop(archive, run, limit=20))
            drain(loop(archive, run, limit=40))
            prints.append(fingerprint(archive, run))
    assert len(prints[0]) == 40
    assert prints[0] == prints[1]


def test_what_is_archived_on_postgresql_comes_back_unchanged(url: str) -> None:
    candidate, verdict = (
        Candidate("code", "mutate", (1,), "idea"),
        Evaluation(Status.OK, {"gap": 1.5}, {"a": {"gap": 1.5}}),
    )
    with Archive(url) as archive:
        run: Run = archive.create_run("back", "{}", "1")
        archive.propose(run, 0, candidate)
        archive.judge(run, 0, verdict)
        assert archive.records(run) == [Record(0, candidate, verdict)]
        archive.begin(run)
        assert archive.seconds_spent(run) >= 0.0


def test_migrations_bring_an_empty_database_to_todays_schema(url: str) -> None:
    migrated = _created(url, "migrated")
    assert upgrade(migrated) == tables.SCHEMA
    with Archive(migrated) as archive:
        assert archive.runs() == []
    engine = sqlalchemy.create_engine(migrated)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    engine.dispose()
    with pytest.raises(OldArchive, match="evolve upgrade"):
        Archive(migrated)


def _created(url: str, name: str) -> str:
    """Return the URL of a new and empty database."""
    server = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    server.dispose()
    return url.replace("/postgres?", f"/{name}?")


def test_processes_that_start_on_a_fresh_database_at_once_all_get_a_run_and_one_works_on_it(url: str) -> None:
    fresh = _created(url, "fresh")
    program = (
        "import sys\nfrom evolve.archive import Archive, RunBusy\nsys.stdin.read()\narchive = Archive(sys.argv[1])\n"
        "archive.create_run('r', '{}', '1')\n"
        "try: archive.begin(archive.run('r'))\nexcept RunBusy: sys.exit(3)\n"
        "sys.stdout.close(); sys.stderr.close()\nimport os; os.kill(os.getpid(), 19)"  # stopped, so still alive
    )
    command, pipe = [sys.executable, "-c", program, fresh], subprocess.PIPE
    crowd = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(4)]
    try:
        for one in crowd:
            one.stdin.close()
        ends = [os.waitid(os.P_PID, one.pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT) for one in crowd]
    finally:
        for one in crowd:
            one.kill()
            one.wait()
    assert sorted(end.si_status for end in ends) == [3, 3, 3, 19]
    with Archive(fresh, read_only=True) as archive:
        assert [run.name for run in archive.runs()] == ["r", "r-2", "r-3", "r-4"]


def test_a_text_that_cannot_be_stored_is_cleaned_and_not_lost(url: str) -> None:
    with Archive(url) as archive:
        run = archive.create_run("dirty", "{}", "1")
        archive.propose(run, 0, Candidate("a\ud800b", "mutate" * 10, (), "i\x00dea"))
        archive.judge(run, 0, Evaluation(Status.ERROR, message="\x00m", cause="c" * 81))
        (record,) = archive.records(run)
    assert record.candidate == Candidate("a\ufffdb", ("mutate" * 10)[:40], (), "idea")
    assert record.evaluation == Evaluation(Status.ERROR, message="m", cause="c" * 80)


def test_a_connection_that_the_server_closed_is_made_anew(url: str) -> None:
    with Archive(url) as archive:
        run = archive.create_run("cut", "{}", "1")
        server = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        server.dispose()
        assert archive.run("cut") == run


def test_what_cannot_be_reached_is_one_line_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        Archive(f"postgresql+psycopg://me:secret@/db?host={tmp_path}")
    assert len(str(caught.value).splitlines()) == 1
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_an_archive_is_left_alone(url: str) -> None:
    foreign = _created(url, "foreign_one")
    engine = sqlalchemy.create_engine(foreign)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (x INTEGER)")
    for use in (Archive, upgrade):
        with pytest.raises(ArchiveError, match="not an archive"):
            use(foreign)
    assert sqlalchemy.inspect(engine).get_table_names() == ["mine"]
    engine.dispose()
