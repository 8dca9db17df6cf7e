"""The other side of the mailbox: where a person, or any program, is the model.

A run writes `NUMBER.prompt.md` into its folder and waits for `NUMBER.answer.md`; see `evolve.llm.mailbox`.
"""

import os
import time
from collections.abc import Iterator
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
    """

    number: int
    prompt: Path
    taken: bool
    answered: bool

    @property
    def answer(self) -> Path:
        """Where the answer goes."""
        return self.prompt.with_name(f"{self.number}.answer.md")


def letters(folder: Path) -> list[Letter]:
    """Return all prompts of a run, in order."""
    numbers = sorted(int(path.name.partition(".")[0]) for path in folder.glob("[0-9]*.prompt.md"))
    return [
        Letter(
            number,
            folder / f"{number}.prompt.md",
            (folder / f"{number}.taken").exists(),
            (folder / f"{number}.answer.md").exists(),
        )
        for number in numbers
    ]


def take(folder: Path, seconds: float = 0.0) -> Letter:
    """Return the first prompt that waits for an answer and that nobody was handed yet, and hand it out.

    Args:
        folder: Of the run.
        seconds: How long to wait for one.

    Raises:
        NoPrompt: There is none.
    """
    deadline = time.monotonic() + seconds
    while True:
        for letter in _open(folder):
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


def _open(folder: Path) -> Iterator[Letter]:
    return (letter for letter in letters(folder) if not letter.taken and not letter.answered)


def answer(folder: Path, number: int, text: str) -> Letter:
    """Put an answer into the mailbox, whole or not at all.

    Raises:
        NoPrompt: No such prompt was written, or it has its answer.
        ValueError: The answer is empty.
    """
    found = [letter for letter in letters(folder) if letter.number == number]
    if not found:
        raise NoPrompt(f"no prompt {number} in {folder}: `evolve mailbox list` shows which there are")
    if found[0].answered:
        raise NoPrompt(f"prompt {number} has its answer: {found[0].answer}")
    if not text.strip():
        raise ValueError(f"the answer to prompt {number} is empty")
    partial = folder / f"{number}.answer.md.part"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, found[0].answer)
    return found[0]
