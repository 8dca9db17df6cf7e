"""What a run's course is drawn over: candidates, time, dollars or tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluators.base import Status
from evolve.archive.listing import Line, Step
from evolve.candidate import Cost
from evolve.dashboard.charts.course import Curve, Point


@dataclass(frozen=True, slots=True)
class Over:
    """Something that a run uses up.

    Attributes:
        name: As a user chooses it.
        title: With its unit.
        used: How much had been used when each candidate was judged, by number.
    """

    name: str
    title: str
    used: Mapping[int, float]


def overs(
    listed: Sequence[Line], seconds: Mapping[int, float], costs: Mapping[int, Cost], longest: float | None = None
) -> list[Over]:
    """Return what the course of a run can be drawn over; what it has not used is left out.

    Args:
        seconds: Working time by number.
        costs: Cost of all so far, by number.
        longest: Working time that decides on its unit; None takes the run's own.
    """
    longest = max(seconds.values(), default=0.0) if longest is None else longest
    divisor, span = (1.0, "s") if longest < 120 else (60.0, "min") if longest < 7200 else (3600.0, "h")
    found = [
        Over(
            "candidates judged",
            "Candidates judged",
            {line.number: float(place) for place, line in enumerate(listed, start=1)},
        ),
        Over("working time", f"Working time, {span}", {key: value / divisor for key, value in seconds.items()}),
    ]
    total = costs[listed[-1].number] if listed else Cost()
    if total.usd:
        found.append(Over("dollars", "Cost, US$", {key: cost.usd for key, cost in costs.items()}))
    if total.tokens:
        found.append(Over("tokens", "Tokens", {key: float(cost.tokens) for key, cost in costs.items()}))
    return found


def curve(name: str, found: Sequence[Step], listed: Sequence[Line], over: Over) -> Curve:
    """Return the best value so far, up to where the run is now."""
    steps = [Point(over.used[step.number], step.value, step.number, step.operator) for step in found]
    last = steps[-1]
    return Curve(name, [*steps, Point(over.used[listed[-1].number], last.value, last.number, last.operator)])


def points(listed: Sequence[Line], over: Over, objective: str) -> list[Point]:
    """Return the valid candidates of a run."""
    return [
        Point(over.used[line.number], line.measures[objective], line.number, line.operator)
        for line in listed
        if line.status is Status.OK
    ]
