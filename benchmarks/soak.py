"""Calls one fence ten thousand times with every kind of program and shows that nothing is left behind.

Usage: python benchmarks/soak.py [CALLS]
"""

import ctypes
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from sandbox import Ending, Fence, Limits
from sandbox.outcome import Arrays

THREADS = 2
GOOD = """
import numpy as np

def f(x):
    a = np.zeros(8)
    for i in range(8):
        a[i] = x * i
    return a.sum()
"""
PROGRAMS = {
    "compiled, good": (GOOD, Ending.OK),
    "compiled, other constant": (GOOD.replace("x * i", "x * i + NUMBER.0"), Ending.OK),
    "compiled, past the end": (GOOD.replace("range(8)", "range(9)"), Ending.ERROR),
    "compiled, divides by zero": ("def f(x):\n    return x / (x - x)", Ending.ERROR),
    "compiled, memory": ("import numpy as np\ndef f(x):\n    return np.zeros(10 ** 13)[0]", Ending.MEMORY),
    "compiled, loop": ("def f(x):\n    while x > 0:\n        x += 0.0\n    return x", Ending.TIMEOUT),
    "no such type": ("def f(x):\n    return x.nothing", Ending.REJECTED),
    "syntax error": ("def f(x)\n    return x", Ending.REJECTED),
    "result of a megabyte": ("arrays = {'a': np.zeros(130_000)}", Ending.OK),
    "exception": ("1 / 0", Ending.ERROR),
    "python memory": ("bytearray(10 ** 13)", Ending.MEMORY),
    "crash": ("ctypes.string_at(0)", Ending.KILLED),
    "forbidden call": ("os.fork()", Ending.KILLED),
    "file": ("open('/etc/hostname')", Ending.KILLED),
    "end without a result": ("os._exit(0)", Ending.ERROR),
    "garbage": ("os.write(3, bytes(1000))\nos._exit(0)", Ending.ERROR),
    "flood": ("while True: os.write(3, bytes(100_000))", Ending.KILLED),
    "python loop": ("while True: pass", Ending.TIMEOUT),
}


def target() -> Callable[[str, Mapping[str, object]], Callable[[], Arrays]]:
    """Return a task that compiles what defines `f` and runs anything else as plain Python."""
    from numba import float64, njit

    def compiled(source: str) -> Callable[[], Arrays]:
        names: dict[str, object] = {}
        exec(compile(source, "<heuristic>", "exec"), names)
        function = njit(float64(float64), boundscheck=True, error_model="python")(names["f"])
        return lambda: {"y": np.array([function(2.0)])}

    def plain(source: str) -> Arrays:
        names: dict[str, object] = {"os": os, "np": np, "ctypes": ctypes}
        exec(compile(source, "<heuristic>", "exec"), names)
        arrays = names.get("arrays")
        return arrays if isinstance(arrays, dict) else {}

    compiled(GOOD)()
    return lambda source, _: compiled(source) if "def f" in source else lambda: plain(source)


def resident(pid: int) -> float:
    """Return the resident size of a process in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def state(fence: Fence) -> dict[str, float]:
    """Return what could leak: descriptors, children, memory in MB, temporary files."""
    warm = fence._process.pid
    folders = [Path(name) for name in (tempfile.gettempdir(), "/dev/shm") if Path(name).is_dir()]
    return {
        "descriptors, parent": len(os.listdir("/proc/self/fd")),
        "descriptors, warm": len(os.listdir(f"/proc/{warm}/fd")),
        "children, parent": len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()),
        "children, warm": len(Path(f"/proc/{warm}/task/{warm}/children").read_text().split()),
        "memory, parent": resident(os.getpid()),
        "memory, warm": resident(warm),
        "temporary files": sum(len(list(folder.iterdir())) for folder in folders),
    }


def main(calls: int) -> None:
    """Run and print."""
    limits = Limits(compile_cpu_seconds=5, run_cpu_seconds=0.05, wall_seconds=60, output_bytes=2 << 20)
    kinds = list(PROGRAMS.items())
    wrong: Counter[str] = Counter()
    endings: Counter[str] = Counter()

    def call(number: int) -> None:
        name, (source, ending) = kinds[number % len(kinds)]
        outcome = fence.call(source.replace("NUMBER", str(number)))
        endings[outcome.ending] += 1
        if outcome.ending != ending:
            wrong[f"{name}: {outcome.ending}, {outcome.cause}"] += 1

    def some(thread: int, count: int) -> None:
        # A loop of its own: ten thousand waiting futures would look like a leak.
        for number in range(thread, count, THREADS):
            call(number)

    def all_calls(count: int) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(some, range(THREADS), [count] * THREADS))

    with tempfile.TemporaryDirectory() as folder, Fence("soak:target", limits=limits) as fence:
        tempfile.tempdir = folder
        all_calls(200)
        time.sleep(0.2)
        endings.clear()
        first, before, begin = fence._process.pid, state(fence), time.monotonic()
        all_calls(calls)
        seconds = time.monotonic() - begin
        time.sleep(0.2)
        after = state(fence)
        print(
            f"{calls} calls of {len(kinds)} kinds on {THREADS} threads in {seconds:.0f} s, {fence.isolation} isolation"
        )
        print("endings:", ", ".join(f"{count} {ending}" for ending, count in endings.most_common()))
        print("wrong endings:", dict(wrong) or "none", "| warm process replaced:", fence._process.pid != first)
        for name in before:
            print(f"{name:22} {before[name]:10.1f} -> {after[name]:10.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
