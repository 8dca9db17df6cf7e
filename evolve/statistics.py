"""Comparing heuristics instance by instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.base import Evaluation
from problems.base import Instance

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """One heuristic against another on the same instances.

    Attributes:
        wins: Instances on which the first is better.
        difference: Mean of the first's values minus the second's; negative is better.
        p_value: Of the two-sided signed-rank test (Wilcoxon, 1945, Biometrics Bulletin 1), which leaves zero
            differences out; 1 when all are equal.
        ranked: Sum of the signed ranks that it rests on; negative is better.
    """

    wins: int
    ties: int
    losses: int
    difference: float
    p_value: float
    ranked: float

    @property
    def verdict(self) -> str:
        """Better, worse or not distinguishable, at the 5 % level.

        Ranks and mean can point in opposite directions, as when many small wins face one large loss; then neither is
        called better.
        """
        if self.p_value >= ALPHA or self.ranked * self.difference <= 0:
            return "not distinguishable"
        return "better" if self.difference < 0 else "worse"


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
    return Comparison(wins, ties, losses, float(differences.mean()), p_value, ranked)


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
