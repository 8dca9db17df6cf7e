import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.statistics import compare, compare_samples, family, holm, interval, row
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


def test_the_interval_is_that_of_the_bootstrap_distribution() -> None:
    # Fifty values of -1 and fifty of 1: a mean is k / 50 - 1 with k from the binomial distribution of 100 throws, whose
    # quantiles at 2.5 and 97.5 % are 40 and 60. With nothing skewed there is nothing to correct.
    found = interval([-1.0, 1.0] * 50)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(-0.2, abs=0.021), pytest.approx(0.2, abs=0.021))
    assert interval([-1.0, 1.0] * 50) == found


def test_a_skewed_sample_has_a_skewed_interval() -> None:
    found = interval([0.0] * 12 + [1.0, 2.0, 4.0, 16.0])
    assert found is not None
    mean = 23 / 16
    assert found.high - mean > 1.5 * (mean - found.low) > 0.0


def test_values_that_are_all_equal_have_an_interval_without_width_and_few_have_none() -> None:
    found = interval([3.0] * 5)
    assert found is not None
    assert (found.low, found.high) == (3.0, 3.0)
    assert interval([1.0, 2.0, 3.0, 4.0]) is None


def test_p_values_are_corrected_as_holm_does() -> None:
    # By hand: 3 * 0.01, then 2 * 0.03, then 0.04, which may not be less than the one before.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_what_is_better_alone_may_not_be_among_many() -> None:
    alone = compare([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12])
    assert alone.verdict == "better"
    together = family({"it": alone, "equal": compare([1.0, 2.0], [1.0, 2.0])})
    assert together["it"].corrected == pytest.approx(4 / 64)
    assert together["it"].verdict == "not distinguishable"


def test_a_test_without_an_interval_that_agrees_is_no_verdict() -> None:
    # Thirty wins by 1 and a loss by 20: the ranks are clear, the mean could as well be on the other side.
    versus = compare([0.0] * 30 + [20.0], [1.0] * 30 + [0.0])
    assert versus.difference < 0
    assert versus.p_value < 0.001
    assert versus.interval is not None
    assert versus.interval.holds_zero
    assert versus.verdict == "not distinguishable"
    # Seen from the other side it may be worse, and that is enough where nothing may get worse.
    other = compare([1.0] * 30 + [0.0], [0.0] * 30 + [20.0])
    assert (other.verdict, other.maybe_worse) == ("not distinguishable", True)


def test_nothing_is_maybe_worse_that_is_equal_or_better() -> None:
    assert not compare([1.0] * 9, [1.0] * 9).maybe_worse
    assert not compare([1.0] * 9, [2.0] * 9).maybe_worse
    assert compare([2.0] * 9, [1.0] * 9).maybe_worse


def test_samples_are_compared_by_the_exact_rank_sum_test() -> None:
    # Five against five, all apart: two of the 252 ways to deal the ranks are as extreme.
    versus = compare_samples([1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.5])
    assert versus.p_value == pytest.approx(2 / 252)
    assert versus.difference == pytest.approx(-5.1)
    assert versus.verdict == "better"
    assert compare_samples([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]).verdict == "not distinguishable"
    assert compare_samples([1.0] * 5, [1.0] * 5).p_value == 1.0
    with pytest.raises(ValueError, match="empty"):
        compare_samples([], [1.0])
