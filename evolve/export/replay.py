"""What runs in the fence to verify an export: our own simulator, and the very text that is to be written.

The text is imported as a module of its own where none of our packages can be imported, and, where wanted, no numba.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from evaluators.compiler import compile_heuristic
from evaluators.features import ENTRY, SIGNATURE, SNIPPETS
from problems.base import AnyArray, Instance, Problem, Reference, ReferenceKind, Split
from problems.plugins import load
from sandbox import check_source

OURS = ("evolve", "evaluators", "problems", "sandbox", "app")
NONE = Reference(1.0, ReferenceKind.LOWER_BOUND, "")
Run = Callable[[], Mapping[str, AnyArray]]


class Replay:
    """The task of a warm process: solves instances with our simulator, or with an exported text.

    Args:
        problem: The problem's name, as `problems.plugins.load` takes it.
        settings: Arguments of its constructor.
        warm_up: The export of the problem's template, trusted: what happens once in a process happens to it.
    """

    def __init__(self, problem: str, settings: Mapping[str, Any], warm_up: str) -> None:
        self.problem: Problem = load("evolve.problems", problem)(**settings)
        self.instances = {split: self.problem.instances(split) for split in Split}
        driver = self.problem.driver()
        if driver is None:
            raise TypeError(f"{self.problem.name} has no driver")
        self.driver = import_module(driver.module)
        examples = [self.driver.read(text, f"case {number}") for number, text in enumerate(self.driver.EXAMPLES, 1)]
        self.examples = [Instance("", "", arrays, NONE) for arrays in examples]
        first = self.instances[Split.TRAIN][:1]
        template = next(iter(self.problem.seeds.values()))
        self._ours(template, [*self.examples, *first])()
        self._theirs(warm_up, first, True)()

    def prepare(self, features: Sequence[str]) -> None:
        """Compile a text of ours for each feature, so that no export pays for its first use."""
        for feature in features:
            compile_heuristic(SNIPPETS[feature], ENTRY, SIGNATURE)

    def __call__(self, source: str, request: Mapping[str, Any]) -> Run:
        """Compile; return a function that solves the instances.

        Args:
            source: The heuristic, or the text of an exported module.
            request: `instances`: positions of instances by split, or empty for the driver's examples; `by`: "ours",
                "numba" or "plain".

        Returns:
            A function that returns the arrays of each solution, named "INDEX/ARRAY", with `objective` and `seconds` of
            each: its CPU time.
        """
        wanted = request["instances"].items()
        chosen = [self.instances[Split(split)][index] for split, indices in wanted for index in indices]
        chosen = chosen or self.examples
        if request["by"] == "ours":
            return self._ours(check_source(source, self.problem.entry), chosen)
        return self._theirs(source, chosen, request["by"] == "numba")

    def _ours(self, source: str, instances: Sequence[Instance]) -> Run:
        compiled = compile_heuristic(source, self.problem.entry, self.problem.signature)
        objective = self.driver.objective

        def solve(instance: Instance) -> Mapping[str, AnyArray]:
            solution = self.problem.solve(compiled.address, instance)
            return {name: array.astype(np.int64) if array.dtype.kind in "iu" else array
                     for name, array in solution.items()}  # fmt: skip

        return lambda: _solved(instances, solve, objective)

    def _theirs(self, text: str, instances: Sequence[Instance], numba: bool) -> Run:
        with _alone(numba):
            module = ModuleType("exported")
            sys.modules["exported"] = module
            exec(compile(text, "<exported>", "exec"), module.__dict__)
            failures = module.PROGRAM.failures()  # compiles too, which is not possible later
            if failures:
                raise ValueError(f"its self-test fails: {failures[0]}")
            for instance in instances[:1] if numba else []:
                module.PROGRAM.solve(instance.arrays)

        def run() -> Mapping[str, AnyArray]:
            with _alone(numba):
                program = module.PROGRAM
                return _solved(instances, lambda instance: program.solve(instance.arrays), program.objective)

        return run


def _solved(
    instances: Sequence[Instance],
    solve: Callable[[Instance], Mapping[str, AnyArray]],
    objective: Callable[[Mapping[str, AnyArray], Mapping[str, AnyArray]], float],
) -> dict[str, AnyArray]:
    arrays: dict[str, AnyArray] = {}
    values, seconds = np.empty(len(instances)), np.empty(len(instances))
    with np.errstate(all="ignore"):
        for index, instance in enumerate(instances):
            begin = time.process_time()
            solution = solve(instance)
            seconds[index] = time.process_time() - begin
            values[index] = objective(instance.arrays, solution)
            arrays |= {f"{index}/{name}": array for name, array in solution.items()}
    return arrays | {"objective": values, "seconds": seconds}


@contextmanager
def _alone(numba: bool) -> Iterator[None]:
    """Hide our packages, and numba unless it is wanted, from what is imported and run inside."""
    roots = {*OURS, *([] if numba else ["numba"])}
    hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in roots}
    for name in hidden.keys() | roots:
        sys.modules[name] = None  # type: ignore[assignment]  # what makes an import of it fail
    try:
        yield
    finally:
        for name in hidden.keys() | roots:
            del sys.modules[name]
        sys.modules.update(hidden)
