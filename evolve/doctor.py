"""What this machine can do."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version

from evolve.archive import Archive, ArchiveError
from evolve.archive.schema import locate
from sandbox import layers

PACKAGES = ("numba", "numpy", "sqlalchemy", "openai", "anthropic", "streamlit")
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_COMPATIBLE_API_KEY")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        fine: It is as it should be; what is optional is always fine.
    """

    area: str
    name: str
    fine: bool
    detail: str


def examine(archive: str) -> list[Finding]:
    """Return what this machine has; never a key, only whether it is set."""
    found = [Finding("machine", platform.system(), True, f"{platform.machine()}, {os.cpu_count()} processors")]
    found.append(Finding("machine", "Python", True, platform.python_version()))
    found += [Finding("package", name, True, version(name)) for name in PACKAGES]
    found += [Finding("sandbox", layer.name, layer.available, layer.detail) for layer in layers()]
    found.append(_archive(archive))
    found += [Finding("key", name, True, "set" if os.environ.get(name) else "not set") for name in KEYS]
    return found


def _archive(archive: str) -> Finding:
    where = locate(archive).render_as_string(hide_password=True)
    try:
        with Archive(archive, read_only=True) as store:
            return Finding("archive", where, True, f"{len(store.runs())} runs")
    except ArchiveError as error:
        missing = "there is no archive" in str(error)
        return Finding("archive", where, missing, "none yet: `evolve demo` makes one" if missing else str(error))
