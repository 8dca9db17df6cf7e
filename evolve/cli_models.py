"""The part of the command line that is about models."""

from pathlib import Path
from typing import Annotated

import typer

from evolve.options import ARCHIVE, ArchiveOption, CandidateArgument, JsonOption, RunArgument

app = typer.Typer(rich_markup_mode=None)
mailbox = typer.Typer(
    name="mailbox",
    help="Be the model: read the prompts of a run with model mailbox, and answer them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(mailbox)
RunOption = Annotated[str, typer.Option("--run", help="Name of the run; the newest by default.")]


@app.command()
def costs(name: RunArgument = "last", archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Show what the models of a run have cost and what they have brought, by operator.

    Example: evolve costs
    """
    from evolve.commands import models

    models.costs(name, archive, as_json)


@app.command(name="models")
def list_models(
    names: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...", help="Models as provider:name.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the providers, whether their keys are set, and what the given models cost.

    Example: evolve models openai:gpt-6-luna anthropic:claude-haiku-5-5
    """
    from evolve.commands import models

    models.providers(names or [], as_json)


@app.command()
def explain(
    candidate: CandidateArgument,
    model: Annotated[str, typer.Option("--model", "-m", help="Who explains: provider:name, see `evolve models`.")],
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Let a model explain in prose what a candidate does and why it works; the answer is kept.

    Example: evolve explain best --model openai:gpt-6-luna
    """
    from evolve.commands import models

    models.explain(candidate, model, archive, as_json)


@mailbox.command(name="list")
def list_all(name: RunOption = "last", archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """List the prompts of a run, and which wait for an answer.

    Example: evolve mailbox list
    """
    from evolve.commands import mailbox as command

    command.list_all(name, archive, as_json)


@mailbox.command(name="next")
def next_one(
    name: RunOption = "last",
    number: Annotated[int | None, typer.Option(help="Print this one again, whoever was handed it.")] = None,
    wait: Annotated[str, typer.Option(help="How long to wait for a prompt, such as 60s.")] = "0s",
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Print the next prompt; each is handed out once, so that several can answer side by side.

    Example: evolve mailbox next --wait 60s
    """
    from evolve.commands import mailbox as command

    command.next_one(name, number, wait, archive, as_json)


@mailbox.command()
def answer(
    number: Annotated[int, typer.Argument(help="Number of the prompt.")],
    file: Annotated[Path, typer.Argument(help="Text file with the answer; - is standard input.")],
    name: RunOption = "last",
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Answer a prompt.

    Example: evolve mailbox answer 17 answer.md
    """
    from evolve.commands import mailbox as command

    command.answer(number, file, name, archive, as_json)
