"""The charts."""

from collections.abc import Mapping, Sequence

import altair as alt

from evaluators.base import Measures
from evolve.archive.listing import Line, Step
from evolve.dashboard import palette
from evolve.dashboard.parts import titled, valued

Layers = alt.LayerChart | alt.FacetChart
HEIGHT = 320
ROW, AROUND = 20, 90
"""Height of an instance, and of the axis and the legend around them, in pixels."""


def course(found: Sequence[Step], last: Step, published: Line | None, objective: str, *, by_time: bool) -> Layers:
    """Return the best value so far as steps, with the best published heuristic as a line across.

    Args:
        found: The improvements.
        last: Where the run is now, with the best value so far.
        published: The best of the published heuristics, if there is any.
        by_time: Show it over the working time instead of over the evaluations.
    """
    divisor, span = _time_unit(last.seconds) if by_time else (1.0, "")
    rows = [
        {
            "x": step.seconds / divisor if by_time else step.evaluations,
            "value": step.value,
            "candidate": step.number,
            "operator": step.operator,
        }
        for step in [*found, last]
    ]
    title = f"Working time, {span}" if by_time else "Candidates judged"
    x = alt.X("x:Q", title=title, scale=alt.Scale(domainMin=0), axis=alt.Axis(tickMinStep=1, format=",d"))
    y = alt.Y("value:Q", title=f"Best {titled(objective, ' on train')}", scale=alt.Scale(zero=False, padding=24))
    tooltip = [
        alt.Tooltip("candidate:Q"),
        alt.Tooltip("operator:N"),
        alt.Tooltip("value:Q", title=titled(objective), format=".2f"),
        alt.Tooltip("x:Q", title=title, format=".1f" if by_time else ",d"),
    ]
    line = alt.Chart(_data(rows)).mark_line(
        interpolate="step-after", color=palette.EVOLVED, strokeWidth=2.5, tooltip=None
    )
    circles = alt.Chart(_data(rows[:-1])).mark_circle(color=palette.EVOLVED, size=55, opacity=1)
    layers = [line.encode(x=x, y=y), circles.encode(x=x, y=y, tooltip=tooltip)]
    layers.append(_label(rows[-1], valued(last.value, objective), palette.EVOLVED, 14))
    if published is not None:
        value = published.measures[objective]
        row = {"x": rows[-1]["x"], "value": value}
        across = alt.Chart(_data([row])).mark_rule(
            color=palette.PUBLISHED, strokeDash=[6, 4], strokeWidth=2, tooltip=None
        )
        text = f"best published: {published.idea}, {valued(value, objective)}"
        layers += [across.encode(y=y), _label(row, text, palette.PUBLISHED, -9)]
    return alt.layer(*layers).properties(height=HEIGHT)


def _label(row: Mapping[str, object], text: str, color: str, below: int) -> alt.Chart:
    mark = alt.Chart(_data([row])).mark_text(
        text=text, color=color, align="right", dy=below, fontSize=13, fontWeight=600, tooltip=None
    )
    labelled: alt.Chart = mark.encode(x="x:Q", y="value:Q")
    return labelled


def _data(rows: Sequence[Mapping[str, object]]) -> alt.Data:
    return alt.Data(values=[dict(row) for row in rows])  # type: ignore[no-untyped-call]


def _time_unit(seconds: float) -> tuple[float, str]:
    if seconds < 120:
        return 1.0, "s"
    return (60.0, "min") if seconds < 7200 else (3600.0, "h")


def instances(
    mine: Mapping[str, Measures], others: Mapping[str, Measures], names: tuple[str, str], objective: str
) -> Layers:
    """Return a measure on every instance, beside another heuristic's.

    Args:
        mine: Measures by instance.
        others: The same of the other heuristic.
        names: Of both, as the legend shows them.
    """
    both = [name for name in mine if name in others]
    # The published one first, so that of two equal ones both can be seen: a circle in a larger diamond.
    rows = [
        {"instance": name, "value": values[name][objective], "heuristic": heuristic}
        for heuristic, values in ((names[1], others), (names[0], mine))
        for name in both
    ]
    spans = [{"instance": name, "value": mine[name][objective], "other": others[name][objective]} for name in both]
    axis = alt.Axis(labelLimit=260, labelOverlap=False, labelBound=False, labelFlush=False)
    y = alt.Y("instance:N", title=None, sort=None, axis=axis)
    x = alt.X("value:Q", title=titled(objective, " on train"))
    legend = alt.Legend(orient="top", labelLimit=400, title=None)
    points = alt.Chart(_data(rows)).mark_point(filled=True, opacity=1)
    lines = alt.Chart(_data(spans)).mark_rule(color=palette.MUTED, strokeWidth=1.5, tooltip=None)
    return alt.layer(
        lines.encode(y=y, x=x, x2="other:Q"),
        points.encode(
            y=y,
            x=x,
            color=alt.Color("heuristic:N", scale=_scale(names, [palette.EVOLVED, palette.PUBLISHED]), legend=legend),
            shape=alt.Shape("heuristic:N", scale=_scale(names, ["circle", "diamond"]), legend=legend),
            size=alt.Size("heuristic:N", scale=_scale(names, [50, 170]), legend=legend),
            tooltip=["instance:N", "heuristic:N", alt.Tooltip("value:Q", title=titled(objective), format=".2f")],
        ),
    ).properties(height=ROW * len(both) + AROUND)


def _scale(names: tuple[str, str], values: Sequence[str] | Sequence[float]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=list(values))
