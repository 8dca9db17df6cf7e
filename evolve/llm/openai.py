"""Models of OpenAI, through its Responses API."""

import hashlib
from typing import TYPE_CHECKING, cast

from evolve.llm.account import Account, account
from evolve.llm.base import Answer, Ending, Prompt, Transient, Usage
from evolve.llm.failures import lost, refusal, request_of
from evolve.llm.once import Once
from evolve.llm.reading import Count, Form, estimated, malformed, read, sendable
from evolve.llm.transport import direct, timeouts
from evolve.proposers.base import Means

if TYPE_CHECKING:  # the SDK takes a second to import and is loaded with the first call
    from openai import OpenAI as Client
    from openai.types.shared import ReasoningEffort

PROVIDER = "openai"
PASSING = {"server_error", "rate_limit_exceeded"}


class InputDetails(Form):
    """Of the tokens read."""

    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class OutputDetails(Form):
    """Of the tokens written."""

    reasoning_tokens: Count | None = None


class Tokens(Form):
    """What the call took."""

    input_tokens: Count
    output_tokens: Count
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Part(Form):
    """A part of a message: text or a refusal."""

    type: str
    text: str | None = None
    refusal: str | None = None


class Item(Form):
    """A message, or the reasoning before it."""

    type: str
    content: list[Part] | None = None


class Error(Form):
    """Why there is no answer."""

    code: str | None = None
    message: str | None = None


class Incomplete(Form):
    """Why the answer ends early."""

    reason: str | None = None


class Response(Form):
    """An answer of the Responses API."""

    status: str
    output: list[Item] | None
    model: str = ""
    usage: Tokens | None = None
    error: Error | None = None
    incomplete_details: Incomplete | None = None


class OpenAI:
    """Answers prompts; see `evolve.llm.base.Model`.

    Args:
        model: As the provider names it.
        means: What the run lends; not used.
        effort: How much the model is to reason; empty leaves it to the model.
        max_output_tokens: Limit on what is written, reasoning included.
        timeout: Seconds to wait for an answer.
        base_url: Another address than the provider's own; empty is OPENAI_BASE_URL, or else the provider's.
    """

    def __init__(
        self,
        model: str,
        means: Means,
        *,
        effort: str = "",
        max_output_tokens: int = 8000,
        timeout: float = 120.0,
        base_url: str = "",
    ) -> None:
        self._model, self._effort, self._timeout = model, effort, timeout
        self._max_output_tokens = max_output_tokens
        self._account = Once(lambda: account(PROVIDER, model, base_url))
        self._client = Once(self._connect)

    def __call__(self, prompt: Prompt) -> Answer:
        """Return the answer; see `evolve.llm.base.Model`."""
        client, who = self._client(), self._account()
        import openai

        try:
            raw = client.responses.with_raw_response.create(
                model=self._model,
                instructions=sendable(prompt.system),
                input=sendable(prompt.user),
                max_output_tokens=self._max_output_tokens,
                reasoning={"effort": cast("ReasoningEffort", self._effort)} if self._effort else openai.omit,
                prompt_cache_key=hashlib.sha256(sendable(prompt.system).encode()).hexdigest()[:32],
                service_tier="default",  # the tier that prices are known for, whatever the account is set to
                store=False,
            )
        except openai.APIStatusError as error:
            return refusal(who, error.status_code, error.response.headers, error.response.text)
        except openai.APIConnectionError as error:
            raise lost(who, error.__cause__) from None
        request = request_of(raw.headers)
        response = read(who, prompt, Response, raw.http_response.content, request)
        return response if isinstance(response, Answer) else _answer(who, prompt, response, request)

    def _connect(self) -> "Client":
        import openai

        who = self._account()
        return openai.OpenAI(
            api_key=who.key,
            base_url=who.address or None,
            timeout=timeouts(self._timeout),
            max_retries=0,
            http_client=direct(who.address),
        )


def _answer(who: Account, prompt: Prompt, response: Response, request: str) -> Answer:
    """Return what a well-formed response says.

    Raises:
        Transient: The provider failed while answering.
    """
    parts = [part for item in response.output or [] if item.type == "message" for part in item.content or []]
    text = "".join(part.text or "" for part in parts if part.type == "output_text")
    usage = _usage(response.usage) if response.usage else estimated(prompt, text)

    def ended(ending: Ending, detail: str = "") -> Answer:
        return Answer(text, ending, usage, response.model, request, who.quoted(detail))

    refused = next((part.refusal or "no reason given" for part in parts if part.type == "refusal"), None)
    reason = (response.incomplete_details.reason if response.incomplete_details else None) or "no reason given"
    error = response.error or Error()
    match response.status:
        case "failed" if error.code in PASSING:
            said = who.quoted(f"{error.code}: {error.message}")
            crowded = error.code == "rate_limit_exceeded"
            raise Transient(f"{PROVIDER}:{who.model}: {said}", crowded=crowded, billed=response.usage is not None)
        case "failed" if "policy" in (error.code or ""):
            return ended(Ending.REFUSED, f"{error.code}: {error.message}")
        case "incomplete" if reason == "content_filter":
            return ended(Ending.REFUSED, reason)
        case "incomplete":
            return ended(Ending.CUT_OFF, reason)
        case "completed" if refused is not None:
            return ended(Ending.REFUSED, refused)
        case "completed" if text.strip():
            return ended(Ending.COMPLETE)
        case status:
            detail = who.quoted(f"status {status}, no text: {error.code or ''} {error.message or ''}")
            return malformed(prompt, detail, request, usage, response.model)


def _usage(tokens: Tokens) -> Usage:
    read_from, written = tokens.input_tokens_details or InputDetails(), tokens.output_tokens_details or OutputDetails()
    return Usage(
        tokens.input_tokens,
        tokens.output_tokens,
        cached_tokens=read_from.cached_tokens or 0,
        cache_write_tokens=read_from.cache_write_tokens or 0,
        reasoning_tokens=written.reasoning_tokens or 0,
    )
