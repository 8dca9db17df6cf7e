import threading
from pathlib import Path

import pytest

from evolve.mailbox import NoPrompt, answer, find, letters, take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (3, 20, 11):
        (tmp_path / f"{number}.prompt.md").write_text(f"prompt {number}")
    (tmp_path / "11.answer.md").write_text("answered")
    (tmp_path / "5.json").write_text("{}")
    return tmp_path


def test_prompts_are_listed_in_order_with_what_became_of_them(folder: Path) -> None:
    take(folder)
    assert [(letter.number, letter.taken, letter.answered) for letter in letters(folder)] == [
        (3, True, False),
        (11, False, True),
        (20, False, False),
    ]


def test_a_folder_that_is_not_there_yet_holds_no_prompts(tmp_path: Path) -> None:
    assert letters(tmp_path / "nothing") == []


def test_each_prompt_is_handed_out_once_whoever_asks(folder: Path) -> None:
    for number in range(100, 140):
        (folder / f"{number}.prompt.md").write_text("prompt")
    taken: list[int] = []

    def work() -> None:
        try:
            while True:
                taken.append(take(folder).number)
        except NoPrompt:
            return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [3, 20, *range(100, 140)]


def test_a_prompt_that_comes_while_somebody_waits_is_handed_out(folder: Path) -> None:
    for _ in range(2):
        take(folder)
    later = threading.Timer(0.05, lambda: (folder / "30.prompt.md").write_text("prompt"))
    later.start()
    assert take(folder, seconds=5.0).number == 30


def test_an_answer_is_put_where_the_run_looks_for_it(folder: Path) -> None:
    letter = answer(folder, 20, "Idea: x")
    assert letter.answer == folder / "20.answer.md"
    assert letter.answer.read_text() == "Idea: x"
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize(
    ("number", "text", "told"),
    [(4, "x", "no prompt 4"), (11, "x", "has its answer"), (20, " \n", "is empty")],
)
def test_an_answer_that_cannot_be_used_is_refused(folder: Path, number: int, text: str, told: str) -> None:
    with pytest.raises((NoPrompt, ValueError), match=told):
        answer(folder, number, text)
    assert (folder / "11.answer.md").read_text() == "answered"


def test_nobody_is_handed_what_the_run_has_already(folder: Path) -> None:
    assert take(folder, {3}).number == 20
    assert [letter.archived for letter in letters(folder, {3})] == [True, False, False]


def test_a_prompt_can_be_seen_again(folder: Path) -> None:
    taken = take(folder)
    assert find(folder, taken.number).prompt == taken.prompt
    with pytest.raises(NoPrompt, match="no prompt 4"):
        find(folder, 4)


def test_of_two_answers_at_once_one_is_kept_whole_and_the_other_is_told(folder: Path) -> None:
    outcomes: list[str] = []

    def put(text: str) -> None:
        try:
            answer(folder, 3, text)
            outcomes.append(text)
        except NoPrompt as refused:
            outcomes.append(str(refused))

    texts = [str(number) * 1000 for number in range(8)]
    threads = [threading.Thread(target=put, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = (folder / "3.answer.md").read_text()
    assert kept in texts
    assert sorted(outcomes)[0] == kept
    assert sum("has its answer" in outcome for outcome in outcomes) == 7
    assert not list(folder.glob("*.part"))
