import inspect
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest

from evaluators.base import Evaluation, Evaluator, Status
from evolve.contract import Finding, check, fingerprints, fresh
from problems.base import (
    Arrays,
    Bar,
    Heuristic,
    Instance,
    InvalidSolution,
    Picture,
    Problem,
    Reference,
    ReferenceKind,
    Split,
)
from problems.plugins import load
from sandbox import SandboxUnavailable


class Good(Problem):
    """The least problem there is: put items in order."""

    name = "good"
    statement = "Put the items in order."
    signature = "float64(float64)"
    seeds = {"first": "def rule(x):\n    return x\n"}  # noqa: RUF012
    objectives = ("cost",)

    def instances(self, split: Split) -> Sequence[Instance]:
        data = np.arange(3) + 10 * list(Split).index(split)
        return [Instance(f"{split}-1", "g", {"data": data}, Reference(1.0, ReferenceKind.OPTIMUM, "by hand"))]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        raise AssertionError("not called here")

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        order, data = solution.get("order"), instance.arrays["data"]
        if order is None or order.shape != data.shape or not np.array_equal(np.sort(order), data):
            raise InvalidSolution("order must hold each item once")
        return {"cost": 1.0 + float(np.abs(order - data).sum())}

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        bars = [Bar("order", place, place + 1.0, str(item), "") for place, item in enumerate(solution["order"])]
        return Picture("place", ["order"], bars, {})


class Judge:
    """Gives one verdict on everything, and hands out the items of an instance as its solution."""

    def __init__(self, problem: Problem, verdict=None) -> None:
        self.problem = problem
        self.verdict = verdict or (lambda source, split: Evaluation(Status.OK, {"cost": 1.0}))

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        return self.verdict(source, split)

    def solutions(self, source: str, split: Split, indices: Sequence[int]) -> dict[str, Arrays]:
        instances = self.problem.instances(split)
        return {instances[index].name: {"order": instances[index].arrays["data"]} for index in indices}


PREPARED, FINITE = "can be prepared in the sandbox", "solutions of seeds are measured in finite numbers"


def findings(problem: Problem, again: Problem | None = None, evaluate=None) -> list[Finding]:
    return list(check(problem, lambda: fingerprints(again or problem), lambda: nullcontext(Judge(problem, evaluate))))


def broken_clauses(problem: Problem, again: Problem | None = None, evaluate=None) -> set[str]:
    return {finding.clause for finding in findings(problem, again, evaluate) if not finding.kept}


def write(folder: Path, change: str = "") -> str:
    """Write `Good` as a file of its own, with lines added to it, and return its name as a part."""
    text = inspect.getsource(Good).replace("# noqa: RUF012", "")
    head = "from problems.base import *\nimport numpy as np\nfrom collections.abc import Sequence\n"
    (folder / "mine.py").write_text(f"{head}{text}{change}")
    return f"{folder}/mine.py:Good"


def test_a_problem_that_keeps_the_contract_has_no_finding() -> None:
    assert broken_clauses(Good(), Good()) == set()


def test_instances_that_change_are_found() -> None:
    class Fickle(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            instance = super().instances(split)[0]
            data = instance.arrays["data"] + id(self) % 1000
            return [Instance(instance.name, "g", {"data": data}, instance.reference)]

    first, second = Fickle(), Fickle()
    assert broken_clauses(first, second) == {"instances are the same in every process"}


def test_an_instance_in_two_splits_is_found() -> None:
    class Leaky(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            return super().instances(Split.TRAIN if split is Split.TEST else split)

    assert broken_clauses(Leaky()) == {"no instance is in two splits", "names of instances are unique"}


def test_a_split_without_instances_is_found() -> None:
    class Bare(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            return [] if split is Split.VALIDATION else super().instances(split)

    assert broken_clauses(Bare()) == {"has instances in every split"}


def test_a_reference_that_no_gap_can_be_measured_against_is_found() -> None:
    class Zero(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            (instance,) = super().instances(split)
            reference = Reference(0.0, ReferenceKind.OPTIMUM, "by hand")
            return [Instance(instance.name, "g", instance.arrays, reference)]

    assert broken_clauses(Zero()) == {"every reference is a positive, finite number"}


def test_a_seed_that_fails_or_lacks_an_objective_is_found() -> None:
    clause = {"every seed is valid and has every objective"}
    assert broken_clauses(Good(), evaluate=lambda source, split: Evaluation(Status.TIMEOUT, message="slow")) == clause
    assert broken_clauses(Good(), evaluate=lambda source, split: Evaluation(Status.OK, {"other": 1.0})) == clause


def test_a_measure_that_accepts_anything_is_found() -> None:
    class Lax(Good):
        def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
            return {"cost": 1.0}

    assert broken_clauses(Lax()) == {"measure rejects an empty solution", "measure rejects what is no solution"}


def test_a_measure_that_looks_away_is_found_by_what_was_done_to_the_solution() -> None:
    class Trusting(Good):
        def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
            if "order" not in solution:
                raise InvalidSolution("order is missing")
            return {"cost": float(np.nan_to_num(solution["order"]).sum())}

    (found,) = [finding for finding in findings(Trusting()) if not finding.kept]
    assert found.clause == "measure rejects what is no solution"
    assert found.detail.startswith("train-1: it accepts order cut short; train-1: it accepts order with a dimension")


def test_a_measure_that_trips_over_a_changed_solution_is_found() -> None:
    class Brittle(Good):
        def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
            super().measure(instance, {"order": np.sort(solution["order"])} if "order" in solution else {})
            if solution["order"][0] > solution["order"][1]:
                raise IndexError("first")
            return {"cost": 1.0}

    (found,) = [finding for finding in findings(Brittle()) if not finding.kept]
    assert "on any change" in found.clause
    assert "IndexError: first" in found.detail


def test_a_picture_without_bars_or_with_bars_beside_the_lanes_is_found() -> None:
    class Blank(Good):
        def picture(self, instance: Instance, solution: Arrays) -> Picture:
            return Picture("place", ["order"], [], {})

    class Beside(Good):
        def picture(self, instance: Instance, solution: Arrays) -> Picture:
            return Picture("place", ["order"], [Bar("other", 2.0, 1.0, "x", "")], {})

    for problem in (Blank(), Beside()):
        assert broken_clauses(problem) == {"picture draws a solution"}


def test_two_instances_of_one_name_are_found() -> None:
    class Twins(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            (instance,) = super().instances(split)
            return [instance, Instance(instance.name, "g", {"data": np.arange(2)}, instance.reference)][
                : 1 + (split == "test")
            ]

    (found,) = [finding for finding in findings(Twins()) if not finding.kept]
    assert (found.clause, found.detail) == ("names of instances are unique", "2 instances are called test-1")


def test_a_measure_that_stumbles_over_an_empty_solution_is_found() -> None:
    class Careless(Good):
        def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
            if "order" in solution:
                return super().measure(instance, solution)
            return {"cost": float(solution["order"][0])}

    found, _ = (finding for finding in findings(Careless()) if not finding.kept)
    assert found.clause == "measure rejects an empty solution"
    assert found.detail.startswith("it raises KeyError: 'order' for train-1, not InvalidSolution")


def test_a_problem_that_lacks_an_attribute_is_found() -> None:
    class Nameless(Good):
        name = ""

    assert broken_clauses(Nameless()) == {"has a name, a statement, a signature, seeds and objectives"}


def test_what_the_judge_trips_over_is_found_with_the_seed() -> None:
    def trip(source: str, split: Split = Split.TRAIN) -> Evaluation:
        raise KeyError("order")

    (found,) = [finding for finding in findings(Good(), evaluate=trip) if not finding.kept]
    assert (found.clause, found.detail) == (FINITE, "first: KeyError: 'order'")


def test_a_problem_that_cannot_be_prepared_is_told_by_its_own_exception_and_the_rest_is_still_checked() -> None:
    trace = "Traceback (most recent call last):\n  File 'x', line 1, in f\n    g()\nmy.Error: no such\nthing\n"

    def judging() -> AbstractContextManager[Evaluator]:
        raise RuntimeError(f"cannot be prepared:\n{trace}")

    found = list(check(Good(), lambda: fingerprints(Good()), judging))
    assert (found[-1].clause, found[-1].kept, found[-1].detail) == (PREPARED, False, "my.Error: no such thing")
    assert all(finding.kept for finding in found[:-1])


def test_a_machine_without_a_sandbox_is_no_fault_of_the_problem() -> None:
    def judging() -> AbstractContextManager[Evaluator]:
        raise SandboxUnavailable("none here")

    with pytest.raises(SandboxUnavailable):
        list(check(Good(), lambda: fingerprints(Good()), judging))


def test_instances_made_in_a_new_process_are_compared(tmp_path: Path) -> None:
    kind = write(tmp_path)
    assert fresh(kind) == fingerprints(load("evolve.problems", kind)())
    cached = "\n    made = {split: np.array([hash(f'{split}')]) for split in Split}\n    def instances(self, split):\n"
    cached += "        return [Instance(f'{split}', 'g', {'data': self.made[split]}, Reference(1.0, 'optimum', ''))]\n"
    kind = write(tmp_path, cached)
    assert fresh(kind) != fingerprints(load("evolve.problems", kind)())
