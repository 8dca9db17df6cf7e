"""The job shop as a constraint model for CP-SAT of OR-Tools; the one module that needs the package.

The model: a start time for each operation, precedence within jobs, one no-overlap constraint per machine, the makespan
minimised; P. Baptiste, C. Le Pape and W. Nuijten (2001), Constraint-Based Scheduling, Kluwer.
"""

import math
import time
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Instance

IntArray = NDArray[np.int64]


class NoSolver(ImportError):
    """OR-Tools is not installed; the message says how to install it."""


class Unsolved(RuntimeError):
    """No schedule was found in the time."""


class Solved(NamedTuple):
    """What CP-SAT came to.

    Attributes:
        makespan: Of the schedule, in the instance's time unit.
        bound: A makespan that no schedule is below; the schedule is optimal where it has this makespan.
        starts: (jobs, machines) start times of each job's operations, in order.
    """

    makespan: int
    bound: int
    starts: IntArray


def cp_sat(instance: Instance, seconds: float, *, seed: int = 1) -> Solved:
    """Return the best schedule that CP-SAT finds in a time on one thread, with its default parameters.

    What it finds before the clock cuts it off differs from machine to machine, whatever the seed; what it proves in
    the time does not.

    Args:
        instance: A job shop.
        seconds: Wall time for making the model and solving it, above 0.
        seed: Of CP-SAT's own choices.

    Raises:
        NoSolver: OR-Tools is not installed.
        Unsolved: It found no schedule in the time.
    """
    solvers = solver_package()
    begin = time.monotonic()
    model, starts = _model(solvers, instance)
    solver = solvers.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is for whoever called, not only for this instance
    solver.parameters.max_time_in_seconds = max(begin + seconds - time.monotonic(), 0.0)
    if solver.solve(model) not in (solvers.OPTIMAL, solvers.FEASIBLE):
        raise Unsolved(f"{instance.name}: CP-SAT finds no schedule in {seconds:g} s; give it more time")
    found = np.array([[solver.value(start) for start in row] for row in starts], np.int64)
    return Solved(round(solver.objective_value), math.ceil(solver.best_objective_bound - 1e-6), found)


def solver_package() -> ModuleType:
    """Return the package that CP-SAT is in, imported on first use, which takes a second or two.

    Raises:
        NoSolver: OR-Tools is not installed.
    """
    try:
        return import_module("ortools.sat.python.cp_model")
    except ModuleNotFoundError as error:
        raise NoSolver(
            'CP-SAT needs the package ortools: pip install "evolve-heuristics[reference]" installs it'
        ) from error


def _model(solvers: ModuleType, instance: Instance) -> tuple[Any, list[list[Any]]]:
    """Return the model, and the start times in it by job and step."""
    durations, machines = instance.arrays["durations"], instance.arrays["machines"]
    jobs, steps = durations.shape
    horizon = int(durations.sum())
    model = solvers.CpModel()
    starts = [[model.new_int_var(0, horizon, "") for _ in range(steps)] for _ in range(jobs)]
    makespan = model.new_int_var(0, horizon, "")
    busy: list[list[Any]] = [[] for _ in range(steps)]
    for job, row in enumerate(starts):
        for step, (start, then) in enumerate(zip(row, [*row[1:], makespan], strict=True)):
            duration = int(durations[job, step])
            busy[machines[job, step]].append(model.new_fixed_size_interval_var(start, duration, ""))
            model.add(start + duration <= then)
    for intervals in busy:
        model.add_no_overlap(intervals)
    model.minimize(makespan)
    return model, starts
