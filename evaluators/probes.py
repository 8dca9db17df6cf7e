"""Probe states: a fixed set of decisions in which every rule is asked what it would choose."""

from collections.abc import Sequence

import numpy as np

from problems.base import AnyArray, Decisions, Heuristic, Instance, RuleProblem

INSTANCES, DECISIONS = 8, 1000
DEVIATION = "deviation"
"""A measure: the share of probe states in which a rule decides unlike the template; what it is like, not how good."""


class Probes:
    """The states that the template meets on some instances, evenly spaced over the train split and within each.

    Args:
        problem: Tells which decisions a solution was made of.
        template: The compiled template.
        instances: The train split.
    """

    def __init__(self, problem: RuleProblem, template: Heuristic, instances: Sequence[Instance]) -> None:
        self._problem = problem
        chosen = spaced(len(instances), INSTANCES)
        made = [problem.decisions(instances[index], problem.solve(template, instances[index])) for index in chosen]
        parts = [_some(decisions, DECISIONS // len(made)) for decisions in made]
        self.rows: AnyArray = np.concatenate([rows for rows, _ in parts])
        counts = np.concatenate([counts for _, counts in parts])
        self._groups = np.repeat(np.arange(len(counts)), counts)
        self._first = np.concatenate([[0], np.cumsum(counts)[:-1]])

    def choices(self, heuristic: Heuristic) -> AnyArray:
        """Return (decisions,) which alternative of each state a rule chooses; of equals the first."""
        values = self._problem.values(heuristic, self.rows.copy())
        best = np.lexsort((np.arange(len(values)), -values, self._groups))
        choices: AnyArray = (best[self._first] - self._first).astype(np.int32)
        return choices


def spaced(count: int, most: int) -> list[int]:
    """Return at most so many of the first `count` indices, evenly spaced."""
    return sorted({int(index) for index in np.linspace(0, count - 1, min(most, count)).round()})


def deviation(choices: AnyArray | None, template: AnyArray) -> float:
    """Return the share of states in which choices differ from the template's; 1 where they are no choices at all."""
    if choices is None or choices.shape != template.shape:
        return 1.0
    return float(np.mean(choices != template))


def _some(decisions: Decisions, most: int) -> tuple[AnyArray, AnyArray]:
    """Return the rows and the numbers of rows of some decisions that have alternatives, evenly spaced."""
    _, first, counts = np.unique(decisions.groups, return_index=True, return_counts=True)
    real = np.flatnonzero(counts > 1)
    if not len(real):
        return decisions.rows[:0], counts[:0]
    picked = real[spaced(len(real), most)]
    rows = np.concatenate([np.arange(first[index], first[index] + counts[index]) for index in picked])
    return decisions.rows[rows], counts[picked]
