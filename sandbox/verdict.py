"""From what the kernel and the child say to an outcome; the kernel is asked first.

A child can say what it likes but cannot choose how the kernel accounts for it: our own deadline, the signal that
ended it and its exit status outrank its words, so that the same source always gets the same ending.
"""

import os
import re
import signal
from collections.abc import Mapping

from sandbox import confine, wire
from sandbox.limits import Limits
from sandbox.outcome import Ending, Outcome
from sandbox.process import Report
from sandbox.wire import Complaint, Ended

_CPU_MESSAGE = (
    "took more than its limit of {limit:g} s of CPU time to {phase}; "
    "look for a loop without end or too much work in a loop"
)
_KILLED_BY: Mapping[int, tuple[str, str]] = {
    signal.SIGSYS: ("forbidden system call", "asked the operating system for something that is not allowed"),
    signal.SIGSEGV: ("segmentation fault", "crashed; look for recursion without end"),
    signal.SIGBUS: ("segmentation fault", "crashed on a memory access"),
    signal.SIGILL: ("illegal instruction", "crashed on an illegal instruction"),
    signal.SIGABRT: ("abort", "aborted"),
    signal.SIGFPE: ("arithmetic trap", "crashed in an arithmetic operation"),
}
_CAUSES = {
    "ZeroDivisionError": "zero division",
    "IndexError": "index out of range",
    "MemoryError": "out of memory",
    "OverflowError": "overflow",
    "RecursionError": "recursion",
    "SyntaxError": "syntax error",
    "IndentationError": "syntax error",
}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def judge(report: Report, limits: Limits) -> Outcome:
    """Return the outcome of a call."""
    seconds = report.ended.cpu_seconds
    if report.flooded:
        message = f"wrote more than its limit of {limits.output_bytes} bytes"
        return Outcome(Ending.KILLED, seconds=seconds, message=message, cause="output too large")
    if report.late:
        message = f"did not end within {limits.wall_seconds:g} s"
        return Outcome(Ending.TIMEOUT, seconds=seconds, message=message, cause="wall limit")
    if os.WIFSIGNALED(report.ended.status):
        return _signalled(report, limits)
    return _said(report, seconds)


def is_doubtful(report: Report, limits: Limits) -> bool:
    """Return whether the host rather than the source may be to blame: judge once more.

    That is so when the wall time was over though little CPU time was used, and when somebody else killed the child.
    """
    little = report.ended.cpu_seconds < 0.5 * (limits.compile_cpu_seconds + limits.run_cpu_seconds)
    return little and (report.late or (not report.flooded and _signal(report.ended) == signal.SIGKILL))


def _signal(ended: Ended) -> int:
    return os.WTERMSIG(ended.status) if os.WIFSIGNALED(ended.status) else 0


def _signalled(report: Report, limits: Limits) -> Outcome:
    number, seconds = _signal(report.ended), report.ended.cpu_seconds
    spent = number == signal.SIGKILL and seconds >= confine.cpu_ceiling(limits)
    if number in (signal.SIGPROF, signal.SIGXCPU) or spent:
        running = report.data.startswith(wire.RUNNING)
        limit, phase = (limits.run_cpu_seconds, "run") if running else (limits.compile_cpu_seconds, "compile")
        message = _CPU_MESSAGE.format(limit=limit, phase=phase)
        return Outcome(Ending.TIMEOUT, seconds=seconds, message=message, cause="cpu limit")
    if number == signal.SIGKILL:
        message = "was killed by the operating system, most likely for want of memory"
        return Outcome(Ending.MEMORY, seconds=seconds, message=message, cause="out of memory")
    cause, message = _KILLED_BY.get(number, (f"signal {number}", f"was ended by signal {number}"))
    return Outcome(Ending.KILLED, seconds=seconds, message=message, cause=cause)


def _said(report: Report, seconds: float) -> Outcome:
    try:
        said = wire.unpack_result(report.data)
    except wire.Malformed as error:
        return Outcome(Ending.ERROR, seconds=seconds, message=str(error), cause="malformed result")
    if isinstance(said.words, Complaint):
        return _complained(said.words, said.running, seconds)
    if said.words is None or report.ended.status != 0:
        return Outcome(Ending.ERROR, seconds=seconds, message="ended without a result", cause="no result")
    return Outcome(Ending.OK, said.words, seconds)


def _complained(complaint: Complaint, running: bool, seconds: float) -> Outcome:
    cause = _CAUSES.get(complaint.kind) or _spelled(complaint.kind)
    ending = Ending.ERROR if running else Ending.REJECTED
    if complaint.kind == "MemoryError":
        ending = Ending.MEMORY
    elif not running and complaint.kind not in _CAUSES:
        cause = "compile error"
    place = f"line {complaint.line}: " if complaint.line else ""
    text = complaint.text or cause
    return Outcome(ending, seconds=seconds, message=f"{place}{text}", cause=cause)


def _spelled(name: str) -> str:
    """Return the name of an exception's class in words: "NotFinite" becomes "not finite"."""
    return " ".join(_WORDS.findall(name)).lower()[:60] or "error"
