"""The options that several commands take."""

import os
import shlex
from typing import Annotated

import typer

from evolve.progress_style import Style

ARCHIVE = "runs/archive.db"
VARIABLE = "EVOLVE_ARCHIVE"

ArchiveOption = Annotated[
    str, typer.Option("--archive", envvar=VARIABLE, help="SQLite file or database URL that keeps all runs.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
ProgressOption = Annotated[Style, typer.Option(help="How progress is shown, on standard error.")]
EvaluationsOption = Annotated[int | None, typer.Option(min=1, help="End the run after so many candidates.")]
TimeOption = Annotated[str | None, typer.Option(help="End the run after this time, such as 90s, 10m or 2h.")]
UsdOption = Annotated[
    float | None, typer.Option(min=0, help="Hard cap on US dollars: no call is made that could exceed it.")
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Seed of all random choices.")]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="How many candidates are judged at once.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: table.key=value. Can be repeated.")
]
SplitOption = Annotated[str, typer.Option(help="Instances to judge on: train, validation or test.")]
CandidateArgument = Annotated[
    str, typer.Argument(metavar="CANDIDATE", help="NUMBER or best in the newest run, or RUN:NUMBER, RUN:best.")
]
CallsOption = Annotated[int | None, typer.Option(min=0, help="End the run after so many calls of a model.")]
TokensOption = Annotated[
    int | None, typer.Option(min=0, help="Hard cap on tokens, read and written: no call is made that could exceed it.")
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", help="Let a model write: provider:name, see `evolve models`. Can be repeated."),
]
RunArgument = Annotated[str, typer.Argument(metavar="[RUN]", help="Name of the run; the newest by default.")]


def naming(archive: str) -> str:
    """Return what a command needs so that it uses this archive, with a space before it; empty if it does anyway."""
    return "" if archive == os.environ.get(VARIABLE, ARCHIVE) else f" --archive {shlex.quote(archive)}"
