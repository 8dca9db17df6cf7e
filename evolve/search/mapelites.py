"""MAP-Elites: the best candidate of every kind of behaviour."""

import ast
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from evaluators.base import Status
from evolve.candidate import Brief, Record
from evolve.search.parents import check_count, check_pressure, check_share, code_size, drawn, octaves, ranked, values_of
from sandbox import trees

Cell = tuple[int, ...]
SHARES = 1000
"""A share is counted in thousandths before it falls into a bin, so that 0.3 and 0.1 + 0.2 fall into the same one."""


class MapElites:
    """Keeps the best candidate of every cell of a grid of behaviours; each elite may become a parent.

    The axes are functions of the record alone, so that a replay fills the same cells.

    - "size": nodes of the syntax tree, in steps of half an octave;
    - "inputs": how many of its parameters the heuristic reads, in steps of two;
    - "seconds": its run time, in steps of half an octave; a resumed run knows it from the archive, but another run
      measures others, so that a deterministic run with this axis repeats only by chance;
    - any other name: that measure, taken as a share from 0 to 1, in `bins` equal steps. A record that lacks the measure
      falls into a bin of its own. `evaluators.probes.DEVIATION` is one: the share of probe states in which a rule
      decides unlike the template.

    Source: Mouret and Clune (2015), Illuminating search spaces by mapping elites, arXiv:1504.04909. It differs in
    drawing elites by rank rather than evenly, unless `pressure` is 0, and in crossover between cells.

    Args:
        objectives: Names of the measures that are minimised, the most important first.
        axes: What spans the grid.
        bins: Steps of an axis that is a share.
        crossover: Probability that a brief asks for two parents.
        pressure: How strongly better elites are preferred; 0 is not at all.
    """

    def __init__(
        self,
        objectives: tuple[str, ...],
        *,
        axes: Sequence[str] = ("size", "inputs"),
        bins: int = 8,
        crossover: float = 0.3,
        pressure: float = 3.0,
    ) -> None:
        if isinstance(axes, str) or not axes or len(set(axes)) < len(axes):
            raise ValueError(f"axes must be a list of different names, not {axes!r}")
        check_count(1, bins=bins)
        check_share(crossover=crossover)
        check_pressure(pressure)
        self._objectives, self._axes, self._bins = objectives, tuple(axes), bins
        self._crossover, self._pressure = crossover, pressure
        self._elites: dict[Cell, Record] = {}
        self._order: list[Record] = []  # the elites, the best first

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        return drawn(number, self._order, ranked(len(self._order), self._pressure), self._crossover, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        if record.evaluation.status is not Status.OK:
            return
        cell = tuple(self._bin(axis, record) for axis in self._axes)
        known = self._elites.get(cell)
        if known is None or self._key(record) < self._key(known):
            self._elites[cell] = record
            self._order = sorted(self._elites.values(), key=self._key)

    @property
    def filled(self) -> int:
        """How many cells have an elite."""
        return len(self._elites)

    def _key(self, record: Record) -> tuple[float, ...]:
        return (*values_of(record, self._objectives), code_size(record.candidate.source), record.number)

    def _bin(self, axis: str, record: Record) -> int:
        if axis == "size":
            return octaves(code_size(record.candidate.source))
        if axis == "inputs":
            return _inputs(record.candidate.source) // 2
        if axis == "seconds":
            return octaves(record.evaluation.seconds)
        share = record.evaluation.measures.get(axis)
        if share is None:
            return self._bins
        return min(max(round(SHARES * share) * self._bins // SHARES, 0), self._bins - 1)


@lru_cache(maxsize=8192)
def _inputs(source: str) -> int:
    """Return how many parameters the functions of a source read."""
    nodes = trees.nodes(trees.parse(source))
    named = {node.arg for node in nodes if isinstance(node, ast.arg)}
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return len(named & read)
