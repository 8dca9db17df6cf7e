"""What can be wrong with an archive, worded for the user."""

import sqlite3

from sqlalchemy.exc import DBAPIError

_HELD = "another process holds it: wait for it to end, or name another archive with --archive"
ADVICE = {
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_READONLY: (
        "it, or its folder, cannot be written: change the permissions or name another with --archive"
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened: check the path and the permissions, or name another with --archive"
    ),
    sqlite3.SQLITE_FULL: "the disk is full: free some space, then `evolve resume`; nothing that was archived is lost",
    sqlite3.SQLITE_IOERR: "the disk cannot be written: check space and permissions, then `evolve resume`",
    sqlite3.SQLITE_NOTADB: "the file is not an SQLite database: name another with --archive",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a copy, or name another with --archive",
}
"""What to do, by SQLite's primary result code (sqlite.org/rescode.html)."""


class ArchiveError(OSError):
    """The archive cannot be used; the message says why and what to do."""


class OldArchive(ArchiveError):
    """The archive has an older schema."""


def primary(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 if the error is one of Python's module and not of SQLite."""
    code: int = vars(error).get("sqlite_errorcode", 0)
    return code & 0xFF


def explained(error: DBAPIError | sqlite3.Error, name: str) -> ArchiveError:
    """Return what a database error means for the user.

    Args:
        name: Of the archive, without a password.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = str(cause).strip().splitlines()
    told = said[0] if said else type(cause).__name__
    if isinstance(cause, sqlite3.Error):
        told = ADVICE.get(primary(cause), told)
    return ArchiveError(f"archive {name}: {told}")
