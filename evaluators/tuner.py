"""Tuning the constants of a heuristic, from outside the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock, Semaphore
from types import TracebackType
from typing import Any, Literal

import numpy as np

from evaluators.constants import MOST, Lifted, lift, put_back
from evaluators.features import features_of
from evaluators.probes import spaced
from problems.base import AnyArray, Problem, Split
from sandbox import Ending, Fence, Limits, Outcome, Rejected, check_source

LARGEST = 1e9
"""What a tuned constant may be at most."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A heuristic with tuned constants.

    Attributes:
        source: Its text.
        constants: How many constants were tuned.
        trials: How many settings of them were tried.
    """

    source: str
    constants: int
    trials: int


class Tuner:
    """Tunes constants in a warm process of its own, which starts with the first call; see `evaluators.tuning`.

    Thread safety: may be called by several threads at once.

    Args:
        problem: The problem, for its entry point and its train instances.
        name: Its name, as `problems.plugins.load` takes it.
        settings: The arguments it was made with.
        trials: How many settings of the constants are tried at most.
        instances: On how many train instances, evenly spaced over the split, each setting is tried at most.
        workers: How many heuristics are tuned at once.
        isolation: As `evaluators.local.LocalEvaluator` takes it.
        cpu_seconds: CPU limit for tuning one heuristic; the search ends after half of it.
        memory_mb: Memory that it may use beyond the warm process, in MiB.
    """

    def __init__(
        self,
        problem: Problem,
        name: str,
        settings: Mapping[str, Any],
        *,
        trials: int = 600,
        instances: int = 100,
        workers: int = 1,
        isolation: Literal["strict", "weak"] = "strict",
        cpu_seconds: float = 60.0,
        memory_mb: int = 1024,
    ) -> None:
        if trials < 10 or instances < 1 or workers < 1:
            raise ValueError("trials must be at least 10, instances and workers at least 1")
        self._only = spaced(len(problem.instances(Split.TRAIN)), instances)
        self._problem, self._trials, self._seconds = problem, trials, cpu_seconds / 2.0
        self._options: dict[str, Any] = {"problem": name, "settings": dict(settings)}
        self._limits = Limits(
            run_cpu_seconds=cpu_seconds, wall_seconds=max(120.0, 4.0 * cpu_seconds), memory_bytes=memory_mb * 2**20
        )
        self._isolation = isolation
        self._turns = Semaphore(workers)
        self._lock = Lock()  # guards `_fence`: it is started once
        self._fence: Fence | None = None

    def __call__(self, source: str, seed: int) -> Tuned | None:
        """Return a heuristic with better constants on some train instances; None if none are found.

        Args:
            source: The heuristic.
            seed: Of the search; at least 1. The same seed finds the same constants.

        Raises:
            sandbox.SandboxUnavailable: No fence can be set up here.
        """
        try:
            checked = check_source(source, self._problem.entry)
        except Rejected:
            return None
        with self._turns:
            for lifted in dict.fromkeys((lift(checked), lift(checked, integers=False))):
                if not 0 < len(lifted.values) <= MOST:
                    return None
                outcome = self._call(checked, lifted, seed)
                if outcome.ending is Ending.OK:
                    return self._tuned(lifted, outcome)
                if outcome.ending is not Ending.REJECTED:
                    return None
        return None

    def _call(self, checked: str, lifted: Lifted, seed: int) -> Outcome:
        with self._lock:
            if self._fence is None:
                self._fence = Fence(
                    "evaluators.tuning:Tuning", self._options, limits=self._limits, isolation=self._isolation
                )
        request: dict[str, Any] = {
            "values": list(lifted.values),
            "only": self._only,
            "trials": self._trials,
            "seconds": self._seconds,
            "seed": seed,
        }
        return self._fence.call(lifted.source, request, features=features_of(checked))

    def _tuned(self, lifted: Lifted, outcome: Outcome) -> Tuned | None:
        values, trials = outcome.arrays.get("values"), outcome.arrays.get("trials")
        if not _usable(values, len(lifted.values)) or not _usable(trials, 1):
            return None
        assert values is not None, "it is usable"
        assert trials is not None, "it is usable"
        source = put_back(lifted.source, [float(value) for value in values])
        if source == put_back(lifted.source, lifted.values):
            return None
        return Tuned(source, len(lifted.values), int(trials[0]))

    def __enter__(self) -> "Tuner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the warm process and whatever runs in it."""
        with self._lock:
            if self._fence is not None:
                self._fence.close()


def _usable(array: AnyArray | None, length: int) -> bool:
    """Return whether an array from the sandbox holds so many numbers of a size that can be written down."""
    if array is None or array.shape != (length,) or array.dtype.kind not in "fiu":
        return False
    return bool((np.abs(array.astype(float)) <= LARGEST).all())
