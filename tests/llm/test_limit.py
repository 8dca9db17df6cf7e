import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from evolve.candidate import Cost
from evolve.llm.base import Answer, Ending, Prompt, Transient, Usage
from evolve.llm.ledger import NotCalled
from evolve.llm.limit import Limit, Limited
from evolve.llm.paying import Attempt
from evolve.proposers.base import Means
from tests.llm.calling import prompt, writer
from tests.llm.server import Act, Server

GOOD = Answer("code", Ending.COMPLETE, Usage(10, 5))


def limit_of(most: int) -> Limit:
    return Limit(most, threading.Event())


class Payer:
    def __init__(self, outcome: Answer | Transient) -> None:
        self.outcome = outcome

    def __call__(self, prompt: Prompt) -> Attempt:
        return Attempt(self.outcome, Cost())

    def most(self, prompt: Prompt) -> Cost:
        return Cost(usd=3.0)


def test_a_burst_of_crowded_calls_halves_the_limit_once() -> None:
    limit = limit_of(8)
    begun = [limit.enter() for _ in range(8)]
    for generation in begun:
        limit.crowded(generation)
        limit.leave()
    assert limit.limit == 4
    limit.crowded(limit.enter())
    assert limit.limit == 2


def test_the_limit_never_falls_below_one_call() -> None:
    limit = limit_of(3)
    for _ in range(5):
        limit.crowded(limit.enter())
        limit.leave()
    assert limit.limit == 1


def test_each_success_adds_its_share_up_to_the_setting() -> None:
    limit = limit_of(4)
    limit.crowded(0)  # 2
    limit.served()
    assert limit.limit == 2.5  # 2 + 1/2
    limit.served()
    assert limit.limit == pytest.approx(2.9)  # 2.5 + 1/2.5
    for _ in range(20):
        limit.served()
    assert limit.limit == 4


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(GOOD, 4), (Transient("crowded", crowded=True), 2), (Transient("broken"), 4)],
    ids=["answer", "crowded", "other failure"],
)
def test_only_a_crowded_server_lowers_the_limit(outcome: Answer | Transient, expected: float) -> None:
    limit = limit_of(4)
    limited = Limited(Payer(outcome), limit)
    assert limited(prompt()).outcome is outcome
    assert (limit.limit, limited.most(prompt())) == (expected, Cost(usd=3.0))


def test_whoever_waits_for_a_place_ends_when_the_run_ends() -> None:
    stop = threading.Event()
    limit = Limit(1, stop)
    limit.enter()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limit.enter)
        time.sleep(0.02)
        stop.set()
        with pytest.raises(NotCalled):
            waiting.result(5)


def test_a_call_that_raises_gives_its_place_back() -> None:
    class Raising(Payer):
        def __call__(self, prompt: Prompt) -> Attempt:
            raise NotCalled

    limited = Limited(Raising(GOOD), limit_of(1))
    for _ in range(3):
        with pytest.raises(NotCalled):
            limited(prompt())


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="concurrency = 0"):
        limit_of(0)


@pytest.mark.usefixtures("at_once")
def test_no_more_calls_than_allowed_reach_a_server_and_fewer_after_it_is_crowded(server: Server, means: Means) -> None:
    server.script = [Act()] * 8 + [Act("error", 429)] * 8 + [Act()]
    server.latency, server.hold = 0.02, 8
    limits: dict[str, Limit] = {}
    names = ["openai-compatible:one", "openai-compatible:two"]
    writers = [writer(name, means, base_url=f"{server.address}/v1", limits=limits, tries=9) for name in names]
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda number: writers[number % 2](prompt(number)), range(24)))
    assert server.most_at_once == 8
    (shared,) = limits.values()
    assert shared.limit < 8
    server.most_at_once = server.hold = 0
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda number: writers[number % 2](prompt(number)), range(100, 112)))
    assert 1 <= server.most_at_once <= 8
