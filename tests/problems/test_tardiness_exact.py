"""The exact solver against enumeration, dynamic programming, published optima and what is shipped."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.base import Split
from problems.tardiness.exact import MOST_JOBS, Unproven, lower_bound, optimum
from problems.tardiness.generate import CLASSES, SIZES, SUITE_COUNT, generate, suite
from problems.tardiness.prove import proven
from tests.problems.tardiness_forms import tardiness

STUDY = Path(__file__).parents[2].parent / "shared" / "reference" / "smtt_study"


def by_subsets(p, d):
    """Return the least total tardiness: of each set of jobs, some job is last."""
    jobs = range(len(p))
    work = [sum(p[job] for job in jobs if done >> job & 1) for done in range(1 << len(p))]
    least = [0] * (1 << len(p))
    for done in range(1, 1 << len(p)):
        last = (job for job in jobs if done >> job & 1)
        least[done] = min(least[done ^ 1 << job] + max(0, work[done] - d[job]) for job in last)
    return least[-1]


@st.composite
def instances(draw, most):
    jobs = draw(st.integers(1, most))
    p = draw(st.lists(st.integers(0, draw(st.integers(1, 12))), min_size=jobs, max_size=jobs))
    latest = draw(st.integers(-3, sum(p) + 2))
    d = draw(st.lists(st.integers(draw(st.integers(-4, latest)), latest), min_size=jobs, max_size=jobs))
    return np.array(p), np.array(d)


def test_the_optimum_of_three_jobs_by_hand():
    # p = 5, 3, 4 due at 5, 3, 7: as they are numbered 0 + 5 + 5 = 10, by due date 0 + 3 + 5 = 8, as 1, 2, 0 it is 7.
    found = optimum(np.array([5, 3, 4]), np.array([5, 3, 7]))
    assert found.tardiness == 7
    assert found.order.tolist() == [1, 2, 0]


@settings(max_examples=300, deadline=None)
@given(instances(most=6))
def test_the_solver_agrees_with_enumeration(instance):
    p, d = instance
    found = optimum(p, d)
    assert found.tardiness == min(tardiness(p, d, order) for order in permutations(range(len(p))))
    assert sorted(found.order.tolist()) == list(range(len(p)))
    assert tardiness(p, d, found.order) == found.tardiness


@settings(max_examples=150, deadline=None)
@given(instances(most=10))
def test_the_solver_agrees_with_dynamic_programming_over_subsets(instance):
    p, d = instance
    least = by_subsets(p.tolist(), d.tolist())
    assert optimum(p, d).tardiness == least
    assert lower_bound(p, d) <= least


def test_instances_at_the_edge_are_solved():
    for p, d, least in (
        ([7], [9], 0),
        ([7], [3], 4),
        ([0, 0, 0], [0, -2, 5], 2),  # without length: two time units late, whatever the order
        ([4, 1, 3], [0, 0, 0], 1 + 4 + 8),  # all due at once: by length
        ([0, 2, 0], [0, 0, 0], 2),
        ([5, 5, 5], [5, 5, 5], 5 + 10),
        ([10**6] * 3, [-(10**9)] * 3, 3 * 10**9 + 6 * 10**6),
    ):
        assert optimum(np.array(p), np.array(d)).tardiness == least, (p, d)


def test_the_bound_is_the_larger_of_two():
    # By due date the second of two jobs is 6 late; matched in order, 4 and 10 with 1 and 4, it is 3 + 6.
    assert lower_bound(np.array([6, 4]), np.array([1, 4])) == 9
    # Matched: 1 with 0 and 11 with 12, 1 late. By due date the long job first, 10 late.
    assert lower_bound(np.array([10, 1]), np.array([0, 12])) == 10


def test_too_many_states_are_no_proof():
    p, d = generate(Split.TEST, 200, "0.2/0.6", 1)
    with pytest.raises(Unproven, match="no proof after 1000 states; 200 jobs"):
        optimum(p, d, most_states=1000)


def test_too_many_jobs_are_refused():
    with pytest.raises(ValueError, match="at most 1000 jobs"):
        optimum(np.ones(MOST_JOBS + 1, np.int64), np.zeros(MOST_JOBS + 1, np.int64))


@pytest.mark.parametrize("jobs", [20, 100])
def test_the_solver_finds_the_optima_known_of_a_published_study(jobs):
    if not STUDY.is_dir():
        pytest.skip("../shared/reference/smtt_study is not here")
    known = json.loads((STUDY / f"exact_pub_{jobs}.json").read_text())["vals"]
    with np.load(STUDY / f"smtt_{jobs}.npz", allow_pickle=False) as study:
        for p, d, least in zip(study["processing_times"], study["due_dates"], known, strict=True):
            found = optimum(p, d)
            assert found.tardiness == least == tardiness(p, d, found.order)


def test_every_class_and_size_of_a_split_is_in_the_suite():
    for split in Split:
        made = [(recipe.jobs, recipe.spread) for recipe in suite(split)]
        assert made == [(n, c) for n in SIZES[split] for c in CLASSES for _ in range(SUITE_COUNT[split])]


def test_the_optima_that_are_shipped_are_those_that_are_proven():
    sample = [recipe for split in Split for recipe in suite(split) if recipe.jobs <= 100]
    sample += [recipe for recipe in suite(Split.TEST) if recipe.jobs == 200][::4]
    sample += [recipe for recipe in suite(Split.TEST) if recipe.jobs == 500 and recipe.spread == "0.8/0.8"]
    assert len(sample) == 64 + 64 + 160 + 20 + 5
    for recipe in sample:
        p, d = generate(*recipe[:4])
        found = optimum(p, d)
        assert found.tardiness == recipe.optimum == tardiness(p, d, found.order), recipe


def test_seeds_without_late_jobs_are_passed_over():
    first = next(proven(Split.TEST, 20, "0.8/0.4", range(1, 9)))
    passed = [generate(Split.TEST, 20, "0.8/0.4", seed) for seed in range(1, first.seed)]
    assert first in suite(Split.TEST)
    assert first.optimum > 0
    assert all(optimum(p, d).tardiness == 0 for p, d in passed)
