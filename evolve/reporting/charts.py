"""The charts of reports: best values so far, means with their intervals, and clouds of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass

from evolve.dashboard.palette import EVOLVED, MUTED, PUBLISHED
from evolve.reporting.svg import GRID, INK, Drawing, Scale, shown, width_of
from evolve.statistics import Interval

COLORS = (EVOLVED, PUBLISHED, "#00845f", "#a5468f", "#b8352b", "#5b5fb0", "#6b6b1d", "#3d3d3d")
LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 34.0, 44.0
ROW, NEAR = 21.0, 20.0
FAR = 5.0
"""How many times as far as the better half of the means a chart of them reaches."""
SQUEEZED = 0.35
"""Below which share of its height the curves of a chart may fill only for the sake of a line far below them."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A best value so far.

    Attributes:
        points: (x, y) where it changes, and where it ends.
        band: (x, low, high) of its interval where that changes; empty without one.
    """

    label: str
    color: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A value to compare with, as a line across."""

    label: str
    color: str
    value: float


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of one kind, as (x, y)."""

    label: str
    color: str
    points: Sequence[tuple[float, float]]


def progress(
    title: str,
    axes: tuple[str, str],
    curves: Sequence[Curve],
    levels: Sequence[Level] = (),
    clouds: Sequence[Cloud] = (),
    width: float = 820.0,
    height: float = 300.0,
) -> Drawing:
    """Return best values so far as steps, clouds as rings, and levels across.

    A level far below is named at the foot instead.

    Args:
        title: What is shown.
        axes: Titles of the horizontal and the vertical axis.
    """
    drawing = Drawing(width, height, title)
    values = [y for curve in curves for _, y in curve.points]
    values += [bound for curve in curves for _, low, high in curve.band for bound in (low, high)]
    values += [y for cloud in clouds for _, y in cloud.points]
    inside = [level for level in levels if not _far_below(level.value, values)]
    across = [x for curve in curves for x, _ in curve.points] + [x for cloud in clouds for x, _ in cloud.points]
    x, y = _frame(drawing, axes, [0.0, *across], [*values, *(level.value for level in inside)])
    for level in inside:
        drawing.line([(x.begin, y(level.value)), (x.end, y(level.value))], level.color, 1.6, "6 4")
        crowded = any(0 < y(level.value) - y(other.value) < NEAR for other in inside)
        below = 14 if crowded and y(level.value) + NEAR < y.begin else -5
        drawing.text(x.end, y(level.value) + below, level.label, anchor="end", color=level.color)
    for curve in curves:
        if curve.band:
            upper = _steps([(at, high) for at, _, high in curve.band])
            lower = _steps([(at, low) for at, low, _ in curve.band])
            drawing.area([(x(a), y(b)) for a, b in [*upper, *reversed(lower)]], curve.color)
        drawing.line([(x(a), y(b)) for a, b in _steps(curve.points)], curve.color, 2.2)
    for cloud in clouds:
        for at, value in cloud.points:
            drawing.ring(x(at), y(value), cloud.color)
    for number, level in enumerate(level for level in levels if level not in inside):
        drawing.text(x.begin + 8, y.begin - 7 - 15 * number, f"▼ below: {level.label}", color=level.color)
    _legend(drawing, [(curve.label, curve.color, False) for curve in curves]
            + [(cloud.label, cloud.color, True) for cloud in clouds])  # fmt: skip
    return drawing


def scatter(
    title: str, axes: tuple[str, str], clouds: Sequence[Cloud], *, width: float = 820.0, height: float = 300.0
) -> Drawing:
    """Return candidates as points; the vertical axis ends where the worst tenth begins, and the rest lies on its edge.

    Args:
        title: What is shown.
        axes: Titles of the horizontal and the vertical axis.
    """
    drawing = Drawing(width, height, title)
    heights = sorted(y for cloud in clouds for _, y in cloud.points)
    top = heights[int(0.9 * (len(heights) - 1))]
    x, y = _frame(drawing, axes, [x for cloud in clouds for x, _ in cloud.points], [heights[0], top])
    for cloud in clouds:
        for at, value in cloud.points:
            drawing.dot(x(at), y(min(value, y.high)), cloud.color, 2.4, opacity=0.55)
    _legend(drawing, [(cloud.label, cloud.color, False) for cloud in clouds])
    return drawing


@dataclass(frozen=True, slots=True)
class Mean:
    """A row of a chart of means."""

    label: str
    value: float
    interval: Interval | None
    color: str = MUTED
    strong: bool = False


def means(title: str, axis: str, rows: Sequence[Mean], *, width: float = 820.0, zero: bool = False) -> Drawing:
    """Return means with their intervals, one below the other; what is far off the others is told in figures.

    Args:
        title: What is shown.
        axis: Title of the horizontal axis.
        rows: From top to bottom.
        width: In pixels.
        zero: Draw a line at 0, as differences need it.
    """
    height = TOP + ROW * len(rows) + BOTTOM
    drawing = Drawing(width, height, title)
    left = 14.0 + max((width_of(row.label, row.strong) for row in rows), default=0.0)
    low, high = _reach([row.value for row in rows], zero)
    near = [row for row in rows if low <= row.value <= high]
    values = [row.value for row in near] + [0.0] * zero
    spans = [bound for row in near if row.interval for bound in (row.interval.low, row.interval.high)]
    x = _spread([*values, *(min(max(bound, low), high) for bound in spans)], left + 6, width - RIGHT - 6, 0.03)
    bottom = height - BOTTOM
    drawing.text(max(4.0, min(left, width - width_of(title, True))), 18, title, bold=True)
    _across(drawing, x, (TOP - 6, bottom), axis)
    if zero:
        drawing.line([(x(0.0), TOP - 6), (x(0.0), bottom)], INK, 1.2)
    for number, row in enumerate(rows):
        y = TOP + ROW * (number + 0.5)
        drawing.text(left - 6, y + 4, row.label, anchor="end", bold=row.strong)
        if row.value > high:
            drawing.text(x.end, y + 4, f"{row.value:,.0f} ▶", anchor="end", color=row.color)
        elif row.value < low:
            drawing.text(x.begin + 4, y + 4, f"◀ {row.value:,.0f}", color=row.color)
        else:
            _whisker(drawing, x, y, row)
    return drawing


def _whisker(drawing: Drawing, x: Scale, y: float, row: Mean) -> None:
    if row.interval is not None:
        ends = [min(max(bound, x.low), x.high) for bound in (row.interval.low, row.interval.high)]
        drawing.line([(x(end), y) for end in ends], row.color, 2.0)
    drawing.dot(x(row.value), y, row.color, 4.0, f"{row.label}: {row.value:.3f}")


def _reach(values: Sequence[float], zero: bool) -> tuple[float, float]:
    """Return between which values a chart reaches: `FAR` times as far as the better half."""
    origin = 0.0 if zero else min(values, default=0.0)
    distances = sorted(abs(value - origin) for value in values)
    half = distances[(len(distances) - 1) // 2] if distances else 0.0
    far = FAR * half if half > 0.0 else float("inf")
    return origin - far, origin + far


def _far_below(level: float, values: Sequence[float]) -> bool:
    span = max(values, default=level) - min(values, default=level)
    return bool(values) and level < min(values) and span < SQUEEZED * (max(values) - level)


def _spread(values: Sequence[float], begin: float, end: float, margin: float) -> Scale:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = margin * (high - low) or 0.02 * abs(high) or 1.0
    return Scale(low - room, high + room, begin, end)


def _frame(
    drawing: Drawing, axes: tuple[str, str], across: Sequence[float], up: Sequence[float]
) -> tuple[Scale, Scale]:
    """Draw both axes and return their scales."""
    bottom = drawing.height - BOTTOM
    low, high = min(across), max(across)
    x = Scale(low, high if high > low else low + 1.0, LEFT, drawing.width - RIGHT)
    y = _spread(up, bottom, TOP, 0.06)
    ticks = y.ticks()
    for value in ticks:
        drawing.line([(x.begin, y(value)), (x.end, y(value))], GRID)
        drawing.text(x.begin - 7, y(value) + 4, shown(value, ticks), anchor="end")
    _across(drawing, x, None, axes[0], bottom)
    drawing.text(4, 13, axes[1], color=MUTED)
    return x, y


def _across(
    drawing: Drawing, x: Scale, lines: tuple[float, float] | None, title: str, bottom: float | None = None
) -> None:
    """Draw the horizontal axis; `lines` is from where to where its ticks reach."""
    foot = lines[1] if lines else bottom or 0.0
    drawing.line([(x.begin, foot), (x.end, foot)], MUTED)
    ticks = x.ticks(max(3, int((x.end - x.begin) / 90)))
    for value in ticks:
        if lines:
            drawing.line([(x(value), lines[0]), (x(value), foot)], GRID)
        drawing.line([(x(value), foot), (x(value), foot + 4)], MUTED)
        drawing.text(x(value), foot + 17, shown(value, ticks), anchor="middle")
    drawing.text((x.begin + x.end) / 2, foot + 35, title, anchor="middle", color=MUTED)


def _legend(drawing: Drawing, entries: Sequence[tuple[str, str, bool]]) -> None:
    """Name curves and points at the upper right, the last one outermost."""
    end = drawing.width - RIGHT
    for label, color, hollow in reversed(entries):
        end -= width_of(label)
        drawing.text(end, 13, label)
        end -= 9
        if hollow:
            drawing.ring(end, 9, color)
        else:
            drawing.dot(end, 9, color, 4.5)
        end -= 16


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the corners of a curve that keeps its value until the next point."""
    found: list[tuple[float, float]] = []
    for x, y in points:
        if found:
            found.append((x, found[-1][1]))
        found.append((x, y))
    return found
