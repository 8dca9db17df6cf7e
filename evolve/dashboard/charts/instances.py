"""Heuristics side by side on every instance."""

from collections.abc import Mapping

from evaluators.base import Measures
from evolve.dashboard import palette
from evolve.dashboard.charts.base import Json, Spec, data, layered, name, quantity, scale, tooltip
from evolve.dashboard.parts import titled

ROW, AROUND = 20, 90
"""Height of an instance, and of the axis and the legend around them, in pixels."""


def instances(
    mine: Mapping[str, Measures],
    others: Mapping[str, Measures],
    names: tuple[str, str],
    objective: str,
    split: str,
    colour: str = palette.PUBLISHED,
) -> Spec:
    """Return a measure on every instance, beside another heuristic's.

    Args:
        mine: Measures by instance.
        others: The same of the other heuristic.
        names: Of both, as the legend shows them.
        split: Where the instances are from.
        colour: Of the other.
    """
    both = [name for name in mine if name in others]
    # The other first, so that of two equal ones both can be seen: a circle in a larger diamond.
    rows: list[dict[str, Json]] = [
        {"instance": each, "value": values[each][objective], "heuristic": heuristic}
        for heuristic, values in ((names[1], others), (names[0], mine))
        for each in both
    ]
    spans: list[dict[str, Json]] = [
        {"instance": each, "value": mine[each][objective], "other": others[each][objective]} for each in both
    ]
    axis: Spec = {"labelLimit": 260, "labelOverlap": False, "labelBound": False, "labelFlush": False}
    y = name("instance", sort=None, axis=axis)
    x = quantity("value", titled(objective, f" on {split}"), axis={"orient": "top"})
    legend: Spec = {"orient": "top", "labelLimit": 400, "title": None}

    def by_heuristic(first: Json, second: Json) -> Spec:
        return name("heuristic", scale=scale({names[0]: first, names[1]: second}), legend=legend)

    return layered(
        [
            {
                "data": data(spans),
                "mark": {"type": "rule", "color": palette.MUTED, "strokeWidth": 1.5, "tooltip": None},
                "encoding": {"y": y, "x": x, "x2": {"field": "other"}},
            },
            {
                "data": data(rows),
                "mark": {"type": "point", "filled": True, "opacity": 1},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": by_heuristic(palette.EVOLVED, colour),
                    "shape": by_heuristic("circle", "diamond"),
                    "size": by_heuristic(50, 170),
                    "tooltip": tooltip(instance="Instance", heuristic="Heuristic", value=f"{titled(objective)}|.2f"),
                },
            },
        ],
        ROW * len(both) + AROUND,
    )
