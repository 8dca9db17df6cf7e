"""Which layers of isolation this machine offers, each one tried and not only looked up."""

import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox import confine, kernel, landlock
from sandbox.limits import Limits

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from sandbox.layers import main; main()"
_PROBE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of isolation.

    Attributes:
        name: What users know it as.
        available: It works here.
        detail: Its version, or why it does not work and what follows.
    """

    name: str
    available: bool
    detail: str


def layers() -> Sequence[Layer]:
    """Return every layer's state; tries them in a process of its own, which takes a fraction of a second."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", _START, json.dumps(sys.path)],
        capture_output=True,
        check=True,
        cwd="/",
        env={},
        timeout=_PROBE_SECONDS,
    )
    return [Layer(*fields) for fields in json.loads(done.stdout)]


def main() -> None:
    """Print the layers of this process as JSON; uses the process up."""
    probes: dict[str, Callable[[], str]] = {
        "system call filters": _filters,
        "Landlock": _landlock,
        "no new privileges": _privileges,
        "resource limits": _resources,
        "hidden memory": _hidden,
        "unprivileged user": _user,
    }
    json.dump([_tried(name, probe) for name, probe in probes.items()], sys.stdout)


def _tried(name: str, probe: Callable[[], str]) -> tuple[str, bool, str]:
    try:
        return name, True, probe()
    except OSError as error:
        return name, False, error.strerror or str(error)


def _filters() -> str:
    if not confine.holds(confine.prepare(), Limits()):
        raise OSError("no seccomp here: a strict run refuses to start, a weak one runs without")
    return f"seccomp on {platform.machine()}, tried"


def _landlock() -> str:
    return f"version {landlock.version()}"


def _privileges() -> str:
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
    return "set"


def _resources() -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
    if sys.platform != "linux":
        return "CPU time, files, processes; memory is not limited on this system"
    return "CPU time, memory, files, processes"


def _hidden() -> str:
    if sys.platform != "linux":
        raise OSError("only on Linux")
    kernel.control(kernel.PR_SET_DUMPABLE, 0)
    return "set"


def _user() -> str:
    if os.geteuid() != 0:
        return f"started as user {os.geteuid()}; keys of that user are hidden by the other layers"
    confine.drop_privileges()
    if os.geteuid() == 0:
        raise OSError("this root may not become another user; the other layers still hold")
    return f"root becomes user {os.geteuid()}"
