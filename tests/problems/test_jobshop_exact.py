"""CP-SAT against published optima, enumeration, and what `measure` says of its schedules."""

import sys
from importlib.util import find_spec
from itertools import permutations, product

import numpy as np
import pytest

from problems.base import Instance, Reference, ReferenceKind, Split
from problems.jobshop import JobShop
from problems.jobshop.exact import NoSolver, Unsolved, cp_sat
from problems.jobshop.problem import make_instance

SHOP = JobShop(sets=["FT"])
SECONDS = 60.0  # more than any instance here needs to be proven, on a machine however busy

needs_solver = pytest.mark.skipif(find_spec("ortools") is None, reason="CP-SAT needs the package ortools")


def shop(durations: object, machines: object) -> Instance:
    reference = Reference(1.0, ReferenceKind.BEST_KNOWN, "test")
    return make_instance("small", "g", np.array(durations, np.int64), np.array(machines, np.int64), reference)


def least_makespan(durations: list[list[int]], machines: list[list[int]]) -> int:
    """Return the least makespan over every order of the jobs on every machine; orders that wait in a ring are none."""
    jobs, steps = len(durations), len(durations[0])
    found = []
    for orders in product(permutations(range(jobs)), repeat=steps):
        step, place, ready, free = [0] * jobs, [0] * steps, [0] * jobs, [0] * steps
        moved = True
        while moved:
            moved = False
            for job in range(jobs):
                while step[job] < steps:
                    machine = machines[job][step[job]]
                    if orders[machine][place[machine]] != job:
                        break
                    end = max(ready[job], free[machine]) + durations[job][step[job]]
                    ready[job] = free[machine] = end
                    step[job], place[machine], moved = step[job] + 1, place[machine] + 1, True
        if min(step) == steps:
            found.append(max(ready))
    return min(found)


@needs_solver
def test_the_smallest_makespan_of_two_jobs_is_found_and_proven_by_hand() -> None:
    # Job 1 first on machine 0 (0-2), job 0 follows (2-5); on machine 1 job 1 runs 2-6, job 0 6-8. Machine 1 has 6 to
    # do and nothing before 2, so nothing is shorter.
    solved = cp_sat(shop([[3, 2], [2, 4]], [[0, 1], [0, 1]]), SECONDS)
    assert (solved.makespan, solved.bound) == (8, 8)
    assert solved.starts[1].tolist() == [0, 2]


@needs_solver
def test_the_optimum_of_ft06_is_found_and_proven_and_its_schedule_is_measured_so() -> None:
    instance = SHOP.instances(Split.TEST)[0]
    solved = cp_sat(instance, SECONDS)
    assert (instance.name, solved.makespan, solved.bound) == ("ft06", 55, 55)
    assert SHOP.measure(instance, {"starts": solved.starts}) == {"gap": 0.0, "makespan": 55.0}


@needs_solver
def test_the_optimum_of_small_random_shops_is_that_of_enumeration() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        durations = rng.integers(0, 10, (3, 3)).tolist()  # operations without length too
        machines = [rng.permutation(3).tolist() for _ in range(3)]
        solved = cp_sat(shop(durations, machines), SECONDS)
        assert solved.makespan == solved.bound == least_makespan(durations, machines)
        assert SHOP.measure(shop(durations, machines), {"starts": solved.starts})["makespan"] == solved.makespan


@needs_solver
def test_a_time_too_short_for_any_schedule_is_said_with_the_instance() -> None:
    with pytest.raises(Unsolved, match="ft20: CP-SAT finds no schedule in 1e-06 s; give it more time"):
        cp_sat(SHOP.instances(Split.TEST)[2], 1e-6)


def test_a_missing_solver_is_a_sentence_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools", None)
    monkeypatch.delitem(sys.modules, "ortools.sat.python.cp_model", raising=False)
    monkeypatch.delitem(sys.modules, "ortools.sat.python", raising=False)
    monkeypatch.delitem(sys.modules, "ortools.sat", raising=False)
    with pytest.raises(NoSolver, match=r'pip install "evolve-heuristics\[reference\]"'):
        cp_sat(SHOP.instances(Split.TEST)[0], 1.0)
