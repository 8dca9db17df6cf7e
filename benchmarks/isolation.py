"""What the layers of isolation cost: CPU milliseconds of a child that gives up more and more, and of whole calls.

Usage: python benchmarks/isolation.py [CHILDREN]
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

import numba  # noqa: F401 - a warm process is this large, and a fork copies its page tables

from sandbox import Fence, Limits, confine, landlock, layers
from sandbox.confine import Layers
from sandbox.seccomp import Phase

LIMITS = Limits()


def steps(prepared: Layers, result: int) -> list[tuple[str, Callable[[], object]]]:
    """Return what a child does, in its order; each step by its name."""
    if prepared.filters is None:
        raise SystemExit("there are no system call filters here")
    space = confine.address_space(prepared)
    return [
        ("fork and exit", lambda: None),
        ("session, death signal", lambda: confine.leave(os.getppid())),
        ("Landlock", lambda: landlock.restrict(prepared.ruleset) if prepared.ruleset >= 0 else None),
        ("descriptors", lambda: confine._keep_only(result)),
        ("resource limits", lambda: confine._limit(LIMITS, space)),
        ("filter for compiling", prepared.filters[Phase.COMPILE].install),
        ("filter for running", prepared.filters[Phase.RUN].install),
    ]


def child_milliseconds(work: list[Callable[[], object]]) -> float:
    """Return the CPU time of a forked child that does some work."""
    pid = os.fork()
    if pid == 0:
        try:
            for step in work:
                step()
            os._exit(0)
        finally:
            os._exit(1)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"a child ended with status {status}")
    return 1000 * (usage.ru_utime + usage.ru_stime)


def cost_per_layer(children: int) -> None:
    """Print the median CPU time as steps are added, all measured in turn."""
    prepared = confine.prepare()
    _, writer = os.pipe()
    todo = steps(prepared, writer)
    times: list[list[float]] = [[] for _ in todo]
    for _ in range(children):
        for count in range(len(todo)):
            times[count].append(child_milliseconds([step for _, step in todo[: count + 1]]))
    medians = [statistics.median(row) for row in times]
    least = [min(row) for row in times]
    print(f"{'CPU ms of the child':26} {'median':>7} {'least':>7} {'added':>7}")
    for index, (name, _) in enumerate(todo):
        added = medians[index] - medians[index - 1] if index else 0.0
        print(f"{name:26} {medians[index]:7.2f} {least[index]:7.2f} {added:7.2f}")
    print(f"{'all layers':26} {medians[-1] - medians[0]:7.2f} {least[-1] - least[0]:7.2f}")


def cost_per_call(calls: int) -> None:
    """Print what a call costs that does nothing, and what a start costs."""
    begin = time.monotonic()
    with Fence("isolation:nothing") as fence:
        print(f"start of a fence           {1000 * (time.monotonic() - begin):7.0f} ms elapsed")
        before, walls, seconds = time.process_time(), [], []
        for _ in range(calls):
            begin = time.monotonic()
            seconds.append(fence.call("").seconds)
            walls.append(time.monotonic() - begin)
        parent = (time.process_time() - before) / calls
        print(f"call, CPU of the child     {1000 * statistics.median(seconds):7.2f} ms")
        print(f"call, CPU of the caller    {1000 * parent:7.2f} ms")
        print(f"call, elapsed              {1000 * statistics.median(walls):7.2f} ms")


def nothing() -> Callable[[str, object], Callable[[], dict[str, object]]]:
    """Return a task that does nothing."""
    return lambda _source, _request: dict


if __name__ == "__main__":
    for layer in layers():
        print(f"{layer.name:26} {'yes' if layer.available else 'no ':3} {layer.detail}")
    cost_per_layer(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    cost_per_call(200)
