"""Where a candidate comes from: generations from left to right, better ones lower."""

from collections.abc import Sequence

from evolve.archive.listing import Line
from evolve.archive.population import generations
from evolve.dashboard import palette
from evolve.dashboard.charts.base import (
    CLICK,
    Json,
    Spec,
    data,
    layered,
    operator_colour,
    operator_shape,
    quantity,
    tooltip,
)
from evolve.dashboard.parts import titled

HEIGHT = 420
NAMED = 30
"""Candidates on the main line that have their numbers beside them, at most."""


def lineage(among: Sequence[Line], main: Sequence[int], objective: str) -> Spec:
    """Return a family as points, with a line from each parent to each child.

    Args:
        among: The candidates in the order of their numbers; those without a value are left out.
        main: Numbers of the line of main parents, which stands out.
        objective: The measure that is the height.
    """
    valued = [line for line in among if objective in line.measures]
    depth = generations(valued)
    value = {line.number: line.measures[objective] for line in valued}
    on_line = set(main)
    edges: list[dict[str, Json]] = [
        {
            "x": depth[parent],
            "y": value[parent],
            "x2": depth[line.number],
            "y2": value[line.number],
            "main": line.number in on_line and parent in on_line and parent == line.parents[0],
        }
        for line in valued
        for parent in line.parents
        if parent in value
    ]
    nodes: list[dict[str, Json]] = [
        {
            "x": depth[line.number],
            "y": value[line.number],
            "candidate": line.number,
            "operator": line.operator,
            "idea": line.idea,
            "name": line.idea if line.operator == "seed" else f"{line.number}",
        }
        for line in valued
    ]
    operators = sorted({line.operator for line in valued}, key=lambda each: [*palette.OPERATORS, each].index(each))
    whole: Spec = {"axis": {"tickMinStep": 1, "format": "d", "grid": False}, "scale": {"padding": 30}}
    x = quantity("x", "Generation", **whole)
    y = quantity("y", titled(objective, " on train"), scale={"zero": False, "padding": 24})
    is_main: Json = {"test": "datum.main", "value": palette.EVOLVED}
    shown = tooltip(candidate="Candidate", operator="Operator", idea="Idea", y=f"{titled(objective)}|.2f")
    layers: list[Json] = [
        {
            "data": data(edges),
            "mark": {"type": "rule", "tooltip": None},
            "encoding": {
                "x": x,
                "y": y,
                "x2": {"field": "x2"},
                "y2": {"field": "y2"},
                "color": {"condition": is_main, "value": palette.MUTED},
                "strokeWidth": {"condition": {"test": "datum.main", "value": 3}, "value": 1},
                "opacity": {"condition": {"test": "datum.main", "value": 0.9}, "value": 0.45},
            },
        },
        {
            "data": data(nodes),
            "params": [CLICK],
            "mark": {"type": "point", "filled": True, "opacity": 1, "size": 110},
            "encoding": {
                "x": x,
                "y": y,
                "color": operator_colour(operators),
                "shape": operator_shape(operators),
                "tooltip": shown,
            },
        },
        {
            "data": data([node for node in nodes if node["candidate"] in set(main[:NAMED])]),
            "mark": {"type": "text", "dy": -13, "fontSize": 12, "fontWeight": 600, "color": palette.MUTED},
            "encoding": {"x": x, "y": y, "text": {"field": "name"}, "tooltip": None},
        },
    ]
    return layered(layers, HEIGHT, len(nodes) + len(edges))
