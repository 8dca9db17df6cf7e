"""Statistics for a person at a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from evolve.ablation import Ablation
from evolve.comparison import Contest, Duel
from evolve.cuts import size
from evolve.render import code, p_text, plain
from evolve.report import Bench
from evolve.statistics import LEAST, Comparison, Interval, interval

SHOWN = 40
"""Parts of a heuristic that a terminal lists."""
VERDICTS = {"better": "green", "worse": "red", "needed": "green", "harmful": "red"}


def interval_text(found: Interval | None, signed: bool = False) -> str:
    """Return an interval as text; a dash where there is none."""
    if found is None:
        return "–"
    return f"{found.low:+.2f} to {found.high:+.2f}" if signed else f"{found.low:.2f} to {found.high:.2f}"


def _table(*columns: tuple[str, bool]) -> Table:
    """Return a table without lines; a column is its heading, and whether it holds numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading, number in columns:
        table.add_column(heading, justify="right" if number else "left", no_wrap=number)
    return table


def statistics_table(bench: Bench, mine: str | None) -> RenderableType:
    """Return every heuristic's mean with its interval, its wins and its time, and how `mine` compares with it."""
    against = bench.against(mine) if mine is not None else {}
    names = [name for group in bench.groups.values() for name in group]
    wins = bench.wins(names)
    columns = [("heuristic", False), ("mean", True), ("95 %", True), ("wins", True), ("ms", True)]
    table = _table(*columns, *([(f"{mine} less it", True), ("verdict", False)] if against else []))
    for row in bench.rows:
        cells = [row.name, f"{row.mean:.2f}", interval_text(interval(list(row.values.values())))]
        cells += [str(wins[row.name]), f"{row.milliseconds:.0f}"]
        if versus := against.get(row.name):
            cells += [f"{versus.difference:+.2f}, {interval_text(versus.interval, True)}", versus.verdict]
        table.add_row(*map(Text, cells), style="bold green" if row.name == mine else None)
    told = "wins: instances on which nothing here is better; ms: CPU time for all instances"
    if against:
        told += f"; verdicts: Wilcoxon, Holm-corrected for {len(against)}, and the interval of the difference"
    return Group(table, Text(told, style="dim"))


def groups_table(bench: Bench) -> RenderableType:
    """Return mean, interval and wins of every heuristic in each group."""
    table = _table(("group", False), ("heuristic", False), ("mean", True), ("95 %", True), ("wins", True))
    for group, names in bench.groups.items():
        wins = bench.wins(names)
        heading = f"{group} ({len(names)})"
        for row in sorted(bench.rows, key=lambda row: row.groups[group]):
            found = interval([row.values[name] for name in names])
            cells = [heading, row.name, f"{row.groups[group]:.2f}", interval_text(found), str(wins[row.name])]
            table.add_row(*map(Text, cells))
            heading = ""
        table.add_section()
    return table


def comparison_text(versus: Comparison) -> str:
    """Return a comparison in one line."""
    return (
        f"{versus.difference:+.3f} ({interval_text(versus.interval, True)}), {versus.wins} wins, {versus.ties} ties, "
        f"{versus.losses} losses, p = {p_text(versus.p_value)}"
    )


def ablation_view(found: Ablation, name: str, objective: str) -> RenderableType:
    """Return what the parts of a heuristic are worth, and the smallest one that is not significantly worse."""
    table = _table(
        ("line", True),
        ("without", False),
        ("", False),
        (f"{objective}", True),
        ("95 %", True),
        ("p", True),
        ("", False),
    )
    for part in found.parts[:SHOWN]:
        versus, cut = part.comparison, part.cut
        numbers = ["", "", ""]
        if versus is not None:
            numbers = [f"{versus.difference:+.3f}", interval_text(versus.interval, True), p_text(versus.corrected)]
        cells = [Text(cell) for cell in (str(cut.at.line), cut.what, plain(cut.removed), *numbers)]
        table.add_row(*cells, Text(part.verdict, style=VERDICTS.get(part.verdict, "")))
    before, after = size(found.source)[0], size(found.smallest)[0]
    parts: list[RenderableType] = [code(found.source, numbers=True), table]
    if len(found.parts) > SHOWN:
        parts.append(Text(f"and {len(found.parts) - SHOWN} more that are worth less: see --json", style="dim"))
    if after == before:
        return Group(*parts, Text(f"\nNothing can be taken out of {name} without making it significantly worse."))
    told = f"\nThe smallest found that is not significantly worse, {after} nodes instead of {before}:\n"
    parts += [Text(told), code(found.smallest), Text(f"train: {comparison_text(found.trained)}")]
    fresh = comparison_text(found.validated) if found.validated else "not valid there"
    return Group(*parts, Text(f"validation, which nothing here was chosen by: {fresh}"))


def levels_table(made: Contest, axis: str, used: Sequence[float]) -> RenderableType:
    """Return the mean that each strategy had reached when so much was used, and in the end its interval; best first."""
    digits = 0 if axis == "evaluations" else 2
    columns = [(f"{each:,.{digits}f}", True) for each in used]
    table = _table(("strategy", False), ("runs", True), *columns, ("95 %", True))
    rows = []
    for strategy in made.strategies:
        levels = [made.level(strategy, axis, each) for each in used]
        count = sum(course.strategy == strategy for course in made.courses)
        last = levels[-1].mean if levels[-1] else float("inf")
        means = [f"{level.mean:.2f}" if level else "–" for level in levels]
        rows.append((last, [strategy, str(count), *means, interval_text(levels[-1].interval if levels[-1] else None)]))
    for _, cells in sorted(rows):
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def duel_text(duel: Duel) -> Text:
    """Return in words how two strategies compare."""
    versus = duel.versus
    words = {"better": "better than", "worse": "worse than", "not distinguishable": "not distinguishable from"}
    told = f"{duel.first} is {words[versus.verdict]} {duel.second}: {versus.difference:+.2f}"
    told += f" ({interval_text(versus.interval, True)})" if versus.interval else f" (too few runs, {LEAST} are needed)"
    return Text(plain(f"{told}, Mann-Whitney p = {p_text(versus.corrected)}"))
