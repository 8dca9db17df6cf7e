"""Who works on a run: a process, known by its number, its host and the moment of its birth."""

import os
import socket
from collections.abc import Mapping
from typing import Any


def identity() -> dict[str, Any]:
    """Return what this process is known by."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "born": _born(os.getpid())}


def is_alive(known: Mapping[str, Any]) -> bool:
    """Return whether the process of an identity still runs; one on another machine is taken to run."""
    if known["host"] != socket.gethostname():
        return True
    try:
        os.kill(known["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _born(known["pid"]) == str(known["born"])


def _born(pid: int) -> str:
    """Return when a process started, as the kernel counts it, so that a number used again is not taken for it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return ""
