"""Models of Anthropic, through its Messages API."""

from typing import TYPE_CHECKING, Literal, cast

from evolve.llm.account import Account, account
from evolve.llm.base import Answer, Ending, Prompt, Usage
from evolve.llm.failures import lost, refusal, request_of
from evolve.llm.once import Once
from evolve.llm.reading import Count, Form, estimated, malformed, read, sendable
from evolve.llm.transport import direct, timeouts
from evolve.proposers.base import Means

if TYPE_CHECKING:  # the SDK takes seconds to import and is loaded with the first call
    from anthropic import Anthropic as Client

PROVIDER = "anthropic"
ENDINGS = {
    "end_turn": Ending.COMPLETE,
    "stop_sequence": Ending.COMPLETE,
    "max_tokens": Ending.CUT_OFF,
    "model_context_window_exceeded": Ending.CUT_OFF,
    "refusal": Ending.REFUSED,
}

Effort = Literal["low", "medium", "high", "xhigh", "max"]


class OutputDetails(Form):
    """Of the tokens written."""

    thinking_tokens: Count | None = None


class Tokens(Form):
    """What the call took; the three kinds of input add up to all that was read."""

    input_tokens: Count
    output_tokens: Count
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens_details: OutputDetails | None = None


class Block(Form):
    """Text, or the reasoning before it."""

    type: str
    text: str | None = None


class Stopped(Form):
    """Why the answer was refused."""

    category: str | None = None
    explanation: str | None = None


class Message(Form):
    """An answer of the Messages API."""

    content: list[Block] | None
    stop_reason: str | None
    model: str = ""
    stop_details: Stopped | None = None
    usage: Tokens | None = None


class Anthropic:
    """Answers prompts; see `evolve.llm.base.Model`. The API takes no sampling parameters.

    Args:
        model: As the provider names it.
        means: What the run lends; not used.
        effort: How much the model is to reason, from "low" to "max"; empty leaves it to the model.
        max_output_tokens: Limit on what is written, reasoning included.
        timeout: Seconds to wait for an answer.
        base_url: Another address than the provider's own; empty is ANTHROPIC_BASE_URL, or else the provider's.
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
        import anthropic

        try:
            raw = client.messages.with_raw_response.create(
                model=self._model,
                system=[{"type": "text", "text": sendable(prompt.system), "cache_control": {"type": "ephemeral"}}],
                messages=[{"role": "user", "content": sendable(prompt.user)}],
                max_tokens=self._max_output_tokens,
                output_config={"effort": cast(Effort, self._effort)} if self._effort else anthropic.omit,
            )
        except anthropic.APIStatusError as error:
            return refusal(who, error.status_code, error.response.headers, error.response.text)
        except anthropic.APIConnectionError as error:
            raise lost(who, error.__cause__) from None
        request = request_of(raw.headers)
        message = read(who, prompt, Message, raw.http_response.content, request)
        return message if isinstance(message, Answer) else _answer(who, prompt, message, request)

    def _connect(self) -> "Client":
        import anthropic

        who = self._account()
        return anthropic.Anthropic(
            api_key=who.key,
            base_url=who.address or None,
            timeout=timeouts(self._timeout),
            max_retries=0,
            http_client=direct(who.address),
        )


def _answer(who: Account, prompt: Prompt, message: Message, request: str) -> Answer:
    text = "".join(block.text or "" for block in message.content or [] if block.type == "text")
    usage = _usage(message.usage) if message.usage else estimated(prompt, text)
    ending = ENDINGS.get(message.stop_reason or "", Ending.MALFORMED)
    if ending is Ending.MALFORMED or (ending is Ending.COMPLETE and not text.strip()):
        return malformed(prompt, f"no text, stop_reason {message.stop_reason}", request, usage, message.model)
    stopped = message.stop_details or Stopped()
    detail = f"{stopped.category or 'no category'}: {stopped.explanation or 'no reason given'}"
    return Answer(
        text,
        ending,
        usage,
        message.model,
        request,
        {Ending.REFUSED: who.quoted(detail), Ending.CUT_OFF: message.stop_reason or ""}.get(ending, ""),
    )


def _usage(tokens: Tokens) -> Usage:
    cached, cache_write = tokens.cache_read_input_tokens or 0, tokens.cache_creation_input_tokens or 0
    return Usage(
        tokens.input_tokens + cached + cache_write,
        tokens.output_tokens,
        cached_tokens=cached,
        cache_write_tokens=cache_write,
        reasoning_tokens=(tokens.output_tokens_details or OutputDetails()).thinking_tokens or 0,
    )
