import signal
from collections.abc import Mapping

import numpy as np
import pytest

from sandbox import wire
from sandbox.limits import Limits
from sandbox.outcome import Ending
from sandbox.process import Report
from sandbox.verdict import is_doubtful, judge
from sandbox.wire import Complaint, Ended

LIMITS = Limits(compile_cpu_seconds=2, run_cpu_seconds=1, wall_seconds=10)
GOOD = b"".join(bytes(part) for part in wire.pack_arrays({"y": np.arange(2)}))


def report(status: int = 0, data: bytes = GOOD, cpu: float = 0.5, late: bool = False, flooded: bool = False) -> Report:
    return Report(Ended(status, cpu, 1 << 20), data, late, flooded)


def complaint(kind: str, text: str = "text", line: int = 0, running: bool = True) -> bytes:
    return (b"R" if running else b"") + wire.pack_complaint(Complaint(kind, text, line))


@pytest.mark.parametrize(
    ("seen", "ending", "cause"),
    [
        (report(), Ending.OK, ""),
        (report(data=b"R" + GOOD), Ending.OK, ""),
        # What the kernel says outranks a good result.
        (report(signal.SIGSYS), Ending.KILLED, "forbidden system call"),
        (report(signal.SIGSEGV), Ending.KILLED, "segmentation fault"),
        (report(signal.SIGSEGV | 0x80), Ending.KILLED, "segmentation fault"),  # with a core dump
        (report(signal.SIGBUS), Ending.KILLED, "segmentation fault"),
        (report(signal.SIGABRT), Ending.KILLED, "abort"),
        (report(signal.SIGFPE), Ending.KILLED, "arithmetic trap"),
        (report(signal.SIGTERM), Ending.KILLED, "signal 15"),
        (report(signal.SIGPROF), Ending.TIMEOUT, "cpu limit"),
        (report(signal.SIGXCPU), Ending.TIMEOUT, "cpu limit"),
        (report(signal.SIGKILL, cpu=4.1), Ending.TIMEOUT, "cpu limit"),  # 2 + 1 seconds, rounded up, plus one
        (report(signal.SIGKILL, cpu=3.9), Ending.MEMORY, "out of memory"),
        (report(signal.SIGKILL, late=True), Ending.TIMEOUT, "wall limit"),
        (report(late=True), Ending.TIMEOUT, "wall limit"),
        (report(signal.SIGKILL, flooded=True), Ending.KILLED, "output too large"),
        (report(1 << 8), Ending.ERROR, "no result"),  # exit status 1
        # What the child says.
        (report(data=b""), Ending.ERROR, "no result"),
        (report(data=b"R"), Ending.ERROR, "no result"),
        (report(data=b"nonsense"), Ending.ERROR, "malformed result"),
        (report(data=GOOD + GOOD), Ending.ERROR, "malformed result"),
        (report(data=complaint("ZeroDivisionError")), Ending.ERROR, "zero division"),
        (report(data=complaint("IndexError")), Ending.ERROR, "index out of range"),
        (report(data=complaint("MemoryError")), Ending.MEMORY, "out of memory"),
        (report(data=complaint("NotFinite")), Ending.ERROR, "not finite"),
        (report(data=complaint("OSError")), Ending.ERROR, "os error"),
        (report(data=complaint("TypingError", running=False)), Ending.REJECTED, "compile error"),
        (report(data=complaint("SyntaxError", running=False)), Ending.REJECTED, "syntax error"),
        (report(data=complaint("MemoryError", running=False)), Ending.MEMORY, "out of memory"),
    ],
)
def test_every_report_has_its_ending_and_cause(seen, ending, cause):
    outcome = judge(seen, LIMITS)
    assert (outcome.ending, outcome.cause) == (ending, cause)
    assert bool(outcome.arrays) == (ending == Ending.OK)
    assert bool(outcome.message) == (ending != Ending.OK)
    assert outcome.seconds == seen.ended.cpu_seconds


def test_the_message_names_the_line_and_the_phase_that_took_too_long():
    assert judge(report(data=complaint("ValueError", "no", 4)), LIMITS).message == "line 4: no"
    assert "2 s of CPU time to compile" in judge(report(signal.SIGPROF, b""), LIMITS).message
    assert "1 s of CPU time to run" in judge(report(signal.SIGPROF, b"R"), LIMITS).message


@pytest.mark.parametrize(
    ("seen", "doubtful"),
    [
        ({"late": True, "cpu": 0.1}, True),  # a loaded host
        ({"late": True, "cpu": 2.9}, False),  # it had its time
        ({"status": signal.SIGKILL, "cpu": 0.1}, True),  # somebody else killed it
        ({"status": signal.SIGKILL, "cpu": 0.1, "flooded": True}, False),  # we killed it
        ({"status": signal.SIGSEGV}, False),
        ({"status": signal.SIGPROF, "cpu": 0.1}, False),
        ({}, False),
    ],
)
def test_only_what_the_host_may_be_to_blame_for_is_judged_again(seen: Mapping[str, float], doubtful):
    assert is_doubtful(report(**seen), LIMITS) == doubtful
