import pytest

from evaluators.compiler import compile_heuristic
from evaluators.features import ENTRY, SIGNATURE, SNIPPETS, features_of
from problems.jobshop import JobShop
from sandbox import check_source


@pytest.mark.parametrize("feature", SNIPPETS)
def test_every_snippet_is_a_heuristic_that_uses_its_feature(feature: str) -> None:
    checked = check_source(SNIPPETS[feature], ENTRY)
    assert feature in features_of(checked)
    assert compile_heuristic(checked, ENTRY, SIGNATURE).address


def test_what_a_source_uses_is_told_by_names_of_ours() -> None:
    assert features_of("def f(x):\n    return sorted([x])[0] + np.argsort(np.zeros(3))[0] + evil.thing(x)\n") == [
        "argsort",
        "sorted",
    ]


def test_max_of_numbers_is_not_max_of_an_array() -> None:
    assert features_of("def f(x):\n    return max(x, 1.0)\n") == []
    assert features_of("def f(x):\n    return max([x, 1.0])\n") == ["max"]
    assert features_of("def f(x):\n    return np.zeros(3).max()\n") == ["max"]


def test_the_published_rules_need_nothing_warmed() -> None:
    assert all(features_of(source) == [] for source in JobShop().seeds.values())
