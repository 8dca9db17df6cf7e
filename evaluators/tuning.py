"""What runs in the fence to tune a heuristic: compile it once, and try thousands of values for its constants."""

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import typing
from numba.extending import intrinsic

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that nothing can be plotted
    import cma

from evaluators.compiler import compile_heuristic
from evaluators.constants import DIGITS, MOST, READER, written
from evaluators.inside import Solver
from problems.base import AnyArray, Split

SPREAD = 0.6
"""First standard deviation of a constant, relative to its size."""

KEPT = 3
"""How many of the best points are looked at again."""
TOLERANCE = 1e-3
"""Relative changes of constants below which a search has come to its end."""


class Tuning:
    """The task of a warm process that tunes; takes what `evaluators.inside.Solver` takes.

    1. Every constant of the lifted source is a read of an array, which is changed between two runs; nothing is compiled
       twice. The simulator and the heuristic run as they do when a candidate is judged.
    2. CMA-ES minimises the mean of the first objective over train instances. Its variables are the changes of the
       constants relative to their sizes, so that all have one scale. What raises counts as infinitely bad.
    3. The best settings, the mean of the search and the constants as they were are scored with the digits that are
       written down, and the best of these is returned; of its constants each is as it was before, or has as few digits,
       as that does no harm.

    The score is computed beside the heuristic and proves nothing: what returns is a proposal, to be judged like any.

    Source: Hansen and Ostermeier (2001), Completely derandomized self-adaptation in evolution strategies, Evolutionary
    Computation 9(2); in the implementation of Hansen, Akimoto and Baudis, CMA-ES/pycma.
    """

    def __init__(self, problem: str, settings: Mapping[str, Any]) -> None:
        self._solver = Solver(problem, settings)
        self._problem = self._solver.problem
        self._instances = self._solver.instances[Split.TRAIN]
        self._current = np.zeros(MOST)
        self._read = reader(self._current.ctypes.data)
        compile_heuristic(f"def warm_up():\n    return {READER}(0)\n", "warm_up", "float64()", {READER: self._read})
        template = next(iter(self._problem.seeds.values()))
        compiled = compile_heuristic(template, self._problem.entry, self._problem.signature)
        first = self._instances[0]
        self._problem.measure(first, self._problem.solve(compiled.address, first))
        # What is imported on first use is imported now.
        explored(strategy(3, 1), lambda point: float((point**2).sum()), 30)

    def prepare(self, features: Sequence[str]) -> None:
        """Compile a text of ours for each feature; see `evaluators.inside.Solver`."""
        self._solver.prepare(features)

    def __call__(self, source: str, request: Mapping[str, Any]) -> Callable[[], Mapping[str, AnyArray]]:
        """Compile; return a function that tunes.

        Args:
            source: A lifted source.
            request: `values`: the constants to begin with, at most `MOST`; `only`: the indices of the train instances;
                `trials`: the most settings that are tried; `seconds`: CPU seconds after which no more are, and half
                as many for what comes after the search; `seed`: of the search, at least 1.

        Returns:
            A function that returns `values`: (constants,) the best that was found, and `trials`: (1,) how many were
            tried.
        """
        start = np.array(request["values"], float)
        current = self._current[: len(start)]
        compiled = compile_heuristic(source, self._problem.entry, self._problem.signature, {READER: self._read})
        search = strategy(len(start), request["seed"])
        instances = [self._instances[index] for index in request["only"]]
        objective = self._problem.objectives[0]

        def score(values: AnyArray) -> float:
            current[:] = values
            try:
                measured = [
                    self._problem.measure(instance, self._problem.solve(compiled.address, instance))[objective]
                    for instance in instances
                ]
            except Exception:  # noqa: BLE001  # judging reports what a heuristic raises; here these settings only are the worst
                return np.inf
            return float(np.mean(measured))

        def at(point: AnyArray) -> AnyArray:
            values: AnyArray = start + np.abs(start) * point[: len(start)]
            return values

        def run() -> Mapping[str, AnyArray]:
            begin, seconds = time.process_time(), request["seconds"]
            found, tried = explored(search, lambda point: score(at(point)), request["trials"], begin + seconds)
            settings = [start, *(np.array([written(value) for value in at(point)]) for point in found)]
            best = settings[int(np.argmin([score(values) for values in settings]))]
            best = plainer(best, start, score, begin + 1.5 * seconds)
            return {"values": best, "trials": np.array([tried])}

        return run


def strategy(dimensions: int, seed: int) -> Any:
    """Return CMA-ES at the origin; it looks for files when it is made, which it may not when it runs.

    Args:
        dimensions: Of a point; one dimension is searched as two, of which the second means nothing.
        seed: At least 1. It is the process's, which ends after this.
    """
    # A schedule changes in steps, so a flat piece is no reason to end; constants closer than a thousandth are the same.
    patient = {"tolflatfitness": 10**6, "tolfun": 0, "tolfunhist": 0, "tolx": TOLERANCE}
    options = {"seed": seed, "verbose": -10, "verb_log": 0, "verb_disp": 0} | patient
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cma.CMAEvolutionStrategy(np.zeros(max(dimensions, 2)), SPREAD, options)


def explored(
    search: Any, score: Callable[[AnyArray], float], trials: int, end: float = math.inf
) -> tuple[list[AnyArray], int]:
    """Return points that a strategy has come to, which are worth a closer look, and how many points were tried.

    Args:
        search: What `strategy` made.
        score: Of a point; infinite where there is none.
        trials: Points that may be tried.
        end: CPU time of this process at which no more is tried.
    """
    best: list[tuple[float, AnyArray]] = []
    tried = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while tried < trials and time.process_time() < end and not search.stop():
            points = search.ask()
            scores = [score(point) for point in points]
            tried += len(points)
            best = sorted([*best, *zip(scores, points, strict=True)], key=lambda entry: entry[0])[:KEPT]
            worst = max((value for value in scores if value < np.inf), default=None)
            if worst is None:
                break
            search.tell(points, [min(value, worst + abs(worst) + 1.0) for value in scores])
    return [*(point for _, point in best), np.array(search.mean)], tried


def plainer(values: AnyArray, before: AnyArray, score: Callable[[AnyArray], float], end: float = math.inf) -> AnyArray:
    """Return settings that score no worse and whose constants are, one after the other, made plainer.

    Args:
        values: The settings.
        before: The constants as they were.
        score: Of settings.
        end: CPU time of this process at which no more is tried.
    """
    best, least = values.copy(), score(values)
    for place in range(len(best)):
        if time.process_time() > end:
            break
        for plain in (before[place], *(written(values[place], digits) for digits in range(1, DIGITS))):
            tried = best.copy()
            tried[place] = plain
            value = score(tried)
            if value <= least:
                best, least = tried, value
                break
    return best


def reader(address: int) -> Any:
    """Return a compiled function of a position that reads a float from the array that begins at an address."""

    @intrinsic  # type: ignore[untyped-decorator]
    def read(typing_context: Any, position: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            base = builder.inttoptr(ir.Constant(ir.IntType(64), address), ir.DoubleType().as_pointer())
            return builder.load(builder.gep(base, [values[0]]))

        return typing.signature(types.float64, types.int64), generate

    return njit(lambda position: read(position))
