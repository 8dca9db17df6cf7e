"""One try of a call, paid for: set aside before, settled afterwards."""

from dataclasses import dataclass, replace
from typing import Protocol

from evolve.candidate import Cost
from evolve.llm.base import Answer, Ending, Model, Prompt, Transient, Unusable, Usage
from evolve.llm.kept import Notes
from evolve.llm.ledger import Ledger, NotCalled
from evolve.llm.prices import Price

OVERHEAD_TOKENS = 1000
"""More than any provider wraps around a prompt."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try, and what it cost."""

    outcome: Answer | Transient
    cost: Cost


class Payer(Protocol):
    """Tries once. Called from several threads at once."""

    def __call__(self, prompt: Prompt) -> Attempt:
        """Return what came of one try.

        Raises:
            evolve.llm.ledger.NotCalled: A cap is reached or the run is ending.
            evolve.llm.base.Unusable: No try will succeed.
        """
        ...

    def most(self, prompt: Prompt) -> Cost:
        """Return what a try can cost at most."""
        ...


class Paying:
    """Keeps the ledger and the notes of what a model's calls cost.

    Args:
        price: Dollars of a usage.
        max_output_tokens: What the model may write at most, as it is told with every call.
    """

    def __init__(self, model: Model, price: Price, ledger: Ledger, notes: Notes, max_output_tokens: int) -> None:
        self._model, self._price, self._ledger, self._notes = model, price, ledger, notes
        self._max_output_tokens = max_output_tokens

    def __call__(self, prompt: Prompt) -> Attempt:
        """Return what came of one try; see `Payer`."""
        most = cost = self.most(prompt)  # what ends in a way that nobody foresaw may have been paid for
        charged = most.usd > 0.0 or not most.priced  # what is free leaves no note that could be owed
        self._ledger.reserve(most)
        try:
            if charged:
                self._notes.sent(prompt.number, most)
            attempt = self._try(prompt, most)
            cost = attempt.cost
            return attempt
        except NotCalled:
            cost = Cost()
            raise
        except Unusable as failure:
            cost = most if failure.billed else Cost()
            raise
        finally:
            self._ledger.settle(most, cost)
            if charged:
                self._notes.settled(prompt.number, cost)

    def most(self, prompt: Prompt) -> Cost:
        """Return what a try can cost at most: a token is at least a byte, and all input may be written to a cache."""
        size = len((prompt.system + prompt.user).encode("utf-8", "replace")) + OVERHEAD_TOKENS
        plain = self._cost(Usage(size, self._max_output_tokens, estimated=True))
        written = self._cost(Usage(size, self._max_output_tokens, cache_write_tokens=size, estimated=True))
        return replace(plain, usd=max(plain.usd, written.usd))

    def _try(self, prompt: Prompt, most: Cost) -> Attempt:
        try:
            answer = self._model(prompt)
        except Transient as failure:
            return Attempt(failure, most if failure.billed else Cost())
        untold = answer.ending is Ending.MALFORMED and answer.usage.estimated
        return Attempt(answer, most if untold else self._cost(answer.usage))

    def _cost(self, usage: Usage) -> Cost:
        usd = self._price(usage)
        return Cost(
            usage.input_tokens,
            usage.output_tokens,
            usd or 0.0,
            usage.cached_tokens,
            usage.reasoning_tokens,
            priced=usd is not None,
            estimated=usage.estimated,
        )
