import numpy as np
import pytest

from evaluators.audit import audit
from evaluators.base import Status
from evaluators.compiler import compile_heuristic
from evaluators.local import LocalEvaluator
from problems.base import AnyArray, InvalidSolution, Reference, ReferenceKind, Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES
from problems.jobshop.problem import make_instance

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


def test_operations_without_length_do_not_make_a_rule_look_impure() -> None:
    shop = JobShop()
    reference = Reference(1.0, ReferenceKind.BEST_KNOWN, "test")
    for durations in ([[3], [0]], [[0], [0], [2]], [[0, 2], [0, 1], [3, 0], [0, 0]]):
        machines = np.tile(np.arange(len(durations[0])), (len(durations), 1))
        instance = make_instance("tiny", "g", np.array(durations), machines, reference)
        for name, values_of in (("SPT", shortest), ("LPT", lambda rows: -shortest(rows))):
            compiled = compile_heuristic(shop.seeds[name], shop.entry, shop.signature)
            solution = shop.solve(compiled.address, instance)
            shop.measure(instance, solution)
            audit(shop, [instance], {"tiny": solution}, values_of, np.random.default_rng(0))


def rule(expression: str) -> str:
    return f"def priority({', '.join(FEATURES)}):\n    return {expression}\n"


def test_a_verdict_off_train_is_audited_and_a_lack_of_memory_is_not_called_impure() -> None:
    shop = JobShop(families=["uniform"], sizes=["100x20"], sets=["FT"])
    settings = {"families": ["uniform"], "sizes": ["100x20"], "sets": ["FT"]}
    judge = LocalEvaluator(shop, "jobshop", settings, workers=1)
    answer = judge._fence.call

    def forge(source: str, request, **options):
        return answer(
            source.replace("return p * 1.0", "return -p") if "split" in request else source, request, **options
        )

    judge._fence.call = forge  # solves with another rule than the one that is judged
    try:
        source = rule("p * 1.0")
        assert judge(source, Split.TRAIN).status is Status.OK
        for split in (Split.VALIDATION, Split.TEST):
            evaluation = judge(source, split)
            assert (evaluation.status, evaluation.cause) == (Status.INVALID, "not a pure rule")
        judge._fence.call = answer
        assert judge(source, Split.VALIDATION).status is Status.OK
    finally:
        judge.close()
    poor = LocalEvaluator(shop, "jobshop", settings, workers=1, memory_mb=64)
    try:
        assert poor(rule("p * 1.0"), Split.TRAIN).status is Status.OK
        assert poor(rule("p * 1.0"), Split.VALIDATION).status in (Status.OK, Status.MEMORY)
    finally:
        poor.close()


def test_every_published_rule_passes_its_audit_in_the_sandbox() -> None:
    judge = LocalEvaluator(JobShop(), "jobshop", {}, workers=1)
    try:
        for name, source in JobShop().seeds.items():
            # As a text of its own: the published one is trusted.
            evaluation = judge(source.replace("return ", "return 1.0 * (").rstrip() + ")\n", Split.VALIDATION)
            assert evaluation.status is Status.OK, (name, evaluation.message)
    finally:
        judge.close()
