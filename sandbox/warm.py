"""The warm process: imports the task once, then forks a confined child for every call.

It runs one thread, because a fork beside a second thread may hang. It never reads a source. The parent starts it
with an empty environment; it ends when the parent's end of the control socket closes.
"""

import contextlib
import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from sandbox import child, confine, wire
from sandbox.child import Job, PreparedTask, Task
from sandbox.confine import Layers
from sandbox.limits import Limits

DESCRIPTORS = 4096


@dataclass(frozen=True, slots=True)
class Running:
    """A child and the socket of the caller that waits for it."""

    pid: int
    reply: socket.socket


class Warm:
    """The event loop: calls come in on the control socket, deaths of children go out on the reply sockets."""

    def __init__(self, control: socket.socket, task: Task, layers: Layers, limits: Limits) -> None:
        self._control = control
        self._task = task
        self._layers = layers
        self._limits = limits
        self._pid = os.getpid()
        self._running: dict[int, Running] = {}  # by descriptor of the reply socket
        self._poll = select.poll()
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    def serve(self) -> None:
        """Serve until the parent is gone."""
        while True:
            # The control socket comes first, so within a round no reply socket is closed and its number used again.
            for descriptor, _ in self._poll.poll():
                if descriptor == self._control.fileno():
                    if not self._accept():
                        return
                elif descriptor == self._woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                    self._bury()
                elif descriptor in self._running:
                    self._poll.unregister(descriptor)
                    _kill(self._running[descriptor].pid)

    def close(self) -> None:
        """Kill every child."""
        for running in self._running.values():
            _kill(running.pid)

    def _accept(self) -> bool:
        try:
            kind, descriptors = wire.receive(self._control)
        except ConnectionError:
            return False
        try:
            if kind == wire.CALL and len(descriptors) == 3:
                self._start(*descriptors)
            elif kind == wire.PREPARE and len(descriptors) == 2:
                self._prepare(*descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return bool(kind)

    def _prepare(self, request: int, reply: int) -> None:
        wanted = wire.unpack_json(wire.read_file(request))
        cast("PreparedTask", self._task).prepare(cast("list[str]", wanted["features"]))
        gc.freeze()
        with socket.socket(fileno=os.dup(reply)) as answer, contextlib.suppress(ConnectionError):
            answer.sendall(wire.pack_json({"prepared": wanted["features"]}))

    def _start(self, request: int, result: int, reply: int) -> None:
        job = Job(
            self._task, self._layers, self._limits, self._pid, confine.address_space(self._layers), request, result
        )
        try:
            pid = os.fork()
        except OSError:
            return  # the caller sees its reply socket close
        if pid == 0:
            child.live(job)
        running = Running(pid, socket.socket(fileno=os.dup(reply)))
        self._running[running.reply.fileno()] = running
        self._poll.register(running.reply, select.POLLIN)
        _tell(running, wire.Started(pid))

    def _bury(self) -> None:
        for descriptor, running in list(self._running.items()):
            pid, status, usage = os.wait4(running.pid, os.WNOHANG)
            if pid == 0:
                continue
            # Without filters a child may leave others in its group.
            if self._layers.filters is None:
                _kill(pid)
            peak = usage.ru_maxrss * (1024 if sys.platform == "linux" else 1)
            _tell(running, wire.Ended(status, usage.ru_utime + usage.ru_stime, peak))
            del self._running[descriptor]
            with contextlib.suppress(KeyError):
                self._poll.unregister(descriptor)
            running.reply.close()


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _tell(running: Running, report: wire.Started | wire.Ended) -> None:
    with contextlib.suppress(ConnectionError):
        running.reply.sendall(wire.pack_report(report))


def main(descriptor: int) -> None:
    """Boot, say how it went, and serve.

    Args:
        descriptor: The control socket.
    """
    confine.default_signals()
    with socket.socket(fileno=descriptor) as control:
        control.set_inheritable(False)
        _, (request, reply_descriptor) = wire.receive(control)
        with socket.socket(fileno=reply_descriptor) as reply:
            options = wire.unpack_json(wire.read_file(request))
            os.close(request)
            answer, warm = _boot(control, options)
            reply.sendall(wire.pack_json(answer))
        if warm is not None:
            warm.serve()
            warm.close()


def _boot(control: socket.socket, options: dict[str, wire.JSON]) -> tuple[dict[str, wire.JSON], Warm | None]:
    limits = Limits(**cast("dict[str, int]", options["limits"]))
    try:
        task = _load(cast("str", options["target"]), cast("dict[str, wire.JSON]", options["options"]))
    except BaseException:  # noqa: BLE001 - any failure of the target ends here and is shown by the parent
        return {"failed": traceback.format_exc()[-8000:]}, None
    _settle()
    layers = confine.prepare()
    confine.drop_privileges()
    strict = confine.holds(layers, limits)
    if options["isolation"] == "strict" and not strict:
        return {"unavailable": "system call filters (seccomp)"}, None
    if not strict:
        layers = Layers(None, layers.ruleset, layers.status)
    gc.collect()
    gc.freeze()
    return {"isolation": "strict" if strict else "weak"}, Warm(control, task, layers, limits)


def _load(target: str, options: dict[str, wire.JSON]) -> Task:
    module, _, attribute = target.partition(":")
    make = cast("Callable[..., Task]", getattr(importlib.import_module(module), attribute))
    return make(**options)


def _settle() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, most), most))
