"""Exported texts of published heuristics, made in this process, since these are trusted."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from evaluators.compiler import Compiled, compile_heuristic
from evolve.export.module import module_text, parts
from evolve.export.runtime import Case
from evolve.export.targets import fitted
from problems.base import Arrays, Instance, Problem, Split
from problems.bin_packing import BinPacking
from problems.blocking_jobshop import BlockingJobShop
from problems.expert_placement import ExpertPlacement
from problems.jobshop import JobShop
from problems.pod_packing import PodPacking
from problems.tardiness import Tardiness, TardinessRule
from problems.vm_placement import VmPlacement
from problems.vm_rescheduling import VmRescheduling

# A seed of each family that uses what compiled code does differently, where one does.
FAMILIES: dict[str, tuple[Callable[[], Problem], str]] = {
    "jobshop": (lambda: JobShop(sets=["FT"], sizes=["6x6", "10x10"]), "MWKR/P"),
    "jobshop, active": (lambda: JobShop(builder="active", sets=["FT"], sizes=["6x6"]), "MWKR/P"),
    "tardiness": (lambda: Tardiness(sizes=[50], test_sizes=[20], per_class=1), "MDDC"),
    "tardiness_rule": (lambda: TardinessRule(sizes=[50], test_sizes=[20], per_class=1), "COVERT"),
    "expert_placement": (ExpertPlacement, "EPLB"),
    "bin_packing": (lambda: BinPacking(sets=["OR3"]), "FunSearch Weibull"),
    "blocking_jobshop": (lambda: BlockingJobShop(sizes=["6x6"], limit="2m/3"), ""),
    "pod_packing": (lambda: PodPacking(nodes=[4]), ""),
    "vm_rescheduling": (VmRescheduling, ""),
    "vm_placement": (lambda: VmPlacement(families=["mixed"], traces=["default"]), "FGD"),
}


@cache
def problem_of(family: str) -> Problem:
    return FAMILIES[family][0]()


def seed_of(family: str) -> str:
    return FAMILIES[family][1] or list(problem_of(family).seeds)[-1]


def driver_of(problem: Problem) -> Any:
    driver = problem.driver()
    assert driver is not None
    return import_module(driver.module)


@cache
def compiled_once(source: str, entry: str, signature: str) -> Compiled:
    return compile_heuristic(source, entry, signature)


def ours(problem: Problem, source: str, arrays: Arrays) -> dict[str, np.ndarray]:
    """Return what the problem's own simulator makes of an instance."""
    compiled = compiled_once(source, problem.entry, problem.signature)
    instance = Instance("", "", arrays, problem.instances(Split.TRAIN)[0].reference)
    return {name: array for name, array in problem.solve(compiled.address, instance).items() if name != "seconds"}


@cache
def exported(family: str, seed: str = "", target: str = "") -> str:
    problem = problem_of(family)
    source = problem.seeds[seed or seed_of(family)]
    driver, made = driver_of(problem), parts(problem, source)
    cases = []
    for text in driver.EXAMPLES:
        instance = driver.read(text, "example")
        solution = ours(problem, source, instance)
        lists = {name: array.tolist() for name, array in solution.items()}
        whole = {name: np.asarray(array, np.int64) for name, array in solution.items()}
        cases.append(Case(text, driver.objective(instance, whole), lists))
    if target:
        suited = fitted(target, problem)
        made = replace(made, adapters=suited.target.adapters, constants=suited.constants)
    return module_text(replace(made, cases=cases), "A heuristic.")


def loaded(text: str, numba: bool, monkeypatch: Any, name: str = "exported") -> ModuleType:
    """Return an exported text as a module, with or without numba."""
    monkeypatch.setenv("RULE_NUMBA", "1" if numba else "0")
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module
