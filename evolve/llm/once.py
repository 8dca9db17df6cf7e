"""Making something at its first use."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Makes an object when it is first asked for; may be asked from several threads at once.

    Args:
        make: Makes the object; called again if it raised.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: list[Made] = []
        self._lock = Lock()  # guards `_made`: two clients would be two pools of connections

    def __call__(self) -> Made:
        """Return the object."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
