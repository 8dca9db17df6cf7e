"""What runs in the fence: compile a heuristic and let it solve instances."""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from evaluators.compiler import Compiled, compile_heuristic
from evaluators.features import ENTRY, SIGNATURE, SNIPPETS
from problems.base import AnyArray, Problem, RuleProblem, Split
from problems.plugins import load


class Solver:
    """The task of a warm process: holds the problem and its compiled simulators; one call judges one source text.

    Args:
        problem: The problem's name, as `problems.plugins.load` takes it.
        settings: Arguments of its constructor.
    """

    def __init__(self, problem: str, settings: Mapping[str, Any]) -> None:
        self.problem: Problem = load("evolve.problems", problem)(**settings)
        self.instances = {split: self.problem.instances(split) for split in Split}
        self._warm_up()

    def _warm_up(self) -> None:
        """Compile and run the template once, so that no candidate pays for what happens only once."""
        template = next(iter(self.problem.seeds.values()))
        self(template, {"split": Split.TRAIN, "only": [0]})()

    def prepare(self, features: Sequence[str]) -> None:
        """Compile a text of ours for each feature, so that no candidate pays for its first use."""
        for feature in features:
            compile_heuristic(SNIPPETS[feature], ENTRY, SIGNATURE)

    def __call__(self, source: str, request: Mapping[str, Any]) -> Callable[[], Mapping[str, AnyArray]]:
        """Compile; return a function that solves the instances.

        Args:
            source: Source text that has passed the static check.
            request: `split`, and optionally `only`: the indices of the instances wanted; or, to value the alternatives
                of a rule, `rows`: their float64 bytes in base 64, and `width`: the number of a rule's parameters.

        Returns:
            A function that returns the rows' `values`; or the solutions' arrays, named "INDEX/ARRAY", with `seconds`:
            (instances,) CPU seconds of each, and `compiling`: (1,) CPU seconds of that.
        """
        begin = time.process_time()
        compiled = compile_heuristic(source, self.problem.entry, self.problem.signature)
        compiling = time.process_time() - begin
        if "rows" in request:
            return self._valuing(compiled, request)
        instances = self.instances[Split(request["split"])]
        wanted = request.get("only") or range(len(instances))

        def run() -> Mapping[str, AnyArray]:
            arrays: dict[str, AnyArray] = {}
            seconds = []
            for index in wanted:
                begin = time.process_time()
                solution = self.problem.solve(compiled.address, instances[index])
                seconds.append(time.process_time() - begin)
                arrays |= {f"{index}/{name}": array for name, array in solution.items()}
            return arrays | {"seconds": np.array(seconds), "compiling": np.array([compiling])}

        return run

    def _valuing(self, compiled: Compiled, request: Mapping[str, Any]) -> Callable[[], Mapping[str, AnyArray]]:
        if not isinstance(self.problem, RuleProblem):
            raise TypeError(f"the heuristic of {self.problem.name} is not a rule")
        problem = self.problem
        rows = np.frombuffer(base64.b64decode(request["rows"])).reshape(-1, request["width"])
        return lambda: {"values": problem.values(compiled.address, rows.copy())}
