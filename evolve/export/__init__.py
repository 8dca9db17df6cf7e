"""The winner as a module of its own."""

from evolve.export.certificate import ancestors
from evolve.export.heuristic import heuristic_in
from evolve.export.targets import WrongTarget
from evolve.export.targets.c import NotInC
from evolve.export.verify import ExportMismatch
from evolve.export.write import Exported, Unverified, Wishes, export

__all__ = [
    "ExportMismatch",
    "Exported",
    "NotInC",
    "Unverified",
    "Wishes",
    "WrongTarget",
    "ancestors",
    "export",
    "heuristic_in",
]
