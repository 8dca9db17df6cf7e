"""The durable truth about every run."""

from evolve.archive.schema import ArchiveError, OldArchive, upgrade
from evolve.archive.store import Archive, Event, Run, RunBusy, RunState, UnknownRun

__all__ = ["Archive", "ArchiveError", "Event", "OldArchive", "Run", "RunBusy", "RunState", "UnknownRun", "upgrade"]
