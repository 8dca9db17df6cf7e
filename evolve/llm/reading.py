"""Reading answers: what is not in a provider's format is malformed, never an exception."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evolve.llm.account import Account
from evolve.llm.base import Answer, Ending, Prompt, Usage

CHARACTERS_PER_TOKEN = 4

Count = Annotated[int, Field(ge=0)]


class Form(BaseModel):
    """A part of an answer; what else the server tells is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Shape = TypeVar("Shape", bound=Form)


def read(account: Account, prompt: Prompt, shape: type[Shape], body: bytes, request: str) -> Shape | Answer:
    """Return a body as an object of a shape, or a malformed answer."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        start = account.quoted(body[:80].decode("utf-8", "replace")) or "nothing"
        return malformed(prompt, f"{where or 'the body'}: {problem['msg']}; it starts with {start}", request)


def malformed(prompt: Prompt, detail: str, request: str = "", usage: Usage | None = None, model: str = "") -> Answer:
    """Return an answer that is none."""
    return Answer("", Ending.MALFORMED, usage or estimated(prompt, ""), model, request, detail)


def estimated(prompt: Prompt, text: str) -> Usage:
    """Return about how many tokens a call took."""
    return Usage(_tokens(prompt.system + prompt.user), _tokens(text), estimated=True)


def sendable(text: str) -> str:
    """Return a text without the half characters that no encoding can send."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
