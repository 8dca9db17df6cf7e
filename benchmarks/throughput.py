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

from evaluators.base import Status
from evaluators.local import LocalEvaluator
from problems import native
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES

SETTINGS = {"sets": ["TA"]}
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
    """Return the process that the evaluator has started."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        if int(entry.read_text().rpartition(")")[2].split()[1]) == os.getpid():
            return int(entry.parent.name)
    raise RuntimeError("the evaluator has no warm process")


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


def main(rounds: int) -> None:
    """Measure and print."""
    shop, plain = JobShop(**SETTINGS), plain_simulator()
    instances = shop.instances(Split.TEST)
    judge = LocalEvaluator(shop, "jobshop", SETTINGS, workers=1)
    warm = warm_process()
    for name, body in CANDIDATES.items():
        source = "import math\n" + body
        scope: dict[str, Callable[..., float]] = {}
        exec(compile(source, name, "exec"), scope)
        taken: dict[str, list[float]] = {}
        judge(source, Split.TEST)
        for _ in range(rounds):
            parts, evaluations = (
                {"wall": time.perf_counter(), "parent": time.process_time(), "warm": ticks_of(warm)},
                [],
            )
            for _ in range(REPEATS):
                evaluations.append(judge(source, Split.TEST))
            assert all(evaluation.status is Status.OK for evaluation in evaluations), evaluations
            wall = (time.perf_counter() - parts["wall"]) / REPEATS
            parent = (time.process_time() - parts["parent"]) / REPEATS
            forking = (ticks_of(warm) - parts["warm"]) / REPEATS
            child = statistics.mean(evaluation.seconds for evaluation in evaluations)
            begin = time.process_time()
            for instance in instances:
                plain(scope["priority"], 0.0, instance.arrays["durations"], instance.arrays["machines"])
            slow = time.process_time() - begin
            figures = {"wall": wall, "child": child, "warm": forking, "parent": parent, "plain": slow}
            figures["fresh"] = in_a_fresh_process(source)
            for key, value in figures.items():
                taken.setdefault(key, []).append(value)
        show(name, {key: statistics.median(values) for key, values in taken.items()})
    judge.close()


REPEATS = 10


def show(name: str, seconds: Mapping[str, float]) -> None:
    """Print the figures of one candidate."""
    total = seconds["child"] + seconds["warm"] + seconds["parent"]
    print(f"jobshop, 80 instances of Taillard, {name}")
    print(f"  {1 / total:6.1f} candidates/s/core by CPU time, {1 / seconds['wall']:.1f}/s by the clock with one worker")
    for key, label in (
        ("child", "child: isolation, compiling, solving"),
        ("warm", "warm process: fork and reports"),
        ("parent", "parent: static check, measure"),
    ):
        print(f"  {1000 * seconds[key]:6.1f} ms CPU  {label}")
    print(f"  {seconds['fresh'] / total:6.1f} x the CPU time in a fresh python process ({seconds['fresh']:.2f} s)")
    print(
        f"  {seconds['plain'] / total:6.1f} x the CPU time of the simulator in plain Python ({seconds['plain']:.2f} s)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
