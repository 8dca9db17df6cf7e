"""Opening an archive of the right schema, and upgrading an old one when asked to."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from evolve.archive import tables
from evolve.archive.engine import engine_of, let_read_while_written, path_of, take_turn, writing
from evolve.archive.errors import ArchiveError, OldArchive, explained

MIGRATIONS = Path(__file__).parent / "migrations"
EVERY_ARCHIVE = {"alembic_version", tables.run.name, tables.candidate.name}
"""Tables by which an archive of any schema is known."""


def locate(archive: str) -> URL:
    """Return the URL of an archive given as a URL or as the path of an SQLite file; its path is then absolute.

    Raises:
        ArchiveError: It looks like a URL and is none, or it names no file.
    """
    scheme, sign, _ = archive.partition("://")
    try:
        url = make_url(archive) if sign else URL.create("sqlite", database=archive)
        if url.get_backend_name() != "sqlite":
            return url
        if url.database in (None, "", ":memory:"):
            raise ArchiveError(f"archive {archive!r} names no file: give the path of one")
        return url.set(database=str(Path(str(url.database)).resolve()))
    except (ArgumentError, ValueError):
        raise ArchiveError(
            f"archive {f'{scheme}://...' if sign else archive!r} is not a database URL and not a path: "
            "write postgresql+psycopg://USER@HOST/NAME or the path of an SQLite file"
        ) from None  # what caused it may show a password


def shown(archive: str) -> str:
    """Return an archive's path or URL as it may be shown: without a password.

    Raises:
        ArchiveError: It looks like a URL and is none, or it names no file.
    """
    return _label(locate(archive)) if "://" in archive else archive


def _label(url: URL) -> str:
    if (path := path_of(url)) is not None:
        return str(path)
    secret = [name for name in url.query if "password" in name]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


def connect(archive: str, *, read_only: bool = False, create: bool = True) -> Engine:
    """Return an engine whose database exists and has today's schema; make it when it is missing and may be made.

    Raises:
        ArchiveError: It is missing, locked, unreadable, not an archive, or of another schema; it is then as it was.
    """
    url = locate(archive)
    path = path_of(url)
    if path is not None and (read_only or not create) and not path.is_file():
        raise ArchiveError(f"there is no archive at {path}: start a run first, or name one with --archive")
    if path is not None and not read_only:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"cannot create the folder of archive {path}: {error.strerror}") from error
    engine = engine_of(url, read_only=read_only)
    try:
        _open(engine, _label(url), read_only)
    except BaseException:  # passed on to the caller; here only the connections are let go
        engine.dispose()
        raise
    return engine


def _open(engine: Engine, name: str, read_only: bool) -> None:
    try:
        with engine.connect() as connection:
            revision = _revision(connection, name)
        if revision is None and read_only:
            raise _foreign(name)
        if revision is None:
            _make(engine, name)
        elif revision < tables.SCHEMA:
            raise OldArchive(
                f"archive {name} has schema {revision}, this version needs {tables.SCHEMA}: "
                f"run `evolve upgrade --archive {name}`"
            )
        if not read_only:
            let_read_while_written(engine)
    except (DBAPIError, sqlite3.Error) as error:
        raise explained(error, name) from error


def _make(engine: Engine, name: str) -> None:
    with writing(engine) as connection:
        take_turn(connection)
        if _revision(connection, name) is None:  # another process may have been first
            tables.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": tables.SCHEMA})


def _revision(connection: Connection, name: str) -> str | None:
    """Return the schema of an archive; None if the database is empty.

    Raises:
        ArchiveError: The database is not an archive, or a newer version wrote it.
    """
    found = inspect(connection).get_table_names()
    if not found:
        return None
    if not set(found) >= EVERY_ARCHIVE:
        raise _foreign(name)
    revisions = [str(row[0]) for row in connection.execute(text("SELECT version_num FROM alembic_version"))]
    if len(revisions) != 1:
        raise _foreign(name)
    if revisions[0] > tables.SCHEMA:
        raise ArchiveError(
            f"archive {name} was written by a newer version (schema {revisions[0]}, this version knows "
            f"{tables.SCHEMA}): update this program or name another archive with --archive"
        )
    return revisions[0]


def _foreign(name: str) -> ArchiveError:
    return ArchiveError(f"{name} is a database but not an archive of runs: name another with --archive")


def upgrade(archive: str) -> str:
    """Bring an archive, or an empty database, to today's schema and return the revision it then has.

    Raises:
        ArchiveError: It is missing, not an archive or of a newer schema, or the migration failed; it is then as it was.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    url = locate(archive)
    path, name = path_of(url), _label(url)
    if path is not None and not path.is_file():
        raise ArchiveError(f"there is no archive at {path}")
    engine = engine_of(url, read_only=False)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with writing(engine) as connection:
            take_turn(connection)
            _revision(connection, name)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise explained(error, name) from error
    except CommandError as error:
        raise ArchiveError(f"archive {name} cannot be upgraded: {error}") from error
    finally:
        engine.dispose()
    return tables.SCHEMA
