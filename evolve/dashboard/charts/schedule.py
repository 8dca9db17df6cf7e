"""A solution as bars in lanes: a Gantt chart, or loads side by side; the same for every problem."""

import re
from collections.abc import Sequence

from evolve.dashboard import palette
from evolve.dashboard.charts.base import Json, Spec, data, layered, name, quantity, scale, tooltip
from problems.base import Picture

TALL, THIN, AROUND = 56, 5, 60
"""Height of a lane in pixels: at most, and at least; and of the axis below all of them."""
ROOM = 420
"""Height that all lanes may take, in pixels, as long as each has the least."""
READABLE = 13
"""Height from which on a lane has its name beside it."""
MARK = 15
"""Height of the name of a vertical line."""
FEW = 6
"""Groups that a legend names."""


def schedule(picture: Picture, groups: Sequence[str], end: float) -> Spec:
    """Return a solution as a chart; the bars of a group stand out together when one of them is pointed at.

    Args:
        groups: All groups of bars, also those of other pictures beside it, so that each keeps its colour. A few are
            told apart in this order.
        end: Where the horizontal axis ends.
    """
    step = min(TALL, max(THIN, ROOM // max(len(picture.lanes), 1)))
    rows: list[dict[str, Json]] = [
        {"lane": bar.lane, "start": bar.start, "end": bar.end, "label": bar.label, "group": bar.group}
        for bar in picture.bars
    ]
    colours: dict[str, Json] = {
        each: palette.BARS[place % len(palette.BARS)]
        for place, each in enumerate(groups if len(groups) <= FEW else sorted(groups, key=natural))
    }
    legend: Json = {"orient": "top", "title": None, "labelLimit": 300, "symbolStrokeWidth": 0, "offset": 24}
    if not 1 < len(groups) <= FEW:
        legend = None
    around = AROUND + MARK * len(picture.marks) + (AROUND if legend is not None else 0)
    lanes: list[Json] = list(picture.lanes)
    axis: Spec = {"labels": step >= READABLE, "ticks": False, "domain": False, "labelLimit": 160, "labelOverlap": False}
    lane = name("lane", sort=lanes, axis=axis, scale={"domain": lanes, "paddingInner": 0.12, "paddingOuter": 0.1})
    start = min([0.0, *(bar.start for bar in picture.bars)])
    bars: Spec = {
        "data": data(rows),
        "params": [{"name": "same", "select": {"type": "point", "on": "pointerover", "fields": ["group"]}}],
        "mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 0.7, "strokeOpacity": 0.7},
        "encoding": {
            "y": lane,
            "x": quantity("start", picture.axis, scale={"domain": [start, end], "nice": False}),
            "x2": {"field": "end"},
            "color": name("group", scale=scale(colours), legend=legend),
            "opacity": {"condition": {"param": "same", "value": 1}, "value": 0.25},
            "tooltip": tooltip(label="What", lane="Where", start="From|,.6~g", end="To|,.6~g"),
        },
    }
    marks: list[Json] = []
    for place, (text, value) in enumerate(sorted(picture.marks.items(), key=lambda mark: mark[1])):
        marks += _mark(text, value, place, right=value < start + 0.6 * (end - start))
    return layered([bars, *marks], step * len(picture.lanes) + around, len(rows))


def _mark(text: str, value: float, place: int, *, right: bool) -> list[Json]:
    """Return a vertical line with its name and value above the chart, to the side where there is room."""
    row = data([{"value": value}])
    above = -6 - MARK * place
    return [
        {
            "data": row,
            "mark": {"type": "rule", "color": palette.MUTED, "strokeWidth": 2, "strokeDash": [5, 3], "tooltip": None},
            "encoding": {"x": quantity("value"), "y": {"value": above + 6}, "y2": {"value": "height"}},
        },
        {
            "data": row,
            "mark": {
                "type": "text",
                "text": f"{text} {value:,.6g}",
                "color": palette.MUTED,
                "align": "left" if right else "right",
                "dx": 4 if right else -4,
                "fontSize": 12,
                "fontWeight": 600,
                "tooltip": None,
            },
            "encoding": {"x": quantity("value"), "y": {"value": above}},
        },
    ]


def natural(text: str) -> list[tuple[bool, float, str]]:
    """Return a key by which "job 2" comes before "job 10"."""
    return [(part.isdigit(), float(part) if part.isdigit() else 0.0, part) for part in re.split(r"(\d+)", text)]
