import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from evolve.llm import mailbox
from evolve.llm.base import Answer, Ending, Prompt
from evolve.llm.ledger import NotCalled
from evolve.llm.mailbox import Mailbox
from evolve.proposers.base import Means
from tests.llm.calling import prompt, writer

ASKED = Prompt(4, "system text", "user text ü \ud800")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "GLANCE", 0.005)
    monkeypatch.setattr(mailbox, "SETTLED", 0.05)


def asked(pool: ThreadPoolExecutor, means: Means) -> "Future[Answer]":
    """Ask a mailbox in the background, and wait until the prompt is there."""
    answer = pool.submit(Mailbox("", means), ASKED)
    while not (means.folder / "4.prompt.md").exists():
        time.sleep(0.002)
    return answer


def test_a_prompt_becomes_a_file_and_its_answer_is_read_from_another(means: Means) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = asked(pool, means)
        text = (means.folder / "4.prompt.md").read_text(encoding="utf-8")
        assert "4.answer.md" in text.splitlines()[0]
        assert text.index("system text") < text.index("user text ü ?")
        partial = means.folder / "4.part"
        partial.write_text("Idea: é\n", encoding="utf-8")
        os.replace(partial, means.folder / "4.answer.md")
        answer = waiting.result(5)
    assert (answer.text, answer.ending) == ("Idea: é\n", Ending.COMPLETE)
    assert (answer.usage.output_tokens, answer.usage.estimated) == (2, True)


def test_an_answer_that_is_still_being_written_is_waited_for(means: Means) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = asked(pool, means)
        path = means.folder / "4.answer.md"
        path.write_text("  \n")
        time.sleep(0.08)
        assert not waiting.done()
        with path.open("a") as file:
            for word in ("one", "two", "three"):
                file.write(word)
                file.flush()
                time.sleep(0.01)
        assert waiting.result(5).text.strip() == "onetwothree"


def test_a_prompt_that_is_there_is_left_as_it_is_and_its_answer_is_taken(means: Means) -> None:
    means.folder.mkdir(parents=True)
    (means.folder / "4.prompt.md").write_text("asked by an earlier session")
    (means.folder / "4.answer.md").write_bytes(b"answered \xff meanwhile")
    assert Mailbox("", means)(ASKED).text == "answered \ufffd meanwhile"
    assert (means.folder / "4.prompt.md").read_text() == "asked by an earlier session"


def test_waiting_ends_when_the_run_ends(means: Means) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = asked(pool, means)
        means.stop.set()
        with pytest.raises(NotCalled):
            waiting.result(5)


def test_a_mailbox_as_a_writer_costs_nothing_and_leaves_nothing_owed_when_it_is_stopped(means: Means) -> None:
    threading.Timer(0.05, means.stop.set).start()
    with pytest.raises(NotCalled):
        writer("mailbox", means)(prompt(4))
    assert sorted(path.name for path in Path(means.folder).iterdir()) == ["4.asked.json", "4.prompt.md"]
