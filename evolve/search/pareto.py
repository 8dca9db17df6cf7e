"""Pareto searches: parents that are best somewhere, on an instance or in a trade of objectives."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from evaluators.base import Status
from evolve.candidate import Brief, Record
from evolve.search.parents import FloatArray, check_count, check_share, code_size, drawn, octaves, values_of

COSTS: Mapping[str, Callable[[Record], float]] = {
    "size": lambda record: code_size(record.candidate.source),
    "seconds": lambda record: octaves(record.evaluation.seconds),
}


class ParetoInstances:
    """Keeps for every instance the candidate that is best on it; who holds more instances is a parent more often.

    1. A candidate takes an instance if it is better there in the first objective than who holds it; if equal, if it is
       better over all objectives, then if its code is shorter.
    2. A parent is drawn in proportion to the number of instances that it holds.

    Source: Agrawal and others (2025), GEPA: reflective prompt evolution can outperform reinforcement learning,
    arXiv:2507.19457, section 3. It differs in step 1: there, all that are equal hold an instance, and those that others
    dominate are struck out afterwards; here one holds it, so there are never more than there are instances.

    Args:
        objectives: Names of the measures that are minimised, the most important first.
        crossover: Probability that a brief asks for two parents.
    """

    def __init__(self, objectives: tuple[str, ...], *, crossover: float = 0.3) -> None:
        check_share(crossover=crossover)
        self._objectives, self._crossover = objectives, crossover
        self._holders: dict[str, Record] = {}

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        held: dict[int, int] = {}
        for holder in self._holders.values():
            held[holder.number] = held.get(holder.number, 0) + 1
        by_number = {holder.number: holder for holder in self._holders.values()}
        residents = [by_number[holder] for holder in sorted(held)]
        weights = np.array([held[resident.number] for resident in residents], float)
        return drawn(number, residents, weights, self._crossover, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        if record.evaluation.status is not Status.OK:
            return
        for instance in record.evaluation.per_instance:
            holder = self._holders.get(instance)
            if holder is None or self._key(record, instance) < self._key(holder, instance):
                self._holders[instance] = record

    def _key(self, record: Record, instance: str) -> tuple[float, ...]:
        here = record.evaluation.per_instance[instance][self._objectives[0]]
        return (here, *values_of(record, self._objectives), code_size(record.candidate.source), record.number)


class ParetoObjectives:
    """A population that trades the objectives against one another, and against the size of the code or its run time.

    1. The population is sorted into fronts that nothing behind them dominates; within a front, those whose neighbours
       are far away come first, those at its ends before all.
    2. When there are more than `size`, the last is dropped. Of equal values the older stays.
    3. A parent is the one further ahead of two drawn evenly.

    Source: NSGA-II, Deb, Pratap, Agarwal and Meyarivan (2002), A fast and elitist multiobjective genetic algorithm,
    IEEE Transactions on Evolutionary Computation 6. It differs in being steady-state.

    Args:
        objectives: Names of the measures that are minimised, the most important first.
        size: Largest number of candidates in the population.
        crossover: Probability that a brief asks for two parents.
        beside: What counts beside the objectives: "size", of the code, and "seconds", its run time. The latter is in
            steps of half an octave; another run measures others, so that a deterministic run repeats only by chance.
    """

    def __init__(
        self,
        objectives: tuple[str, ...],
        *,
        size: int = 60,
        crossover: float = 0.3,
        beside: Sequence[str] = ("size",),
    ) -> None:
        check_count(2, size=size)
        check_share(crossover=crossover)
        if isinstance(beside, str) or set(beside) - COSTS.keys():
            raise ValueError(f"beside must be a list of some of {', '.join(COSTS)}, not {beside!r}")
        self._objectives, self._size, self._crossover = objectives, size, crossover
        self._costs = [COSTS[name] for name in beside]
        self._population: list[Record] = []  # in the order of step 1

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        # Of two drawn evenly from n the one of rank r is the better in 2 (n - r) - 1 of n ** 2 cases.
        weights: FloatArray = 2.0 * np.arange(len(self._population), 0.0, -1.0) - 1.0
        return drawn(number, self._population, weights, self._crossover, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        if record.evaluation.status is not Status.OK or self._values(record) in map(self._values, self._population):
            return
        residents = sorted([*self._population, record], key=lambda resident: resident.number)
        order = nondominated_order(np.array([self._values(resident) for resident in residents], float))
        self._population = [residents[index] for index in order][: self._size]

    def _values(self, record: Record) -> tuple[float, ...]:
        return (*values_of(record, self._objectives), *(cost(record) for cost in self._costs))


def nondominated_order(values: FloatArray) -> list[int]:
    """Return the indices of points from the first front to the last, each front by falling crowding distance.

    Args:
        values: (points, objectives), lower is better.
    """
    one, other = values[:, None], values[None]
    dominates = np.logical_and(np.all(one <= other, axis=2), np.any(one < other, axis=2))
    left = np.ones(len(values), bool)
    order: list[int] = []
    while left.any():
        front = np.flatnonzero(left & ~dominates[left].any(axis=0))
        distances = _crowding(values[front])
        order += [int(index) for index in front[np.argsort(-distances, kind="stable")]]
        left[front] = False
    return order


def _crowding(values: FloatArray) -> FloatArray:
    """Return how far apart the neighbours of each point of a front are, summed over objectives; infinite at an end."""
    distances = np.zeros(len(values))
    for column in values.T:
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        distances[order[[0, -1]]] = np.inf
        if ordered[-1] > ordered[0]:
            distances[order[1:-1]] += (ordered[2:] - ordered[:-2]) / (ordered[-1] - ordered[0])
    return distances
