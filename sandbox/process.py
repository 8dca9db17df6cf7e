"""The parent's hold on one warm process: starts it, passes it calls, ends it."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import cast

from sandbox import wire
from sandbox.limits import Limits
from sandbox.outcome import SandboxUnavailable
from sandbox.wire import JSON, Ended

ANSWER_SECONDS = 600.0
PATIENCE_SECONDS = 30.0
# Threads would make forking unsafe; everything else of the parent's environment may be a secret.
_ENVIRONMENT = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_PASSED_ON = ("NUMBA_CACHE_DIR",)
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from sandbox.warm import main; main(int(sys.argv[1]))"
)


class Broken(Exception):
    """The warm process is gone or does not answer."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is known about one child.

    Attributes:
        ended: The kernel's account.
        data: What the child wrote, as far as it was read.
        late: It was killed because the wall time was over.
        flooded: It was killed because it wrote too much.
    """

    ended: Ended
    data: bytes
    late: bool
    flooded: bool


class WarmProcess:
    """A running warm process.

    Thread safety: `attempt` may be called by several threads at once; `close` makes the calls under way raise
    `Broken`.
    """

    def __init__(self, target: str, options: Mapping[str, JSON], limits: Limits, isolation: str) -> None:
        """Start it and wait until it is warm.

        Raises:
            SandboxUnavailable: It cannot be started, or a layer that `isolation` demands is missing.
            RuntimeError: The target cannot be imported or called.
        """
        self._limits = limits
        self._prepared: frozenset[str] = frozenset()
        self._preparing = threading.Lock()  # held while the warm process prepares and can answer no call
        self._control, theirs = socket.socketpair(socket.AF_UNIX, wire.CONTROL_KIND)
        errors = wire.memory_file(b"")
        with theirs:
            self._process = _spawn(theirs.fileno(), errors)
        try:
            boot: JSON = {"target": target, "options": options, "limits": asdict(limits), "isolation": isolation}
            self.isolation = _ready(target, self._ask(wire.BOOT, boot))
        except Broken as error:
            self.close()
            said = wire.read_file(errors).decode("utf-8", "replace")[-4000:].strip()
            message = f"the warm process for {target} ended while it was starting: {said or 'no message'}"
            raise SandboxUnavailable(message) from error
        except BaseException:  # passed on to the caller; here only the process is ended
            self.close()
            raise
        finally:
            os.close(errors)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def _ask(self, kind: bytes, question: JSON) -> dict[str, str]:
        """Return the warm process's own answer.

        Raises:
            Broken: There is none.
        """
        request = wire.memory_file(wire.pack_json(question))
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, contextlib.suppress(OSError):
                wire.send(self._control, kind, [request, theirs.fileno()])
            os.close(request)
            ours.settimeout(ANSWER_SECONDS)
            data = b""
            with contextlib.suppress(ConnectionError, TimeoutError):
                while part := ours.recv(1 << 16):
                    data += part
        if not data:
            raise Broken("the warm process does not answer")
        return cast("dict[str, str]", json.loads(data))

    def prepare(self, features: Iterable[str]) -> None:
        """Have the task prepare what it has not prepared yet, and wait until it has.

        Raises:
            Broken: The warm process is gone or does not answer.
        """
        with self._preparing:
            if new := sorted(set(features) - self._prepared):
                self._ask(wire.PREPARE, {"features": new})
                self._prepared |= set(new)

    def attempt(self, request: int, wall_seconds: float) -> Report:
        """Have a child do one request.

        Args:
            request: Descriptor of the request, read from offset 0.
            wall_seconds: Elapsed time after which the child is killed.

        Raises:
            Broken: The warm process is gone or does not answer.
        """
        with self._preparing:
            pass
        result, write_end = os.pipe()
        reply, theirs = socket.socketpair()
        with reply, os.fdopen(result, "rb", buffering=0) as pipe:
            try:
                with theirs:
                    wire.send(self._control, wire.CALL, [request, write_end, theirs.fileno()])
            except OSError as error:
                raise Broken(str(error)) from error
            finally:
                os.close(write_end)
            return _Watch(reply, pipe.fileno(), self._limits.output_bytes, wall_seconds).report()

    def close(self) -> None:
        """End it and every child of it."""
        self._control.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Watch:
    """Waits for one child and reads what it writes."""

    def __init__(self, reply: socket.socket, result: int, most: int, wall_seconds: float) -> None:
        self._reply = reply
        self._result = result
        self._most = most
        self._wall_seconds = wall_seconds
        self._data = bytearray()
        self._deadline = time.monotonic() + PATIENCE_SECONDS
        self._started = self._late = self._flooded = False
        os.set_blocking(result, False)
        self._poll = select.poll()
        self._poll.register(reply, select.POLLIN)
        self._poll.register(result, select.POLLIN)

    def report(self) -> Report:
        while True:
            events = self._poll.poll(max(0.0, self._deadline - time.monotonic()) * 1000)
            ready = [descriptor for descriptor, _ in events]
            if self._result in ready and not self._read():
                self._poll.unregister(self._result)
            if self._reply.fileno() in ready and (ended := self._hear()):
                while not self._flooded and self._read():
                    pass
                return Report(ended, bytes(self._data), self._late, self._flooded)
            if not events:
                self._run_out()

    def _read(self) -> bool:
        """Read once; return whether there may be more."""
        try:
            part = os.read(self._result, 1 << 18)
        except BlockingIOError:
            return False
        self._data += part
        if len(self._data) > self._most:
            self._flooded = True
            self._kill()
            return False
        return bool(part)

    def _hear(self) -> Ended | None:
        match wire.receive_report(self._reply):
            case wire.Started():
                self._started = True
                self._deadline = time.monotonic() + self._wall_seconds
                return None
            case Ended() as ended:
                return ended
            case _:
                raise Broken("the warm process ended")

    def _run_out(self) -> None:
        if not self._started or self._late or self._flooded:
            raise Broken("the warm process does not answer")
        self._late = True
        self._kill()

    def _kill(self) -> None:
        self._deadline = time.monotonic() + PATIENCE_SECONDS
        with contextlib.suppress(ConnectionError):
            self._reply.send(wire.KILL)


def _spawn(control: int, errors: int) -> "subprocess.Popen[bytes]":
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START, str(control), json.dumps(sys.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        cwd="/",
        env=_ENVIRONMENT | passed_on,
        pass_fds=[control],
        start_new_session=True,
    )


def _ready(target: str, answer: dict[str, str]) -> str:
    if "isolation" in answer:
        return answer["isolation"]
    if "failed" in answer:
        raise RuntimeError(f"{target} cannot be prepared:\n{answer['failed']}")
    raise SandboxUnavailable(
        f"no strict isolation on this machine: {answer['unavailable']} are missing. "
        "Run on Linux 4.14 or newer (x86_64 or aarch64), or accept weaker isolation"
    )
