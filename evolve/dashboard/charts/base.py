"""What all charts are made of."""

from collections.abc import Mapping, Sequence

from evolve.dashboard import palette

Json = Mapping[str, "Json"] | Sequence["Json"] | str | float | bool | None
Spec = dict[str, Json]

PICK = "pick"
"""The selection by which a click on a mark is told."""
PICKED = "candidate"
"""The field that is told of it."""
CLICK: Spec = {"name": PICK, "select": {"type": "point", "fields": [PICKED], "on": "click"}}
MANY = 1500
"""Marks from which on a canvas is faster than one element of the page for each."""


def data(rows: Sequence[Mapping[str, Json]]) -> Spec:
    """Return rows as the data of a chart or a layer."""
    return {"values": [dict(row) for row in rows]}


def quantity(field: str, title: str | None = None, **more: Json) -> Spec:
    """Return the encoding of a number; without a title, the one that other layers give it holds."""
    titled: Spec = {} if title is None else {"title": title}
    return {"field": field, "type": "quantitative", **titled, **more}


def name(field: str, title: str | None = None, **more: Json) -> Spec:
    """Return the encoding of a name."""
    return {"field": field, "type": "nominal", "title": title, **more}


def tooltip(**titles: str) -> list[Json]:
    """Return the fields that a tooltip shows, by title; a format may follow the title behind a bar."""
    found: list[Json] = []
    for field, text in titles.items():
        title, _, form = text.partition("|")
        found.append({"field": field, "title": title, "type": "quantitative" if form else "nominal"} | _form(form))
    return found


def _form(form: str) -> Spec:
    return {"format": form} if form else {}


def scale(values: Mapping[str, Json]) -> Spec:
    """Return a scale that gives each name its value."""
    return {"domain": list(values), "range": list(values.values())}


def layered(layers: Sequence[Json], height: int, marks: int = 0, **more: Json) -> Spec:
    """Return a chart of layers.

    Args:
        marks: How many there are, about.
    """
    spec: Spec = {"layer": list(layers), "height": height, **more}
    if marks > MANY:
        spec["usermeta"] = {"embedOptions": {"renderer": "canvas"}}
    return spec


def across(value: float, text: str, colour: str, dash: Sequence[int] = (6, 4), below: int = -9) -> list[Json]:
    """Return a line across the chart at a value, with a text at its right end."""
    row = data([{"value": value}])
    rule: Spec = {
        "data": row,
        "mark": {"type": "rule", "color": colour, "strokeDash": list(dash), "strokeWidth": 2, "tooltip": None},
        "encoding": {"y": quantity("value")},
    }
    return [rule, label({"value": value}, text, colour, below)]


def label(row: Mapping[str, Json], text: str, colour: str, below: int) -> Spec:
    """Return a text at the right end of a chart, at a value."""
    mark: Spec = {
        "type": "text",
        "text": text,
        "color": colour,
        "align": "right",
        "dy": below,
        "fontSize": 13,
        "fontWeight": 600,
        "tooltip": None,
    }
    return {"data": data([row]), "mark": mark, "encoding": {"y": quantity("value"), "x": {"value": "width"}}}


def operator_colour(operators: Sequence[str]) -> Spec:
    """Return the encoding that gives every operator its colour."""
    colours: dict[str, Json] = {each: palette.OPERATORS.get(each, palette.MUTED) for each in operators}
    return name("operator", "Operator", scale=scale(colours), legend={"orient": "top", "title": None})


def operator_shape(operators: Sequence[str]) -> Spec:
    """Return the encoding that gives every operator its shape."""
    shapes: dict[str, Json] = {each: palette.SHAPES.get(each, "circle") for each in operators}
    return name("operator", "Operator", scale=scale(shapes), legend={"orient": "top", "title": None})
