"""What is sent to each provider, and what is read from its answers."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from evolve.llm.base import Ending, Prompt, Unusable, Usage
from evolve.llm.compatible import Compatible
from evolve.llm.fake import Fake
from evolve.llm.openai import OpenAI
from evolve.proposers.base import Means
from tests.llm.calling import APIS, model, prompt, writer
from tests.llm.server import Act, Server

EVERY = tuple(APIS)


def test_no_sdk_is_imported_before_a_model_is_called() -> None:
    code = """
import pkgutil, sys
import evolve.llm
for module in pkgutil.iter_modules(evolve.llm.__path__):
    __import__(f"evolve.llm.{module.name}")
print(*sorted({"openai", "anthropic", "genai_prices", "httpx2"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "\n"


@pytest.mark.parametrize("provider", EVERY)
def test_an_answer_is_read_whole_and_reasoning_is_left_out(server: Server, means: Means, provider: str) -> None:
    answer = model(provider, server, means)(prompt())
    expected = Fake("good", means)(Prompt(1, prompt().system, prompt().user))
    assert (answer.text, answer.ending, answer.model) == (expected.text, Ending.COMPLETE, "served")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (
        expected.usage.input_tokens,
        expected.usage.output_tokens,
    )
    assert (answer.usage.reasoning_tokens, answer.usage.estimated, answer.request) == (3, False, "req_1")


@pytest.mark.parametrize("provider", EVERY)
def test_usage_that_is_not_told_is_counted_from_the_characters(server: Server, means: Means, provider: str) -> None:
    server.script = [Act("no usage")]
    answer = model(provider, server, means)(Prompt(1, "abcd" * 10, "x"))
    assert answer.usage == Usage(11, -(-len(answer.text) // 4), estimated=True)


def test_openai_is_sent_what_its_responses_api_takes(server: Server, means: Means) -> None:
    call = model("openai", server, means, effort="low", max_output_tokens=321)
    call(prompt(1))
    call(prompt(2, "def f():\n    return 1.0\n"))
    first, second = server.calls
    assert first.path == "/v1/responses"
    assert first.headers["authorization"] == "Bearer secret-openai_api_key"
    assert first.body["prompt_cache_key"] == second.body["prompt_cache_key"]
    del first.body["prompt_cache_key"]
    assert first.body == {
        "model": "some-model",
        "instructions": prompt().system,
        "input": prompt().user,
        "max_output_tokens": 321,
        "reasoning": {"effort": "low"},
        "service_tier": "default",
        "store": False,
    }


def test_a_compatible_server_is_sent_only_what_all_of_them_know(server: Server, means: Means) -> None:
    model("openai-compatible", server, means, max_output_tokens=321)(prompt())
    (call,) = server.calls
    assert call.path == "/v1/chat/completions"
    assert call.body == {
        "model": "some-model",
        "messages": [{"role": "system", "content": prompt().system}, {"role": "user", "content": prompt().user}],
        "max_tokens": 321,
    }


def test_effort_reaches_a_compatible_server_only_when_it_is_set(server: Server, means: Means) -> None:
    model("openai-compatible", server, means, effort="high")(prompt())
    assert server.calls[0].body["reasoning_effort"] == "high"


def test_anthropic_is_sent_what_its_messages_api_takes(server: Server, means: Means) -> None:
    model("anthropic", server, means, effort="max", max_output_tokens=30_000)(prompt())
    (call,) = server.calls
    assert call.path == "/v1/messages"
    assert call.headers["authorization"] == "Bearer secret-anthropic_api_key"
    assert call.body == {
        "model": "some-model",
        "system": [{"type": "text", "text": prompt().system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": prompt().user}],
        "max_tokens": 30_000,
        "output_config": {"effort": "max"},
    }


def test_what_anthropic_read_from_and_wrote_to_its_cache_is_part_of_the_input(server: Server, means: Means) -> None:
    body = b"""{"model": "m", "stop_reason": "end_turn", "content": [{"type": "text", "text": "hi"}], "usage":
        {"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 3000,
        "output_tokens": 5}}"""
    server.script = [Act(body=body)]
    usage = model("anthropic", server, means)(prompt()).usage
    assert usage == Usage(3210, 5, cached_tokens=200, cache_write_tokens=3000)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("key", [None, "", " "])
def test_a_missing_key_is_named(
    server: Server, means: Means, provider: str, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{provider.upper()}_API_KEY"
    monkeypatch.delenv(variable) if key is None else monkeypatch.setenv(variable, key)
    with pytest.raises(Unusable, match=variable):
        model(provider, server, means)(prompt())
    assert not server.calls


@pytest.mark.parametrize("key", ["two\nlines", "clé", "with space"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(
    server: Server, means: Means, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(Unusable, match="OPENAI_API_KEY") as caught:
        model("openai", server, means)(prompt())
    assert key not in str(caught.value)


def test_a_compatible_server_needs_no_key_and_is_found_through_the_environment(
    server: Server, means: Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_COMPATIBLE_API_KEY")
    monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", server.base_url("openai-compatible"))
    assert Compatible("m", means)(prompt()).ending is Ending.COMPLETE
    assert server.calls[0].headers["authorization"] == "Bearer none"


def test_a_compatible_server_without_an_address_is_asked_for(means: Means) -> None:
    with pytest.raises(Unusable, match="OPENAI_COMPATIBLE_BASE_URL"):
        Compatible("m", means)(prompt())


@pytest.mark.parametrize("address", ["localhost:11434", "ftp://x/v1", "nonsense"])
def test_an_address_that_is_none_is_refused(means: Means, address: str) -> None:
    with pytest.raises(Unusable, match="base_url"):
        Compatible("m", means, base_url=address)(prompt())


def test_what_belongs_to_openai_is_not_sent_to_another_server(
    server: Server, means: Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = {"OPENAI_API_KEY": "k1", "OPENAI_ADMIN_KEY": "k2", "OPENAI_ORG_ID": "k3", "OPENAI_PROJECT_ID": "k4"}
    for name, value in (private | {"OPENAI_CUSTOM_HEADERS": "X-Private: k5"}).items():
        monkeypatch.setenv(name, f"private-{value}")
    model("openai-compatible", server, means)(prompt())
    assert "private-" not in str(server.calls[0].headers)
    assert "x-private" not in server.calls[0].headers


def test_a_server_on_this_machine_is_reached_past_a_proxy(
    server: Server, means: Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for provider in EVERY:
        assert model(provider, server, means)(prompt()).ending is Ending.COMPLETE


@pytest.mark.parametrize("provider", EVERY)
def test_half_characters_in_a_prompt_are_sent_as_question_marks(server: Server, means: Means, provider: str) -> None:
    model(provider, server, means)(Prompt(1, "a\ud800b", "c\udfffd"))
    assert "a?b" in str(server.calls[0].body)
    assert "c?d" in str(server.calls[0].body)


@pytest.mark.parametrize("provider", EVERY)
def test_two_hundred_calls_are_under_way_at_once(server: Server, means: Means, provider: str) -> None:
    server.hold = 200
    write = writer(f"{provider}:m", means, concurrency=200, timeout=60.0, base_url=server.base_url(provider))
    with ThreadPoolExecutor(200) as pool:
        written = list(pool.map(write, [prompt(number) for number in range(200)]))
    assert {one.answer.ending for one in written} == {Ending.COMPLETE}
    assert (len(server.calls), server.most_at_once) == (200, 200)


def test_the_constructor_calls_nobody(means: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    OpenAI("m", means, base_url="http://127.0.0.1:9/v1")
