"""The command line: parses, calls, shows. Every number it shows comes from `evolve.report`."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from evolve.cli_export import app as export_app
from evolve.cli_models import app as models_app
from evolve.cli_results import app as results_app
from evolve.options import (
    ARCHIVE,
    ArchiveOption,
    CallsOption,
    CandidateArgument,
    EvaluationsOption,
    JsonOption,
    ModelOption,
    ProgressOption,
    RunArgument,
    SeedOption,
    SetOption,
    SplitOption,
    TimeOption,
    TokensOption,
    UsdOption,
    WorkersOption,
)
from evolve.progress_style import Style
from evolve.terminal import err, out

DEMO = Path(__file__).parents[1] / "runs" / "demo.toml"

app = typer.Typer(
    name="evolve",
    help="Discover better scheduling heuristics, as code, and prove that they are better.",
    epilog="First time here? Try: evolve demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(export_app)
app.add_typer(models_app)
app.add_typer(results_app)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(version("evolve-heuristics"), highlight=False)
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Discover better scheduling heuristics, as code, and prove that they are better."""


@app.command()
def demo(
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
    progress: ProgressOption = Style.AUTO,
    changes: SetOption = None,
    max_evaluations: EvaluationsOption = None,
    max_time: TimeOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the winning rule.")] = Path(
        "runs/rule.py"
    ),
) -> None:
    """Evolve a job-shop dispatching rule, without any key, and compare it with the classic rules.

    Example: evolve demo --max-time 60s
    """
    from evolve.commands import arguments, carry_out

    limits = arguments.Limits(max_evaluations, max_time)
    settings = [*(changes or []), *limits.overrides(), *arguments.overrides(seed, workers)]
    carry_out.demo(DEMO, settings, archive, progress, output, as_json)


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="TOML file that describes the run.")],
    models: ModelOption = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
    progress: ProgressOption = Style.AUTO,
    changes: SetOption = None,
    max_evaluations: EvaluationsOption = None,
    max_time: TimeOption = None,
    max_calls: CallsOption = None,
    max_usd: UsdOption = None,
    max_tokens: TokensOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Check the recipe, print settings, the first prompt and what it may cost; start nothing."
        ),
    ] = False,
) -> None:
    """Start the run that a recipe describes.

    Example: evolve run runs/model.toml --model anthropic:claude-haiku-5-5 --max-usd 2
    """
    from evolve.commands import arguments, carry_out

    limits = arguments.Limits(max_evaluations, max_time, max_calls, max_usd, max_tokens)
    settings = [*(changes or []), *limits.overrides(), *arguments.overrides(seed, workers, models)]
    carry_out.run(recipe, settings, archive, progress, dry_run, as_json)


@app.command()
def resume(
    name: RunArgument = "last",
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
    progress: ProgressOption = Style.AUTO,
    changes: SetOption = None,
    max_evaluations: EvaluationsOption = None,
    max_time: TimeOption = None,
    max_calls: CallsOption = None,
    max_usd: UsdOption = None,
    max_tokens: TokensOption = None,
    workers: WorkersOption = None,
    force: Annotated[bool, typer.Option("--force", help="Go on even if another process seems to work on it.")] = False,
) -> None:
    """Go on with a run that was interrupted or killed, or extend one that has ended.

    Example: evolve resume demo --max-time 10m
    """
    from evolve.commands import arguments, carry_out

    limits = arguments.Limits(max_evaluations, max_time, max_calls, max_usd, max_tokens)
    settings = [*(changes or []), *limits.overrides(), *arguments.overrides(None, workers)]
    carry_out.resume(name, settings, archive, progress, force, as_json)


@app.command()
def runs(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """List the runs in the archive.

    Example: evolve runs
    """
    from evolve.commands import look

    look.runs(archive, as_json)


@app.command()
def show(
    candidate: CandidateArgument = "best",
    diff: Annotated[
        str | None, typer.Option(help="Show the change against: parent, a seed's name, or a candidate.")
    ] = None,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Show a candidate: its code, where it came from and what it scored.

    Example: evolve show demo:best --diff parent
    """
    from evolve.commands import look

    look.show(candidate, diff, archive, as_json)


@app.command(name="eval")
def evaluate(
    file: Annotated[Path, typer.Argument(help="Python file that defines the heuristic.")],
    problem: Annotated[str, typer.Option("--problem", "-p", help="Name of the problem, or path/to/file.py:Class.")],
    split: SplitOption = "train",
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge one heuristic.

    Example: evolve eval rule.py --problem jobshop --split test
    """
    from evolve.commands import judge

    judge.evaluate(file, problem, split, changes or [], as_json)


@app.command()
def check(
    problem: Annotated[
        str, typer.Argument(metavar="FILE.py:Class", help="A problem of your own, or the name of one of ours.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Check that a problem keeps the contract, and say where it does not.

    Example: evolve check my_problem.py:Bins
    """
    from evolve.commands import judge

    judge.check(problem, as_json)


@app.command(name="app")
def dashboard(
    archive: ArchiveOption = ARCHIVE,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    as_json: JsonOption = False,
) -> None:
    """Open the dashboard on this machine.

    Example: evolve app --port 8600
    """
    from evolve.commands import system

    system.dashboard(archive, port, as_json)


@app.command()
def doctor(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Show what this machine can do: the sandbox's layers, the compiler, the archive, the keys that are set.

    Example: evolve doctor
    """
    from evolve.commands import system

    system.doctor(archive, as_json)


@app.command()
def upgrade(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Bring an archive of an older version up to date.

    Example: evolve upgrade --archive runs/archive.db
    """
    from evolve.commands import system

    system.upgrade(archive, as_json)


def main() -> None:
    """Run the command line; a failure that has a name is one line and an exit code."""
    try:
        app()
    except Exception as error:  # reported to the user here; what has no name is a bug of ours and keeps its traceback
        from evolve.errors import explain

        code, message, now = explain(error)
        if code == 1:
            raise
        if message:
            err.print(f"error: {message}", markup=False, highlight=False, soft_wrap=True)
        if now:  # threads may still wait for an answer, and a normal exit would wait for them
            sys.stdout.flush()
            os._exit(code)
        sys.exit(code)
