import itertools
import json

import numpy as np
import pytest
from scipy.stats import wilcoxon

from evaluators.plan import DUPLICATE, RACED_OUT, Plan, behaviour, is_worse, p_worse


def judged(plan: Plan, *values: float) -> str:
    """Return the verdict on instances with these gaps, where a schedule is its gap."""
    return plan.verdict([{"gap": value} for value in values], schedules(*values))


def schedules(*values: float) -> list[dict[str, np.ndarray]]:
    return [{"starts": np.array([value, 1.0])} for value in values]


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([], 1.0),
        ([0.0, 0.0], 1.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 1 / 32),  # all signs of one side: one way of 2 ** 5
        ([-1.0, 2.0, 3.0, 4.0, 5.0], 2 / 32),  # rank sum 14 of 15: that, and 15
        ([1.0, -2.0, 3.0], 3 / 8),  # rank sum 4 of 6: {3, 1}, {3, 2}, {3, 2, 1}
        ([1.0, 1.0], 1 / 4),
        ([1.0, -1.0], 3 / 4),  # ranks 1.5 and 1.5: three of four sums are at least 1.5
        ([0.0, 1.0, 0.0], 1 / 2),
        ([-1.0, -2.0], 1.0),
    ],
)
def test_small_p_values_are_those_counted_by_hand(differences: list[float], p: float) -> None:
    assert p_worse(differences) == pytest.approx(p)


def test_p_values_with_ties_are_those_of_all_signs_tried_out() -> None:
    sizes = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 7.0, 9.0])
    ranks = np.array([1.5, 1.5, 3.0, 5.0, 5.0, 5.0, 7.0, 8.0])
    signs = np.array([1, -1, 1, 1, -1, 1, 1, 1])
    observed = ranks[signs > 0].sum()
    sums = [ranks[np.array(one) > 0].sum() for one in itertools.product((1, -1), repeat=8)]
    assert p_worse(signs * sizes) == pytest.approx(np.mean(np.array(sums) >= observed))


@pytest.mark.parametrize("count", [20, 61, 200])
def test_p_values_agree_with_scipy(count: int) -> None:
    differences = np.random.default_rng(count).normal(0.2, 1.0, count)
    method = "exact" if count <= 60 else "asymptotic"
    expected = wilcoxon(differences, alternative="greater", method=method, correction=True).pvalue
    assert p_worse(differences) == pytest.approx(expected, rel=1e-6)


def test_one_large_gain_saves_who_loses_in_most_places() -> None:
    differences = [1.0] * 30 + [-100.0]
    assert p_worse(differences) < 0.01
    assert not is_worse(differences, 0.01)


def test_at_the_looks_and_only_there_who_loses_is_raced_out() -> None:
    plan = Plan(tuple(range(20)), (5, 8), "gap", rival=(1.0,) * 20, level=0.01)
    assert judged(plan, *[2.0] * 5) == ""  # 1 / 32 is above the level
    assert judged(plan, *[2.0] * 7) == ""
    assert judged(plan, *[2.0] * 8) == RACED_OUT  # 1 / 256 is below
    assert judged(plan, *[0.5] * 8) == ""


def test_who_solves_the_probes_as_a_known_one_is_a_duplicate() -> None:
    plan = Plan(tuple(range(9)), (2, 4), "gap", known=frozenset({behaviour(schedules(1.0, 2.0))}))
    assert judged(plan, 1.0) == ""
    assert judged(plan, 1.0, 2.0) == DUPLICATE
    assert judged(plan, 1.0, 2.0000001) == ""
    assert judged(plan, 2.0, 1.0) == ""


def test_nothing_is_looked_at_for_longer_than_it_can_change_the_verdict() -> None:
    order, looks = tuple(range(20)), (5, 8)
    assert Plan(order, looks, "gap", rival=(1.0,) * 20).last == 8
    assert Plan(order, looks, "gap", known=frozenset({"a"})).last == 5
    assert Plan(order, looks, "gap").last == Plan(order, (), "gap", known=frozenset({"a"})).last == 0


def test_behaviours_differ_where_any_array_does_in_name_kind_shape_or_value() -> None:
    one = [{"starts": np.array([[1, 2], [3, 4]], np.int32), "order": np.array([0, 1])}]
    assert behaviour(one) == behaviour([{"order": np.array([0, 1]), "starts": np.array([[1, 2], [3, 4]], np.int32)}])
    others = [
        [{**one[0], "starts": np.array([[1, 2], [3, 5]], np.int32)}],
        [{**one[0], "starts": np.array([1, 2, 3, 4], np.int32)}],
        [{**one[0], "starts": np.array([[1, 2], [3, 4]], np.int64)}],
        [{"begins": one[0]["starts"], "order": one[0]["order"]}],
    ]
    assert len({behaviour(each) for each in [one, *others]}) == 5


def test_a_plan_survives_its_way_into_the_sandbox() -> None:
    plan = Plan((2, 0, 1), (1, 2), "gap", (0.1, 1 / 3, 1e300), 0.05 / 3, frozenset({"a", "b"}))
    assert Plan.of(json.loads(json.dumps(plan.request()))) == plan


def test_of_candidates_as_good_as_the_rival_at_most_the_stated_share_is_raced_out() -> None:
    rng = np.random.default_rng(1)
    looks, error, trials = (24, 60, 120), 0.05, 2000
    stopped = 0
    for differences in rng.standard_t(2, (trials, 120)).round(1):  # heavy tails and ties
        stopped += any(is_worse(differences[:look], error / len(looks)) for look in looks)
    assert 0.01 < stopped / trials < error + 0.015  # three standard errors above
