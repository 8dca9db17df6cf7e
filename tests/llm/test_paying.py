import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evolve.candidate import Cost
from evolve.llm.base import Answer, Ending, Prompt, Transient, Unusable, Usage
from evolve.llm.kept import Notes
from evolve.llm.ledger import Ledger, NotCalled
from evolve.llm.paying import Paying
from evolve.llm.prices import Rates
from tests.llm.calling import APIS, prompt, writer
from tests.llm.conftest import MakeMeans
from tests.llm.server import Act, Server

PRICE = Rates(input=1.0, output=10.0)  # dollars per million tokens


class Model:
    def __init__(self, outcome: Answer | Exception) -> None:
        self.outcome = outcome

    def __call__(self, prompt: Prompt) -> Answer:
        if isinstance(self.outcome, Answer):
            return self.outcome
        raise self.outcome


class Open(Ledger):
    """A ledger without caps that shows what it was told."""

    def __init__(self) -> None:
        super().__init__(None, None, Cost(), threading.Event())
        self.settled: list[tuple[Cost, Cost]] = []

    def settle(self, most: Cost, actual: Cost) -> None:
        super().settle(most, actual)
        self.settled.append((most, actual))


def paying(outcome: Answer | Exception, ledger: Ledger, folder: Path) -> Paying:
    return Paying(Model(outcome), PRICE, ledger, Notes(folder), max_output_tokens=500)


def test_the_most_is_a_token_per_byte_a_margin_and_all_that_may_be_written(tmp_path: Path) -> None:
    most = paying(Unusable("no key"), Open(), tmp_path).most(Prompt(1, "äb", "c" * 7))
    # 3 + 7 bytes and 1000, all written to a cache at 1.25 dollars; 500 written at 10 dollars
    assert most == Cost(1010, 500, pytest.approx((1010 * 1.25 + 500 * 10) / 1e6), estimated=True)


def test_an_answer_costs_what_its_usage_says(tmp_path: Path) -> None:
    ledger = Open()
    answer = Answer("x", Ending.COMPLETE, Usage(100, 20, cached_tokens=40, reasoning_tokens=5))
    attempt = paying(answer, ledger, tmp_path)(prompt())
    assert attempt.cost == Cost(100, 20, pytest.approx(300e-6), cached_tokens=40, reasoning_tokens=5)
    assert ledger.settled[0][1] == attempt.cost


@pytest.mark.parametrize(
    ("outcome", "all_of_it"),
    [
        (Transient("lost", billed=True), True),
        (Answer("", Ending.MALFORMED, Usage(3, 1, estimated=True)), True),
        (Transient("turned away"), False),
        (RuntimeError("a bug"), True),
        (Unusable("no key"), False),
        (Unusable("the answer is lost", billed=True), True),
        (NotCalled(), False),
    ],
    ids=["lost", "unreadable", "turned away", "bug", "unusable", "unusable and lost", "not called"],
)
def test_what_may_have_been_paid_counts_at_its_most_and_the_rest_is_free(
    tmp_path: Path, outcome: Answer | Exception, all_of_it: bool
) -> None:
    ledger = Open()
    call = paying(outcome, ledger, tmp_path)
    if isinstance(outcome, Answer | Transient):
        call(prompt())
    else:
        with pytest.raises(type(outcome)):
            call(prompt())
    expected = call.most(prompt()) if all_of_it else Cost()
    assert [actual for _, actual in ledger.settled] == [expected]
    assert Notes(tmp_path).owed(prompt().number) == expected


def test_an_unknown_price_is_not_zero_but_unknown(tmp_path: Path) -> None:
    answer = Answer("x", Ending.COMPLETE, Usage(100, 20))
    call = Paying(Model(answer), lambda usage: None, Open(), Notes(tmp_path), 500)
    assert call(prompt()).cost == Cost(100, 20, 0.0, priced=False)
    assert not call.most(prompt()).priced


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("provider", APIS)
@pytest.mark.parametrize("cap", ["dollars", "tokens"])
def test_a_hundred_threads_never_exceed_a_cap_by_the_servers_own_bill(
    server: Server, means_of: MakeMeans, provider: str, cap: str
) -> None:
    server.greedy = True
    server.script = [
        Act(("good", "vanish", "reset", "cut", "no text", "wrong shape", "good")[number % 7]) for number in range(500)
    ]
    usd, tokens = (0.2, None) if cap == "dollars" else (None, 50_000)
    prices = {f"{provider}:m": {"input": 1.0, "output": 10.0}}
    call = writer(
        f"{provider}:m", means_of(usd, tokens), prices=prices, concurrency=100, base_url=server.base_url(provider)
    )

    def ask(number: int) -> str:
        try:
            return call(prompt(number)).answer.ending
        except (NotCalled, Unusable) as error:
            return type(error).__name__

    with ThreadPoolExecutor(100) as pool:
        ends = list(pool.map(ask, range(100)))
    billed = sum(PRICE(usage) for usage in server.bill)
    assert ends.count("NotCalled") > 20
    assert ends.count("complete") > 5
    if usd is not None:
        assert 0.3 * usd < billed <= usd
    else:
        total = sum(usage.input_tokens + usage.output_tokens for usage in server.bill)
        assert 0.2 * 50_000 < total <= 50_000
