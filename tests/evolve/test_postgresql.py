"""The archive on PostgreSQL; a server of the test's own, where one is installed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, OldArchive, Run, tables, upgrade
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
    import sqlalchemy

    server = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE migrated")
    server.dispose()
    migrated = url.replace("/postgres?", "/migrated?")
    assert upgrade(migrated) == tables.SCHEMA
    with Archive(migrated) as archive:
        assert archive.runs() == []
    engine = sqlalchemy.create_engine(migrated)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    engine.dispose()
    with pytest.raises(OldArchive, match="evolve upgrade"):
        Archive(migrated)
