import json
import subprocess
import sys
from pathlib import Path

import pytest

from evolve.candidate import Cost
from evolve.llm.base import Answer, Ending, Prompt, Usage, Written
from evolve.llm.kept import Kept, Notes, answered, asked_before, forget, owed
from evolve.llm.ledger import NotCalled
from tests.llm.calling import prompt

ANSWER = Answer("code ü\n", Ending.CUT_OFF, Usage(10, 5, 1, 2, 3, True), "m", "r", "length")
WRITTEN = Written(ANSWER, Cost(10, 5, 0.1, 1, 3, False, True), ("busy",), 1.5)


class Writer:
    def __init__(self, written: Written | None = WRITTEN) -> None:
        self.written, self.asked = written, 0
        self.prompts: list[Prompt] = []

    def __call__(self, prompt: Prompt) -> Written:
        self.asked += 1
        self.prompts.append(prompt)
        if self.written is None:
            raise NotCalled
        return self.written

    def most(self, prompt: Prompt) -> Cost:
        return Cost(usd=9.0)


def test_an_answer_is_asked_for_once_and_then_read_from_its_file(tmp_path: Path) -> None:
    folder, writer = tmp_path / "not" / "there yet", Writer()
    assert Kept(writer, "a:b", folder)(prompt(3)) == WRITTEN
    assert Kept(writer, "a:b", folder)(prompt(3)) == WRITTEN
    assert writer.asked == 1
    assert [path.name for path in folder.iterdir()] == ["3.json"]
    assert Kept(writer, "a:b", folder).most(prompt()) == Cost(usd=9.0)


def test_every_candidate_has_its_own_answer(tmp_path: Path) -> None:
    writer = Writer()
    for number in (1, 2, 1):
        Kept(writer, "a:b", tmp_path)(prompt(number))
    assert writer.asked == 2


def test_an_answer_to_another_prompt_of_the_same_number_says_what_was_asked(tmp_path: Path) -> None:
    writer = Writer()
    Kept(writer, "a:b", tmp_path)(Prompt(3, "s", "before"))
    again = Kept(writer, "a:b", tmp_path)(Prompt(3, "s", "now"))
    assert (again.answer, again.asked, writer.asked) == (ANSWER, Prompt(3, "s", "before"), 1)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"prompt": 1, "written": 2}'])
def test_a_torn_or_foreign_file_is_ignored_and_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "3.json").write_bytes(content)
    writer = Writer()
    assert Kept(writer, "a:b", tmp_path)(prompt(3)) == WRITTEN
    assert Kept(writer, "a:b", tmp_path)(prompt(3)) == WRITTEN
    assert writer.asked == 1


def test_the_file_of_another_number_is_ignored(tmp_path: Path) -> None:
    writer = Writer()
    Kept(writer, "a:b", tmp_path)(prompt(3))
    (tmp_path / "3.json").rename(tmp_path / "4.json")
    Kept(writer, "a:b", tmp_path)(prompt(4))
    assert writer.asked == 2


def test_of_a_call_that_was_not_made_only_the_prompt_is_kept_and_asked_again(tmp_path: Path) -> None:
    with pytest.raises(NotCalled):
        Kept(Writer(None), "a:b", tmp_path)(Prompt(3, "s", "before", "cross", (1, 2)))
    assert [path.name for path in tmp_path.iterdir()] == ["3.asked.json"]
    writer = Writer()
    written = Kept(writer, "a:b", tmp_path)(Prompt(3, "s", "now", "create"))
    assert writer.prompts == [Prompt(3, "s", "before", "cross", (1, 2))]
    assert written.asked == writer.prompts[0]
    assert [path.name for path in tmp_path.iterdir()] == ["3.json"]


def test_what_earlier_tries_have_cost_is_added_to_the_answer_that_comes_at_last(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    notes.sent(3, Cost(usd=5.0))
    notes.settled(3, Cost(usd=2.0))  # lost, and the run ended
    notes.sent(3, Cost(usd=4.0))  # killed
    assert notes.owed(3) == Cost(usd=6.0)
    written = Kept(Writer(), "a:b", tmp_path)(prompt(3))
    assert written.cost == WRITTEN.cost + Cost(usd=6.0)
    assert notes.owed(3) == Cost()
    assert Kept(Writer(), "a:b", tmp_path)(prompt(3)) == written


def test_what_was_sent_by_a_killed_session_stays_owed_when_the_next_one_sends_again(tmp_path: Path) -> None:
    Notes(tmp_path).sent(3, Cost(usd=4.0))
    notes = Notes(tmp_path)
    notes.sent(3, Cost(usd=4.0))
    notes.settled(3, Cost(usd=1.0))
    assert notes.owed(3) == Cost(usd=5.0)


def test_what_costs_nothing_leaves_no_note(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    notes.sent(3, Cost())
    notes.settled(3, Cost())
    assert list(tmp_path.iterdir()) == []


def test_what_is_owed_is_all_that_the_archive_does_not_hold(tmp_path: Path) -> None:
    kept = Kept(Writer(), "a:b", tmp_path)
    kept(prompt(1))  # archived
    kept(prompt(2))  # on its way
    Notes(tmp_path).sent(2, Cost(usd=7.0))  # left behind by a kill between an answer and the end of its note
    Notes(tmp_path).sent(3, Cost(usd=4.0))  # never answered
    (tmp_path / "4.json").write_text("torn")
    (tmp_path / "other.json").write_text("{}")
    assert owed(tmp_path, {1}) == WRITTEN.cost + Cost(usd=4.0)
    assert owed(tmp_path, {1, 2, 3}) == Cost()
    assert owed(tmp_path / "missing", ()) == Cost()


def test_an_answer_outlives_a_kill(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from evolve.llm.kept import Kept
from tests.llm.calling import prompt
from tests.llm.test_kept import Writer
Kept(Writer(), "a:b", Path({str(tmp_path)!r}))(prompt(5))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2])
    assert killed.returncode == -9
    writer = Writer()
    assert Kept(writer, "a:b", tmp_path)(prompt(5)) == WRITTEN
    assert writer.asked == 0
    assert json.loads((tmp_path / "5.json").read_text())["prompt"]["number"] == 5


def test_what_the_archive_holds_is_forgotten_and_the_empty_folder_too(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    for number in (1, 2):
        Kept(Writer(), "a:b", folder)(prompt(number))
    forget(folder, {1})
    assert [path.name for path in folder.iterdir()] == ["2.json"]
    forget(folder, {1, 2})
    assert not folder.exists()
    forget(folder, {1, 2})


def test_what_another_model_was_asked_or_answered_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    Kept(Writer(), "one:a", tmp_path)(prompt(3))
    with pytest.raises(NotCalled):
        Kept(Writer(None), "one:a", tmp_path)(prompt(4))
    assert (asked_before(tmp_path, 3), asked_before(tmp_path, 4), asked_before(tmp_path, 5)) == ("one:a", "one:a", "")
    other = Writer()
    for number in (3, 4):
        Kept(other, "other:b", tmp_path)(prompt(number))
    assert other.asked == 2


def test_answers_that_are_here_are_known_by_their_numbers(tmp_path: Path) -> None:
    Kept(Writer(), "one:a", tmp_path)(prompt(3))
    (tmp_path / "7.prompt.md").write_text("prompt")
    (tmp_path / "8.answer.md").write_text("answer")
    (tmp_path / "9.owed.json").write_text("{}")
    assert answered(tmp_path) == {3, 8}
    assert answered(tmp_path / "nothing") == set()
