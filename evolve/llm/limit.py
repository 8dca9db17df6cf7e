"""How many calls of a provider are under way at once; falls when it says that it is crowded.

Additive increase, multiplicative decrease: Chiu and Jain (1989), Computer Networks and ISDN Systems 17.
"""

from threading import Condition, Event

from evolve.candidate import Cost
from evolve.llm.base import Answer, Prompt
from evolve.llm.ledger import NotCalled
from evolve.llm.paying import Attempt, Payer


class Limit:
    """The limit of one provider, shared by all its models.

    Args:
        most: What the limit starts with and never exceeds.
        stop: Set when the run ends.
    """

    def __init__(self, most: int, stop: Event) -> None:
        if most < 1:
            raise ValueError(f"concurrency = {most}: at least one call must be under way")
        self._most, self._stop = most, stop
        self._limit, self._under_way, self._generation = float(most), 0, 0
        self._changed = Condition()  # guards the three numbers above

    @property
    def limit(self) -> float:
        """How many calls may be under way; its whole part counts."""
        return self._limit

    def enter(self) -> int:
        """Wait for a place; return the generation of the call: how often the limit had fallen when it began.

        Raises:
            NotCalled: The run ends.
        """
        with self._changed:
            while self._under_way >= int(self._limit) and not self._stop.is_set():
                self._changed.wait(0.2)
            if self._stop.is_set():
                raise NotCalled
            self._under_way += 1
            return self._generation

    def leave(self) -> None:
        """Give a place back."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify(2)  # one for this place, one for what `served` may have added

    def served(self) -> None:
        """Raise the limit a little, by one for as many successes as there are places."""
        with self._changed:
            self._limit = min(self._most, self._limit + 1 / self._limit)

    def crowded(self, generation: int) -> None:
        """Halve the limit, unless it has fallen since the call began: calls of one burst count once."""
        with self._changed:
            if generation == self._generation:
                self._limit = max(1.0, self._limit / 2)
                self._generation += 1


class Limited:
    """Makes calls within a limit. A call waits here before anything is set aside for it in the ledger."""

    def __init__(self, inner: Payer, limit: Limit) -> None:
        self._inner, self._limit = inner, limit

    def __call__(self, prompt: Prompt) -> Attempt:
        """Return what came of one try; see `evolve.llm.paying.Payer`."""
        generation = self._limit.enter()
        try:
            attempt = self._inner(prompt)
            if isinstance(attempt.outcome, Answer):
                self._limit.served()
            elif attempt.outcome.crowded:
                self._limit.crowded(generation)
            return attempt
        finally:
            self._limit.leave()

    def most(self, prompt: Prompt) -> Cost:
        """Return what a try can cost at most."""
        return self._inner.most(prompt)
