"""What runs in the fence: compile a heuristic and let it solve instances."""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from evaluators.base import Measures
from evaluators.compiler import Compiled, compile_heuristic
from evaluators.features import ENTRY, SIGNATURE, SNIPPETS
from evaluators.plan import Plan
from evaluators.probes import Probes
from problems.base import AnyArray, Arrays, BoundBroken, Instance, InvalidSolution, Problem, RuleProblem, Split
from problems.plugins import load


class Solver:
    """The task of a warm process: holds the problem and its compiled simulators; one call judges one source text.

    Args:
        problem: The problem's name, as `problems.plugins.load` takes it.
        settings: Arguments of its constructor.
        probes: Whether a rule that solves train instances also says what it chooses in the probe states.
    """

    def __init__(self, problem: str, settings: Mapping[str, Any], probes: bool = False) -> None:
        self.problem: Problem = load("evolve.problems", problem)(**settings)
        self.instances = {split: self.problem.instances(split) for split in Split}
        self._probes: Probes | None = None
        self._warm_up()
        if probes:
            self._probes = self._probe_states()

    def _probe_states(self) -> Probes | None:
        if not isinstance(self.problem, RuleProblem):
            return None
        compiled = compile_heuristic(
            next(iter(self.problem.seeds.values())), self.problem.entry, self.problem.signature
        )
        probes = Probes(self.problem, compiled.address, self.instances[Split.TRAIN])
        probes.choices(compiled.address)  # nothing is left to be compiled on first use
        return probes

    def _warm_up(self) -> None:
        """Compile and run the template once, so that no candidate pays for what happens only once."""
        template = next(iter(self.problem.seeds.values()))
        solution = self(template, {"split": Split.TRAIN, "only": [0]})()
        named = {key.removeprefix("0/"): array for key, array in solution.items() if key.startswith("0/")}
        self.problem.measure(self.instances[Split.TRAIN][0], named)

    def prepare(self, features: Sequence[str]) -> None:
        """Compile a text of ours for each feature, so that no candidate pays for its first use."""
        for feature in features:
            compile_heuristic(SNIPPETS[feature], ENTRY, SIGNATURE)

    def __call__(self, source: str, request: Mapping[str, Any]) -> Callable[[], Mapping[str, AnyArray]]:
        """Compile; return a function that solves the instances.

        Args:
            source: Source text that has passed the static check.
            request: `split`, and optionally `only`: the indices of the instances wanted, or `plan`: what
                `evaluators.plan.Plan.request` returned, by which not all may be solved; or, to value the alternatives
                of a rule, `rows`: their float64 bytes in base 64, and `width`: the number of a rule's parameters.

        Returns:
            A function that returns the rows' `values`; or the solutions' arrays, named "INDEX/ARRAY", with `seconds`:
            (instances,) CPU seconds of each, `compiling`: (1,) CPU seconds of that, and on train, where they are asked
            for and the rule does not raise, `probes`: its choices in the probe states.
        """
        begin = time.process_time()
        compiled = compile_heuristic(source, self.problem.entry, self.problem.signature)
        compiling = time.process_time() - begin
        if "rows" in request:
            return self._valuing(compiled, request)
        instances = self.instances[Split(request["split"])]
        plan = Plan.of(request["plan"]) if "plan" in request else None
        wanted = plan.order if plan else request.get("only") or range(len(instances))

        def run() -> Mapping[str, AnyArray]:
            arrays: dict[str, AnyArray] = {}
            seconds = []
            solved: list[tuple[Measures, Arrays]] = []
            for index in wanted:
                begin = time.process_time()
                solution = self.problem.solve(compiled.address, instances[index])
                seconds.append(time.process_time() - begin)
                arrays |= {f"{index}/{name}": array for name, array in solution.items()}
                if plan and self._ends(plan, instances[index], solution, solved):
                    break
            if self._probes is not None and request["split"] == Split.TRAIN:
                with suppress(
                    Exception
                ):  # in a state that it never gets into by itself; the parent takes that for another kind
                    arrays["probes"] = self._probes.choices(compiled.address)
            return arrays | {"seconds": np.array(seconds), "compiling": np.array([compiling])}

        return run

    def _ends(self, plan: Plan, instance: Instance, solution: Arrays, solved: list[tuple[Measures, Arrays]]) -> bool:
        """Add a solution and its measures; return whether no more instances are to be solved."""
        if len(solved) >= plan.last:
            return False
        try:
            solved.append((self.problem.measure(instance, solution), solution))
        except (InvalidSolution, BoundBroken):
            return True  # the parent finds out too, and says so
        measured, solutions = zip(*solved, strict=True)
        return bool(plan.verdict(measured, solutions))

    def _valuing(self, compiled: Compiled, request: Mapping[str, Any]) -> Callable[[], Mapping[str, AnyArray]]:
        if not isinstance(self.problem, RuleProblem):
            raise TypeError(f"the heuristic of {self.problem.name} is not a rule")
        problem = self.problem
        rows = np.frombuffer(base64.b64decode(request["rows"])).reshape(-1, request["width"])
        return lambda: {"values": problem.values(compiled.address, rows.copy())}
