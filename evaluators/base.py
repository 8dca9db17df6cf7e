"""The verdict on a candidate, and who gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from problems.base import Arrays, Split

Measures = Mapping[str, float]


class Status(StrEnum):
    """How an evaluation ended."""

    OK = "ok"
    REJECTED = "rejected"  # by the static check, or by the compiler
    ERROR = "error"  # the heuristic raised, or returned what it may not
    TIMEOUT = "timeout"
    MEMORY = "memory"
    KILLED = "killed"  # by a signal or a forbidden system call
    INVALID = "invalid"  # the solution breaks a constraint
    STOPPED = "stopped"  # nothing is wrong with it, and it need not be judged further

    @property
    def failed(self) -> bool:
        """Whether something is wrong with the heuristic."""
        return self not in (Status.OK, Status.STOPPED)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdict on one source text.

    Attributes:
        measures: Means over the instances, each instance with equal weight; lower is better, always finite; empty
            unless the status is OK.
        per_instance: Measures by instance name; of those that were solved, where it was stopped; else empty unless the
            status is OK.
        seconds: CPU seconds it took in the sandbox.
        message: What went wrong, worded for the next prompt; empty when OK.
        cause: One word or two for counting failures; empty when OK.
        isolation: How well the sandbox was closed: "strict" or "weak".
        behaviour: Stands for the solutions of some train instances; equal ones came from equal decisions. Empty where
            it was not asked for; see `evaluators.racing`.
    """

    status: Status
    measures: Measures = field(default_factory=dict)
    per_instance: Mapping[str, Measures] = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""
    cause: str = ""
    isolation: str = "strict"
    behaviour: str = ""


class Evaluator(Protocol):
    """Judges one source text."""

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        """Return the verdict; block until it is known.

        Called from several worker threads at once. A bad heuristic is a verdict; only a broken machine raises.

        Raises:
            sandbox.SandboxUnavailable: No fence can be set up here.
        """
        ...


class Workshop(Evaluator, Protocol):
    """An evaluator that also hands out what it judges."""

    def solutions(self, source: str, split: Split, indices: Sequence[int]) -> Mapping[str, Arrays]:
        """Return the solutions that a heuristic makes of some instances of a split, by name, each one checked.

        Args:
            source: The heuristic.
            split: Where the instances are from.
            indices: Positions of the instances in their split.

        Raises:
            problems.base.InvalidSolution: The heuristic fails, or a solution breaks a constraint.
        """
        ...
