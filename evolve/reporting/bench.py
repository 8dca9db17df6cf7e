"""A bench as a picture."""

from evolve.dashboard.palette import EVOLVED, MUTED
from evolve.report import Bench
from evolve.reporting.charts import Mean, means
from evolve.reporting.svg import Drawing
from evolve.statistics import interval

PANELS = 12
"""Groups that are drawn one by one; where there are more, those of one family are taken together."""
WIDTH, NARROW, GAP = 560.0, 300.0, 16.0


def picture(bench: Bench, mine: str | None = None) -> Drawing:
    """Return the mean of every heuristic with its interval: over all instances, and in each group beside it.

    Args:
        bench: What is drawn.
        mine: The heuristic that is set off by its colour.
    """
    groups = panels(bench)
    every = [name for names in bench.groups.values() for name in names]
    title = f"{bench.problem}, {bench.split}: mean {bench.objective} on {len(every)} instances, 95 % intervals"
    columns = min(len(groups), 4) if len(groups) > 1 else 0
    width = max(WIDTH, columns * (NARROW + GAP))
    whole = means("all instances", f"mean {bench.objective}", _rows(bench, every, mine), width=width)
    lines = -(-len(groups) // columns) if columns else 0
    drawing = Drawing(width, 34 + whole.height + lines * whole.height, title)
    drawing.text(10, 20, title, bold=True)
    drawing.place(whole, 0, 34)
    for index, (group, names) in enumerate(groups.items()):
        if columns:
            panel = means(f"{group} ({len(names)})", "", _rows(bench, names, mine), width=NARROW + GAP)
            drawing.place(panel, index % columns * (NARROW + GAP), 34 + (1 + index // columns) * whole.height)
    return drawing


def panels(bench: Bench) -> dict[str, list[str]]:
    """Return the names of the instances in each panel: a group, or where there are many, a family of them."""
    if len(bench.groups) <= PANELS:
        return {group: list(names) for group, names in bench.groups.items()}
    merged: dict[str, list[str]] = {}
    for group, names in bench.groups.items():
        merged.setdefault(group.partition(" ")[0], []).extend(names)
    return merged


def _rows(bench: Bench, names: list[str], mine: str | None) -> list[Mean]:
    found = []
    for row in bench.rows:
        values = [row.values[name] for name in names]
        color = EVOLVED if row.name == mine else MUTED
        found.append(Mean(row.name, sum(values) / len(values), interval(values), color, row.name == mine))
    return found
