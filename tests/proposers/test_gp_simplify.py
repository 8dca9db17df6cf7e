"""Simplification: the same results from less code, exactly."""

import numpy as np
import pytest

from evolve.proposers.gp.kinds import of_signature
from evolve.proposers.gp.mutate import constants, insert, replace
from evolve.proposers.gp.program import Form, read, source_of
from evolve.proposers.gp.simplify import simplify
from evolve.proposers.gp.statements import branch, remember
from evolve.proposers.gp.syntax import pick
from tests.proposers.gp_forms import RULE, SCORE, SEQUENCE, arguments, function

PARAMETERS, RESULT = of_signature("float64(float64, float64, int64)")


def simplified(body: str) -> str:
    """Return the body of f(x, y, n) after simplification, on one line."""
    program = read(
        "def f(x, y, n):\n" + "".join(f"    {line}\n" for line in body.split("; ")), Form("f", PARAMETERS, RESULT)
    )
    simplify(program)
    return "; ".join(line.strip() for line in program.text().splitlines()[1:])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return x * 1.0 + 0.0", "return x"),  # neutral operands
        ("return 2.0 * 3.0 - 1.0", "return 5.0"),  # constants
        ("return x + (y - y)", "return x"),  # what cancels
        ("return 0.0 * x + y", "return y"),  # what is multiplied by zero
        ("return 0.0 * (x / y)", "return 0.0 * (x / y)"),  # but y might be zero, which raises
        ("return 0.0 * (x / max(y, 1.0))", "return 0.0"),
        ("return --x", "return x"),
        ("return -(x - y)", "return y - x"),
        ("return x - -y", "return x + y"),
        ("return x + -2.0", "return x - 2.0"),
        ("return n + 0.0", "return n + 0.0"),  # makes a float of an integer
        ("return n * 1", "return n * 1"),
        ("return max(x, x)", "return x"),
        ("return max(max(x, 2.0), 3.0)", "return max(x, 3.0)"),
        ("return abs(abs(-x))", "return abs(x)"),
        ("return x if x > y else y", "return max(x, y)"),
        ("return x if x < y else y", "return min(x, y)"),
        ("return y if x < y else x", "return max(x, y)"),
        ("return x if 1.0 > 2.0 else y", "return y"),  # decided
        ("return x if y > 1.0 else x", "return x"),  # equal branches
        ("return x if not x > y else 0.0", "return x if x <= y else 0.0"),
        ("return x if x > y and x > y else 0.0", "return x if x > y else 0.0"),
        ("return x if x > y or x <= x else 0.0", "return x if x > y or True else 0.0"),
        ("z = x + y; return z * 2.0", "return (x + y) * 2.0"),  # used once
        ("z = x + y; return z * z", "z = x + y; return z * z"),  # used twice
        ("z = x + y; x = y; return z", "z = x + y; x = y; return z"),  # what it rests on changes in between
        ("z = x / y; return x", "z = x / y; return x"),  # might raise
        ("z = x * y; return x", "return x"),  # unused
        ("z = 1.0; z += x; return y", "return y"),
        ("z = 1.0; z += x / y; return y", "z = 1.0; z += x / y; return y"),
        ("return x; return y", "return x"),  # dead
        ("if x > y: return x; return x", "return x"),
        ("if 1.0 > 2.0: return x; return y", "return y"),
        ("if x > y: pass; return y", "return y"),
    ],
)
def test_code_becomes(before, after):
    assert simplified(before) == after


@pytest.mark.parametrize("problem", [RULE, SEQUENCE, SCORE], ids=lambda form: form.name)
def test_random_programs_give_exactly_the_same_after_simplification(problem):
    form = Form(problem.entry, *of_signature(problem.signature))
    changed = 0
    for number in range(150):
        rng = np.random.default_rng([6, number])
        program = read(pick(rng, list(problem.seeds.values())), form)
        for _ in range(8):
            pick(rng, [insert, replace, remember, branch, constants])(program, rng)
            program.read()
        before, size = program.text(), program.size
        changed += simplify(program)
        assert program.size <= size
        assert program.sound
        first, second = function(problem, source_of(before)), function(problem, source_of(program.text()))
        for _ in range(5):
            given = arguments(problem, rng)
            assert np.array_equal(outcome(first, given), outcome(second, given), equal_nan=True), before
    assert changed > 10


def outcome(heuristic, given):
    """Return what a heuristic returns; nan where it raises."""
    with np.errstate(all="ignore"):
        try:
            return heuristic(*given)
        except (ZeroDivisionError, OverflowError, ValueError, IndexError):
            return float("nan")
