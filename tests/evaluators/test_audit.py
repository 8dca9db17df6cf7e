import numpy as np
import pytest

from evaluators.audit import audit
from evaluators.base import Status
from evaluators.compiler import compile_heuristic
from evaluators.local import LocalEvaluator
from problems.base import AnyArray, InvalidSolution, Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES

P = list(FEATURES).index("p")
REMAINING = list(FEATURES).index("work_remaining")


def shortest(rows: AnyArray) -> AnyArray:
    values: AnyArray = -rows[:, P]
    return values


def solved(shop: JobShop, name: str) -> tuple[list, dict]:
    compiled = compile_heuristic(shop.seeds[name], shop.entry, shop.signature)
    instances = list(shop.instances(Split.VALIDATION))[:6]
    return instances, {instance.name: shop.solve(compiled.address, instance) for instance in instances}


@pytest.mark.parametrize("builder", ["non-delay", "active", 0.5])
def test_the_choices_of_a_rule_follow_from_its_arguments(builder: str | float) -> None:
    shop = JobShop(builder=builder)
    instances, solutions = solved(shop, "SPT")
    audit(shop, instances, solutions, shortest, np.random.default_rng(0))


def test_the_schedule_of_another_rule_is_caught() -> None:
    shop = JobShop()
    instances, solutions = solved(shop, "MWKR")
    with pytest.raises(InvalidSolution, match="choices do not follow"):
        audit(shop, instances, solutions, shortest, np.random.default_rng(0))
    audit(shop, instances, solutions, lambda rows: rows[:, REMAINING], np.random.default_rng(0))


def test_values_that_depend_on_the_order_of_the_calls_are_caught() -> None:
    shop = JobShop()
    instances, solutions = solved(shop, "SPT")
    with pytest.raises(InvalidSolution, match="choices do not follow"):
        audit(shop, instances, solutions, lambda rows: shortest(rows) + np.arange(len(rows)), np.random.default_rng(0))


def test_a_feasible_schedule_that_no_rule_makes_is_caught() -> None:
    shop = JobShop()
    instances, solutions = solved(shop, "SPT")
    later = dict(solutions) | {instances[0].name: {"starts": solutions[instances[0].name]["starts"] + 5}}
    shop.measure(instances[0], later[instances[0].name])
    with pytest.raises(InvalidSolution, match="no dispatching rule leads"):
        audit(shop, instances, later, shortest, np.random.default_rng(0))


def test_every_published_rule_passes_its_audit_in_the_sandbox() -> None:
    judge = LocalEvaluator(JobShop(), "jobshop", {}, workers=1)
    try:
        for name, source in JobShop().seeds.items():
            evaluation = judge(source, Split.VALIDATION)
            assert evaluation.status is Status.OK, (name, evaluation.message)
    finally:
        judge.close()
