"""Exported modules by family: they decide as the problem's own simulator does."""

import ast
import re
from dataclasses import replace

import numpy as np
import pytest

from evolve.export.linker import NotLinkable
from evolve.export.module import module_text, parts
from problems.base import Driver, Split
from problems.expert_placement import ExpertPlacement
from tests.evolve.export.forms import FAMILIES, driver_of, exported, loaded, ours, problem_of, seed_of


@pytest.mark.parametrize("family", FAMILIES)
def test_without_numba_a_module_decides_as_the_simulator_does(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decides_alike(family, seed_of(family), numba=False, count=1, monkeypatch=monkeypatch)


# The active schedules of the job shop are built by the same kernel; the rule for tardiness is replayed in test_export.
@pytest.mark.parametrize("family", [each for each in FAMILIES if each not in ("jobshop, active", "tardiness_rule")])
def test_with_numba_a_module_decides_as_the_simulator_does(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = "keep" if family == "expert_placement" else seed_of(family)  # quickly compiled
    decides_alike(family, seed, numba=True, count=20, monkeypatch=monkeypatch)


def decides_alike(family: str, seed: str, *, numba: bool, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(family)
    module = loaded(exported(family, seed), numba, monkeypatch)
    assert module.PROGRAM.failures() == []
    source = problem.seeds[seed]
    for instance in problem.instances(Split.TRAIN)[:count]:
        expected, found = ours(problem, source, instance.arrays), module.PROGRAM.solve(instance.arrays)
        assert expected.keys() == found.keys()
        for name, array in expected.items():
            assert np.array_equal(found[name], array), (instance.name, name)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_objective_is_the_judges(family: str) -> None:
    problem = problem_of(family)
    driver, source = driver_of(problem), problem.seeds[seed_of(family)]
    instance = problem.instances(Split.TRAIN)[0]
    solution = ours(problem, source, instance.arrays)
    value = driver.objective(instance.arrays, solution)
    timed = {"seconds": np.zeros(1)} if "tardiness" in family else {}
    measured = problem.measure(instance, solution | timed)
    if isinstance(problem, ExpertPlacement):  # which tells how much of the time is lost instead
        assert value == pytest.approx(100.0 / (1.0 - measured["balance_loss"] / 100.0) - 100.0)
    else:
        assert value == measured[driver.MEASURE]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_shown_names_everything_once(family: str) -> None:
    problem = problem_of(family)
    driver, source = driver_of(problem), problem.seeds[seed_of(family)]
    instance = driver.read(driver.EXAMPLES[0], "example")
    lines = driver.show(instance, ours(problem, source, instance)).splitlines()
    # Machines, jobs, GPUs of both layers, bins, pods.
    counts = {"jobshop": 3, "tardiness": 5, "expert_placement": 8, "bin_packing": 4, "vm_placement": 8,
              "blocking_jobshop": 3, "pod_packing": 5, "vm_rescheduling": 1}  # fmt: skip
    assert len(lines) >= counts[problem.name.removesuffix("_rule")]


@pytest.mark.parametrize(
    ("family", "text", "told"),
    [
        ("jobshop", "1 1\n", "line 1: the file ends after 0 jobs"),
        ("tardiness", "3\n", "line 1: '3', expected a processing time and a due date"),
        ("tardiness", "-3 4\n", "line 1: expected a processing time from 0"),
        ("tardiness", "# nothing\n", "no jobs"),
        ("bin_packing", "10 5 x\n", "'x', expected the capacity"),
        ("bin_packing", "10\n", "1 numbers, expected"),
        ("bin_packing", "10 11\n", "an item of size 11"),
        ("expert_placement", "[]", "expected a JSON object with slots"),
        ("expert_placement", '{"slots": 3, "gpus": 2, "loads": [[[1, 2]]]}', "multiple of gpus"),
        ("expert_placement", '{"slots": 2, "gpus": 2, "loads": [[[1, -2]]]}', "finite numbers from 0 on"),
        ("expert_placement", '{"slots": 2, "gpus": 2, "loads": [[[1, 2]]], "old": [[0, 2]]}', "from 0 to 1"),
        ("vm_placement", "{}", "expected a JSON object with nodes and pods"),
        ("vm_placement", '{"nodes": [{"cpu_milli": 1}], "pods": [{}]}', "'memory_mib' in a node or a pod"),
        ("vm_placement", '{"nodes": [{"cpu_milli": 1, "memory_mib": 1}], "pods": [{"cpu_milli": 1, "memory_mib": 1}]}',
         "no node has a GPU"),
        ("vm_placement", '{"nodes": [{"cpu_milli": 1, "memory_mib": 1, "gpus": 1, "model": "X"}], "pods": [1]}',
         "unknown model 'X'"),
    ],
)  # fmt: skip
def test_a_malformed_instance_is_told_with_what_was_expected(family: str, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        driver_of(problem_of(family)).read(text, "a file")


def test_an_embedded_example_is_the_published_one() -> None:
    shop = driver_of(problem_of("jobshop"))
    ft06 = next(each for each in problem_of("jobshop").instances(Split.TEST) if each.name.upper() == "FT06")
    read = shop.read(shop.EXAMPLES[1], "")
    assert np.array_equal(read["machines"], ft06.arrays["machines"])
    assert np.array_equal(read["durations"], ft06.arrays["durations"])


def test_a_heuristic_may_define_names_of_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    text = exported("expert_placement", "identity")
    assert "simulated_place" in text
    assert loaded(text, False, monkeypatch).PROGRAM.failures() == []


def test_settings_of_the_problem_reach_its_module() -> None:
    def delay(text: str) -> float:
        return next(node.value.value for node in ast.parse(text).body  # type: ignore[attr-defined]
                    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DELAY")  # fmt: skip

    assert delay(exported("jobshop")) == 0.0
    assert delay(exported("jobshop, active")) == 1.0


def test_a_constant_that_no_module_has_is_a_bug() -> None:
    made = parts(problem_of("jobshop"), next(iter(problem_of("jobshop").seeds.values())))
    with pytest.raises(NotLinkable, match=r"problems.jobshop.driver has no constant DELAYS"):
        module_text(replace(made, driver=Driver("problems.jobshop.driver", {"DELAYS": 1.0})), "")


def test_numba_can_be_required(monkeypatch: pytest.MonkeyPatch) -> None:
    text = exported("tardiness_rule").replace("NUMBA_REQUIRED = False", "NUMBA_REQUIRED = True")
    with pytest.raises(ImportError, match="install numba"):
        loaded(text, False, monkeypatch)
