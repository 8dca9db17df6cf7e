"""Candidates judged per second and core, and where the time goes.

    python benchmarks/throughput.py [ROUNDS]

Every round takes each way once, so that a machine whose speed drifts does not favour one; medians are printed. CPU time
counts, of all processes: the forked child, the warm process that forks it, and the parent that checks and measures.
The references are (a) the same compiled simulator and candidate in a fresh `python` process, as a script of its own
would run them, and (b) the same simulator in plain Python.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

import numpy as np

from problems import native
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES
from sandbox import Ending, Fence, check_source

SETTINGS = {"sets": ["TA"]}
REPEATS = 10
HEAD = f"def priority({', '.join(FEATURES)}):\n"
CANDIDATES = {
    "trivial (SPT)": f"{HEAD}    return -p\n",
    "14 lines": HEAD
    + """    slack = lower_bound - now - work_remaining
    if slack < 0.0:
        slack = 0.0
    urgency = math.exp(-slack / (2.0 * mean_p))
    load = machine_work / (busiest_machine + 1.0)
    if next_queue_ops > 3.0:
        congestion = next_queue_work / (queue_work + 1.0)
    else:
        congestion = 0.5 * next_queue_work / (queue_work + 1.0)
    tail = (work_remaining - p) / (longest_job + 1.0)
    score = work_remaining / (p + 1.0) * (1.0 + urgency) + 2.0 * tail * load
    if progress > 0.8:
        score = score + p_next / (p + 1.0)
    return score - 0.3 * congestion
""",
}
FRESH = """
import sys
from evaluators.compiler import compile_heuristic
from problems.base import Split
from problems.jobshop import JobShop
shop = JobShop(**eval(sys.argv[1]))
compiled = compile_heuristic(sys.stdin.read(), shop.entry, shop.signature)
for instance in shop.instances(Split.TEST):
    shop.measure(instance, shop.solve(compiled.address, instance))
"""


def ticks_of(pid: int) -> float:
    """Return the CPU seconds of a process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def warm_process() -> int:
    """Return the process that the fence has started."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        if int(entry.read_text().rpartition(")")[2].split()[1]) == os.getpid():
            return int(entry.parent.name)
    raise RuntimeError("the fence has no warm process")


def plain_simulator() -> Callable[..., np.ndarray]:
    """Return the very simulator of the product, as plain Python."""
    text = (Path(native.__file__).parent / "jobshop" / "builder.py").read_text()
    scope: dict[str, object] = {"__name__": "plain_builder"}

    def undecorated(*_arguments: object, **_options: object) -> Callable[[object], object]:
        return lambda function: function

    with patch("numba.njit", undecorated), patch.object(native, "caller", lambda _signature: lambda f, told: f(*told)):
        exec(compile(text, "plain_builder", "exec"), scope)
    return scope["build"]  # type: ignore[return-value]


def in_a_fresh_process(source: str) -> float:
    """Return the CPU seconds of a new interpreter that compiles and runs a candidate."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", FRESH, repr(SETTINGS)]
    subprocess.run(command, input="import math\n" + source, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judged(fence: Fence, warm: int, shop: JobShop, source: str) -> dict[str, float]:
    """Return the CPU seconds of each part of judging a candidate, and the `wall` seconds of all."""
    begin, forked, parent = time.perf_counter(), ticks_of(warm), time.process_time()
    checked = check_source(source, shop.entry)
    check = time.process_time() - parent
    outcome = fence.call(checked, {"split": "test"})
    assert outcome.ending is Ending.OK, outcome.message
    called = time.process_time() - parent - check
    for number, instance in enumerate(shop.instances(Split.TEST)):
        shop.measure(instance, {"starts": outcome.arrays[f"{number}/starts"]})
    compiling, solving = float(outcome.arrays["compiling"][0]), float(outcome.arrays["seconds"].sum())
    return {
        "static check": check,
        "compiling": compiling,
        "solving": solving,
        "child otherwise: isolation, answer, exit": outcome.seconds - compiling - solving,
        "fork in the warm process": ticks_of(warm) - forked,
        "call and answer in the parent": called,
        "measure": time.process_time() - parent - check - called,
        "wall": time.perf_counter() - begin,
    }


def main(rounds: int) -> None:
    """Measure and print."""
    shop, plain = JobShop(**SETTINGS), plain_simulator()
    instances = shop.instances(Split.TEST)
    fence = Fence("evaluators.inside:Solver", {"problem": "jobshop", "settings": SETTINGS})
    warm = warm_process()
    for name, body in CANDIDATES.items():
        source = "import math\n" + body
        scope: dict[str, Callable[..., float]] = {}
        exec(compile(source, name, "exec"), scope)
        judged(fence, warm, shop, source)
        parts, references = [], []
        for _ in range(rounds):
            repeated = [judged(fence, warm, shop, source) for _ in range(REPEATS)]
            parts.append({part: statistics.mean(each[part] for each in repeated) for part in repeated[0]})
            begin = time.process_time()
            for instance in instances:
                plain(scope["priority"], 0.0, instance.arrays["durations"], instance.arrays["machines"])
            slow = time.process_time() - begin
            references.append({"plain": slow, "fresh": in_a_fresh_process(source)})
        show(name, medians(parts), medians(references))
    fence.close()


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}


def show(name: str, parts: dict[str, float], references: Mapping[str, float]) -> None:
    """Print the figures of one candidate."""
    wall = parts.pop("wall")
    total = sum(parts.values())
    print(f"jobshop, 80 instances of Taillard, {name}")
    print(f"  {1 / total:6.1f} candidates/s/core by CPU time, {1 / wall:.1f}/s by the clock with one worker")
    for part, seconds in parts.items():
        print(f"  {1000 * seconds:6.1f} ms CPU  {part}")
    fresh, plain = references["fresh"], references["plain"]
    print(f"  {fresh / total:6.1f} x the CPU time in a fresh python process ({fresh:.2f} s)")
    print(f"  {plain / total:6.1f} x the CPU time of the simulator in plain Python ({plain:.2f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
