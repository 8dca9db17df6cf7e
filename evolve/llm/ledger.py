"""What a run may spend: hard caps on dollars and tokens, held under any number of calls at once."""

from threading import Condition, Event

from evolve.candidate import Cost


class NotCalled(Exception):
    """A call was not made, or not tried again: it could exceed a cap, or the run is ending. Nothing is owed."""


class Ledger:
    """Keeps what is spent and what calls under way may come to.

    Args:
        usd: Cap on dollars; None is no cap.
        tokens: Cap on tokens, read and written; None is no cap.
        spent: What earlier sessions of the run have spent.
        stop: Set when the run ends.
    """

    def __init__(self, usd: float | None, tokens: int | None, spent: Cost, stop: Event) -> None:
        self._usd, self._tokens = usd, tokens
        self._spent = spent
        self._reserved: list[Cost] = []
        self._changed = Condition()  # guards `_spent` and `_reserved`
        self._stop = stop

    def reserve(self, most: Cost) -> None:
        """Set aside what a call can cost at most; wait for calls under way to end if there is no room yet.

        Raises:
            NotCalled: There is no room and there will be none, or the run ends.
        """
        with self._changed:
            while not self._fits(most):
                if not self._reserved or self._stop.is_set():
                    raise NotCalled
                self._changed.wait(0.2)
            self._reserved.append(most)

    def settle(self, most: Cost, actual: Cost) -> None:
        """Replace what was set aside for a call by what it has cost."""
        with self._changed:
            self._reserved.remove(most)
            self._spent += actual
            self._changed.notify_all()

    def _fits(self, most: Cost) -> bool:
        total = sum(self._reserved, self._spent + most)
        return (self._usd is None or total.usd <= self._usd) and (self._tokens is None or total.tokens <= self._tokens)
