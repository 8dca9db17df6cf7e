from collections.abc import Sequence

import numpy as np

from evaluators.base import Evaluation, Status
from evolve.contract import check
from problems.base import Arrays, Heuristic, Instance, InvalidSolution, Problem, Reference, ReferenceKind, Split


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
        if "order" not in solution:
            raise InvalidSolution("order is missing")
        return {"cost": 1.0}


def fine(source: str, split: Split = Split.TRAIN) -> Evaluation:
    return Evaluation(Status.OK, {"cost": 1.0})


def broken_clauses(problem: Problem, again: Problem | None = None, evaluate=fine) -> set[str]:
    return {finding.clause for finding in check(problem, again or problem, evaluate) if not finding.kept}


def test_a_problem_that_keeps_the_contract_has_no_finding() -> None:
    assert broken_clauses(Good(), Good()) == set()


def test_instances_that_change_are_found() -> None:
    class Fickle(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            instance = super().instances(split)[0]
            data = instance.arrays["data"] + id(self) % 1000
            return [Instance(instance.name, "g", {"data": data}, instance.reference)]

    first, second = Fickle(), Fickle()
    assert broken_clauses(first, second) == {"instances are the same every time"}


def test_an_instance_in_two_splits_is_found() -> None:
    class Leaky(Good):
        def instances(self, split: Split) -> Sequence[Instance]:
            return super().instances(Split.TRAIN if split is Split.TEST else split)

    assert broken_clauses(Leaky()) == {"no instance is in two splits"}


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

    assert broken_clauses(Lax()) == {"measure rejects an empty solution"}
