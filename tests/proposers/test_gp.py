"""Genetic programming as a proposer: what any offspring of any form must be, and what the brief asks for."""

import ast
import warnings

import numpy as np
import pytest
from numba import njit

from evaluators.compiler import compile_heuristic
from evolve.candidate import Brief
from evolve.proposers.gp import GeneticProgramming
from problems.native import caller
from tests.proposers.gp_forms import RULE, SCORE, SEQUENCE, Form, arguments, function, offspring, record

FORMS = [RULE, SEQUENCE, SCORE]
NUMERIC = (ZeroDivisionError, OverflowError, ValueError, IndexError)
"""What a random program may raise: all but the first two mean a domain, a shape or an index out of range."""


GOLDEN: dict[str, list[str]] = {
    "cross": [
        "return now",
        "return work / max(p + 19.0 * (work - now), 1.0)",
        "return queue / max(p, 1.0)",
    ],
    "mutate": [
        "return p",
        "return work / max(p, 1.0) if p < 7.9 * work else 0.31 * (work / max(p, 1.0))",
        "return work * max(p, 1.0)",
    ],
    "create": [
        "return (p + work) / max(queue + 19.0 * now, 1.0)",
        "return work - p + 0.75 * (7.9 / max(now, 1.0)) + work * p",
        "return p",
    ],
}
"""What comes of "ratio" and "branch" with the first three seeds; a change of these is a change of every run."""


def runs(problem: Form, source: str) -> bool:
    """Return whether a program gives finite results of the right form on random arguments."""
    rng = np.random.default_rng(0)
    called = function(problem, source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            results = [np.asarray(called(*arguments(problem, rng))) for _ in range(5)]
        except NUMERIC:
            return False
    shape = (6,) if problem is SEQUENCE else ()
    return all(np.isfinite(result).all() and result.shape == shape for result in results)


@pytest.mark.parametrize("problem", FORMS, ids=lambda form: form.name)
def test_five_hundred_offspring_keep_the_signature_differ_from_their_parents_and_nearly_all_give_finite_results(
    problem,
):
    fine = 0
    parameters = ast.unparse(ast.parse(problem.seeds[next(iter(problem.seeds))]).body[-1].args)
    for brief, candidate in offspring(problem, 500, 1, lambda source: runs(problem, source)):
        tree = ast.parse(candidate.source)
        entry = tree.body[-1]
        assert isinstance(entry, ast.FunctionDef)
        assert (entry.name, ast.unparse(entry.args)) == (problem.entry, parameters)
        assert all(ast.dump(tree) != ast.dump(ast.parse(parent.candidate.source)) for parent in brief.parents)
        assert set(candidate.parents) <= {parent.number for parent in brief.parents}
        assert candidate.proposer == "gp"
        assert candidate.idea
        assert "\n" not in candidate.idea
        fine += runs(problem, candidate.source)  # a name without a value would raise NameError here
    assert fine >= 475


@njit
def call_rule(address, a, b, c, d):
    return RULE_CALL(address, (a, b, c, d))


@njit
def call_sequence(address, a, b):
    return SEQUENCE_CALL(address, (a, b))


@njit
def call_score(address, a, b, c):
    return SCORE_CALL(address, (a, b, c))


RULE_CALL, SEQUENCE_CALL, SCORE_CALL = (caller(form.signature) for form in FORMS)


@pytest.mark.parametrize(
    ("problem", "call", "count"),
    [(RULE, call_rule, 60), (SEQUENCE, call_sequence, 8), (SCORE, call_score, 12)],
    ids=["rule", "sequence", "score"],
)
def test_offspring_compile_to_the_signature_and_give_what_python_gives(problem, call, count):
    rng = np.random.default_rng(2)
    for _, candidate in offspring(problem, count, 2, lambda source: runs(problem, source)):
        compiled = compile_heuristic(candidate.source, problem.entry, problem.signature)
        if runs(problem, candidate.source):
            given = arguments(problem, rng)
            expected = function(problem, candidate.source)(*given)
            np.testing.assert_allclose(call(compiled.address, *given), expected, rtol=1e-9)


@pytest.mark.parametrize("problem", FORMS, ids=lambda form: form.name)
def test_the_same_brief_and_generator_give_the_same_candidate(problem):
    first, second = (
        [candidate for _, candidate in offspring(problem, 60, 3, lambda source: runs(problem, source))] for _ in "ab"
    )
    assert first == second


def test_candidates_are_the_same_on_every_platform_and_with_every_hash_seed():
    parents = (record(0, RULE.seeds["ratio"]), record(1, RULE.seeds["branch"]))
    propose = GeneticProgramming(RULE)
    for operator, texts in GOLDEN.items():
        brief = Brief(2, operator, parents)
        made = [propose(brief, np.random.default_rng([7, number])).source for number in range(len(texts))]
        assert [text.rpartition("now):\n    ")[2].strip() for text in made] == texts


@pytest.mark.parametrize("problem", FORMS, ids=lambda form: form.name)
def test_no_offspring_exceeds_the_size_limit_unless_its_parent_did(problem):
    limit = 40
    for brief, candidate in offspring(problem, 150, 4, lambda source: runs(problem, source), nodes=limit):
        before = max((nodes(parent.candidate.source) for parent in brief.parents[:1]), default=0)
        start = max(before, nodes(next(iter(problem.seeds.values()))) if candidate.operator == "create" else 0)
        assert nodes(candidate.source) <= max(limit, start)


@pytest.mark.parametrize(
    ("asked", "parents", "done"),
    [
        ("cross", ["ratio", "branch"], {"cross"}),
        ("cross", ["ratio"], {"mutate", "insert", "constants"}),  # too few parents: what one is enough for
        ("mutate", [], {"create"}),
        ("simplify", ["ratio"], {"mutate"}),  # it is as simple as can be: a part of it
        ("create", ["ratio"], {"create"}),
        ("anything", ["locals"], {"mutate", "insert", "constants"}),
    ],
)
def test_an_operator_that_cannot_be_done_gives_way_to_one_that_can(asked, parents, done):
    given = tuple(record(number, RULE.seeds[name]) for number, name in enumerate(parents))
    propose = GeneticProgramming(RULE)
    made = {propose(Brief(9, asked, given), np.random.default_rng(seed)).operator for seed in range(40)}
    assert made == done


def test_simplifying_what_can_be_simplified_changes_no_result():
    parent = record(3, "def rule(p, work, queue, now):\n    x = p * 1.0\n    return x + (now - now)\n")
    candidate = GeneticProgramming(RULE)(Brief(9, "simplify", (parent,)), np.random.default_rng(0))
    assert candidate.source == "def rule(p, work, queue, now):\n    return p\n"
    assert (candidate.operator, candidate.parents) == ("simplify", (3,))


def test_a_parent_that_cannot_be_read_is_passed_over():
    parents = (record(0, "def rule(p:"), record(1, RULE.seeds["ratio"]))
    candidate = GeneticProgramming(RULE)(Brief(2, "cross", parents), np.random.default_rng(0))
    assert candidate.parents == (1,)


def test_a_parent_written_by_another_hand_can_be_varied():
    source = (
        "from math import sqrt as root\nSCALE = 3.5\n\ndef helper(v):\n    return v * 2.0\n\n"
        "def rule(p: float, work, queue, now):\n    '''Why.'''\n    return SCALE * helper(p) + root(work)  # because\n"
    )
    propose = GeneticProgramming(RULE)
    for seed in range(40):
        made = propose(Brief(2, "mutate", (record(0, source),)), np.random.default_rng(seed)).source
        assert "Why" not in made
        assert np.isfinite(function(RULE, made)(4.0, 9.0, 1.0, 2.0))


@pytest.mark.parametrize(
    "settings",
    [{"nodes": 5}, {"depth": 0}, {"repeat": 1.0}, {"graft": 1.5}, {"tries": 0}],
    ids=lambda given: next(iter(given)),
)
def test_a_setting_out_of_range_is_refused_by_name(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        GeneticProgramming(RULE, **settings)


def test_a_template_with_nothing_to_vary_is_refused():
    with pytest.raises(ValueError, match="template"):
        GeneticProgramming(Form("fixed", "int64(int64)", {"one": "def f(n):\n    return [n][0]\n"}))


def nodes(source: str) -> int:
    tree = ast.parse(source)
    return sum(isinstance(node, ast.expr | ast.stmt) for node in ast.walk(tree)) - sum(
        isinstance(node, ast.Import) for node in ast.walk(tree)
    )
