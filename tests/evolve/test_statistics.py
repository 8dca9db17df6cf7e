import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.statistics import compare, row
from problems.base import Instance, Reference, ReferenceKind


def test_wins_ties_and_losses_are_counted_with_lower_being_better() -> None:
    versus = compare([1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 2.0, 5.0])
    assert (versus.wins, versus.ties, versus.losses) == (2, 1, 1)
    assert versus.difference == -0.25


def test_the_p_value_is_that_of_the_exact_signed_rank_test() -> None:
    # Six differences of one sign: the two-sided probability is 2 / 2**6.
    versus = compare([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12])
    assert versus.p_value == pytest.approx(2 / 64)
    assert versus.verdict == "better"
    # Differences -1 and +2: no more telling than a coin.
    assert compare([1, 4], [2, 2]).verdict == "not distinguishable"


def test_a_clear_loss_is_called_worse() -> None:
    assert compare(np.arange(20) + 1.0, np.arange(20)).verdict == "worse"


def test_many_small_wins_and_one_large_loss_are_called_neither() -> None:
    versus = compare([0.0] * 40 + [100.0], [1.0] * 40 + [0.0])
    assert versus.p_value < 0.001
    assert versus.difference > 0 > versus.ranked
    assert versus.verdict == "not distinguishable"


def test_ties_do_not_weigh_in_the_test() -> None:
    # Six wins among eighty: as likely as six heads in six throws, on either side.
    versus = compare([0.0] * 80, [float(number) if number <= 6 else 0.0 for number in range(1, 81)])
    assert (versus.wins, versus.ties) == (6, 74)
    assert versus.p_value == pytest.approx(2 / 64)


def test_equal_values_are_not_distinguishable() -> None:
    versus = compare([1.0, 2.0], [1.0, 2.0])
    assert (versus.ties, versus.p_value, versus.verdict) == (2, 1.0, "not distinguishable")


def test_values_that_are_not_paired_are_refused() -> None:
    for first, second in (([], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match="paired"):
            compare(first, second)


def test_a_row_weighs_instances_equally_and_keeps_the_groups_apart() -> None:
    reference = Reference(1.0, ReferenceKind.OPTIMUM, "test")
    instances = [Instance(name, group, {}, reference) for name, group in (("a", "g"), ("b", "g"), ("c", "h"))]
    values = {"a": {"gap": 1.0}, "b": {"gap": 2.0}, "c": {"gap": 6.0}}
    entry = row("rule", Evaluation(Status.OK, {"gap": 3.0}, values, 0.5), instances, "gap")
    assert entry.groups == {"g": 1.5, "h": 6.0}
    assert (entry.mean, entry.milliseconds) == (3.0, 500.0)
