"""Connections and transactions, on SQLite and on PostgreSQL."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.exc import ArgumentError

from evolve.archive.errors import ArchiveError, primary

BUSY_SECONDS = 10
PAUSE = 0.01
TURN = 0x65766F6C
"""The number of PostgreSQL's advisory lock that one process holds at a time."""


def path_of(url: URL) -> Path | None:
    """Return the file of an archive; None if it is on a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def engine_of(url: URL, *, read_only: bool) -> Engine:
    """Return an engine; nothing is connected, made or changed yet.

    Raises:
        ArchiveError: There is no driver for this database.
    """
    path = path_of(url)
    if path is not None:
        return _sqlite(path, read_only)
    try:
        return create_engine(url, pool_pre_ping=True)  # a server may have closed what is idle
    except (ArgumentError, ImportError):
        raise ArchiveError(
            f"no driver for {url.drivername}: install one, for PostgreSQL psycopg[binary]"
        ) from None  # what caused it may show the URL


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Provide a transaction for writing: on SQLite no other can write from its first statement to its last."""
    with engine.connect() as connection, connection.execution_options(writes=True).begin():
        yield connection


def take_turn(connection: Connection) -> None:
    """Let no other process past this point until the transaction ends; on SQLite, `writing` has seen to it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})


def let_read_while_written(engine: Engine) -> None:
    """Switch an SQLite file to a write-ahead log, unless it has one: then readers and a writer do not wait.

    SQLite refuses the switch at once while another process has the file open in a transaction, so it is tried again.
    """
    if engine.dialect.name != "sqlite":
        return
    deadline = time.monotonic() + BUSY_SECONDS
    raw = engine.raw_connection()
    try:
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if primary(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
            time.sleep(PAUSE)
    finally:
        raw.close()


def _sqlite(path: Path, read_only: bool) -> Engine:
    def opened() -> sqlite3.Connection:
        options = ("?mode=ro&immutable=1" if _is_settled(path) else "?mode=ro") if read_only else ""
        return sqlite3.connect(f"{path.as_uri()}{options}", uri=True, timeout=BUSY_SECONDS)

    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, so that making the tables is one too
        connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, a killed process loses nothing

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # What reads and then writes would otherwise fail at the write if another process wrote in between.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _is_settled(path: Path) -> bool:
    """Return whether nobody writes a file and SQLite could not make the side files that it needs for reading it.

    Without them it reads only what it is told will not change (sqlite.org/wal.html, "Read-Only Databases").
    """
    log, index = (path.with_name(f"{path.name}-{kind}") for kind in ("wal", "shm"))
    in_use = log.exists() and (log.stat().st_size > 0 or index.exists())
    return not in_use and not os.access(path.parent, os.W_OK)
