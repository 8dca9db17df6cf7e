"""What happens where the kernel has no system call filters: an outer filter takes them away here."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the filters to take them away")

SCRIPT = """
import ctypes, json, os, struct, sys
from sandbox import Fence, Limits, SandboxUnavailable, kernel, layers
from sandbox.seccomp import ALLOW, ERRNO

def forbid(names):
    rows = [struct.pack("<HBBI", 0x20, 0, 0, 0)]
    for name in names:
        rows.append(struct.pack("<HBBI", 0x15, 0, 1, kernel.MACHINE.calls[name]))
        rows.append(struct.pack("<HBBI", 0x06, 0, 0, ERRNO | 38))
    rows.append(struct.pack("<HBBI", 0x06, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(rows))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(rows), ctypes.addressof(code)))
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.call("seccomp", 1, 0, ctypes.addressof(header))

forbid(sys.argv[1].split(","))
told = {}
try:
    Fence("sandbox_tasks:anything")
except SandboxUnavailable as error:
    told["refused"] = str(error)
told["layers"] = {layer.name: layer.available for layer in layers()}
limits = Limits(compile_cpu_seconds=1, run_cpu_seconds=1, wall_seconds=2)
with Fence("sandbox_tasks:anything", isolation="weak", limits=limits) as fence:
    told["isolation"] = fence.isolation
    request = {"DROP": sys.argv[3]}
    for source in json.loads(sys.argv[2]):
        outcome = fence.call(source, request)
        told[source] = [outcome.ending, outcome.cause]
print(json.dumps(told))
"""
PROGRAMS = {
    "good": "arrays = {'n': np.arange(3)}",
    "loop": "while True: pass",
    "memory": "bytearray(10 ** 13)",
    "fork": "os.fork()",
    "read": "open('/etc/hostname').read()",
    "sleep": "time.sleep(60)",
    "make": "os.mkdir(DROP + '/made')",
    "kill": "os.kill(os.getppid(), 9)\ntime.sleep(60)",
}


def told_without(drop: Path, *calls: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, ",".join(calls), json.dumps(list(PROGRAMS.values())), str(drop)],
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    return told | {name: told[source] for name, source in PROGRAMS.items()}


@pytest.fixture
def drop() -> Iterator[Path]:
    """A directory that anybody may write to; those of pytest are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_without_filters_and_landlock_a_program_that_kills_the_warm_process_is_killed_itself(drop):
    told = told_without(drop, "seccomp", "landlock_create_ruleset")
    assert told["isolation"] == "weak"
    assert told["layers"]["Landlock"] is False
    assert told["make"] == ["ok", ""]  # weak means weak: this is what Landlock forbids
    assert told["kill"] == ["killed", "broke the sandbox"]
    assert told["good"] == ["ok", ""]
