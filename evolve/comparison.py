"""Strategies compared over several runs each, at equal budgets."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from evolve import settings as recipes
from evolve.archive import Archive, Run, listing
from evolve.parts import problem_of
from evolve.settings import Settings, SettingsError
from evolve.statistics import Interval, Unpaired, compare_samples, holm, interval

AXES = ("evaluations", "dollars", "seconds")
SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the common budget, at which values are compared in a table."""
POINTS = 60
"""Of a mean curve."""
IGNORED = ("name", "seed", "budget.", "evaluator.workers")
"""Settings that do not make another strategy."""
Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Course:
    """How one run went.

    Attributes:
        strategy: What sets it apart from the others, such as "search islands".
        curves: By axis, where the best value so far on train improved: (budget used, value).
        ends: By axis, what the run has used in all.
    """

    run: str
    strategy: str
    curves: Mapping[str, Curve]
    ends: Mapping[str, float]

    def at(self, axis: str, used: float) -> float | None:
        """Return the best value when so much was used; None before the first."""
        curve = self.curves[axis]
        place = bisect_right(curve, used, key=lambda point: point[0])
        return curve[place - 1][1] if place else None


@dataclass(frozen=True, slots=True)
class Level:
    """What the runs of a strategy had reached when so much was used.

    Attributes:
        values: Of each run.
        interval: Of their mean; None where there are too few runs.
    """

    used: float
    values: Sequence[float]
    mean: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Duel:
    """One strategy against another when all runs had used the same."""

    axis: str
    used: float
    first: str
    second: str
    versus: Unpaired


@dataclass(frozen=True, slots=True)
class Contest:
    """Strategies compared.

    Attributes:
        objective: The measure that decides.
        courses: All runs.
        budgets: By axis, the most that every run has used; an axis on which some run has used nothing is left out.
        duels: Every pair of strategies on every axis; p-values are corrected for the pairs of an axis.
    """

    objective: str
    courses: Sequence[Course]
    budgets: Mapping[str, float]
    duels: Sequence[Duel]

    @property
    def strategies(self) -> list[str]:
        """Their names, each once."""
        return list(dict.fromkeys(course.strategy for course in self.courses))

    def level(self, strategy: str, axis: str, used: float) -> Level | None:
        """Return what a strategy had reached; None while one of its runs has no valid candidate."""
        values = [course.at(axis, used) for course in self.courses if course.strategy == strategy]
        reached = [value for value in values if value is not None]
        if len(reached) < len(values):
            return None
        return Level(used, reached, sum(reached) / len(reached), interval(reached))

    def curve(self, strategy: str, axis: str) -> list[Level]:
        """Return the mean of a strategy's best values so far, up to the common budget."""
        steps = [self.budgets[axis] * index / POINTS for index in range(POINTS + 1)]
        return [level for used in steps if (level := self.level(strategy, axis, used)) is not None]


def contest(archive: Archive, runs: Sequence[Run]) -> Contest:
    """Return strategies compared by their runs; runs that differ in seed and budget alone are of one strategy.

    Raises:
        SettingsError: The runs are not of the same problem, or one has no valid candidate.
    """
    settings = [recipes.restore(run.settings) for run in runs]
    for run, other in zip(runs, settings, strict=True):
        if other.problem != settings[0].problem:
            raise SettingsError(
                f"runs {runs[0].name} and {run.name} have different problems: what they reach cannot be compared"
            )
    objective = problem_of(settings[0]).objectives[0]
    names = strategies(settings)
    courses = [course(archive, run, name, objective) for run, name in zip(runs, names, strict=True)]
    ends = {axis: min(each.ends[axis] for each in courses) for axis in AXES}
    budgets = {axis: end for axis, end in ends.items() if end > 0.0}
    made = Contest(objective, courses, budgets, [])
    return replace(made, duels=[duel for axis in budgets for duel in _duels(made, axis)])


def _duels(made: Contest, axis: str) -> list[Duel]:
    used = made.budgets[axis]
    levels = {name: level for name in made.strategies if (level := made.level(name, axis, used)) is not None}
    found = [
        Duel(axis, used, first, second, compare_samples(levels[first].values, levels[second].values))
        for first, second in combinations(levels, 2)
    ]
    corrected = holm([duel.versus.p_value for duel in found])
    return [replace(duel, versus=replace(duel.versus, corrected=p)) for duel, p in zip(found, corrected, strict=True)]


def course(archive: Archive, run: Run, strategy: str, objective: str) -> Course:
    """Return how a run went.

    Raises:
        SettingsError: It has no valid candidate.
    """
    listed = listing.lines(archive, run)
    moments = listing.moments(archive.events(run), listed)
    paid, spent = 0.0, {}
    costs = {number: candidate.cost.usd for number, candidate in archive.candidates(run).items()}
    for line in listed:
        paid += costs[line.number]
        spent[line.number] = paid
    steps = listing.steps(listed, objective, moments)
    if not steps:
        raise SettingsError(f"run {run.name} has no valid candidate: leave it out")
    curves = {
        "evaluations": [(float(step.evaluations), step.value) for step in steps],
        "dollars": [(spent[step.number], step.value) for step in steps],
        "seconds": [(step.seconds, step.value) for step in steps],
    }
    last = moments[listed[-1].number]
    return Course(run.name, strategy, curves, {"evaluations": float(len(listed)), "dollars": paid, "seconds": last})


def strategies(settings: Sequence[Settings]) -> list[str]:
    """Return a name for each: its search, and what sets it apart from the others; equal ones have equal names."""
    flat = [_flat(each.model_dump(mode="json")) for each in settings]
    keys = dict.fromkeys(key for each in flat for key in each)
    apart = [key for key in keys if len({str(each.get(key)) for each in flat}) > 1 and not key.startswith(IGNORED)]
    named = [key for key in apart if key != "search.kind"]
    return [
        ", ".join([f"search {each['search.kind']}", *(f"{_short(key)} {each[key]}" for key in named if key in each)])
        for each in flat
    ]


def _short(key: str) -> str:
    return key.removeprefix("search.").removesuffix(".kind")


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}.")
        elif value is not None:
            found[before + key] = value
    return found
