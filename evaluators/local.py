"""Judging on this machine: a fence that forks per candidate, and the measure outside it."""

import base64
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Semaphore
from typing import Any, Literal

import numpy as np
from numpy.random import default_rng

import problems.base
from evaluators.audit import audit
from evaluators.base import Evaluation, Measures, Status
from evaluators.features import features_of
from evaluators.plan import Plan, Stopped, behaviour
from evaluators.probes import DEVIATION, deviation
from problems.base import AnyArray, Arrays, Instance, InvalidSolution, Problem, RuleProblem, Split
from sandbox import Ending, Fence, Limits, Outcome, Rejected, check_source

ROWS = 100_000
"""How many alternatives one process values at most: 19 MB of the job shop's."""


class _NotValued(Exception):
    """The sandbox ended a call that was to value alternatives."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


class LocalEvaluator:
    """Judges candidates in sandboxed processes on this machine.

    Off the train split a rule is audited too, unless it is one of the problem's own seeds; see `evaluators.audit`.

    Args:
        problem: The problem, for its entry point and its measure.
        name: Its name, as `problems.plugins.load` takes it.
        settings: The arguments it was made with.
        workers: How many candidates are judged at once.
        isolation: "strict" refuses to run where the sandbox cannot be closed; "weak" does not.
        cpu_seconds: CPU limit for solving all instances of a split.
        memory_mb: Memory that a candidate may use beyond the warm process, in MiB.
        probes: Whether a rule gets a further measure on train, `evaluators.probes.DEVIATION`, for searches that tell
            kinds of rules apart. It rests on what the sandboxed process says, so it must not decide what is better.

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
        probes: bool = False,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        limits = Limits(run_cpu_seconds=cpu_seconds, memory_bytes=memory_mb * 2**20)
        self._problem = problem
        self._published = {check_source(source, problem.entry) for source in problem.seeds.values()}
        _let_simulators_be_kept()
        self._turns = Semaphore(workers)  # bounds the processes at work, whatever the number of threads that call
        self._fence = Fence(
            "evaluators.inside:Solver",
            {"problem": name, "settings": dict(settings), "probes": probes},
            limits=limits,
            isolation=isolation,
        )
        self._template = self._choices_of_template() if probes and isinstance(problem, RuleProblem) else None

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        """Return the verdict on a source text; see `evaluators.base.Evaluator`."""
        judged = self._checked(source, split, None)
        assert isinstance(judged, Evaluation), "without a plan nothing is stopped"
        return judged

    def staged(self, source: str, plan: Plan) -> Evaluation | Stopped:
        """Return the verdict on the train split, or where the plan ended it; see `evaluators.racing.Stages`."""
        return self._checked(source, Split.TRAIN, plan)

    def solutions(self, source: str, split: Split, indices: Sequence[int]) -> dict[str, Arrays]:
        """Return the solutions that a heuristic makes of some instances of a split, by name, each one checked.

        Args:
            indices: Positions of the instances in their split.

        Raises:
            InvalidSolution: The heuristic fails, or a solution breaks a constraint; the message says how.
        """
        try:
            checked = check_source(source, self._problem.entry)
        except Rejected as rejection:
            raise InvalidSolution(str(rejection)) from None
        only = [int(index) for index in indices]
        with self._turns:
            outcome = self._fence.call(checked, {"split": str(split), "only": only}, features=features_of(checked))
        if outcome.ending is not Ending.OK:
            raise InvalidSolution(f"{outcome.ending}: {outcome.message}")
        named = self._named(outcome.arrays, split)
        wanted = [self._problem.instances(split)[index] for index in indices]
        for instance in wanted:
            self._measure(instance, named.get(instance.name, {}))
        return {instance.name: named[instance.name] for instance in wanted}

    def _checked(self, source: str, split: Split, plan: Plan | None) -> Evaluation | Stopped:
        try:
            checked = check_source(source, self._problem.entry)
        except Rejected as rejection:
            return Evaluation(Status.REJECTED, message=str(rejection), cause="static check")
        with self._turns:
            return replace(self._judged(checked, split, plan), isolation=self._fence.isolation)

    def _judged(self, source: str, split: Split, plan: Plan | None) -> Evaluation | Stopped:
        request: dict[str, Any] = {"split": str(split), **({"plan": plan.request()} if plan else {})}
        outcome = self._fence.call(source, request, features=features_of(source))
        if outcome.ending is not Ending.OK:
            return _failed(outcome)
        solutions, instances = self._named(outcome.arrays, split), self._problem.instances(split)
        ordered = [instances[index] for index in plan.order] if plan else instances
        made = [solutions.get(instance.name, {}) for instance in ordered]
        behaves = behaviour(made[: plan.probes]) if plan else ""
        end = next((place for place, solution in enumerate(made) if not solution), len(made))
        try:
            measured = [self._measure(*pair) for pair in zip(ordered[:end], made, strict=False)]
            if end < len(made):
                if plan and (cause := plan.verdict(measured, made[:end])):
                    return Stopped(cause, tuple(measured), behaves, outcome.seconds, "")
                self._measure(ordered[end], {})  # it ended for no reason that the plan has
        except InvalidSolution as broken:
            return Evaluation(Status.INVALID, seconds=outcome.seconds, message=str(broken), cause="invalid solution")
        if split is not Split.TRAIN and (fault := self._audited(source, instances, solutions)):
            return replace(fault, seconds=outcome.seconds)
        by_name = dict(zip((instance.name for instance in ordered), measured, strict=True))
        per_instance = {instance.name: by_name[instance.name] for instance in instances}
        measures = mean_of(list(per_instance.values()))
        if self._template is not None and split is Split.TRAIN:
            measures = {**measures, DEVIATION: deviation(outcome.arrays.get("probes"), self._template)}
        return Evaluation(Status.OK, measures, per_instance, outcome.seconds, behaviour=behaves)

    def _audited(
        self, source: str, instances: Sequence[Instance], solutions: Mapping[str, Arrays]
    ) -> Evaluation | None:
        """Return the verdict on a rule that is none; None for what passes, and what need not be audited."""
        if not isinstance(self._problem, RuleProblem) or source in self._published:
            return None
        try:
            audit(self._problem, instances, solutions, lambda rows: self._values(source, rows), default_rng())
        except InvalidSolution as impure:
            return Evaluation(Status.INVALID, message=str(impure), cause="not a pure rule")
        except _NotValued as failure:
            return _failed(failure.outcome)
        return None

    def _choices_of_template(self) -> AnyArray:
        template = check_source(next(iter(self._problem.seeds.values())), self._problem.entry)
        outcome = self._fence.call(template, {"split": str(Split.TRAIN), "only": [0]})
        return outcome.arrays["probes"]

    def _measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        measured = {name: float(value) for name, value in self._problem.measure(instance, solution).items()}
        for name, value in measured.items():
            if not math.isfinite(value):
                raise ArithmeticError(f"{self._problem.name}: measure returned {value} as {name} of {instance.name}")
        return measured

    def _named(self, arrays: Arrays, split: Split) -> dict[str, dict[str, AnyArray]]:
        """Return the solutions by the names of their instances; what is not one of them is left out."""
        names = {str(number): instance.name for number, instance in enumerate(self._problem.instances(split))}
        solutions: dict[str, dict[str, AnyArray]] = {}
        for key, array in arrays.items():
            number, _, name = key.partition("/")
            if number in names:
                solutions.setdefault(names[number], {})[name] = array
        return solutions

    def _values(self, source: str, rows: AnyArray) -> AnyArray:
        """Return the value of each row, from fresh processes that see a share of the rows each."""
        parts = []
        for begin in range(0, len(rows), ROWS):
            part = rows[begin : begin + ROWS]
            request = {"rows": base64.b64encode(part.tobytes()).decode("ascii"), "width": rows.shape[1]}
            outcome = self._fence.call(source, request, features=features_of(source))
            if outcome.ending is not Ending.OK:
                raise _NotValued(outcome)
            values = outcome.arrays.get("values")
            if values is None or values.shape != (len(part),):
                raise InvalidSolution("the rule returns no value for some alternatives")
            parts.append(values)
        return np.concatenate(parts)

    def close(self) -> None:
        """End the warm process and whatever runs in it."""
        self._fence.close()


def _let_simulators_be_kept() -> None:
    """Name a folder for compiled simulators where the one beside their source cannot be written."""
    if not os.access(Path(problems.base.__file__).parent, os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(Path("~/.cache/evolve-heuristics").expanduser()))


def _failed(outcome: Outcome) -> Evaluation:
    return Evaluation(Status(outcome.ending), seconds=outcome.seconds, message=outcome.message, cause=outcome.cause)


def mean_of(measured: Sequence[Measures]) -> Measures:
    """Return the mean of each measure, each instance with equal weight."""
    return {name: float(np.mean([measures[name] for measures in measured])) for name in measured[0]}
