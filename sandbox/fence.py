"""The parent's side of the sandbox: one call, one verdict."""

import os
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Literal, Self

from sandbox import verdict, wire
from sandbox.limits import Limits
from sandbox.outcome import Ending, Outcome, SandboxUnavailable
from sandbox.process import Broken, Report, WarmProcess
from sandbox.wire import JSON

Isolation = Literal["strict", "weak"]


class Fence:
    """A sandboxed warm process that runs one importable function on untrusted texts.

    Thread safety: `call` may be called by several threads at once; every call is a forked child of its own.
    """

    def __init__(
        self,
        target: str,
        options: Mapping[str, JSON] | None = None,
        *,
        limits: Limits | None = None,
        isolation: Isolation = "strict",
    ) -> None:
        """Start the warm process and wait until it is warm.

        Args:
            target: "module:attribute", imported once in the warm process and called with `options`. It returns
                `task(source, request)`, called in the child, which compiles and returns `run()`, which returns
                named arrays.
            options: Keyword arguments of the target.
            limits: What one call may use.
            isolation: The weakest isolation to accept.

        Raises:
            SandboxUnavailable: The warm process cannot be started, or only with weaker isolation.
            RuntimeError: The target cannot be imported or called; the message holds its traceback.
        """
        if isolation not in ("strict", "weak"):
            raise ValueError(f'isolation must be "strict" or "weak", not {isolation!r}')
        self._target = target
        self._options = dict(options or {})
        self._limits = limits or Limits()
        self._demanded = isolation
        self._lock = threading.Lock()  # protects _process and _closed
        self._closed = False
        self._process = self._start()
        self.isolation: str = self._process.isolation

    def call(self, source: str, request: Mapping[str, JSON] | None = None, *, features: Iterable[str] = ()) -> Outcome:
        """Return how the task ended on a source; blocks until it is known.

        Args:
            source: The untrusted text.
            request: What else the task needs to know.
            features: What the task's `prepare` is given in the warm process, once, before the first call that names
                it. Chosen by trusted code: it must not be text of the source's.

        Raises:
            SandboxUnavailable: The warm process broke twice, and not by this source's doing.
        """
        descriptor = wire.memory_file(wire.pack_json({"source": source, "request": dict(request or {})}))
        try:
            report = self._attempt(descriptor, self._limits.wall_seconds, features)
            if report is not None and verdict.is_doubtful(report, self._limits):
                report = self._attempt(descriptor, 2 * self._limits.wall_seconds, features)
        finally:
            os.close(descriptor)
        if report is None:
            return Outcome(Ending.KILLED, message="broke the warm process of the sandbox", cause="broke the sandbox")
        return verdict.judge(report, self._limits)

    def close(self) -> None:
        """End the warm process and every call under way."""
        with self._lock:
            self._closed = True
            self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> WarmProcess:
        return WarmProcess(self._target, self._options, self._limits, self._demanded)

    def _attempt(self, request: int, wall_seconds: float, features: Iterable[str]) -> Report | None:
        """Return a child's report; None if the child broke the warm process, which only weak isolation lets it."""
        process = self._current()
        try:
            process.prepare(features)
            return process.attempt(request, wall_seconds)
        except Broken:
            self._replace(process)
        process = self._current()
        try:
            process.prepare(features)
            return process.attempt(request, wall_seconds)
        except Broken as error:
            self._replace(process)
            if self.isolation == "strict":
                raise SandboxUnavailable(f"the warm process broke twice in one call: {error}") from error
            return None

    def _current(self) -> WarmProcess:
        with self._lock:
            if self._closed:
                raise RuntimeError("the fence is closed")
            return self._process

    def _replace(self, broken: WarmProcess) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("the fence was closed during a call")
            if self._process is broken:
                broken.close()
                self._process = self._start()
