"""An exact solver beside the heuristics of a bench, for as long as one is given."""

import time
from collections.abc import Callable
from dataclasses import replace

from evaluators.base import Evaluation, Status
from evaluators.local import mean_of
from evolve.report import Bench
from evolve.settings import SettingsError
from evolve.statistics import Row, row
from problems.base import Problem, Split
from problems.jobshop import JobShop
from problems.jobshop.exact import NoSolver, Unsolved, cp_sat, solver_package


def job_shop_for_cp_sat(problem: Problem, seconds: float) -> JobShop:
    """Return the problem, if CP-SAT can be set beside its heuristics; call it before anything that takes long.

    Raises:
        SettingsError: There is no model of the problem, no time or no solver.
    """
    if not isinstance(problem, JobShop):
        raise SettingsError(f"--cp-sat is for jobshop; there is no exact model of {problem.name}")
    if seconds <= 0.0:
        raise SettingsError("--cp-sat takes the time for each instance, such as 1s, and more than none")
    try:
        solver_package()
    except NoSolver as error:
        raise SettingsError(str(error)) from error
    return problem


def cp_sat_row(shop: JobShop, split: Split, seconds: float, progress: Callable[[str], None] = lambda name: None) -> Row:
    """Return the row of CP-SAT on one thread, its schedules measured as those of every heuristic are.

    Its milliseconds are the CPU time of this process, all instances.

    Args:
        seconds: Wall time for each instance.
        progress: Called with what is done next.

    Raises:
        problems.jobshop.exact.Unsolved: It found no schedule of an instance in the time.
    """
    instances = shop.instances(split)
    per_instance = {}
    begin = time.process_time()
    for number, instance in enumerate(instances, start=1):
        progress(f"{name_of(seconds)}, instance {number} of {len(instances)}")
        per_instance[instance.name] = shop.measure(instance, {"starts": cp_sat(instance, seconds).starts})
    used = time.process_time() - begin
    verdict = Evaluation(Status.OK, mean_of(list(per_instance.values())), per_instance, used)
    return row(name_of(seconds), verdict, instances, shop.objectives[0])


def with_cp_sat(
    table: Bench, shop: JobShop, seconds: float, progress: Callable[[str], None] = lambda name: None
) -> Bench:
    """Return a bench with one row more, or one failure more where CP-SAT found no schedule of an instance.

    Args:
        shop: The problem that the bench is of; see `job_shop_for_cp_sat`.
        seconds: Wall time for each instance.
        progress: Called with what is done next.
    """
    try:
        added = cp_sat_row(shop, table.split, seconds, progress)
    except Unsolved as error:
        return replace(table, failures={**table.failures, name_of(seconds): str(error)})
    return replace(table, rows=sorted([*table.rows, added], key=lambda entry: entry.mean))


def name_of(seconds: float) -> str:
    """Return what the row is called: the solver, and the time it had for each instance."""
    return f"CP-SAT {seconds:g}s"
