"""The mailbox: list, next, answer."""

import sys
from pathlib import Path

from rich.table import Table

from evolve import mailbox, render
from evolve.archive import Archive
from evolve.commands.arguments import read, seconds_of
from evolve.options import ARCHIVE
from evolve.run import folder_of
from evolve.settings import SettingsError
from evolve.terminal import err, say


def _folder(run: str, archive: str) -> Path:
    with Archive(archive, read_only=True) as store:
        return folder_of(store, store.run(run))


def list_all(run: str, archive: str, as_json: bool) -> None:
    """Show the prompts of a run."""
    found = mailbox.letters(_folder(run, archive))
    rows = [
        {"number": letter.number, "taken": letter.taken, "answered": letter.answered, "prompt": str(letter.prompt)}
        for letter in found
    ]

    def show() -> None:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for name in ("prompt", "state", "file"):
            table.add_column(name)
        for letter in found:
            state = "answered" if letter.answered else "handed out" if letter.taken else "waits"
            table.add_row(str(letter.number), state, str(letter.prompt))
        render.console().print(table if found else "no prompt was written yet")

    say({"prompts": rows}, as_json, show)


def next_one(run: str, wait: str, archive: str, as_json: bool) -> None:
    """Hand out the next prompt: print it, and say where its answer goes."""
    letter = mailbox.take(_folder(run, archive), seconds_of(wait, "--wait"))
    which = "".join(
        f" {option} {value}"
        for option, value, usual in (("--run", run, "last"), ("--archive", archive, ARCHIVE))
        if value != usual
    )
    text = letter.prompt.read_text(encoding="utf-8")

    def show() -> None:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        err.print(
            f"prompt {letter.number}. To answer: evolve mailbox answer {letter.number} FILE{which}, "
            f"or write {letter.answer}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    say({"number": letter.number, "prompt": text, "answer": str(letter.answer)}, as_json, show)


def answer(number: int, file: Path, run: str, archive: str, as_json: bool) -> None:
    """Put an answer into the mailbox."""
    text = sys.stdin.read() if str(file) == "-" else read(file)
    try:
        letter = mailbox.answer(_folder(run, archive), number, text)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    say(
        {"number": number, "answer": str(letter.answer)},
        as_json,
        lambda: render.console().print(f"prompt {number} has its answer", markup=False, highlight=False),
    )
