"""Islands: populations that evolve apart and now and then exchange their best."""

from bisect import insort

import numpy as np

from evaluators.base import Status
from evolve.candidate import Brief, Record

STEEPEST = 100.0
Values = tuple[float, ...]
Resident = tuple[Values, int, Values, Record]
"""A candidate's rank, its number, the values of its objectives, and its record."""


class Islands:
    """An island model with ranked choice of parents and migration round a ring.

    Candidate number k belongs to island k modulo the number of islands; seeds belong to all. Each island keeps its best
    candidates, one per set of objective values, so that equal behaviour does not crowd it out. A parent is chosen by
    rank: the candidate of rank r with weight (1 - r / n) ** pressure. Every `migration` records told, the best of each
    island enters the next one.

    Source: Whitley, Rana and Heckendorn (1999), The island model genetic algorithm, Journal of Computing and
    Information Technology 7. It differs in being steady-state.

    Args:
        objectives: Names of the measures that are minimised, the most important first.
        islands: Number of islands.
        size: Largest number of candidates on an island.
        migration: Number of records between two migrations.
        crossover: Probability that a brief asks for two parents.
        pressure: How strongly better parents are preferred; 0 is not at all.
        resolution: Values of the first objective that fall into the same step of this width count as equal, and the
            shorter code is better (lexicographic parsimony with buckets: Luke and Panait, 2002, GECCO); 0 is exact.
    """

    def __init__(
        self,
        objectives: tuple[str, ...],
        *,
        islands: int = 4,
        size: int = 40,
        migration: int = 100,
        crossover: float = 0.3,
        pressure: float = 3.0,
        resolution: float = 0.0,
    ) -> None:
        if not all(isinstance(number, int) for number in (islands, size, migration)):
            raise ValueError("islands, size and migration must be whole numbers")
        if not pressure <= STEEPEST:
            raise ValueError(f"pressure must be at most {STEEPEST}: beyond it only the best would be chosen")
        if islands < 1 or size < 2 or migration < 1:
            raise ValueError("islands and migration must be at least 1 and size at least 2")
        if not 0.0 <= crossover <= 1.0 or pressure < 0.0 or resolution < 0.0:
            raise ValueError("crossover must be between 0 and 1, pressure and resolution at least 0")
        self._objectives = objectives
        self._populations: list[list[Resident]] = [[] for _ in range(islands)]
        self._size = size
        self._migration = migration
        self._crossover = crossover
        self._pressure = pressure
        self._resolution = resolution
        self._told = 0

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        population = self._populations[number % len(self._populations)]
        if not population:
            return Brief(number, "create")
        wanted = 2 if len(population) > 1 and rng.random() < self._crossover else 1
        weights = (1.0 - np.arange(len(population)) / len(population)) ** self._pressure
        chosen = rng.choice(len(population), wanted, replace=False, p=weights / weights.sum())
        parents = tuple(population[index][3] for index in chosen)
        return Brief(number, "cross" if wanted == 2 else "mutate", parents)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        self._told += 1
        if record.evaluation.status is Status.OK:
            everywhere = record.candidate.operator == "seed"
            home = record.number % len(self._populations)
            for island in range(len(self._populations)) if everywhere else (home,):
                self._settle(island, record)
        if self._told % self._migration == 0:
            best = [population[0][3] for population in self._populations if population]
            for island, migrant in enumerate(best):
                self._settle((island + 1) % len(self._populations), migrant)

    def _settle(self, island: int, record: Record) -> None:
        """Let a record onto an island, unless one that behaves alike is there and no longer."""
        population = self._populations[island]
        values = tuple(record.evaluation.measures[name] for name in self._objectives)
        for position, (_, _, other, known) in enumerate(population):
            if other == values:
                if len(record.candidate.source) >= len(known.candidate.source):
                    return
                del population[position]
                break
        insort(population, (self._rank(values, record), record.number, values, record), key=lambda entry: entry[:2])
        del population[self._size :]

    def _rank(self, values: Values, record: Record) -> Values:
        if not self._resolution:
            return values
        return (values[0] // self._resolution, len(record.candidate.source), *values)
