"""The part of the command line that takes a winner away: export."""

from pathlib import Path
from typing import Annotated

import typer

from evolve.options import ARCHIVE, ArchiveOption, CandidateArgument, JsonOption

app = typer.Typer(rich_markup_mode=None)


@app.command()
def export(
    candidate: CandidateArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; for a package, its folder.")],
    form: Annotated[str, typer.Option("--as", help="What to write: module, or package.")] = "module",
    target: Annotated[
        str, typer.Option(help="Fit it for: vllm, sglang, job-shop-lib, kube-scheduler-extender, or c.")
    ] = "",
    licence: Annotated[str, typer.Option(help="Licence line for the file, such as Apache-2.0.")] = "",
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Replay the certified instances with the very text first.")
    ] = True,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Write it though it is not verified or not valid; the file says so.")
    ] = False,
    require_numba: Annotated[
        bool, typer.Option("--require-numba", help="For a heuristic that decides differently without numba.")
    ] = False,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Write a candidate as a module that schedules by itself, verified by a replay of its instances.

    Example: evolve export best -o rule.py --licence Apache-2.0
    """
    from evolve.commands import export as command

    wishes = command.wishes_of(form, target, licence, verify, unverified, require_numba)
    command.export(candidate, output, archive, wishes, as_json)
