"""The part of the command line that is about results: what is better, by how much, and why."""

from pathlib import Path
from typing import Annotated

import typer

from evolve.options import ARCHIVE, ArchiveOption, CandidateArgument, JsonOption, RunArgument, SetOption, SplitOption

app = typer.Typer(rich_markup_mode=None)
PlotOption = Annotated[Path | None, typer.Option(help="Draw the means with their intervals into this SVG file.")]


@app.command()
def bench(
    problem: Annotated[str, typer.Argument(help="Name of the problem, or path/to/file.py:Class.")],
    heuristics: Annotated[
        list[str] | None,
        typer.Argument(metavar="[HEURISTIC]...", help="Further ones: Python files, or RUN:NUMBER, RUN:best."),
    ] = None,
    split: SplitOption = "test",
    instances: Annotated[
        list[Path] | None, typer.Option(help="Judge on these instance files instead. Can be repeated.")
    ] = None,
    groups: Annotated[bool, typer.Option("--groups", help="Print mean, interval and wins in every group too.")] = False,
    cp_sat: Annotated[
        str | None, typer.Option(help="Set CP-SAT beside them, with so much time for each instance, such as 1s.")
    ] = None,
    plot: PlotOption = None,
    changes: SetOption = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Compare the published heuristics, and your own, on a problem's instances.

    Example: evolve bench jobshop rule.py demo:best --set problem.sets='["TA"]'
    """
    from evolve.commands import judge

    wanted = judge.Wanted(problem, heuristics or [], split, instances or [], changes or [], cp_sat)
    judge.bench(wanted, archive, plot, groups, as_json)


@app.command()
def report(
    name: RunArgument = "last",
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("report.html"),
    shifts: Annotated[
        list[str] | None,
        typer.Option("--shift", help="Test the winner under this setting too: problem.key=value. Can be repeated."),
    ] = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Write a run's report: what was found, whether it is better, how it came about. Opens the test split.

    Example: evolve report demo -o report.html
    """
    from evolve.commands import results

    results.report(name, output, shifts or [], archive, as_json)


@app.command()
def ablate(
    candidate: CandidateArgument = "best",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Python file to write the smallest one to.")
    ] = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Take a candidate apart: what each part is worth, and the smallest one that is not significantly worse.

    Example: evolve ablate demo:best -o smallest.py
    """
    from evolve.commands import results

    results.ablate(candidate, output, archive, as_json)


@app.command()
def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names of runs; of one strategy, several seeds.")
    ],
    plot: PlotOption = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Compare strategies over several runs each, at equal budgets.

    Example: evolve compare islands islands-2 islands-3 pareto pareto-2 pareto-3 --plot compare.svg
    """
    from evolve.commands import results

    results.compare(names, plot, archive, as_json)
