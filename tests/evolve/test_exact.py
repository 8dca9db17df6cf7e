"""CP-SAT as a row beside heuristics; its answers are given here, so that no solver is needed."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from evolve import exact
from evolve.exact import cp_sat_row, job_shop_for_cp_sat, with_cp_sat
from evolve.report import Bench
from evolve.settings import SettingsError
from evolve.statistics import Row
from problems.base import Instance, InvalidSolution, Split
from problems.jobshop import JobShop
from problems.jobshop.exact import Solved, Unsolved
from problems.tardiness import Tardiness

SHOP = JobShop(sets=["FT"])
OPTIMA = {"ft06": 55, "ft10": 930, "ft20": 1165}
TABLE = Bench("jobshop", Split.TEST, "gap", {"FT": list(OPTIMA)}, [Row("best", {}, 1.0, {}, 0.0)], {"bad": "error"})


def one_by_one(instance: Instance, seconds: float) -> Solved:
    """Return the schedule that does one operation after the other, and its makespan: the sum of all work."""
    durations = instance.arrays["durations"]
    ends = np.cumsum(durations).reshape(durations.shape)
    return Solved(int(ends[-1, -1]), 0, ends - durations)


@pytest.fixture
def solver(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Instance, float], Solved]], None]:
    return lambda solve: monkeypatch.setattr(exact, "cp_sat", solve)


def test_the_row_holds_the_gap_of_every_instance_as_the_problem_measures_it(solver) -> None:
    solver(one_by_one)
    steps: list[str] = []
    row = cp_sat_row(SHOP, Split.TEST, 1.5, steps.append)
    # The work of ft06 is 197 (its file's sum), so the gap is 197 / 55 - 1.
    assert row.name == "CP-SAT 1.5s"
    assert list(row.values) == list(OPTIMA)
    assert row.values["ft06"] == pytest.approx(100 * (197 / 55 - 1))
    assert row.groups["FT 6x6"] == row.values["ft06"]
    assert row.mean == pytest.approx(np.mean(list(row.values.values())))
    assert steps[-1] == "CP-SAT 1.5s, instance 3 of 3"


def test_the_row_takes_its_place_in_the_bench_by_its_mean(solver) -> None:
    solver(one_by_one)
    table = with_cp_sat(TABLE, SHOP, 1.0)
    assert [entry.name for entry in table.rows] == ["best", "CP-SAT 1s"]
    assert table.failures == TABLE.failures


def test_a_schedule_that_is_none_is_refused_whoever_made_it(solver) -> None:
    solver(lambda instance, seconds: Solved(1, 1, np.zeros_like(instance.arrays["durations"])))
    with pytest.raises(InvalidSolution):
        cp_sat_row(SHOP, Split.TEST, 1.0)


def test_an_instance_without_a_schedule_is_told_in_place_of_the_row(solver) -> None:
    def none(instance: Instance, seconds: float) -> Solved:
        raise Unsolved(f"{instance.name}: nothing")

    solver(none)
    table = with_cp_sat(TABLE, SHOP, 1.0)
    assert table.rows == TABLE.rows
    assert table.failures == {"bad": "error", "CP-SAT 1s": "ft06: nothing"}


def test_what_cannot_be_solved_is_refused_before_anything_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no exact model of tardiness"):
        job_shop_for_cp_sat(Tardiness(), 1.0)
    with pytest.raises(SettingsError, match="more than none"):
        job_shop_for_cp_sat(SHOP, 0.0)
    monkeypatch.setitem(sys.modules, "ortools.sat.python.cp_model", None)
    with pytest.raises(SettingsError, match=r"evolve-heuristics\[reference\]"):
        job_shop_for_cp_sat(SHOP, 1.0)
