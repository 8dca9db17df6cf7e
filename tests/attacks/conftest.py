import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Fence, Limits

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "attacks"), str(ROOT / "sandbox")]  # the programs, and the tasks of the fences

CANARY = "canary-value-7f3a"


@dataclass(frozen=True)
class Canaries:
    """What an attack would like to read, reach or change."""

    secret: Path
    drop: Path
    tcp: socket.socket
    udp: socket.socket
    bystander: subprocess.Popen

    def names(self, warm: int) -> dict[str, str | int]:
        return {
            "SECRET": str(self.secret),
            "DROP": str(self.drop),
            "PORT": self.tcp.getsockname()[1],
            "UDP": self.udp.getsockname()[1],
            "BYSTANDER": self.bystander.pid,
            "PARENT": os.getpid(),
            "WARM": warm,
        }

    def harm(self) -> list[str]:
        """Return what has happened to them; nothing should have."""
        found = []
        if not self.secret.exists() or self.secret.read_text() != CANARY or self.secret.stat().st_mode & 0o777 != 0o644:
            found.append("the secret was changed")
        if list(self.drop.iterdir()):
            found.append("a file was made")
        for socket_, name in ((self.tcp, "connected"), (self.udp, "sent")):
            try:
                socket_.accept() if name == "connected" else socket_.recv(1)
                found.append(f"somebody {name}")
            except BlockingIOError:
                continue
        if self.bystander.poll() is not None:
            found.append("the bystander is dead")
        return found


@contextmanager
def set_out(folder: Path) -> Iterator[Canaries]:
    folder.chmod(0o755)  # anybody may reach them: only the sandbox stands in the way
    secret, drop = folder / "secret", folder / "drop"
    secret.write_text(CANARY)
    secret.chmod(0o644)
    drop.mkdir()
    drop.chmod(0o777)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        tcp.setblocking(False)
        udp.setblocking(False)
        yield Canaries(secret, drop, tcp, udp, bystander)
    bystander.kill()
    bystander.wait()


@pytest.fixture(scope="session")
def canaries() -> Iterator[Canaries]:
    os.environ["EVOLVE_CANARY"] = CANARY
    with tempfile.TemporaryDirectory() as folder, set_out(Path(folder)) as canaries:
        yield canaries
    del os.environ["EVOLVE_CANARY"]


@pytest.fixture
def free_canaries(tmp_path: Path) -> Iterator[Canaries]:
    """Canaries for an attack that is not confined."""
    with set_out(tmp_path) as canaries:
        yield canaries


@pytest.fixture(scope="session")
def python(canaries: Canaries) -> Iterator[Fence]:
    limits = Limits(
        compile_cpu_seconds=0.7, run_cpu_seconds=0.7, wall_seconds=30, memory_bytes=256 << 20, output_bytes=1 << 20
    )
    with Fence("sandbox_tasks:anything", limits=limits) as fence:
        yield fence


@pytest.fixture(scope="session")
def numba(canaries: Canaries) -> Iterator[Fence]:
    limits = Limits(compile_cpu_seconds=8, run_cpu_seconds=1.5, wall_seconds=60, memory_bytes=512 << 20)
    with Fence("sandbox_tasks:compiling", limits=limits) as fence:
        yield fence
