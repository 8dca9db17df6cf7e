"""Judging on this machine: a fence that forks per candidate, and the measure outside it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Semaphore
from typing import Any, Literal

import numpy as np
from numpy.random import default_rng

from evaluators.audit import Valuer, audit
from evaluators.base import Evaluation, Measures, Status
from evaluators.features import features_of
from problems.base import AnyArray, Arrays, InvalidSolution, Problem, RuleProblem, Split
from sandbox import Ending, Fence, Limits, Outcome, Rejected, check_source


class LocalEvaluator:
    """Judges candidates in sandboxed processes on this machine; a rule that is judged on validation is audited too.

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
            return replace(self._judged(checked, split), isolation=self._fence.isolation)

    def _judged(self, source: str, split: Split) -> Evaluation:
        outcome = self._fence.call(source, {"split": str(split)}, features=features_of(source))
        if outcome.ending is not Ending.OK:
            return _failed(outcome)
        solutions = self._named(outcome.arrays, split)
        try:
            per_instance = {
                instance.name: self._problem.measure(instance, solutions.get(instance.name, {}))
                for instance in self._problem.instances(split)
            }
        except InvalidSolution as broken:
            return Evaluation(Status.INVALID, seconds=outcome.seconds, message=str(broken), cause="invalid solution")
        if split is Split.VALIDATION and isinstance(self._problem, RuleProblem):
            try:
                audit(self._problem, self._problem.instances(split), solutions, self._valuer(source), default_rng())
            except InvalidSolution as impure:
                return Evaluation(Status.INVALID, seconds=outcome.seconds, message=str(impure), cause="not a pure rule")
        return Evaluation(Status.OK, mean_of(list(per_instance.values())), per_instance, outcome.seconds)

    def _named(self, arrays: Arrays, split: Split) -> dict[str, dict[str, AnyArray]]:
        """Return the solutions by the names of their instances; what is not one of them is left out."""
        names = {str(number): instance.name for number, instance in enumerate(self._problem.instances(split))}
        solutions: dict[str, dict[str, AnyArray]] = {}
        for key, array in arrays.items():
            number, _, name = key.partition("/")
            if number in names:
                solutions.setdefault(names[number], {})[name] = array
        return solutions

    def _valuer(self, source: str) -> Valuer:
        """Return what values alternatives in a fresh process."""

        def values_of(rows: AnyArray) -> AnyArray:
            request = {"rows": base64.b64encode(rows.tobytes()).decode("ascii"), "width": rows.shape[1]}
            outcome = self._fence.call(source, request, features=features_of(source))
            values = outcome.arrays.get("values")
            if outcome.ending is not Ending.OK or values is None or values.shape != (len(rows),):
                raise InvalidSolution(f"the rule cannot be called outside a schedule: {outcome.message}")
            return values

        return values_of

    def close(self) -> None:
        """End the warm process and whatever runs in it."""
        self._fence.close()


def _failed(outcome: Outcome) -> Evaluation:
    return Evaluation(Status(outcome.ending), seconds=outcome.seconds, message=outcome.message, cause=outcome.cause)


def mean_of(measured: Sequence[Measures]) -> Measures:
    """Return the mean of each measure, each instance with equal weight."""
    return {name: float(np.mean([measures[name] for measures in measured])) for name in measured[0]}
