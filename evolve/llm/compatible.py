"""Models behind any server that speaks Chat Completions: vLLM, Ollama, llama.cpp, LM Studio, OpenRouter.

Only fields that all of them know are sent.
"""

from typing import TYPE_CHECKING, cast

from evolve.llm.account import Account, account
from evolve.llm.base import Answer, Ending, Prompt, Unusable, Usage
from evolve.llm.failures import lost, refusal, request_of
from evolve.llm.once import Once
from evolve.llm.reading import Count, Form, estimated, malformed, read, sendable
from evolve.llm.transport import direct, timeouts
from evolve.proposers.base import Means

if TYPE_CHECKING:  # the SDK takes a second to import and is loaded with the first call
    from openai import OpenAI as Client
    from openai.types.shared import ReasoningEffort

PROVIDER = "openai-compatible"
NO_KEY = "none"
ERROR_STATUSES = {str(status) for status in range(400, 600)}


class PromptDetails(Form):
    """Of the tokens read."""

    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class CompletionDetails(Form):
    """Of the tokens written."""

    reasoning_tokens: Count | None = None


class Tokens(Form):
    """What the call took."""

    prompt_tokens: Count
    completion_tokens: Count
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Part(Form):
    """A part of a message that some servers send in place of one text."""

    type: str
    text: str | None = None


class Message(Form):
    """What the model says."""

    content: str | list[Part] | None = None
    refusal: str | None = None


class Choice(Form):
    """An answer; one is asked for."""

    message: Message
    finish_reason: str | None = None


class Error(Form):
    """What a router puts in place of an answer if the server behind it failed; it says so with status 200."""

    code: int | str | None = None
    message: str | None = None


class Completion(Form):
    """An answer of the Chat Completions API."""

    choices: list[Choice] | None = None
    model: str | None = None
    usage: Tokens | None = None
    error: Error | None = None


class Compatible:
    """Answers prompts; see `evolve.llm.base.Model`.

    The key comes from OPENAI_COMPATIBLE_API_KEY; a server that wants none is sent a placeholder.

    Args:
        model: As the server names it.
        means: What the run lends; not used.
        effort: How much the model is to reason; empty leaves it to the model and sends nothing about it.
        max_output_tokens: Limit on what is written.
        timeout: Seconds to wait for an answer.
        base_url: Such as http://localhost:11434/v1; empty is OPENAI_COMPATIBLE_BASE_URL.
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
        self._account = Once(lambda: account(PROVIDER, model, base_url, NO_KEY))
        self._client = Once(self._connect)

    def __call__(self, prompt: Prompt) -> Answer:
        """Return the answer; see `evolve.llm.base.Model`."""
        client, who = self._client(), self._account()
        import openai

        try:
            raw = client.chat.completions.with_raw_response.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": sendable(prompt.system)},
                    {"role": "user", "content": sendable(prompt.user)},
                ],
                max_tokens=self._max_output_tokens,
                reasoning_effort=cast("ReasoningEffort", self._effort) if self._effort else openai.omit,
            )
        except openai.APIStatusError as error:
            return refusal(who, error.status_code, error.response.headers, error.response.text)
        except openai.APIConnectionError as error:
            raise lost(who, error.__cause__) from None
        request = request_of(raw.headers)
        completion = read(who, prompt, Completion, raw.http_response.content, request)
        if isinstance(completion, Answer):
            return completion
        if completion.error and not completion.choices and str(completion.error.code) in ERROR_STATUSES:
            return refusal(who, int(str(completion.error.code)), raw.headers, raw.text)
        return _answer(who, prompt, completion, request)

    def _connect(self) -> "Client":
        import openai

        who = self._account()
        if not who.address:
            raise Unusable(
                f"{PROVIDER} needs an address: set base_url or OPENAI_COMPATIBLE_BASE_URL, "
                "such as http://localhost:11434/v1"
            )
        client = openai.OpenAI(
            api_key=who.key,
            base_url=who.address,
            timeout=timeouts(self._timeout),
            max_retries=0,
            http_client=direct(who.address),
        )
        # The SDK takes these from the environment; they are for OpenAI and no business of another server's.
        client.organization = client.project = client.admin_api_key = None
        client._custom_headers = {}
        return client


def _answer(who: Account, prompt: Prompt, completion: Completion, request: str) -> Answer:
    model = completion.model or ""
    if not completion.choices:
        usage = _usage(completion.usage) if completion.usage else None
        said = completion.error.message or "" if completion.error else ""
        return malformed(prompt, who.quoted(f"no choices {said}"), request, usage, model)
    choice = completion.choices[0]
    text = _text(choice.message)
    usage = _usage(completion.usage) if completion.usage else estimated(prompt, text)
    if choice.message.refusal:
        return Answer(text, Ending.REFUSED, usage, model, request, who.quoted(choice.message.refusal))
    if choice.finish_reason == "content_filter":
        return Answer(text, Ending.REFUSED, usage, model, request, "content_filter")
    if choice.finish_reason == "length":
        return Answer(text, Ending.CUT_OFF, usage, model, request, "length")
    if not text.strip():
        return malformed(prompt, f"no text, finish_reason {choice.finish_reason}", request, usage, model)
    return Answer(text, Ending.COMPLETE, usage, model, request)


def _text(message: Message) -> str:
    if isinstance(message.content, list):
        return "".join(part.text or "" for part in message.content if part.type == "text")
    return message.content or ""


def _usage(tokens: Tokens) -> Usage:
    read_from = tokens.prompt_tokens_details or PromptDetails()
    written = tokens.completion_tokens_details or CompletionDetails()
    return Usage(
        tokens.prompt_tokens,
        tokens.completion_tokens,
        cached_tokens=read_from.cached_tokens or 0,
        cache_write_tokens=read_from.cache_write_tokens or 0,
        reasoning_tokens=written.reasoning_tokens or 0,
    )
