"""What a language model is to this program: a call that answers a prompt."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from evolve.candidate import Cost


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked.

    Attributes:
        number: The number of the candidate that is asked for; names files and orders the archive.
        system: The stable part, equal for all prompts of one operator, so that providers can cache it.
        user: The part that changes.
        operator: What is asked for.
        parents: Numbers of the records that it is about.
    """

    number: int
    system: str
    user: str
    operator: str = ""
    parents: tuple[int, ...] = ()


class Ending(StrEnum):
    """How an answer ended."""

    COMPLETE = "complete"
    CUT_OFF = "cut off"  # by the limit on output tokens or the context window
    REFUSED = "refused"  # by the model or a content filter
    MALFORMED = "malformed"  # the server answered, but not in its own format


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; cached ones are part of the input, reasoning part of the output.

    Attributes:
        estimated: The server did not tell; counted from the characters.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and what it took.

    Attributes:
        text: The answer; empty if there is none.
        model: The model that answered, as the server names it.
        request: The server's id of the call, for its support; may be empty.
        detail: Why it was refused or how it is malformed.
    """

    text: str
    ending: Ending
    usage: Usage
    model: str = ""
    request: str = ""
    detail: str = ""


class Transient(Exception):
    """The call failed in a way that another try may mend.

    Attributes:
        wait: Seconds that the server asks to wait; None if it does not say.
        crowded: The server says that it has too many requests: send fewer at once.
        billed: The request was sent and no answer came back, so that it may have been paid for.
    """

    def __init__(self, message: str, *, wait: float | None = None, crowded: bool = False, billed: bool = False) -> None:
        super().__init__(message)
        self.wait = wait
        self.crowded = crowded
        self.billed = billed


class Unusable(RuntimeError):
    """The provider cannot be used as it is set up: key, quota, model, address; the message says what to do.

    Attributes:
        billed: The request was sent and its answer is lost, so that it may have been paid for.
    """

    def __init__(self, message: str, *, billed: bool = False) -> None:
        super().__init__(message)
        self.billed = billed


class Model(Protocol):
    """Answers prompts. Called from several threads at once."""

    def __call__(self, prompt: Prompt) -> Answer:
        """Return the answer; block until it is there.

        Raises:
            Transient: Another try may succeed.
            Unusable: No try will.
        """
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """A paid answer.

    Attributes:
        cost: Of all tries; what was sent and never answered counts at the most it can have cost.
        attempts: What went wrong in earlier tries, one line each.
        seconds: Wall time, waiting included.
        asked: What it answers, if an earlier session of the run has asked it; None if it answers what is asked now.
    """

    answer: Answer
    cost: Cost
    attempts: tuple[str, ...]
    seconds: float
    asked: Prompt | None = None


class Writer(Protocol):
    """A model with everything around it: tries again, keeps to the caps, and loses no answer that was paid for.

    Called from several threads at once.
    """

    def __call__(self, prompt: Prompt) -> Written:
        """Return the answer and what it cost; an answer that an earlier, killed session of the run got is used first.

        Raises:
            evolve.llm.ledger.NotCalled: A cap is reached or the run is ending; nothing is owed.
            Unusable: The provider cannot be used as it is set up, or did not answer however often it was tried.
        """
        ...

    def most(self, prompt: Prompt) -> Cost:
        """Return what a call can cost at most."""
        ...
