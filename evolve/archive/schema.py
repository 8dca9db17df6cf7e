"""Opening an archive of the right schema, and upgrading an old one when asked to."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from evolve.archive import tables

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 10


class ArchiveError(OSError):
    """The archive cannot be used; the message says why and what to do."""


class OldArchive(ArchiveError):
    """The archive has an older schema."""


def locate(archive: str) -> URL:
    """Return the URL of an archive given as a URL or as the path of an SQLite file.

    Raises:
        ArchiveError: It looks like a URL and is none.
    """
    if "://" not in archive:
        return URL.create("sqlite", database=str(Path(archive).resolve()))
    try:
        return make_url(archive)
    except DBAPIError as error:
        raise ArchiveError(f"archive {archive!r} is not a database URL") from error


def connect(archive: str, *, read_only: bool = False, create: bool = True) -> Engine:
    """Return an engine whose database exists and has today's schema; make it when it is missing and may be made.

    Raises:
        ArchiveError: It is missing, locked, unreadable, not an archive, or of another schema.
    """
    url = locate(archive)
    path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if path is not None and (read_only or not create) and not path.is_file():
        raise ArchiveError(f"there is no archive at {path}: start a run first, or name one with --archive")
    if path is not None and not read_only:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"cannot create the folder of archive {path}: {error.strerror}") from error
    engine = _engine(url, path, read_only)
    try:
        _check(engine, str(path or url.render_as_string()), read_only)
    except DBAPIError as error:
        raise explained(error, str(path or url.render_as_string())) from error
    return engine


def _engine(url: URL, path: Path | None, read_only: bool) -> Engine:
    if path is None:
        try:
            return create_engine(url)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise ArchiveError(
                f"no driver for {url.drivername}: install one, for PostgreSQL psycopg[binary]"
            ) from error
    address = f"{path.as_uri()}{'?mode=ro' if read_only else ''}"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS))

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, so that making the tables is one too
        connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, a killed process loses nothing

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _check(engine: Engine, name: str, read_only: bool) -> None:
    found = inspect(engine).get_table_names()
    if not found and not read_only:
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": tables.SCHEMA})
        return
    if "alembic_version" not in found:
        raise ArchiveError(f"{name} is a database but not an archive of runs")
    with engine.connect() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if revision < tables.SCHEMA:
        raise OldArchive(
            f"archive {name} has schema {revision}, this version needs {tables.SCHEMA}: run `evolve upgrade`"
        )
    if revision > tables.SCHEMA:
        raise ArchiveError(
            f"archive {name} was written by a newer version (schema {revision}, this version knows {tables.SCHEMA}): "
            "update this program or name another archive with --archive"
        )


def explained(error: DBAPIError, name: str) -> ArchiveError:
    """Return what a database error means for the user."""
    cause = str(error.orig)
    advice = {
        "locked": "another process holds it: wait for it to end, or name another archive with --archive",
        "readonly": "it, or its folder, cannot be written: change the permissions or name another with --archive",
        "unable to open": "it cannot be opened: check the path and the permissions, or name another with --archive",
        "full": "the disk is full: free some space, then `evolve resume`; nothing that was archived is lost",
        "disk I/O error": "the disk cannot be written: check space and permissions, then `evolve resume`",
        "not a database": "the file is not an SQLite database: name another with --archive",
        "malformed": "the file is damaged: restore a copy, or name another with --archive",
    }
    told = next((text for sign, text in advice.items() if sign in cause), cause)
    return ArchiveError(f"archive {name}: {told}")


def upgrade(archive: str) -> str:
    """Bring an archive to today's schema and return the revision it then has.

    Raises:
        ArchiveError: It is missing, or the migration failed; the archive is then as it was.
    """
    from alembic import command
    from alembic.config import Config

    url = locate(archive)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise ArchiveError(f"there is no archive at {url.database}")
    engine = _engine(url, Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None, False)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise explained(error, archive) from error
    return tables.SCHEMA
