"""Islands: populations that evolve apart and now and then exchange their best."""

from bisect import insort

import numpy as np

from evaluators.base import Status
from evolve.candidate import Brief, Record
from evolve.search.parents import check_count, check_pressure, check_share, drawn, ranked, values_of

Values = tuple[float, ...]
Resident = tuple[Values, int, Values, Record]
"""A candidate's rank, its number, the values of its objectives, and its record."""


class Islands:
    """An island model with ranked choice of parents and migration round a ring.

    Candidate number k belongs to island k modulo the number of islands; seeds belong to all. Each island keeps its best
    candidates, one per set of objective values, so that equal behaviour does not crowd it out. A parent is chosen by
    rank: the candidate of rank r with weight (1 - r / n) ** pressure. Every `migration` records told, the best of each
    island enters the next one. An island whose best has not improved for `patience` candidates of its own begins again
    with the seeds and the best of the next island round the ring; the island of the best candidate never does.

    Source: Whitley, Rana and Heckendorn (1999), The island model genetic algorithm, Journal of Computing and
    Information Technology 7. It differs in being steady-state. Beginning again from a survivor: Romera-Paredes and
    others (2024), Mathematical discoveries from program search with large language models, Nature 625; there the worse
    half of the islands does so at fixed times.

    Args:
        objectives: Names of the measures that are minimised, the most important first.
        islands: Number of islands.
        size: Largest number of candidates on an island.
        migration: Number of records between two migrations.
        crossover: Probability that a brief asks for two parents.
        pressure: How strongly better parents are preferred; 0 is not at all.
        resolution: Values of the first objective that fall into the same step of this width count as equal, and the
            shorter code is better (lexicographic parsimony with buckets: Luke and Panait, 2002, GECCO); 0 is exact.
        patience: After how many candidates without progress an island begins again; 0 is never.
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
        patience: int = 0,
    ) -> None:
        check_count(1, islands=islands, migration=migration)
        check_count(2, size=size)
        check_count(0, patience=patience)
        check_share(crossover=crossover)
        check_pressure(pressure)
        if not resolution >= 0.0:
            raise ValueError(f"resolution must be at least 0, not {resolution}")
        self._objectives = objectives
        self._populations: list[list[Resident]] = [[] for _ in range(islands)]
        self._size = size
        self._migration = migration
        self._crossover = crossover
        self._pressure = pressure
        self._resolution = resolution
        self._patience = patience
        self._seeds: list[Record] = []
        self._idle = [0] * islands  # candidates of an island's own since its best last improved
        self._told = 0

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        """Return what is wanted as candidate `number`; see `evolve.search.base.Search`."""
        population = self._populations[number % len(self._populations)]
        residents = [resident[3] for resident in population]
        return drawn(number, residents, ranked(len(residents), self._pressure), self._crossover, rng)

    def tell(self, record: Record) -> None:
        """Learn from a judged candidate; see `evolve.search.base.Search`."""
        self._told += 1
        home = record.number % len(self._populations)
        self._idle[home] += 1
        if record.evaluation.status is Status.OK:
            everywhere = record.candidate.operator == "seed"
            if everywhere:
                self._seeds.append(record)
            for island in range(len(self._populations)) if everywhere else (home,):
                self._settle(island, record)
        if self._told % self._migration == 0:
            best = [population[0][3] for population in self._populations if population]
            for island, migrant in enumerate(best):
                self._settle((island + 1) % len(self._populations), migrant)
        if self._patience and self._idle[home] >= self._patience:
            self._begin_again(home)

    def _begin_again(self, island: int) -> None:
        """Leave an island to the seeds and the best of the next one, unless the best of all lives there."""
        self._idle[island] = 0
        founders = self._populations[(island + 1) % len(self._populations)][:1]
        residents = self._populations[island][:1]
        best = min(population[0][:2] for population in self._populations if population) if founders else ()
        if not founders or (residents and residents[0][:2] in (best, founders[0][:2])):
            return
        self._populations[island] = []
        for founder in (*self._seeds, founders[0][3]):
            self._settle(island, founder)

    def _settle(self, island: int, record: Record) -> None:
        """Let a record onto an island, unless one that behaves alike is there and no longer."""
        population = self._populations[island]
        values = values_of(record, self._objectives)
        for position, (_, _, other, known) in enumerate(population):
            if other == values:
                if len(record.candidate.source) >= len(known.candidate.source):
                    return
                del population[position]
                break
        insort(population, (self._rank(values, record), record.number, values, record), key=lambda entry: entry[:2])
        del population[self._size :]
        if population[0][3] is record:
            self._idle[island] = 0

    def _rank(self, values: Values, record: Record) -> Values:
        if not self._resolution:
            return values
        return (values[0] // self._resolution, len(record.candidate.source), *values)
