"""Strategies compared, as a picture."""

from evolve.comparison import Contest
from evolve.reporting.charts import COLORS, Curve, progress
from evolve.reporting.svg import Drawing

HEIGHT, WIDTH = 300.0, 820.0


def picture(contest: Contest) -> Drawing:
    """Return the mean of each strategy's best values so far, with its interval, over each budget."""
    title = f"best {contest.objective} on train so far: means over runs, 95 % intervals"
    drawing = Drawing(WIDTH, 34 + HEIGHT * len(contest.budgets), title)
    drawing.text(10, 20, title, bold=True)
    for number, axis in enumerate(contest.budgets):
        curves = []
        for strategy, color in zip(contest.strategies, _colors(len(contest.strategies)), strict=True):
            levels = contest.curve(strategy, axis)
            count = sum(course.strategy == strategy for course in contest.courses)
            band = [(level.used, level.interval.low, level.interval.high) for level in levels if level.interval]
            points = [(level.used, level.mean) for level in levels]
            curves.append(Curve(f"{strategy} ({count})", color, points, band))
        chart = progress(title, (axis, f"best {contest.objective}, train"), curves, width=WIDTH, height=HEIGHT)
        drawing.place(chart, 0, 34 + HEIGHT * number)
    return drawing


def _colors(count: int) -> list[str]:
    return [COLORS[index % len(COLORS)] for index in range(count)]
