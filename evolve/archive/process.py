"""Who works on a run: a process, known by its number, its host and the moment of its birth."""

import os
import socket
from collections.abc import Mapping
from typing import Any

ENDED = ("Z", "X")
"""States of a process that has ended and was not fetched by its parent yet; see proc(5)."""


def identity() -> dict[str, Any]:
    """Return what this process is known by."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "born": _look(os.getpid())[1]}


def is_here(known: Mapping[str, Any]) -> bool:
    """Return whether a process is, or was, on this machine."""
    return bool(known["host"] == socket.gethostname())


def is_alive(known: Mapping[str, Any]) -> bool:
    """Return whether the process of an identity still runs; one on another machine is taken to run."""
    if not is_here(known):
        return True
    try:
        os.kill(known["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    state, born = _look(known["pid"])
    return state not in ENDED and born == str(known["born"])


def _look(pid: int) -> tuple[str, str]:
    """Return the state of a process and when it started, as the kernel counts it; empty where that is not told.

    By the start, a number that was used again is not taken for the process that had it before.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]
