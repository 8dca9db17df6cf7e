"""Every way in which a provider fails, for every provider, against a server on this machine that misbehaves."""

import re
from dataclasses import dataclass

import pytest

from evolve.llm.base import Answer, Ending, Transient, Unusable
from evolve.proposers.base import Means
from tests.llm.calling import APIS, model, prompt, writer
from tests.llm.server import Act, Server

OPENAI, COMPATIBLE, ANTHROPIC = APIS
EVERY = tuple(APIS)
PAST = "Fri, 01 Jan 2021 00:00:00 GMT"


@dataclass(frozen=True)
class Passing:
    """A failure that another try may mend."""

    crowded: bool = False
    billed: bool = False
    wait: float | None = None


@dataclass(frozen=True)
class Final:
    """A failure that ends the run; the message says this."""

    says: str


Expected = Ending | Passing | Final
ROWS: list[tuple[str, tuple[str, ...], Act, Expected]] = [
    # statuses that no second try mends
    ("400", EVERY, Act("error", 400), Final("settings")),
    ("401", EVERY, Act("error", 401), Final("_API_KEY")),
    ("402", EVERY, Act("error", 402), Final("top up")),
    ("403", EVERY, Act("error", 403), Final("allowed")),
    ("404, unknown model", EVERY, Act("error", 404, code="model_not_found"), Final("model's name")),
    ("404, html", EVERY, Act("error", 404, body=b"<html>not here</html>"), Final("base_url")),
    ("405", EVERY, Act("error", 405), Final("status 405")),
    ("413", EVERY, Act("error", 413), Final("too long")),
    ("422", EVERY, Act("error", 422), Final("settings")),
    ("429, no quota", EVERY, Act("error", 429, code="insufficient_quota"), Final("top up")),
    ("429, not again", EVERY, Act("error", 429, {"x-should-retry": "false"}), Final("not to try again")),
    # statuses that another try may mend
    ("408", EVERY, Act("error", 408), Passing()),
    ("409", EVERY, Act("error", 409), Passing()),
    ("429", EVERY, Act("error", 429, code="rate_limit_exceeded"), Passing(crowded=True)),
    ("429, no body", EVERY, Act("error", 429, body=b""), Passing(crowded=True)),
    ("429, list", EVERY, Act("error", 429, body=b'[{"error": {"message": "m"}}]'), Passing(crowded=True)),
    ("429, wait 1", EVERY, Act("error", 429, {"retry-after": "1"}), Passing(crowded=True, wait=1.0)),
    ("429, wait 300", EVERY, Act("error", 429, {"retry-after": "300"}), Passing(crowded=True, wait=300.0)),
    ("429, wait in ms", EVERY, Act("error", 429, {"retry-after-ms": "1500"}), Passing(crowded=True, wait=1.5)),
    (
        "429, wait until",
        EVERY,
        Act("error", 429, {"retry-after": "Fri, 01 Jan 2021 00:00:00 GMT"}),
        Passing(True, wait=0),
    ),
    ("429, wait nan", EVERY, Act("error", 429, {"retry-after": "nan"}), Passing(crowded=True)),
    ("429, wait soon", EVERY, Act("error", 429, {"retry-after": "soon"}), Passing(crowded=True)),
    ("500", EVERY, Act("error", 500), Passing()),
    ("502, html", EVERY, Act("error", 502, body=b"<html>", content_type="text/html"), Passing(billed=True)),
    ("503", EVERY, Act("error", 503), Passing(crowded=True)),
    ("504", EVERY, Act("error", 504), Passing(billed=True)),
    ("529", EVERY, Act("error", 529, code="overloaded_error"), Passing(crowded=True)),
    # no answer
    ("hang", EVERY, Act("hang"), Passing(billed=True)),
    ("reset", EVERY, Act("reset"), Passing(billed=True)),
    ("vanish", EVERY, Act("vanish"), Passing(billed=True)),
    ("cut", EVERY, Act("cut"), Passing(billed=True)),
    ("failed at the server", (OPENAI,), Act("failed at the server"), Passing()),
    ("failed for the rate", (OPENAI,), Act("failed for the rate"), Passing(crowded=True)),
    ("error inside", (COMPATIBLE,), Act("error inside"), Passing(crowded=True)),
    # answers that are none
    ("html", EVERY, Act(body=b"<html>hello</html>", content_type="text/html"), Ending.MALFORMED),
    ("broken json", EVERY, Act(body=b'{"status": "comple'), Ending.MALFORMED),
    ("no json", EVERY, Act(body=b""), Ending.MALFORMED),
    ("no utf-8", EVERY, Act(body=b'{"model": "\xff\xfe"}'), Ending.MALFORMED),
    ("half a character", EVERY, Act(body=b'{"model": "\\ud800"}'), Ending.MALFORMED),
    ("wrong shape", EVERY, Act("wrong shape"), Ending.MALFORMED),
    ("other object", EVERY, Act("other object"), Ending.MALFORMED),
    ("empty object", EVERY, Act(body=b"{}"), Ending.MALFORMED),
    ("nulls", EVERY, Act("nulls"), Ending.MALFORMED),
    ("no text", EVERY, Act("no text"), Ending.MALFORMED),
    ("failed", (OPENAI,), Act("failed"), Ending.MALFORMED),
    ("paused", (ANTHROPIC,), Act("paused"), Ending.MALFORMED),
    # answers
    ("refused", EVERY, Act("refused"), Ending.REFUSED),
    ("filtered", EVERY, Act("filtered"), Ending.REFUSED),
    ("filtered, 400", EVERY, Act("error", 400, code="content_filter"), Ending.REFUSED),
    ("failed for the policy", (OPENAI,), Act("failed for the policy"), Ending.REFUSED),
    ("cut off", EVERY, Act("cut off"), Ending.CUT_OFF),
    ("context full", (ANTHROPIC,), Act("context full"), Ending.CUT_OFF),
    ("good", EVERY, Act(), Ending.COMPLETE),
    ("no usage", EVERY, Act("no usage"), Ending.COMPLETE),
    ("bare usage", (COMPATIBLE,), Act("bare usage"), Ending.COMPLETE),
    ("parts", (COMPATIBLE,), Act("parts"), Ending.COMPLETE),
]
CASES = [
    pytest.param(provider, act, expected, id=f"{provider}: {name}")
    for name, providers, act, expected in ROWS
    for provider in providers
]


def timeout_of(act: Act) -> float:
    return 0.25 if act.kind == "hang" else 20.0


@pytest.mark.parametrize(("provider", "act", "expected"), CASES)
def test_a_call_is_sent_once_and_ends_as_it_should(
    server: Server, means: Means, provider: str, act: Act, expected: Expected
) -> None:
    server.script = [act]
    call = model(provider, server, means, timeout=timeout_of(act))
    match expected:
        case Final(says):
            with pytest.raises(Unusable, match=re.escape(says)):
                call(prompt())
        case Passing():
            with pytest.raises(Transient) as caught:
                call(prompt())
            assert Passing(caught.value.crowded, caught.value.billed, caught.value.wait) == expected
        case ending:
            answer = call(prompt())
            assert answer.ending is ending
            assert (answer.text != "") == (ending in {Ending.COMPLETE, Ending.CUT_OFF})
            assert (answer.detail != "") == (ending is not Ending.COMPLETE)
    assert len(server.calls) == 1


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("provider", "act", "expected"), CASES)
def test_a_writer_tries_again_what_may_pass_and_nothing_else(
    server: Server, means: Means, provider: str, act: Act, expected: Expected
) -> None:
    server.script = [act]
    write = writer(
        f"{provider}:some-model", means, tries=3, base_url=server.base_url(provider), timeout=timeout_of(act)
    )
    match expected:
        case Final(says):
            with pytest.raises(Unusable, match=re.escape(says)):
                write(prompt())
            calls = 1
        case Passing():
            with pytest.raises(Unusable, match=r"did not answer after 3 tries: "):
                write(prompt())
            calls = 3
        case ending:
            written = write(prompt())
            assert written.answer.ending is ending
            calls = 2 if ending is Ending.MALFORMED else 1
            assert len(written.attempts) == calls - 1
    assert len(server.calls) == calls


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize("bad", [Act("error", 500), Act("cut"), Act("no text")], ids=lambda act: act.kind)
def test_a_second_try_that_succeeds_is_the_answer_and_the_first_is_told(
    server: Server, means: Means, provider: str, bad: Act
) -> None:
    server.script = [bad, Act()]
    written = writer(f"{provider}:some-model", means, base_url=server.base_url(provider))(prompt())
    assert written.answer.ending is Ending.COMPLETE
    assert len(written.attempts) == 1


@pytest.mark.parametrize("provider", EVERY)
def test_nobody_listening_is_no_bill(means: Means, provider: str) -> None:
    with Server() as gone:
        pass
    with pytest.raises(Transient) as caught:
        model(provider, gone, means)(prompt())
    assert not caught.value.billed


@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize("act", [Act("error", 401, echo=True), Act("error", 500, echo=True)], ids=["401", "500"])
def test_a_key_that_the_provider_echoes_is_not_repeated(
    server: Server, means: Means, provider: str, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{provider.upper().replace('-', '_')}_API_KEY"
    for key in ("plain-and-secret", "sk-proj-0123456789"):
        monkeypatch.setenv(variable, key)
        server.script = [act]
        with pytest.raises((Unusable, Transient)) as caught:
            model(provider, server, means)(prompt())
        assert server.calls[-1].headers["authorization"] == f"Bearer {key}"
        assert "[key]" in str(caught.value)
        assert key not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("provider", EVERY)
def test_a_key_in_a_page_in_place_of_an_answer_is_not_repeated(server: Server, means: Means, provider: str) -> None:
    key = f"secret-{provider.replace('-', '_')}_api_key"
    server.script = [Act(body=f"<p>{key}".encode())]
    answer = model(provider, server, means)(prompt())
    assert isinstance(answer, Answer)
    assert "[key]" in answer.detail
    assert key not in answer.detail
