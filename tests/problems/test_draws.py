"""Draws of every problem of ours; the contract is that of `evolve.contract`, which the first draw keeps too."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from evolve.contract import check, fingerprints, fresh
from evolve.parts import problem_of
from evolve.run import workshop
from evolve.settings import checked
from problems import draws
from problems.base import Problem, Reference, ReferenceKind, Split
from problems.plugins import load, names

KINDS = names("evolve.problems")
DRAWN = (Split.TRAIN, Split.VALIDATION)
LIVE = {
    "bin_packing": ReferenceKind.LOWER_BOUND,
    "blocking_jobshop": ReferenceKind.LOWER_BOUND,
    "expert_placement": ReferenceKind.LOWER_BOUND,
    "jobshop": ReferenceKind.LOWER_BOUND,
    "pod_packing": ReferenceKind.LOWER_BOUND,
    "tardiness": ReferenceKind.OPTIMUM,
    "tardiness_rule": ReferenceKind.OPTIMUM,
    "vm_placement": ReferenceKind.LOWER_BOUND,
    "vm_rescheduling": ReferenceKind.LOWER_BOUND,
}
"""What a reference is that is computed when the instance is made."""
ALIKE = ["bin_packing", "expert_placement", "tardiness", "tardiness_rule", "vm_placement"]
"""Problems whose references are of the same kind in every draw."""


@cache
def made(kind: str, draw: int) -> Problem:
    problem: Problem = load("evolve.problems", kind)(draw=draw)
    return problem


def contents(problem: Problem, *splits: Split) -> list[tuple[tuple[str, bytes], ...]]:
    """Return what instances consist of, without their names."""
    return [
        tuple((key, array.tobytes()) for key, array in sorted(instance.arrays.items()))
        for split in splits
        for instance in problem.instances(split)
    ]


def test_the_first_draws_of_three_take_the_indices_one_after_the_other() -> None:
    assert [list(draws.indices(3, draw)) for draw in range(3)] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_every_problem_of_ours_has_draws_and_one_that_does_not_take_them_has_none() -> None:
    class Fixed(load("evolve.problems", "bin_packing")):
        def __init__(self) -> None:
            super().__init__()

    assert all(draws.has_draws(made(kind, 0)) for kind in KINDS)
    assert not draws.has_draws(Fixed())
    assert set(KINDS) == LIVE.keys()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("draw", [-1, 1.0, "1", True, None])
def test_what_is_no_draw_is_refused(kind: str, draw: object) -> None:
    with pytest.raises(ValueError, match=r"draw must be a whole number from 0, not"):
        load("evolve.problems", kind)(draw=draw)


@pytest.mark.parametrize("kind", KINDS)
def test_draw_0_is_what_there_is_without_a_draw(kind: str) -> None:
    assert fingerprints(load("evolve.problems", kind)()) == fingerprints(made(kind, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_draws_have_no_instance_and_no_name_in_common_with_each_other_and_with_test(kind: str) -> None:
    first = made(kind, 0)
    found = contents(first, *Split) + contents(made(kind, 1), *DRAWN) + contents(made(kind, 2), *DRAWN)
    called = [instance.name for split in Split for instance in first.instances(split)]
    called += [instance.name for draw in (1, 2) for split in DRAWN for instance in made(kind, draw).instances(split)]
    assert len(set(found)) == len(found)
    assert len(set(called)) == len(called)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_have_the_same_groups_in_the_same_numbers_and_order(kind: str) -> None:
    for split in DRAWN:
        groups = [[instance.group for instance in made(kind, draw).instances(split)] for draw in (0, 1, 2)]
        assert groups[0] == groups[1] == groups[2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_split_is_the_same_in_every_draw(kind: str) -> None:
    tests = [[line for line in fingerprints(made(kind, draw)) if line.startswith("test ")] for draw in (0, 1)]
    assert tests[0] == tests[1]


@pytest.mark.parametrize("kind", KINDS)
def test_references_of_other_draws_are_optima_or_bounds_that_are_computed(kind: str) -> None:
    references = [instance.reference for split in DRAWN for instance in made(kind, 1).instances(split)]
    assert {reference.kind for reference in references} == {LIVE[kind]}
    assert "CP-SAT" not in str({reference.source for reference in references})


@pytest.mark.parametrize("kind", ALIKE)
def test_where_references_are_computed_as_ever_their_kinds_and_sources_stay(kind: str) -> None:
    known, again = (
        Counter((each.reference.kind, each.reference.source) for each in made(kind, draw).instances(Split.TRAIN))
        for draw in (0, 1)
    )
    assert known == again


def test_how_far_a_packing_of_pods_is_ahead_does_not_depend_on_the_reference() -> None:
    problem = made("pod_packing", 0)
    known = problem.instances(Split.TRAIN)[0]
    home = known.arrays["home"]
    stay = np.stack([np.arange(len(home)), home], axis=1)[home >= 0]
    packings = [np.full((len(home), 2), -1), np.concatenate([stay, np.full((int((home < 0).sum()), 2), -1)])]
    leads = []
    for least in (1.0, 3.0):
        instance = replace(known, reference=Reference(least, ReferenceKind.LOWER_BOUND, "by hand"))
        nothing, staying = (problem.measure(instance, {"assignments": packing})["gap"] for packing in packings)
        leads.append(nothing - staying)
    assert leads[0] == pytest.approx(leads[1])
    assert leads[0] > 0.0


@pytest.mark.parametrize("suite", ["hierarchical", "drift", "elastic"])
def test_the_other_suites_of_expert_placement_have_draws_too(suite: str) -> None:
    first, other = (load("evolve.problems", "expert_placement")(suite=suite, draw=draw) for draw in (0, 1))
    assert not set(contents(first, *Split)) & set(contents(other, *DRAWN))
    assert fingerprints(load("evolve.problems", "expert_placement")(suite=suite)) == fingerprints(first)


def test_draws_keep_the_share_of_resources_that_pods_of_a_group_ask_for() -> None:
    used = []
    for draw in (0, 1, 2):
        instances = made("pod_packing", draw).instances(Split.TRAIN)
        shares = [each.arrays["pods"][:, 0].sum() / each.arrays["capacity"][:, 0].sum() for each in instances]
        used.append([round(float(share), 2) for share in shares])
    assert used[0] == used[1] == used[2]


def test_draws_allow_the_same_share_of_vms_to_be_moved() -> None:
    shares = []
    for draw in (0, 1):
        instances = made("vm_rescheduling", draw).instances(Split.TRAIN)
        shares.append([round(int(each.arrays["cluster"][1]) / len(each.arrays["vms"]), 2) for each in instances])
    assert shares[0] == pytest.approx(shares[1], abs=0.011)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_draw_keeps_the_contract(kind: str, tmp_path) -> None:
    chosen = checked({"problem": {"kind": kind, "draw": 1}, "evaluator": {"workers": 1}})
    problem = problem_of(chosen)
    module, name = type(problem).__module__, type(problem).__name__
    text = (
        f"from {module} import {name}\nclass Again({name}):\n    def __init__(self):\n        super().__init__(draw=1)"
    )
    (tmp_path / "again.py").write_text(text)
    again = f"{tmp_path}/again.py:Again"
    broken = [each for each in check(problem, lambda: fresh(again), lambda: workshop(chosen, problem)) if not each.kept]
    assert broken == []
