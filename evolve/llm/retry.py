"""Trying again: with growing pauses, as the server asks, not for ever, and not once the run ends."""

import random
import time
from threading import Event

from evolve.candidate import Cost
from evolve.llm.base import Answer, Ending, Prompt, Transient, Unusable, Written
from evolve.llm.ledger import NotCalled
from evolve.llm.paying import Payer

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
LONGEST_ASKED = 60.0
"""Seconds; a server that asks for more is asked again after these."""


class Retrying:
    """A writer that tries again.

    Pauses grow as 1, 2, 4, ... seconds, each cut by a random share of up to a half, so that calls that failed
    together do not come back together. A malformed answer is tried once more.

    Args:
        name: The model, as "provider:name".
        tries: How often a prompt is tried at most.
        stop: Set when the run ends.
    """

    def __init__(self, inner: Payer, name: str, tries: int, stop: Event) -> None:
        if tries < 1:
            raise ValueError(f"tries = {tries}: every call must be tried at least once")
        self._inner, self._name, self._tries, self._stop = inner, name, tries, stop
        self._random = random.Random()  # pauses are no part of what a run repeats

    def __call__(self, prompt: Prompt) -> Written:
        """Return the answer and what it cost; see `evolve.llm.base.Writer`."""
        begin, cost, failed = time.monotonic(), Cost(), list[Answer | Transient]()

        def written(answer: Answer) -> Written:
            attempts = tuple(_line(earlier) for earlier in failed if earlier is not answer)
            return Written(answer, cost, attempts, time.monotonic() - begin)

        for number in range(self._tries):
            try:
                if failed:
                    self._pause(number, failed[-1])
                attempt = self._inner(prompt)
            except NotCalled:
                if (paid := _malformed(failed)) is None:
                    raise
                return written(paid)
            cost += attempt.cost
            match attempt.outcome:
                case Answer() as answer if answer.ending is not Ending.MALFORMED or _malformed(failed) is not None:
                    return written(answer)
                case outcome:
                    failed.append(outcome)
        if (paid := _malformed(failed)) is not None:
            return written(paid)
        tries = "1 try" if self._tries == 1 else f"{self._tries} tries"
        raise Unusable(f"{self._name} did not answer after {tries}: {_line(failed[-1])}")

    def most(self, prompt: Prompt) -> Cost:
        """Return what a try can cost at most."""
        return self._inner.most(prompt)

    def _pause(self, number: int, failed: Answer | Transient) -> None:
        pause = min(FIRST_PAUSE * 2 ** (number - 1), LONGEST_PAUSE) * self._random.uniform(0.5, 1.0)
        if isinstance(failed, Transient) and failed.wait is not None:
            pause += min(failed.wait, LONGEST_ASKED)
        if self._stop.wait(min(pause, LONGEST_ASKED)):
            raise NotCalled


def _malformed(failed: list[Answer | Transient]) -> Answer | None:
    """Return the malformed answer among what failed: it was paid for, and is better archived than forgotten."""
    return next((outcome for outcome in failed if isinstance(outcome, Answer)), None)


def _line(outcome: Answer | Transient) -> str:
    return f"{outcome.ending}: {outcome.detail}" if isinstance(outcome, Answer) else str(outcome)
