"""Judging on this machine: a fence that forks per candidate, and the measure outside it."""

from collections.abc import Mapping, Sequence
from threading import Semaphore
from typing import Any, Literal

import numpy as np

from evaluators.base import Evaluation, Measures, Status
from problems.base import Arrays, InvalidSolution, Problem, Split
from sandbox import Ending, Fence, Limits, Rejected, check_source


class LocalEvaluator:
    """Judges candidates in sandboxed processes on this machine.

    Args:
        problem: The problem, for its entry point and its measure.
        name: Its name, as `problems.plugins.load` takes it.
        settings: The arguments it was made with.
        workers: How many candidates are judged at once.
        isolation: "strict" refuses to run where the sandbox cannot be closed; "weak" does not.
        cpu_seconds: CPU limit for solving all instances of a split.
        memory_mb: Memory that a candidate may use beyond the warm process, in MiB.

    Raises:
        sandbox.SandboxUnavailable: No fence can be set up here.
    """

    def __init__(
        self,
        problem: Problem,
        name: str,
        settings: Mapping[str, Any],
        *,
        workers: int = 2,
        isolation: Literal["strict", "weak"] = "strict",
        cpu_seconds: float = 10.0,
        memory_mb: int = 1024,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        limits = Limits(run_cpu_seconds=cpu_seconds, memory_bytes=memory_mb * 2**20)
        self._problem = problem
        self._turns = Semaphore(workers)  # bounds the processes at work, whatever the number of threads that call
        self._fence = Fence(
            "evaluators.inside:Solver",
            {"problem": name, "settings": dict(settings)},
            limits=limits,
            isolation=isolation,
        )

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        """Return the verdict on a source text; see `evaluators.base.Evaluator`."""
        try:
            checked = check_source(source, self._problem.entry)
        except Rejected as rejection:
            return Evaluation(Status.REJECTED, message=str(rejection), cause="static check")
        with self._turns:
            outcome = self._fence.call(checked, {"split": str(split)})
            if outcome.ending is not Ending.OK:
                return Evaluation(
                    Status(outcome.ending),
                    seconds=outcome.seconds,
                    message=outcome.message,
                    cause=outcome.cause,
                    isolation=self._fence.isolation,
                )
            return self._measured(outcome.arrays, split, outcome.seconds)

    def _measured(self, arrays: Arrays, split: Split, seconds: float) -> Evaluation:
        solutions: dict[str, dict[str, Any]] = {}
        for key, array in arrays.items():
            index, _, name = key.partition("/")
            solutions.setdefault(index, {})[name] = array
        per_instance = {}
        isolation = self._fence.isolation
        for number, instance in enumerate(self._problem.instances(split)):
            try:
                per_instance[instance.name] = self._problem.measure(instance, solutions.get(str(number), {}))
            except InvalidSolution as broken:
                return Evaluation(
                    Status.INVALID, seconds=seconds, message=str(broken), cause="invalid solution", isolation=isolation
                )
        return Evaluation(Status.OK, mean_of(list(per_instance.values())), per_instance, seconds, isolation=isolation)

    def close(self) -> None:
        """End the warm process and whatever runs in it."""
        self._fence.close()


def mean_of(measured: Sequence[Measures]) -> Measures:
    """Return the mean of each measure, each instance with equal weight."""
    return {name: float(np.mean([measures[name] for measures in measured])) for name in measured[0]}
