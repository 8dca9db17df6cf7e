"""Answers on their way to the archive, and what calls have cost that it does not hold; both outlive a kill -9.

NUMBER.asked.json is a prompt, NUMBER.json is its answer, NUMBER.owed.json is what the calls for it have cost so far. A
file is replaced as a whole, so that it is never half written; one that cannot be read is nobody's and is ignored.
"""

import os
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from evolve.candidate import Cost
from evolve.llm.base import Prompt, Writer, Written

Content = TypeVar("Content", bound=BaseModel)

STRICT = ConfigDict(frozen=True, extra="forbid")


class Asked(BaseModel):
    """What NUMBER.asked.json holds."""

    model_config = STRICT

    writer: str
    prompt: Prompt


class Letter(BaseModel):
    """What NUMBER.json holds."""

    model_config = STRICT

    writer: str
    prompt: Prompt
    written: Written


class Note(BaseModel):
    """What NUMBER.owed.json holds.

    Attributes:
        settled: What earlier tries have cost.
        sent: What the try under way can cost at most.
    """

    model_config = STRICT

    number: int
    settled: Cost
    sent: Cost


class Notes:
    """Writes down what is owed before it is owed. A number is one thread's at a time.

    Args:
        folder: The run's own; made at the first call.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def owed(self, number: int) -> Cost:
        """Return what the calls for a candidate have cost so far, a call that was never answered at its most."""
        note = self._read(number)
        return note.settled + note.sent

    def sent(self, number: int, most: Cost) -> None:
        """Note that a call goes out."""
        put(_note_path(self._folder, number), Note(number=number, settled=self.owed(number), sent=most))

    def settled(self, number: int, actual: Cost) -> None:
        """Note what the call has cost."""
        path, settled = _note_path(self._folder, number), self._read(number).settled + actual
        if settled == Cost():
            path.unlink(missing_ok=True)
        else:
            put(path, Note(number=number, settled=settled, sent=Cost()))

    def _read(self, number: int) -> Note:
        nothing = Note(number=number, settled=Cost(), sent=Cost())
        note = get(_note_path(self._folder, number), Note)
        return note if note is not None and note.number == number else nothing


class Kept:
    """A writer that loses no answer that was paid for.

    What an earlier session of the run has asked is asked again, whatever is asked now, and an answer that it got is
    given in place of a call.
    """

    def __init__(self, inner: Writer, name: str, folder: Path) -> None:
        self._inner, self._name, self._folder, self._notes = inner, name, folder, Notes(folder)

    def __call__(self, prompt: Prompt) -> Written:
        """Return the answer and what it cost; see `evolve.llm.base.Writer`."""
        path = self._folder / f"{prompt.number}.json"
        letter = get(path, Letter)
        if letter is not None and letter.prompt.number == prompt.number and letter.writer == self._name:
            return letter.written if letter.prompt == prompt else replace(letter.written, asked=letter.prompt)
        asked = self._asked(prompt)
        before = self._notes.owed(prompt.number)
        written = self._inner(asked)
        written = replace(written, cost=before + written.cost)
        put(path, Letter(writer=self._name, prompt=asked, written=written))
        _note_path(self._folder, prompt.number).unlink(missing_ok=True)
        _asked_path(self._folder, prompt.number).unlink(missing_ok=True)
        return written if asked == prompt else replace(written, asked=asked)

    def most(self, prompt: Prompt) -> Cost:
        """Return what a call can cost at most."""
        return self._inner.most(prompt)

    def _asked(self, prompt: Prompt) -> Prompt:
        """Return what an earlier session has asked for this number, or else note what is asked now."""
        path = _asked_path(self._folder, prompt.number)
        earlier = get(path, Asked)
        if earlier is not None and earlier.prompt.number == prompt.number and earlier.writer == self._name:
            return earlier.prompt
        put(path, Asked(writer=self._name, prompt=prompt))
        return prompt


def asked_before(folder: Path, number: int) -> str:
    """Return which model an earlier session has asked for a candidate, as "provider:name"; empty if none was."""
    letter = get(folder / f"{number}.json", Letter)
    if letter is not None:
        return letter.writer
    asked = get(_asked_path(folder, number), Asked)
    return asked.writer if asked is not None else ""


def answered(folder: Path) -> set[int]:
    """Return the numbers of the candidates whose answers are here, the mailbox's included."""
    names = [path.name for path in folder.glob("[0-9]*")]
    found = (re.fullmatch(r"(\d+)\.(?:json|answer\.md)", name) for name in names)
    return {int(match[1]) for match in found if match}


def owed(folder: Path, archived: Collection[int]) -> Cost:
    """Return what earlier sessions of a run have spent beyond what its archive holds.

    Args:
        folder: The run's own.
        archived: Numbers of the candidates in the archive; they have their cost with them.
    """
    total, notes = Cost(), Notes(folder)
    for path in folder.glob("*.json"):
        number = path.name.partition(".")[0]
        if not number.isdecimal() or int(number) in archived:
            continue
        letter = get(folder / f"{number}.json", Letter)
        if path.name == f"{number}.owed.json" and letter is None:
            total += notes.owed(int(number))
        elif path.name == f"{number}.json" and letter is not None:
            total += letter.written.cost
    return total


def forget(folder: Path, archived: Collection[int]) -> None:
    """Remove the answers that the archive holds, and the folder if nothing is left in it."""
    for path in folder.glob("*.json"):
        number = path.name.partition(".")[0]
        if number.isdecimal() and int(number) in archived:
            path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def put(path: Path, content: BaseModel) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_text(content.model_dump_json(), encoding="utf-8")
    os.replace(partial, path)


def get(path: Path, form: type[Content]) -> Content | None:
    """Return what a file holds; None if there is none or it is not of this form."""
    try:
        return form.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _note_path(folder: Path, number: int) -> Path:
    return folder / f"{number}.owed.json"


def _asked_path(folder: Path, number: int) -> Path:
    return folder / f"{number}.asked.json"
