"""How far a run is: the best value so far, over what it took."""

from collections.abc import Sequence
from dataclasses import dataclass

from evolve.dashboard import palette
from evolve.dashboard.charts.base import CLICK, Json, Spec, across, data, label, layered, name, quantity, scale, tooltip
from evolve.dashboard.parts import titled, valued

HEIGHT = 340
STRETCH = 1.25
"""Candidates that are worse than the first value by more than this factor are beyond the edge."""


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate in the course of a run.

    Attributes:
        x: What had been used by then: evaluations, time, dollars.
        value: Of the objective.
    """

    x: float
    value: float
    number: int
    operator: str


@dataclass(frozen=True, slots=True)
class Curve:
    """The best value of a run so far.

    Attributes:
        steps: The improvements, and where the run is now, which repeats the last value.
    """

    name: str
    steps: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Level:
    """A value to compare with, as a line across."""

    value: float
    text: str
    colour: str


def course(
    curve: Curve, everyone: Sequence[Point], levels: Sequence[Level], objective: str, over: str, *, from_zero: bool
) -> Spec:
    """Return the course of one run, with its population.

    Args:
        everyone: Other candidates to show, if they are not far beyond the rest.
        over: Title of the horizontal axis.
        from_zero: Let the vertical axis begin at zero.
    """
    highest = max([point.value for point in curve.steps] + [level.value for level in levels])
    near = [point for point in everyone if point.value <= STRETCH * highest]
    x = _across(over)
    y = quantity(
        "value",
        f"{titled(objective, ' on train')}",
        scale={"domainMin": 0} if from_zero else {"zero": False, "padding": 18},
    )
    shown = tooltip(candidate="Candidate", operator="Operator", value=f"{titled(objective)}|.2f", x=f"{over}|,.4~f")
    layers: list[Json] = [
        {
            "data": data(_rows(near)),
            "mark": {"type": "circle", "color": palette.MUTED, "size": 22, "opacity": 0.5},
            "params": [CLICK],
            "encoding": {"x": x, "y": y, "tooltip": shown},
        },
        {
            "data": data(_rows(curve.steps)),
            "mark": {"type": "line", "interpolate": "step-after", "color": palette.EVOLVED, "strokeWidth": 2.5},
            "encoding": {"x": x, "y": y, "tooltip": None},
        },
        {
            "data": data(_rows(curve.steps[:-1])),
            "mark": {"type": "circle", "color": palette.EVOLVED, "size": 60, "opacity": 1},
            "encoding": {"x": x, "y": y, "tooltip": shown},
        },
    ]
    for level in levels:
        layers += across(level.value, level.text, level.colour)
    last = curve.steps[-1].value
    layers.append(label({"value": last}, f"best so far: {valued(last, objective)}", palette.EVOLVED, 15))
    return layered(layers, HEIGHT, len(near))


def courses(curves: Sequence[Curve], levels: Sequence[Level], objective: str, over: str) -> Spec:
    """Return the courses of several runs over each other.

    Args:
        over: Title of the horizontal axis.
    """
    names: dict[str, Json] = {curve.name: palette.RUNS[place % len(palette.RUNS)] for place, curve in enumerate(curves)}
    dashes: dict[str, Json] = {
        curve.name: list(palette.DASHES[place % len(palette.DASHES)]) for place, curve in enumerate(curves)
    }
    rows = [{**row, "run": curve.name} for curve in curves for row in _rows(curve.steps)]
    legend: Spec = {
        "orient": "top",
        "title": None,
        "labelLimit": 400,
        "symbolType": "stroke",
        "symbolStrokeWidth": 3,
        "symbolSize": 500,
    }
    encoding: Spec = {
        "x": _across(over),
        "y": quantity("value", f"Best {titled(objective, ' on train')}", scale={"zero": False, "padding": 18}),
        "color": name("run", scale=scale(names), legend=legend),
        "strokeDash": name("run", scale=scale(dashes), legend=legend),
        "tooltip": tooltip(
            run="Run", candidate="Candidate", operator="Operator", value=f"{titled(objective)}|.2f", x=f"{over}|,.4~f"
        ),
    }
    line: Json = {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5, "point": {"size": 40}}
    layers: list[Json] = [{"data": data(rows), "mark": line, "encoding": encoding}]
    for level in levels:
        layers += across(level.value, level.text, level.colour)
    return layered(layers, HEIGHT)


def _across(over: str) -> Spec:
    return quantity("x", over, scale={"domainMin": 0}, axis={"format": "~s" if "tokens" in over else ",.6~g"})


def _rows(points: Sequence[Point]) -> list[dict[str, Json]]:
    return [
        {"x": point.x, "value": point.value, "candidate": point.number, "operator": point.operator} for point in points
    ]
