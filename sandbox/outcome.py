"""What a call can end in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]
"""Named NumPy arrays: what a run returns."""


class Ending(StrEnum):
    """How a call ended."""

    OK = "ok"
    REJECTED = "rejected"  # the first phase refused the text
    ERROR = "error"  # the second phase raised, or the answer cannot be read
    TIMEOUT = "timeout"
    MEMORY = "memory"
    KILLED = "killed"  # by a signal or a forbidden system call


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one call.

    Attributes:
        ending: How it ended.
        arrays: What the run returned; empty unless the ending is OK. Not to be trusted.
        seconds: CPU seconds of the child, as the kernel counted them.
        message: What went wrong, in one or two sentences; empty when OK. May quote the child.
        cause: One to three words for counting failures; empty when OK.
    """

    ending: Ending
    arrays: Arrays = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""
    cause: str = ""


class SandboxUnavailable(RuntimeError):
    """No fence can be set up here; the message names what is missing and what to do."""
