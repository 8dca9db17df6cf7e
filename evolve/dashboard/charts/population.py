"""The population from above: islands, cells of a grid, and what nothing else beats."""

from collections.abc import Mapping, Sequence

from evolve.archive.listing import Line
from evolve.archive.population import Axis, Cell
from evolve.dashboard import palette
from evolve.dashboard.charts.base import CLICK, Json, Spec, data, layered, name, quantity, tooltip
from evolve.dashboard.parts import titled

HEIGHT = 420
LANE = 70
COLOURED = 0.7
"""Share of the cells whose values differ in colour; all that are worse have one."""
MOST = 3000
"""Candidates that a chart shows at most."""


def islands(homes: Mapping[str, Sequence[Line]], objective: str, highest: float) -> Spec:
    """Return the candidates of each island by their value, the latest darkest.

    Args:
        homes: OK candidates by the name of their island.
        highest: What is worse than this is beyond the edge.
    """
    each = MOST // max(len(homes), 1)
    rows: list[dict[str, Json]] = []
    best: list[dict[str, Json]] = []
    for home, lines in homes.items():
        inside = [line for line in lines if line.measures[objective] <= highest]
        rows += [{**_row(line, objective), "island": home} for line in inside[-each:]]
        if inside:
            first = min(inside, key=lambda line: (line.measures[objective], line.number))
            best.append({**_row(first, objective), "island": home, "name": f"{first.measures[objective]:,.2f}"})
    names: list[Json] = list(homes)
    y = name("island", scale={"domain": names}, sort=names, axis={"ticks": False, "labelLimit": 160})
    x = quantity("value", titled(objective, " on train"), scale={"zero": False, "padding": 20})
    shown = tooltip(candidate="Candidate", operator="Operator", idea="Idea", value=f"{titled(objective)}|.2f")
    layers: list[Json] = [
        {
            "data": data(rows),
            "params": [CLICK],
            "transform": [{"calculate": "random() - 0.5", "as": "offset"}],
            "mark": {"type": "circle", "size": 26, "color": palette.EVOLVED},
            "encoding": {
                "x": x,
                "y": y,
                "yOffset": {"field": "offset", "type": "quantitative", "scale": {"domain": [-0.7, 0.7]}},
                "opacity": quantity("candidate", scale={"range": [0.12, 0.75]}, legend=None),
                "tooltip": shown,
            },
        },
        {
            "data": data(best),
            "mark": {"type": "text", "fontWeight": 600, "fontSize": 13, "color": palette.EVOLVED, "dy": -26},
            "encoding": {"x": x, "y": y, "text": {"field": "name"}, "tooltip": None},
        },
    ]
    return layered(layers, LANE * len(homes) + 40, len(rows))


def cells(found: Sequence[Cell], x: str, y: str, objective: str) -> Spec:
    """Return a grid in which each cell has the colour of its best candidate.

    Args:
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
    """
    rows: list[dict[str, Json]] = [
        {
            **_row(cell.best, objective),
            "left": cell.x[0],
            "right": cell.x[1],
            "low": cell.y[0],
            "high": cell.y[1],
            "count": cell.count,
        }
        for cell in found
    ]
    shown = tooltip(candidate="Best", value=f"{titled(objective)}|.2f", count="Candidates|,d", idea="Idea")
    exact: Spec = {"scale": {"zero": False, "nice": False}}
    values = sorted(cell.best.measures[objective] for cell in found)
    colour = quantity(
        "value",
        f"best {titled(objective)}",
        scale={
            "scheme": palette.SCALE,
            "reverse": True,
            "domain": [values[0], values[int(COLOURED * (len(values) - 1))]],
            "clamp": True,
        },
        legend={"gradientLength": 300, "format": ".1f"},
    )
    encoding: Spec = {
        "x": quantity("left", x, **exact),
        "x2": {"field": "right"},
        "y": quantity("low", y, **exact),
        "y2": {"field": "high"},
        "color": colour,
        "tooltip": shown,
    }
    mark: Spec = {"type": "rect", "stroke": palette.MUTED, "strokeWidth": 0.6, "cursor": "pointer"}
    return layered([{"data": data(rows), "params": [CLICK], "mark": mark, "encoding": encoding}], HEIGHT)


def front(
    everyone: Sequence[Line], best: Sequence[Line], axis: Axis, title: str, objective: str, edge: tuple[float, float]
) -> Spec:
    """Return candidates over a number and the objective, with those that nothing else beats in both.

    Args:
        everyone: OK candidates.
        best: Those that nothing else beats.
        axis: The horizontal number.
        title: Of it.
        edge: What is beyond this number or this value is left out.
    """
    near = [line for line in everyone if axis(line) <= edge[0] and line.measures[objective] <= edge[1]]
    rows = [{**_row(line, objective), "x": axis(line)} for line in near[-MOST:]]
    seeds = [row for row in rows if row["operator"] == "seed"]
    chosen = [{**_row(line, objective), "x": axis(line)} for line in best]
    x = quantity("x", title, scale={"zero": False, "padding": 14})
    y = quantity("value", titled(objective, " on train"), scale={"zero": False, "padding": 14})
    shown = tooltip(
        candidate="Candidate", operator="Operator", idea="Idea", value=f"{titled(objective)}|.2f", x=f"{title}|,.4~f"
    )
    place: Spec = {"x": x, "y": y, "tooltip": shown}
    line: Spec = {"type": "line", "interpolate": "step-after", "color": palette.EVOLVED, "strokeWidth": 2}
    layers: list[Json] = [
        {
            "data": data(rows),
            "params": [CLICK],
            "mark": {"type": "circle", "size": 24, "color": palette.MUTED, "opacity": 0.4},
            "encoding": place,
        },
        {
            "data": data(seeds),
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 90, "color": palette.PUBLISHED},
            "encoding": place,
        },
        {"data": data(chosen), "mark": line, "encoding": {"x": x, "y": y, "tooltip": None}},
        {
            "data": data(chosen),
            "mark": {"type": "circle", "size": 90, "opacity": 1, "color": palette.EVOLVED},
            "encoding": place,
        },
    ]
    return layered(layers, HEIGHT, len(rows))


def _row(line: Line, objective: str) -> dict[str, Json]:
    return {
        "candidate": line.number,
        "operator": line.operator,
        "idea": line.idea,
        "value": line.measures[objective],
    }
