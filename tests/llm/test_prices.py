import subprocess
import sys

import pytest

from evolve.llm.base import Usage
from evolve.llm.prices import Rates, price_of, table_of, unpriced

MILLION = Usage(1_000_000, 0)


def test_rates_follow_the_kinds_of_tokens() -> None:
    rates = Rates(input=2.0, cached=0.2, output=10.0)
    usage = Usage(1000, 100, cached_tokens=600, cache_write_tokens=300, reasoning_tokens=50)
    # 100 plain at 2, 600 cached at 0.2, 300 written to the cache at 2.5, 100 written at 10 with reasoning among them
    assert rates(usage) == pytest.approx((200 + 120 + 750 + 1000) / 1e6)


def test_what_is_cached_costs_as_much_as_the_rest_unless_it_is_given() -> None:
    assert Rates(input=2.0, output=0.0)(Usage(10, 0, cached_tokens=10)) == pytest.approx(20e-6)


@pytest.mark.parametrize(
    ("name", "usage", "expected"),
    [
        ("anthropic:claude-sonnet-5-5", Usage(10_000, 0), 0.02),  # 2 dollars per million
        ("anthropic:claude-sonnet-5-5", Usage(10_000, 0, cached_tokens=10_000), 0.001),  # a twentieth
        ("anthropic:claude-sonnet-5-5", Usage(10_000, 0, cache_write_tokens=10_000), 0.025),  # five quarters
        ("anthropic:claude-sonnet-5-5", Usage(0, 10_000, reasoning_tokens=9_000), 0.1),  # 10 dollars per million
        ("openai:gpt-6.1-terra", Usage(10_000, 10_000), 0.01 + 0.05),
    ],
)
def test_known_models_cost_what_the_installed_list_says(name: str, usage: Usage, expected: float) -> None:
    assert price_of(name, "", {})(usage) == pytest.approx(expected)


def test_a_router_is_known_by_its_address() -> None:
    price = price_of("openai-compatible:qwen/qwen3-coder", "https://openrouter.ai/api/v1", {})
    assert price(Usage(1000, 0)) is not None


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("openai:no-such-model", ""),
        ("openai-compatible:qwen3:8b", "https://example.org/v1"),
        ("openai-compatible:qwen3:8b", ""),
        ("elsewhere:model", ""),
    ],
)
def test_an_unknown_price_is_none_and_never_zero(name: str, address: str) -> None:
    assert price_of(name, address, {})(Usage(1000, 10)) is None
    assert unpriced([name], {}, address) == [name]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("mailbox", ""),
        ("fake:good", ""),
        ("openai-compatible:qwen3:8b", "http://localhost:11434/v1"),
        ("openai-compatible:qwen3:8b", "http://127.0.0.1:8000/v1"),
        ("openai-compatible:qwen3:8b", "http://[::1]:8000/v1"),
    ],
)
def test_what_runs_on_this_machine_costs_nothing(name: str, address: str) -> None:
    assert price_of(name, address, {})(MILLION) == 0.0
    assert unpriced([name], {}, address) == []


def test_an_address_in_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", "http://localhost:11434/v1")
    assert price_of("openai-compatible:x", "", {})(MILLION) == 0.0


@pytest.mark.parametrize("name", ["openai:gpt-6.1-terra", "openai:no-such-model", "fake:good"])
def test_the_users_own_prices_win(name: str) -> None:
    table = {name: {"input": 7.0, "cached": 1.0, "output": 9.0}}
    assert price_of(name, "", table_of(table))(MILLION) == pytest.approx(7.0)
    assert unpriced([name], table) == []


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        ({"input": 1.0}, "output"),
        ({"input": -1.0, "output": 1.0}, "input"),
        ({"input": float("nan"), "output": 1.0}, "input"),
        ({"input": 1.0, "ouput": 1.0, "output": 1.0}, "did you mean 'output'"),
    ],
)
def test_a_table_that_is_not_valid_names_the_key(rates: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        table_of({"openai:x": rates})
    assert '"openai:x"' in str(caught.value)


def test_prices_are_looked_up_without_any_connection_and_without_a_thread() -> None:
    code = """
import socket, threading
def refuse(*a, **k): raise AssertionError("a connection")
socket.socket.connect = socket.getaddrinfo = refuse
from evolve.llm.base import Usage
from evolve.llm.prices import price_of
assert price_of("anthropic:claude-haiku-5-5", "", {})(Usage(1000, 10)) > 0
assert price_of("openai:nothing-like-it", "", {})(Usage(1000, 10)) is None
assert threading.active_count() == 1
"""
    subprocess.run([sys.executable, "-c", code], check=True)
