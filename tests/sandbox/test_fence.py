import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sandbox import Ending, Fence, Limits, SandboxUnavailable, process

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
QUICK = Limits(compile_cpu_seconds=1, run_cpu_seconds=1, wall_seconds=30, output_bytes=1 << 20)
SPIN = "while True: pass"


def is_gone(pid: int) -> bool:
    """Wait up to ten seconds for the end of a process."""
    for _ in range(200):
        with contextlib.suppress(FileNotFoundError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z":
                time.sleep(0.05)
                continue
        return True
    return False


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descriptors(pid: int) -> int:
    """Return how many descriptors a warm process has, a moment after its last call; 0 if only root may look."""
    time.sleep(0.05)
    return len(os.listdir(f"/proc/{pid}/fd")) if os.geteuid() == 0 else 0


def test_a_function_is_compiled_and_run_on_the_numbers_of_the_request(compiling):
    outcome = compiling.call("def f(x):\n    return x * x + 1.0", {"x": [2.0, 3.0]})
    assert outcome.ending == Ending.OK
    assert outcome.arrays["y"].tolist() == [5.0, 10.0]
    assert outcome.message == outcome.cause == ""
    assert 0 < outcome.seconds < 8


@pytest.mark.parametrize(
    ("source", "ending", "cause", "message"),
    [
        ("def f(x):\n    return 1 / (x - x)", Ending.ERROR, "zero division", "division by zero"),
        ("def f(x):\n    return np.zeros(3)[int(x) + 9]", Ending.ERROR, "index out of range", "out of bounds"),
        ("def f(x):\n    return np.zeros(10 ** 13)[0]", Ending.MEMORY, "out of memory", "Allocation failed"),
        ("def f(x):\n    while x > 0:\n        x += 0.0\n    return x", Ending.TIMEOUT, "cpu limit", "1 s of CPU"),
        ("def f(x):\n\n    return x +", Ending.REJECTED, "syntax error", "line 3: invalid syntax"),
        ("def f(x):\n    y = 1.0\n    return y.foo", Ending.REJECTED, "compile error", "line 3: "),
        ("def f(x):\n    return 'x'", Ending.REJECTED, "compile error", "Literal[str]"),
        ("while True: pass", Ending.TIMEOUT, "cpu limit", "8 s of CPU time to compile"),
        ("", Ending.REJECTED, "compile error", "f"),
    ],
)
def test_a_bad_heuristic_has_an_ending_a_cause_and_a_message(compiling, source, ending, cause, message):
    outcome = compiling.call(source)
    assert (outcome.ending, outcome.cause) == (ending, cause)
    assert message in outcome.message
    assert not outcome.arrays


@pytest.mark.parametrize(
    ("source", "ending", "cause"),
    [
        ("os.getuid()", Ending.KILLED, "forbidden system call"),
        ("ctypes.string_at(0)", Ending.KILLED, "segmentation fault"),
        ("os._exit(0)", Ending.ERROR, "no result"),
        ("os.write(3, b'x')\nos._exit(0)", Ending.ERROR, "malformed result"),
        ("arrays = {'a': np.zeros(1 << 20)}", Ending.KILLED, "output too large"),
        ("class NotFinite(ValueError): pass\nraise NotFinite('nan at 3')", Ending.ERROR, "not finite"),
        ("raise LookupError", Ending.ERROR, "lookup error"),
        ("1 / 0", Ending.ERROR, "zero division"),
    ],
)
def test_the_same_program_always_has_the_same_ending(anything, source, ending, cause):
    outcomes = [anything.call(source) for _ in range(5)]
    assert {(outcome.ending, outcome.cause) for outcome in outcomes} == {(ending, cause)}


def test_the_line_of_an_error_in_python_code_is_named(anything):
    assert anything.call("x = 1\n\nx / 0").message == "line 3: division by zero"


def test_a_result_just_below_the_limit_arrives_whole(anything):
    source = "arrays = {'a': np.arange(130_000), 'b': np.array([True, False])}"
    outcome = anything.call(source)
    np.testing.assert_array_equal(outcome.arrays["a"], np.arange(130_000))
    assert outcome.arrays["b"].tolist() == [True, False]


def test_a_source_with_lone_surrogates_arrives(anything):
    assert anything.call("arrays = {'n': np.array([len('\ud800')])}").ending == Ending.ERROR


def test_the_options_reach_the_target():
    with Fence("sandbox_tasks:settings", {"factor": 2.0, "values": [1.0, 3.0]}) as fence:
        assert fence.call("").arrays["given"].tolist() == [2.0, 6.0]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("sandbox_tasks:broken", "LookupError: there is no such problem"),
        ("sandbox_tasks:missing", "AttributeError"),
        ("no_such_module:task", "ModuleNotFoundError"),
    ],
)
def test_a_target_that_fails_is_an_error_with_its_traceback(target, text):
    with pytest.raises(RuntimeError, match=text):
        Fence(target)


def test_a_target_that_ends_the_process_is_an_error_with_its_last_words():
    with pytest.raises(SandboxUnavailable, match="out of luck"):
        Fence("sandbox_tasks:dying")


def test_an_unknown_isolation_is_refused():
    with pytest.raises(ValueError, match="isolation must be"):
        Fence("sandbox_tasks:anything", isolation="none")


def test_threads_call_at_once_and_each_gets_its_own_answer(anything):
    def answer(number: int) -> float:
        return anything.call(f"arrays = {{'n': np.array([{number}])}}").arrays["n"][0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, range(100))) == list(range(100))


@linux
def test_the_warm_process_has_no_environment_no_privileges_and_one_thread(anything, monkeypatch):
    monkeypatch.setenv("EVOLVE_API_KEY", "secret")
    with Fence("sandbox_tasks:anything") as fence:
        folder = Path(f"/proc/{fence._process.pid}")
        status = dict(line.split(":\t") for line in (folder / "status").read_text().splitlines() if ":\t" in line)
        assert status["NoNewPrivs"] == status["Threads"] == "1"
        if os.geteuid() == 0:
            assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4
            assert status["Groups"].strip() == ""
            assert b"secret" not in (folder / "environ").read_bytes()
            assert os.readlink(folder / "cwd") == "/"


@linux
def test_a_child_has_four_descriptors_and_nothing_in_its_environment_but_numbers_of_threads(anything):
    source = (
        "for number in range(4): os.write(number, b'')\n"
        "own = {'LC_CTYPE', 'NUMBA_CACHE_DIR'}\n"
        "names = [name for name in os.environ if not name.endswith('_NUM_THREADS') and name not in own]\n"
        "arrays = {'n': np.array([len(names)])}"
    )
    assert anything.call(source).arrays["n"].tolist() == [0]
    assert anything.call("os.write(4, b'')").cause == "forbidden system call"


@linux
def test_a_killed_warm_process_is_replaced_and_the_call_judged_again():
    with Fence("sandbox_tasks:anything", limits=QUICK) as fence:
        first = fence._process.pid
        os.kill(first, signal.SIGKILL)
        assert fence.call("arrays = {'n': np.array([7])}").arrays["n"].tolist() == [7]
        assert fence._process.pid != first


@linux
def test_calls_under_way_when_the_warm_process_dies_are_judged_again():
    limits = Limits(compile_cpu_seconds=3, run_cpu_seconds=3, wall_seconds=60)
    source = "n = 0\nwhile n < 5_000_000: n += 1\narrays = {'n': np.array([n])}"
    with Fence("sandbox_tasks:anything", limits=limits) as fence, ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(fence.call, source) for _ in range(3)]
        while not children(fence._process.pid):
            time.sleep(0.01)
        os.kill(fence._process.pid, signal.SIGKILL)
        assert [call.result().ending for call in calls] == [Ending.OK] * 3


@linux
def test_a_warm_process_that_hangs_is_replaced(monkeypatch):
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.5)
    with Fence("sandbox_tasks:anything", limits=QUICK) as fence:
        first = fence._process.pid
        os.kill(first, signal.SIGSTOP)
        assert fence.call("arrays = {'n': np.array([7])}").ending == Ending.OK
        assert is_gone(first)


@linux
def test_a_warm_process_that_breaks_twice_in_a_call_is_a_broken_machine(monkeypatch):
    def attempt(_self: process.WarmProcess, _request: int, _wall_seconds: float) -> process.Report:
        raise process.Broken("gone")

    with Fence("sandbox_tasks:anything", limits=QUICK) as fence:
        monkeypatch.setattr(process.WarmProcess, "attempt", attempt)
        with pytest.raises(SandboxUnavailable, match="broke twice"):
            fence.call("")


@linux
def test_a_late_child_is_killed_and_judged_once_more_with_twice_the_time(monkeypatch):
    given: list[float] = []
    attempt = process.WarmProcess.attempt

    def recorded(self: process.WarmProcess, request: int, wall_seconds: float) -> process.Report:
        given.append(wall_seconds)
        return attempt(self, request, wall_seconds)

    monkeypatch.setattr(process.WarmProcess, "attempt", recorded)
    limits = Limits(compile_cpu_seconds=9, run_cpu_seconds=9, wall_seconds=0.2)
    with Fence("sandbox_tasks:anything", limits=limits) as fence:
        outcome = fence.call(SPIN)
        assert (outcome.ending, outcome.cause) == (Ending.TIMEOUT, "wall limit")
        assert given == [0.2, 0.4]
        assert children(fence._process.pid) == []


@linux
def test_closing_ends_the_warm_process_and_its_children_and_fails_the_calls():
    fence = Fence("sandbox_tasks:anything", limits=Limits(wall_seconds=60))
    warm = fence._process.pid
    failures: list[str] = []

    def call() -> None:
        try:
            fence.call(SPIN)
        except RuntimeError as error:
            failures.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    while not children(warm):
        time.sleep(0.01)
    (child,) = children(warm)
    fence.close()
    thread.join(10)
    assert failures == ["the fence was closed during a call"]
    assert is_gone(warm)
    assert is_gone(child)
    with pytest.raises(RuntimeError, match="closed"):
        fence.call("")


@linux
def test_nothing_outlives_a_parent_that_is_killed():
    script = (
        "import os, sys, threading, time\n"
        "from sandbox import Fence\n"
        "fence = Fence('sandbox_tasks:anything')\n"
        "threading.Thread(target=fence.call, args=('while True: pass',), daemon=True).start()\n"
        "warm = fence._process.pid\n"
        "path = f'/proc/{warm}/task/{warm}/children'\n"
        "while not open(path).read(): time.sleep(0.01)\n"
        "print(warm, open(path).read(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=os.environ | {"PYTHONPATH": path}, check=False
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    assert all(is_gone(pid) for pid in pids)


@linux
def test_two_hundred_calls_of_every_kind_leave_nothing_behind(anything):
    kinds = [
        "arrays = {'n': np.arange(1000)}", "1 / 0", "os.fork()", "os._exit(0)", "ctypes.string_at(0)", "x = (",
        "bytearray(10 ** 13)", "os.write(3, bytes(100))", "while True: os.write(3, bytes(10 ** 5))", "os.getuid()",
    ]  # fmt: skip
    warm = anything._process.pid
    before = len(os.listdir("/proc/self/fd"))
    idle = descriptors(warm)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(anything.call, kinds * 20))
    assert len(os.listdir("/proc/self/fd")) == before
    assert descriptors(warm) == idle
    assert children(warm) == []
    assert anything._process.pid == warm
