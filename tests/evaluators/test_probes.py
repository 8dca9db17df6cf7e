import numpy as np
import pytest

from evaluators.base import Evaluation
from evaluators.compiler import compile_heuristic
from evaluators.local import LocalEvaluator
from evaluators.plan import Plan
from evaluators.probes import DECISIONS, DEVIATION, Probes, deviation, spaced
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES

SETTINGS = {"families": ["uniform"], "sizes": ["6x6"], "sets": ["FT"]}
SHOP = JobShop(**SETTINGS)  # type: ignore[arg-type]
HEAD = f"def priority({', '.join(FEATURES)}):\n"


@pytest.fixture(scope="module")
def probes() -> Probes:
    template = compile_heuristic(SHOP.seeds["MWKR"], SHOP.entry, SHOP.signature)
    return Probes(SHOP, template.address, SHOP.instances(Split.TRAIN))


def choices(probes: Probes, body: str) -> np.ndarray:
    return probes.choices(compile_heuristic(f"{HEAD}    return {body}\n", SHOP.entry, SHOP.signature).address)


def test_rules_that_order_alike_choose_alike_and_others_do_not(probes: Probes) -> None:
    assert np.array_equal(choices(probes, "p"), choices(probes, "3.0 * p + 1.0"))
    most, least = choices(probes, "p"), choices(probes, "-p")
    assert 0.5 < deviation(least, most) <= 1.0


def test_a_choice_is_the_largest_value_of_its_state_and_of_equals_the_first(probes: Probes) -> None:
    assert not choices(probes, "1.0").any()
    column = list(FEATURES).index("p")
    ends = np.append(probes._first[1:], len(probes.rows))
    expected = [int(np.argmax(probes.rows[begin:end, column])) for begin, end in zip(probes._first, ends, strict=True)]
    assert choices(probes, "p").tolist() == expected


def test_every_state_has_alternatives_and_there_are_not_too_many(probes: Probes) -> None:
    sizes = np.diff(np.append(probes._first, len(probes.rows)))
    assert sizes.min() >= 2
    assert 20 < len(sizes) <= DECISIONS


def test_indices_are_evenly_spaced() -> None:
    assert spaced(10, 4) == [0, 3, 6, 9]
    assert spaced(3, 8) == [0, 1, 2]


def test_what_is_no_choice_deviates_everywhere() -> None:
    template = np.array([0, 1, 2, 1])
    assert deviation(np.array([0, 1, 0, 1]), template) == 0.25
    assert deviation(None, template) == deviation(np.zeros(3), template) == 1.0


def test_the_deviation_is_a_measure_on_train_and_only_where_asked_for() -> None:
    judge = LocalEvaluator(SHOP, "jobshop", SETTINGS, workers=1, probes=True)
    order = tuple(range(len(SHOP.instances(Split.TRAIN))))
    try:
        assert judge(SHOP.seeds["MWKR"]).measures[DEVIATION] == 0.0
        spt = judge(SHOP.seeds["SPT"])
        assert 0.3 < spt.measures[DEVIATION] < 1.0
        staged = judge.staged(SHOP.seeds["SPT"], Plan(order, (), "gap"))
        assert isinstance(staged, Evaluation)
        assert (staged.measures, staged.per_instance) == (spt.measures, spt.per_instance)
        assert DEVIATION not in judge(SHOP.seeds["SPT"], Split.VALIDATION).measures
    finally:
        judge.close()
