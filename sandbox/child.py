"""The forked child: gives up everything, compiles, gives up more, runs, answers, ends."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from sandbox import confine, wire
from sandbox.confine import Layers
from sandbox.limits import Limits
from sandbox.outcome import Arrays
from sandbox.wire import JSON, Complaint

Run: TypeAlias = Callable[[], Arrays]
Task: TypeAlias = Callable[[str, Mapping[str, JSON]], Run]


class PreparedTask(Protocol):
    """A task that can get ready for more than it was at the start."""

    def prepare(self, features: Sequence[str]) -> None:
        """Get ready for calls that use these features; called in the warm process, with all its rights."""
        ...


# How numba names the place of an error in its text.
_PLACE = re.compile(r'File "<(?!frozen)[^"\n]*>", line (\d+)')


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a child needs, gathered before the fork.

    Attributes:
        task: What to call; its first call compiles, the second runs.
        layers: What can be given up here.
        limits: Of the call.
        warm: Process id of the warm process.
        space: Its address space in bytes.
        request: Descriptor of the request.
        result: Write end of the result pipe.
    """

    task: Task
    layers: Layers
    limits: Limits
    warm: int
    space: int
    request: int
    result: int


def live(job: Job) -> None:
    """Do the job and end the process; never returns."""
    try:
        confine.leave(job.warm)
        request = wire.unpack_json(wire.read_file(job.request))
        source, options = cast("tuple[str, Mapping[str, JSON]]", (request["source"], request["request"]))
        confine.compile_phase(job.layers, job.limits, job.result, job.space)
        _write(_answer(job, source, options))
        os._exit(0)
    finally:
        os._exit(1)


def _answer(job: Job, source: str, options: Mapping[str, JSON]) -> Iterable[bytes | memoryview]:
    # The exceptions of untrusted code are its own choice; each is reported to the parent as the child's last word.
    try:
        run = job.task(source, options)
        confine.run_phase(job.layers, job.limits)
        _write([wire.RUNNING])
        return list(wire.pack_arrays(run()))
    except BaseException as error:  # noqa: BLE001
        return [wire.pack_complaint(complaint(error))]


def _write(parts: Iterable[bytes | memoryview]) -> None:
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[os.write(confine.RESULT, view) :]


def complaint(error: BaseException) -> Complaint:
    """Return what is told about an exception; opens no file, so no traceback is formatted."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return Complaint(type(error).__name__, text, _line(error, text))


def _line(error: BaseException, text: str) -> int:
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    line = 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith("<") and not name.startswith("<frozen"):
            line = trace.tb_lineno
        trace = trace.tb_next
    places = _PLACE.findall(text)
    return line or (int(places[-1]) if places else 0)
