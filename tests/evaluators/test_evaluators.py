import threading
from pathlib import Path

import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evaluators.cached import CachedEvaluator
from evaluators.compiler import CompileError, compile_heuristic
from evaluators.local import LocalEvaluator
from problems.base import InvalidSolution, Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES

HEAD = f"def priority({', '.join(FEATURES)}):\n"
SHOP = JobShop(sets=["FT"])


@pytest.fixture(scope="module")
def judge():
    local = LocalEvaluator(SHOP, "jobshop", {"sets": ["FT"]}, workers=2, cpu_seconds=1.0)
    yield local
    local.close()


def test_a_rule_is_judged_on_every_instance_of_a_split(judge: LocalEvaluator) -> None:
    evaluation = judge(SHOP.seeds["MWKR"], Split.TEST)
    assert evaluation.status is Status.OK, evaluation.message
    assert list(evaluation.per_instance) == ["ft06", "ft10", "ft20"]
    gaps = [measures["gap"] for measures in evaluation.per_instance.values()]
    assert evaluation.measures["gap"] == pytest.approx(np.mean(gaps))
    # Most work remaining, non-delay, as computed by the builder tested against an independent one.
    makespans = {name: measures["makespan"] for name, measures in evaluation.per_instance.items()}
    solved = {}
    compiled = compile_heuristic(SHOP.seeds["MWKR"], SHOP.entry, SHOP.signature)
    for instance in SHOP.instances(Split.TEST):
        starts = SHOP.solve(compiled.address, instance)["starts"]
        solved[instance.name] = float((starts + instance.arrays["durations"]).max())
    assert makespans == solved
    assert evaluation.seconds > 0.0
    assert evaluation.isolation == "strict"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("    return p +\n", Status.REJECTED, "line 2"),  # not Python
        ("    return open('x')\n", Status.REJECTED, "line 2"),  # not allowed
        ("    return unknown_name\n", Status.REJECTED, "unknown_name"),  # not defined
        ("    return np.zeros(3)\n", Status.REJECTED, "array"),  # not a number
        ("    return p / 0.0\n", Status.ERROR, "division"),  # raises
        ("    return math.inf\n", Status.ERROR, "finite"),  # not finite
        ("    x = 0.0\n    while True:\n        x += p * 0.5\n    return x\n", Status.TIMEOUT, "CPU"),  # never ends
        ("    x = np.zeros(10)\n    return x[int(p) + 100]\n", Status.ERROR, "index"),  # out of bounds
        ("    x = np.zeros(1_000_000_000)\n    return x[0]\n", Status.MEMORY, "too large"),  # 8 GB
    ],
)
def test_a_bad_rule_gets_its_status_and_a_telling_message(
    judge: LocalEvaluator, body: str, status: Status, told: str
) -> None:
    evaluation = judge("import math\nimport numpy as np\n" + HEAD + body)
    assert evaluation.status is status, evaluation
    assert told.replace("line 2", f"line {4 if status is Status.REJECTED else 2}") in evaluation.message, evaluation
    assert evaluation.cause
    assert not evaluation.measures
    assert not evaluation.per_instance


def test_a_source_without_the_entry_function_is_rejected_by_name(judge: LocalEvaluator) -> None:
    evaluation = judge("def other(p):\n    return p\n")
    assert evaluation.status is Status.REJECTED
    assert "priority" in evaluation.message


def test_a_rule_with_too_few_parameters_is_told_how_many_it_needs() -> None:
    with pytest.raises(CompileError, match="24 arguments, not 1"):
        compile_heuristic("def priority(p):\n    return p\n", SHOP.entry, SHOP.signature)


def test_helper_functions_are_compiled_with_bounds_checks(judge: LocalEvaluator) -> None:
    source = (
        f"import numpy as np\ndef pick(k):\n    x = np.zeros(3)\n    return x[k]\n{HEAD}    return pick(int(p) + 50)\n"
    )
    assert judge(source).status is Status.ERROR


def test_several_threads_get_their_own_verdicts(judge: LocalEvaluator) -> None:
    verdicts: dict[str, Evaluation] = {}

    def work(name: str) -> None:
        verdicts[name] = judge(SHOP.seeds[name], Split.TEST)

    threads = [threading.Thread(target=work, args=(name,)) for name in SHOP.seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, evaluation in verdicts.items():
        assert evaluation.per_instance == judge(SHOP.seeds[name], Split.TEST).per_instance


def test_simulators_are_kept_at_home_where_the_code_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    judge = LocalEvaluator(SHOP, "jobshop", {"sets": ["FT"]}, workers=1)
    try:
        assert judge(SHOP.seeds["SPT"], Split.TEST).status is Status.OK
    finally:
        judge.close()
    assert list(tmp_path.rglob("*.nbi"))


class Counting:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        self.calls.append(source)
        if "boom" in source:
            raise RuntimeError("broken machine")
        return Evaluation(Status.OK, {"gap": float(len(self.calls))})


def test_equal_code_is_judged_once_per_split() -> None:
    inner = Counting()
    cached = CachedEvaluator(inner)
    first = cached("def f(x):\n    return x  # a comment\n")
    assert cached("def f( x ):\n\n    return (x)\n") == first
    assert cached("def f(x):\n    return -x\n") != first
    cached("def f(x):\n    return x\n", Split.TEST)
    assert len(inner.calls) == 3
    assert cached.hits == 1


def test_a_machine_that_breaks_is_not_remembered_as_a_verdict() -> None:
    inner = Counting()
    cached = CachedEvaluator(inner)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken machine"):
            cached("boom")
    assert len(inner.calls) == 2


def test_the_oldest_verdicts_are_forgotten_first() -> None:
    inner = Counting()
    cached = CachedEvaluator(inner, size=2)
    for source in ("a", "b", "c", "c", "a"):
        cached(source)
    assert inner.calls == ["a", "b", "c", "a"]


def test_the_solutions_of_some_instances_are_returned_as_the_sandbox_made_them(judge: LocalEvaluator) -> None:
    made = judge.solutions(SHOP.seeds["SPT"], Split.TEST, [2, 0])
    assert list(made) == ["ft20", "ft06"]
    measured = judge(SHOP.seeds["SPT"], Split.TEST).per_instance
    for instance in SHOP.instances(Split.TEST):
        if instance.name in made:
            assert SHOP.measure(instance, made[instance.name]) == measured[instance.name]


def test_a_heuristic_that_makes_no_solution_says_why(judge: LocalEvaluator) -> None:
    with pytest.raises(InvalidSolution, match=r"error: .*division"):
        judge.solutions(f"{HEAD}    return p / 0.0\n", Split.TEST, [0])
    with pytest.raises(InvalidSolution, match="line 2"):
        judge.solutions(f"{HEAD}    return open('x')\n", Split.TEST, [0])
