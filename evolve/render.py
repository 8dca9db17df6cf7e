"""Results for a person at a terminal."""

import os
import re
from collections.abc import Mapping
from statistics import fmean

from rich.console import Console, Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from evaluators.base import Evaluation
from evolve.archive import Run
from evolve.archive.listing import Glance
from evolve.candidate import Record
from evolve.report import Bench
from evolve.spending import dollars
from evolve.statistics import ALPHA
from problems.base import Split

WIDE = 100
"""Columns that a table of eight groups needs; used where the width is not a terminal's."""
FIXED, COMPACT = 28, 5
"""Columns that a table needs beside the names and the groups, and how many fewer with headings of two lines."""


def console() -> Console:
    """Return a console on standard output, wide enough for a table when it is not a terminal."""
    probe = Console()
    return probe if probe.is_terminal or "COLUMNS" in os.environ else Console(width=WIDE)


def bench_table(bench: Bench, mine: str | None = None, width: int = WIDE) -> RenderableType:
    """Return a table of heuristics by group of instances.

    Args:
        bench: What it shows.
        mine: The heuristic to compare with every other; its wins, ties and losses and the corrected p-value stand in
            each row.
        width: Columns there are; where the groups do not fit, those of one family are
            taken together, and where the families do not fit, only the mean of all is shown.
    """
    against = bench.against(mine) if mine is not None else {}
    names = max((len(entry.name) for entry in bench.rows), default=0)
    groups, family, compact = _columns(bench, width - names - (FIXED if against else 8))
    count = len(bench.rows[0].values) if bench.rows else 0
    text = f"{bench.problem}, {bench.split}: mean {bench.objective} on {count} {family}instances"
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("heuristic", no_wrap=True)
    counts = ("win/tie\n/loss" if compact else "win/tie/loss", "p") if against else ()
    for column in (*groups, "all", *counts):
        table.add_column(Text(column), justify="right", no_wrap=True)
    for entry in bench.rows:
        means = [fmean(entry.values[name] for name in names) for names in groups.values()]
        cells = [entry.name, *(f"{mean:.1f}" for mean in means), f"{entry.mean:.2f}"]
        if versus := against.get(entry.name):
            cells += [f"{versus.wins}/{versus.ties}/{versus.losses}", p_text(versus.corrected)]
        table.add_row(*map(Text, cells), style="bold green" if entry.name == mine else None)
    notes = [Text(f"{name} is not valid: {message}", style="red") for name, message in bench.failures.items()]
    if mine is not None and against:
        notes.append(verdict(bench, mine))
    return Group(Text(text, style="italic"), table, *notes)


def _columns(bench: Bench, room: int) -> tuple[dict[str, list[str]], str, bool]:
    """Return the instances of each column by its heading, the one family if there is only one, and if room is short."""
    merged: dict[str, list[str]] = {}
    for group, names in bench.groups.items():
        merged.setdefault(group.partition(" ")[0], []).extend(names)
    family = f"{next(iter(merged))} " if len(merged) == 1 else ""
    groups = {group.removeprefix(family): list(names) for group, names in bench.groups.items()}
    if sum(max(len(heading), 4) + 1 for heading in groups) <= room:
        return groups, family, False
    folded = {heading.replace("x", "\nx"): inside for heading, inside in groups.items()}
    if 5 * len(folded) <= room + COMPACT and len(merged) == 1:
        return folded, family, True
    fits = sum(max(len(heading), 4) + 1 for heading in merged) <= room
    return (merged if fits else {}), "", False


def verdict(bench: Bench, mine: str) -> Text:
    """Return in words how a heuristic compares with the best of the others."""
    others = [entry for entry in bench.rows if entry.name != mine]
    best = others[0]
    against = bench.against(mine)
    versus = against[best.name]
    words = {"better": "better than", "worse": "worse than", "not distinguishable": "not distinguishable from"}[
        versus.verdict
    ]
    return Text(
        f"{mine} is {words} the best of the others, {best.name}: {versus.difference:+.2f} in mean {bench.objective}, "
        f"{versus.wins} wins, {versus.ties} ties, {versus.losses} losses, Wilcoxon p = {p_text(versus.corrected)} "
        f"(level {ALPHA:g}, corrected for {len(against)} comparisons)"
    )


def p_text(value: float) -> str:
    """Return a p-value with two significant digits."""
    return "<1e-6" if value < 1e-6 else f"{value:.2g}"


def plain(text: str) -> str:
    """Return a text that came from outside without what a terminal would obey: control characters become U+FFFD."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", text)


def code(source: str, *, numbers: bool = False, wrap: bool = True) -> Syntax:
    """Return source text with its syntax coloured.

    Args:
        source: The text.
        numbers: Whether its lines have their numbers.
        wrap: Whether long lines are wrapped; where not, it must be printed with `soft_wrap`, and can be copied.
    """
    return Syntax(plain(source), "python", background_color="default", word_wrap=wrap, line_numbers=numbers)


def record_view(record: Record, run: str, others: Mapping[Split, Evaluation]) -> RenderableType:
    """Return a candidate: where it came from, what it scored, and its code.

    Args:
        run: Name of its run.
        others: What it scored on other splits than train.
    """
    candidate, evaluation = record.candidate, record.evaluation
    grid = Table.grid(padding=(0, 2))
    made = candidate.operator + (f" of {', '.join(map(str, candidate.parents))}" if candidate.parents else "")
    facts = [
        ("candidate", f"{run}:{record.number}"),
        ("made by", f"{candidate.proposer}, {made}"),
        ("idea", candidate.idea),
        ("cost", f"{dollars(candidate.cost)}, {candidate.cost.tokens:,} tokens" if candidate.by_model else ""),
    ]
    facts.append(("status", f"{evaluation.status}" + (f": {evaluation.message}" if evaluation.message else "")))
    for split, scored in {Split.TRAIN: evaluation, **others}.items():
        facts += [(f"{name}, {split}", f"{value:.2f}") for name, value in scored.measures.items()]
    facts.append(("judged in", f"{1000 * evaluation.seconds:.0f} ms CPU, {evaluation.isolation} isolation"))
    for label, text in facts:
        if text:
            grid.add_row(Text(label, style="dim"), Text(plain(text)))
    return Group(grid, Text(), code(candidate.source, wrap=False))


def runs_table(runs: list[Run], glances: list[Glance], objectives: list[str | None]) -> RenderableType:
    """Return a table of runs, one line each.

    Args:
        objectives: The measure that decides in each; None where the problem cannot be loaded.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("run", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for name in ("candidates", "failed", "best, train", "best published", "cost", "minutes"):
        table.add_column(name, justify="right", no_wrap=True)
    for run, glance, objective in zip(runs, glances, objectives, strict=True):
        best = (glance.best, glance.best_seed)
        values = [f"{line.measures[objective]:.2f}" if line and objective else "none" for line in best]
        if objective is None:
            values = ["problem not found", ""]
        spent = [f"${glance.usd:.2f}", f"{glance.seconds / 60:.1f}"]
        cells = [run.name, str(glance.state), f"{glance.judged:,}", f"{glance.failed:,}", *values, *spent]
        table.add_row(*map(Text, cells))
    return table
