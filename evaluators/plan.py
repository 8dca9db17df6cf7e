"""When judging ends early: rules that the sandbox follows and that are checked again outside."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evaluators.base import Measures
from problems.base import Arrays

EXACT = 60
"""Differences up to which the distribution of the rank sum is counted out; beyond, it is taken as normal."""
DUPLICATE, RACED_OUT = "duplicate", "raced out"
"""Causes of an evaluation that was stopped."""


@dataclass(frozen=True, slots=True)
class Plan:
    """In which order instances are solved, and when no more of them are.

    Attributes:
        order: Indices of all instances of the split.
        looks: After how many instances it is looked whether to go on, ascending.
        objective: The measure that is compared.
        rival: Its value for whom a candidate is raced against, in that order; empty where there is none.
        level: Error rate of one look.
        known: The `behaviour` of earlier candidates on the probes.
    """

    order: tuple[int, ...]
    looks: tuple[int, ...]
    objective: str
    rival: tuple[float, ...] = ()
    level: float = 0.0
    known: frozenset[str] = field(default_factory=frozenset)

    def request(self) -> Mapping[str, Any]:
        """Return the plan as JSON takes it."""
        return {
            "order": self.order,
            "looks": self.looks,
            "objective": self.objective,
            "rival": self.rival,
            "level": self.level,
            "known": sorted(self.known),
        }

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Plan":
        """Return the plan that a request describes."""
        return cls(
            tuple(request["order"]),
            tuple(request["looks"]),
            request["objective"],
            tuple(request["rival"]),
            request["level"],
            frozenset(request["known"]),
        )

    @property
    def probes(self) -> int:
        """On how many of the first instances behaviour is compared."""
        return self.looks[0] if self.looks else len(self.order)

    @property
    def last(self) -> int:
        """After how many instances nothing is left to be looked at."""
        if self.rival:
            return max(self.looks, default=0)
        return self.probes if self.known and self.looks else 0

    def verdict(self, measured: Sequence[Measures], solutions: Sequence[Arrays]) -> str:
        """Return why judging ends after these instances, as a cause; empty if it goes on.

        Args:
            measured: Measures of the first instances in the plan's order.
            solutions: Their solutions.
        """
        if len(measured) not in self.looks:
            return ""
        if len(measured) == self.probes and self.known and behaviour(solutions) in self.known:
            return DUPLICATE
        if self.rival and is_worse(self.differences(measured), self.level):
            return RACED_OUT
        return ""

    def differences(self, measured: Sequence[Measures]) -> list[float]:
        """Return by how much each value is above the rival's."""
        return [measures[self.objective] - other for measures, other in zip(measured, self.rival, strict=False)]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Judging that ended early.

    Attributes:
        cause: `DUPLICATE` or `RACED_OUT`.
        measured: Measures of the instances that were solved, in the plan's order; each solution was checked.
        behaviour: On the probes.
        seconds: CPU seconds it took in the sandbox.
        isolation: How well the sandbox was closed.
    """

    cause: str
    measured: tuple[Measures, ...]
    behaviour: str
    seconds: float
    isolation: str


def behaviour(solutions: Sequence[Arrays]) -> str:
    """Return a short text that is equal for equal solutions of the same instances, and for others differs."""
    digest = hashlib.blake2b(digest_size=12)
    for solution in solutions:
        for name in sorted(solution):
            array = np.ascontiguousarray(solution[name])
            digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def is_worse(differences: Sequence[float], level: float) -> bool:
    """Return whether paired differences are significantly above zero, in rank and in the mean."""
    return float(np.mean(differences)) > 0.0 and p_worse(differences) < level


def p_worse(differences: Sequence[float]) -> float:
    """Return the one-sided p-value of the signed-rank test that paired differences are not above zero.

    Differences of zero are left out and equal sizes share their ranks; given them, the distribution is exact up to
    `EXACT` differences, whatever their distribution is as long as it is symmetric around zero.

    Source: Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1; with ties, Pratt and
    Gibbons (1981), Concepts of nonparametric theory, section 3.7.
    """
    values = np.asarray(differences, float)
    values = values[values != 0.0]
    if not len(values):
        return 1.0
    doubled = _doubled_ranks(np.abs(values))
    above, total = int(doubled[values > 0.0].sum()), int(doubled.sum())
    if len(values) > EXACT:
        deviation = math.sqrt(float((doubled**2).sum())) / 2.0
        return 0.5 * math.erfc((above - 1 - total / 2.0) / deviation / math.sqrt(2.0))
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for rank in doubled:  # each sign is as likely as the other
        ways[rank:] = ways[rank:] + ways[: total + 1 - rank]
        ways /= 2.0
    return float(ways[above:].sum())


def _doubled_ranks(sizes: Any) -> Any:
    """Return twice the rank of each size, so that shared ranks are whole numbers too."""
    ordered = np.sort(sizes)
    first, last = np.searchsorted(ordered, sizes, "left"), np.searchsorted(ordered, sizes, "right")
    return first + last + 1
