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


def _of(run: str, archive: str) -> tuple[Path, set[int]]:
    """Return the folder of a run, and the numbers of the candidates that it has."""
    with Archive(archive, read_only=True) as store:
        found = store.run(run)
        return folder_of(store, found), set(store.candidates(found))


def list_all(run: str, archive: str, as_json: bool) -> None:
    """Show the prompts of a run."""
    found = mailbox.letters(*_of(run, archive))
    rows = [{"number": letter.number, "state": _state(letter), "prompt": str(letter.prompt)} for letter in found]

    def show() -> None:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for name in ("prompt", "state", "file"):
            table.add_column(name)
        for letter in found:
            table.add_row(str(letter.number), _state(letter), str(letter.prompt))
        render.console().print(table if found else "no prompt was written yet")

    say({"prompts": rows}, as_json, show)


def _state(letter: mailbox.Letter) -> str:
    if letter.archived:
        return "archived"
    return "answered" if letter.answered else "handed out" if letter.taken else "waits"


def next_one(run: str, number: int | None, wait: str, archive: str, as_json: bool) -> None:
    """Hand out the next prompt, or show one again: print it, and say where its answer goes."""
    folder, archived = _of(run, archive)
    seconds = seconds_of(wait, "--wait")
    letter = mailbox.take(folder, archived, seconds) if number is None else mailbox.find(folder, number)
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
    try:
        text = sys.stdin.buffer.read().decode("utf-8") if str(file) == "-" else read(file)
        letter = mailbox.answer(_of(run, archive)[0], number, text)
    except UnicodeDecodeError:
        raise SettingsError("the answer on standard input is not text in UTF-8") from None
    except ValueError as error:
        raise SettingsError(str(error)) from error
    say(
        {"number": number, "answer": str(letter.answer)},
        as_json,
        lambda: render.console().print(f"prompt {number} has its answer", markup=False, highlight=False),
    )
