"""Single operators on small programs: constants, crossover, statements, shrinking."""

import ast

import numpy as np
import pytest

from evolve.proposers.gp.cross import cross, transplanted
from evolve.proposers.gp.grow import Grower
from evolve.proposers.gp.kinds import BOOL, FLOAT, INT, Kind, of_signature
from evolve.proposers.gp.mutate import constants, insert, point, replace, shrink
from evolve.proposers.gp.program import Form, Program, read
from evolve.proposers.gp.sites import Role, is_safe
from evolve.proposers.gp.statements import branch, remember
from evolve.proposers.gp.syntax import constant

SIGNATURE = "float64(float64, float64, int64, boolean)"


def program(body: str, head: str = "") -> Program:
    """Return f(x, y, n, b) with a body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return read(f"{head}def f(x, y, n, b):\n{lines}", Form("f", *of_signature(SIGNATURE)))


def body(made: Program) -> str:
    return "\n".join(ast.unparse(statement) for statement in made.entry.body)


def test_constants_change_and_nothing_else_does():
    for seed in range(50):
        made = program("return 2.0 * x + 3 * y / max(x, 1.0)")
        edit = constants(made, np.random.default_rng(seed))
        numbers = [site.node for site in program(body(made)).sites if constant(site.node) is not None]
        if edit is not None:
            assert len(numbers) == 3
            assert body(made) != "return 2.0 * x + 3 * y / max(x, 1.0)"
            assert edit.idea.startswith("change the constant ")
            assert "-" not in ast.unparse(numbers[-1])  # the guard stays positive


def test_an_index_or_a_count_is_not_a_constant_to_change():
    form = Form("f", *of_signature("float64(float64[::1])"))
    for seed in range(20):
        made = read("def f(a):\n    t = a[0]\n    for i in range(3):\n        t = max(t, a[1])\n    return t\n", form)
        assert constants(made, np.random.default_rng(seed)) is None


def test_a_transplanted_subtree_reads_only_what_the_new_place_knows():
    donor = program("z = x * y\nw = z + 1.0\nreturn z * w + z")
    node = donor.entry.body[-1].value
    for seed in range(20):
        copied = transplanted(node, donor, {"x": FLOAT, "n": INT, "q": FLOAT}, np.random.default_rng(seed))
        (first, second), third = (copied.left.left.id, copied.left.right.id), copied.right.id
        assert first == third  # the same name becomes the same name
        assert {first, second} <= {"x", "q"}  # of the same kind
    assert ast.unparse(node) == "z * w + z"


def test_a_name_that_is_known_at_the_new_place_is_kept():
    donor = program("return x - y")
    scope = {"x": FLOAT, "y": FLOAT, "z": FLOAT}
    copied = transplanted(donor.entry.body[0].value, donor, scope, np.random.default_rng(0))
    assert ast.unparse(copied) == "x - y"


def test_a_subtree_that_needs_a_kind_which_is_not_there_stays():
    donor = program("return x if b else y")
    scope = {"x": FLOAT, "y": FLOAT}
    assert transplanted(donor.entry.body[0].value, donor, scope, np.random.default_rng(0)) is None


def test_a_subtree_that_calls_a_helper_stays():
    donor = program("return x + helper(y)", "def helper(y):\n    return y\n\n")
    for seed in range(20):
        made = program("return -x * y")
        cross(made, donor, np.random.default_rng(seed))
        assert "helper" not in body(made)


def test_crossover_brings_no_denominator_that_can_be_zero():
    donor = program("return max(y - n, 0.0) + abs(y - n) + max(y, 2.0)")
    for seed in range(100):
        made = program("return x / max(x, 1.0)")
        cross(made, donor, np.random.default_rng(seed))
        made.read()
        assert all(is_safe(site.node) for site in made.sites if site.role is Role.DENOMINATOR)


def test_crossover_takes_from_the_donor_and_stays_sound():
    donor = program("z = n * 7.0\nreturn max(z, y)")
    taken = 0
    for seed in range(50):
        made = program("return -x")
        edit = cross(made, donor, np.random.default_rng(seed))
        made.read()
        assert made.sound
        taken += edit is not None and any(part in body(made) for part in ("7.0", "max(", "y", "n"))
    assert taken >= 20


@pytest.mark.parametrize("change", [insert, replace, point, constants, shrink, remember, branch])
def test_a_change_leaves_a_sound_program_of_the_same_kinds_and_says_what_it_did(change):
    changed = 0
    for seed in range(60):
        made = program("z = x + 2.0 * y\nif z > n and b:\n    return -z\nreturn (z - x) / max(y, 1.0)")
        before = body(made)
        edit = change(made, np.random.default_rng(seed))
        made.read()
        assert (edit is None) == (body(made) == before)
        if edit is not None:
            changed += 1
            assert edit.idea
            for site in made.sites:
                assert site.root is False or site.kind in (FLOAT, INT, BOOL)
    assert changed >= 30


def test_shrinking_never_grows():
    for seed in range(40):
        made = program("z = x + 2.0 * y\nif z > n:\n    return -z\nreturn (z - x) / max(y, 1.0)")
        before = made.size
        if shrink(made, np.random.default_rng(seed)) is not None:
            assert made.size < before


def test_what_is_grown_has_the_wanted_kind_and_divides_by_nothing_that_can_be_zero():
    made = program("return x")
    scope = {"x": FLOAT, "y": FLOAT, "n": INT, "b": BOOL}
    for seed in range(200):
        grower = Grower(made, np.random.default_rng(seed))
        for kind in (FLOAT, BOOL):
            made = program("return x")
            made.entry.body[0].value = grower.expression(kind, scope, 3)
            made.form = Form("f", made.form.parameters, kind)
            made.read()
            assert made.sound
            assert made.sites[0].kind in ((kind, INT) if kind == FLOAT else (BOOL,))
            assert all(is_safe(site.node) for site in made.sites if site.role is Role.DENOMINATOR)


def test_nothing_is_grown_of_a_kind_that_the_names_cannot_give():
    grower = Grower(program("return x"), np.random.default_rng(0))
    assert grower.expression(Kind("float", 1), {"x": FLOAT}, 2) is None
    assert grower.expression(Kind("float", 2), {"a": Kind("float", 1)}, 2) is None
