"""The other side of the mailbox: where a person, or any program, is the model.

A run writes `NUMBER.prompt.md` into its folder and waits for `NUMBER.answer.md`; see `evolve.llm.mailbox`.
"""

import os
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

POLL = 0.2


class NoPrompt(LookupError):
    """There is no such prompt, or none that waits for an answer."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A prompt in the mailbox.

    Attributes:
        number: Of the candidate that is asked for.
        prompt: Its file.
        taken: Whether somebody was handed it.
        answered: Whether its answer is there.
        archived: Whether the run has its candidate, so that nobody waits any more.
    """

    number: int
    prompt: Path
    taken: bool
    answered: bool
    archived: bool

    @property
    def answer(self) -> Path:
        """Where the answer goes."""
        return self.prompt.with_name(f"{self.number}.answer.md")


def letters(folder: Path, archived: Collection[int] = ()) -> list[Letter]:
    """Return all prompts of a run, in order.

    Args:
        folder: Of the run.
        archived: Numbers of the candidates that the run has.
    """
    numbers = sorted(int(path.name.partition(".")[0]) for path in folder.glob("[0-9]*.prompt.md"))
    return [
        Letter(
            number,
            folder / f"{number}.prompt.md",
            (folder / f"{number}.taken").exists(),
            (folder / f"{number}.answer.md").exists(),
            number in archived,
        )
        for number in numbers
    ]


def take(folder: Path, archived: Collection[int] = (), seconds: float = 0.0) -> Letter:
    """Return the first prompt that waits for an answer and that nobody was handed yet, and hand it out.

    Args:
        folder: Of the run.
        archived: Numbers of the candidates that the run has.
        seconds: How long to wait for one.

    Raises:
        NoPrompt: There is none.
    """
    deadline = time.monotonic() + seconds
    while True:
        for letter in _open(folder, archived):
            try:
                os.close(os.open(folder / f"{letter.number}.taken", os.O_CREAT | os.O_EXCL))
            except FileExistsError:  # somebody else was first
                continue
            return letter
        if time.monotonic() >= deadline:
            raise NoPrompt(
                "no prompt waits to be handed out: `evolve mailbox list` shows all, "
                "`evolve mailbox next --wait 60s` waits for one"
            )
        time.sleep(POLL)


def _open(folder: Path, archived: Collection[int]) -> Iterator[Letter]:
    every = letters(folder, archived)
    return (letter for letter in every if not (letter.taken or letter.answered or letter.archived))


def find(folder: Path, number: int) -> Letter:
    """Return a prompt, whoever was handed it.

    Raises:
        NoPrompt: There is none of this number.
    """
    found = [letter for letter in letters(folder) if letter.number == number]
    if not found:
        raise NoPrompt(f"no prompt {number} in {folder}: `evolve mailbox list` shows which there are")
    return found[0]


def answer(folder: Path, number: int, text: str) -> Letter:
    """Put an answer into the mailbox, whole or not at all.

    Raises:
        NoPrompt: No such prompt was written, or it has its answer.
        ValueError: The answer is empty.
    """
    letter = find(folder, number)
    if letter.answered:
        raise NoPrompt(f"prompt {number} has its answer: {letter.answer}")
    if not text.strip():
        raise ValueError(f"the answer to prompt {number} is empty")
    partial = folder / f"{number}.answer.md.{os.getpid()}-{threading.get_ident()}.part"
    partial.write_text(text, encoding="utf-8")
    try:
        os.link(partial, letter.answer)  # fails where another answer was first
    except FileExistsError:
        raise NoPrompt(f"prompt {number} has its answer: {letter.answer}") from None
    finally:
        partial.unlink()
    return letter
