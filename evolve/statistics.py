"""Comparing heuristics instance by instance."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evaluators.base import Evaluation
from problems.base import Instance

ALPHA = 0.05
RESAMPLES = 1999
LEAST = 5
"""Values that an interval needs: four can be drawn again in 35 ways only, which tells next to nothing."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a mean lies, at the 95 % level."""

    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether zero lies in it."""
        return self.low <= 0.0 <= self.high


def interval(values: Sequence[float]) -> Interval | None:
    """Return the bootstrap interval of a mean; None where there are too few values.

    It is bias-corrected and accelerated (Efron, 1987, Journal of the American Statistical Association 82); the same
    values always get the same one.
    """
    return _bootstrap((values,), lambda sample, axis: np.mean(sample, axis=axis))


def _bootstrap(samples: tuple[Sequence[float], ...], statistic: Callable[..., Any]) -> Interval | None:
    if min(map(len, samples)) < LEAST:
        return None
    value = float(statistic(*map(np.asarray, samples), axis=0))
    if all(min(sample) == max(sample) for sample in samples):
        return Interval(value, value)
    from scipy.stats import bootstrap  # takes two seconds to import

    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where the correction cannot be had, which the result says too
            found = bootstrap(
                samples, statistic, n_resamples=RESAMPLES, method=method, rng=np.random.default_rng(0)
            ).confidence_interval
        if np.isfinite([found.low, found.high]).all():
            break
    return Interval(float(found.low), float(found.high))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One heuristic against another on the same instances.

    Attributes:
        wins: Instances on which the first is better.
        difference: Mean of the first's values minus the second's; negative is better.
        interval: Of the difference; None where there are too few instances.
        p_value: Of the two-sided signed-rank test (Wilcoxon, 1945, Biometrics Bulletin 1), which leaves zero
            differences out; 1 when all are equal.
        ranked: Sum of the signed ranks that it rests on; negative is better.
        corrected: The p-value corrected for the number of comparisons made; see `holm`.
    """

    wins: int
    ties: int
    losses: int
    difference: float
    interval: Interval | None
    p_value: float
    ranked: float
    corrected: float

    @property
    def verdict(self) -> str:
        """Better, worse or not distinguishable, at the 5 % level.

        The test and the interval of the mean must agree: ranks and mean can point in opposite directions, as when many
        small wins face one large loss; then neither is called better.
        """
        if (
            self.corrected >= ALPHA
            or self.ranked * self.difference <= 0
            or (self.interval and self.interval.holds_zero)
        ):
            return "not distinguishable"
        return "better" if self.difference < 0 else "worse"

    @property
    def maybe_worse(self) -> bool:
        """Whether the first is worse in the mean and the test or the interval says so; stricter than the verdict."""
        told = self.p_value < ALPHA or (self.interval is not None and not self.interval.holds_zero)
        return self.difference > 0 and told


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Compare paired values, lower being better.

    Raises:
        ValueError: The sequences are empty or differ in length.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"paired values are needed, not {len(first)} and {len(second)}")
    differences = np.subtract(first, second)
    wins, losses = int((differences < 0).sum()), int((differences > 0).sum())
    p_value, ranked = 1.0, 0.0
    if wins or losses:
        from scipy.stats import rankdata, wilcoxon  # takes two seconds to import

        unequal = differences[differences != 0]
        p_value = float(wilcoxon(unequal).pvalue)
        ranked = float((np.sign(unequal) * rankdata(np.abs(unequal))).sum())
    ties = len(differences) - wins - losses
    mean = float(differences.mean())
    return Comparison(wins, ties, losses, mean, interval(differences.tolist()), p_value, ranked, p_value)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm, 1979, Scandinavian Journal of Statistics 6)."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def family(comparisons: Mapping[str, Comparison]) -> dict[str, Comparison]:
    """Return comparisons that are made together, corrected for their number."""
    corrected = holm([each.p_value for each in comparisons.values()])
    return {name: replace(each, corrected=p) for (name, each), p in zip(comparisons.items(), corrected, strict=True)}


@dataclass(frozen=True, slots=True)
class Unpaired:
    """One sample against another whose values have nothing to do with the first's one by one, such as runs by seed.

    Attributes:
        difference: Mean of the first minus that of the second; negative is better.
        interval: Of the difference; None where a sample is too small.
        p_value: Of the two-sided rank-sum test (Mann and Whitney, 1947, Annals of Mathematical Statistics 18).
        corrected: The same, corrected for the number of comparisons made.
    """

    difference: float
    interval: Interval | None
    p_value: float
    corrected: float

    @property
    def verdict(self) -> str:
        """Better, worse or not distinguishable, at the 5 % level; test and interval must agree."""
        if self.corrected >= ALPHA or self.interval is None or self.interval.holds_zero:
            return "not distinguishable"
        return "better" if self.difference < 0 else "worse"


def compare_samples(first: Sequence[float], second: Sequence[float]) -> Unpaired:
    """Compare two samples, lower being better.

    Raises:
        ValueError: One is empty.
    """
    if not len(first) or not len(second):
        raise ValueError("two samples are needed, and one is empty")
    from scipy.stats import mannwhitneyu

    p_value = float(mannwhitneyu(first, second).pvalue) if len({*first, *second}) > 1 else 1.0
    found = _bootstrap((first, second), lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis))
    return Unpaired(float(np.mean(first) - np.mean(second)), found, p_value, p_value)


@dataclass(frozen=True, slots=True)
class Row:
    """One heuristic in a table.

    Attributes:
        groups: Mean of the objective in each group of instances.
        mean: Over all instances, each with equal weight.
        values: By instance name.
        milliseconds: CPU time in the sandbox, all instances.
    """

    name: str
    groups: Mapping[str, float]
    mean: float
    values: Mapping[str, float]
    milliseconds: float


def row(name: str, evaluation: Evaluation, instances: Sequence[Instance], objective: str) -> Row:
    """Return the row of a heuristic from its evaluation on these instances."""
    values = {instance.name: evaluation.per_instance[instance.name][objective] for instance in instances}
    members: dict[str, list[float]] = {}
    for instance in instances:
        members.setdefault(instance.group, []).append(values[instance.name])
    groups = {group: float(np.mean(inside)) for group, inside in members.items()}
    return Row(name, groups, float(np.mean(list(values.values()))), values, 1000.0 * evaluation.seconds)
