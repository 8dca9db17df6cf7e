import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from evolve.candidate import Cost
from evolve.llm import retry
from evolve.llm.base import Answer, Ending, Prompt, Transient, Unusable, Usage
from evolve.llm.ledger import NotCalled
from evolve.llm.paying import Attempt
from evolve.llm.retry import Retrying
from tests.llm.calling import prompt

GOOD = Answer("code", Ending.COMPLETE, Usage(10, 5))
BROKEN = Answer("", Ending.MALFORMED, Usage(), detail="html")
Outcome = Answer | Transient | Exception


class Payer:
    """Ends its tries as it is told; each costs 1 dollar more than the one before."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes, self.tries = outcomes, 0

    def __call__(self, prompt: Prompt) -> Attempt:
        outcome = self.outcomes[min(self.tries, len(self.outcomes) - 1)]
        self.tries += 1
        if isinstance(outcome, Answer | Transient):
            return Attempt(outcome, Cost(usd=float(self.tries)))
        raise outcome

    def most(self, prompt: Prompt) -> Cost:
        return Cost(usd=100.0)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note the pauses in place of making them."""
    noted: list[float] = []
    monkeypatch.setattr(threading.Event, "wait", lambda self, seconds: noted.append(seconds) or self.is_set())
    return noted


def writing(payer: Payer, tries: int = 6, stop: threading.Event | None = None) -> Retrying:
    return Retrying(payer, "x:y", tries, stop or threading.Event())


def test_the_cost_is_the_sum_of_all_tries(pauses: list[float]) -> None:
    written = writing(Payer(Transient("first"), Transient("second"), GOOD))(prompt())
    assert (written.answer, written.cost.usd, written.attempts) == (GOOD, 1 + 2 + 3, ("first", "second"))
    assert len(pauses) == 2


def test_pauses_grow_from_one_second_to_thirty_less_up_to_a_half(pauses: list[float]) -> None:
    with pytest.raises(Unusable, match=r"^x:y did not answer after 8 tries: busy$"):
        writing(Payer(Transient("busy")), tries=8)(prompt())
    assert len(pauses) == 7
    for pause, full in zip(pauses, [1, 2, 4, 8, 16, 30, 30], strict=True):
        assert full / 2 <= pause <= full


@pytest.mark.parametrize(("asked", "least", "most"), [(3.0, 3.5, 4.0), (59.9, 60.0, 60.0), (300.0, 60.0, 60.0)])
def test_a_server_is_given_the_time_it_asks_for_up_to_a_minute(
    pauses: list[float], asked: float, least: float, most: float
) -> None:
    writing(Payer(Transient("later", wait=asked), GOOD))(prompt())
    assert least <= pauses[0] <= most


def test_calls_that_failed_together_do_not_come_back_together(pauses: list[float]) -> None:
    for _ in range(10):
        writing(Payer(Transient("busy"), GOOD))(prompt())
    assert len(set(pauses)) == 10


def test_a_malformed_answer_is_tried_once_more_and_then_returned(pauses: list[float]) -> None:
    again = replace(BROKEN, detail="html again")
    payer = Payer(BROKEN, again)
    written = writing(payer)(prompt())
    assert (written.answer, written.cost.usd, payer.tries) == (again, 3.0, 2)
    assert written.attempts == ("malformed: html",)


def test_a_malformed_answer_before_a_good_one_is_told(pauses: list[float]) -> None:
    written = writing(Payer(BROKEN, GOOD))(prompt())
    assert (written.answer, written.cost.usd, written.attempts) == (GOOD, 3.0, ("malformed: html",))


@pytest.mark.parametrize("after", [NotCalled(), Transient("busy")], ids=["no money left", "busy"])
def test_a_malformed_answer_is_returned_if_nothing_better_comes(pauses: list[float], after: Outcome) -> None:
    assert writing(Payer(BROKEN, after), tries=3)(prompt()).answer == BROKEN


@pytest.mark.parametrize("outcome", [Unusable("no key"), NotCalled()])
def test_what_no_try_mends_is_tried_once(outcome: Exception) -> None:
    payer = Payer(outcome)
    with pytest.raises(type(outcome)):
        writing(payer)(prompt())
    assert payer.tries == 1


def test_the_last_try_is_not_followed_by_a_pause(pauses: list[float]) -> None:
    with pytest.raises(Unusable, match="after 1 try: busy"):
        writing(Payer(Transient("busy")), tries=1)(prompt())
    assert pauses == []


def test_a_pause_ends_at_once_when_the_run_ends() -> None:
    stop, payer = threading.Event(), Payer(Transient("later", wait=60.0))
    ended = in_background(lambda: writing(payer, stop=stop)(prompt()))
    while not payer.tries:
        time.sleep(0.001)
    stop.set()
    assert isinstance(ended(), NotCalled)
    assert payer.tries == 1


def in_background(call: Callable[[], object]) -> Callable[[], BaseException | None]:
    """Start a call; return what waits for its end and tells what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001  # told to the test
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def end() -> BaseException | None:
        thread.join(10)
        assert not thread.is_alive()
        return raised[0] if raised else None

    return end


def test_tries_must_be_at_least_one() -> None:
    with pytest.raises(ValueError, match="tries = 0"):
        writing(Payer(GOOD), tries=0)


def test_no_pause_is_longer_than_what_is_said_in_the_code() -> None:
    assert (retry.FIRST_PAUSE, retry.LONGEST_PAUSE, retry.LONGEST_ASKED) == (1.0, 30.0, 60.0)
