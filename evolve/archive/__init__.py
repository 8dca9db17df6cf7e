"""The durable truth about every run."""

from evolve.archive.errors import ArchiveError, OldArchive
from evolve.archive.schema import shown, upgrade
from evolve.archive.store import Archive, Event, Run, RunBusy, RunState, UnknownRun

__all__ = [
    "Archive",
    "ArchiveError",
    "Event",
    "OldArchive",
    "Run",
    "RunBusy",
    "RunState",
    "UnknownRun",
    "shown",
    "upgrade",
]
