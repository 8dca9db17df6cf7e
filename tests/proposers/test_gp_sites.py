"""What is known about the places of a program: kinds, roles, and the names that can be read there."""

import ast

import pytest

from evolve.proposers.gp.kinds import BOOL, FLOAT, INT, Kind, of_signature
from evolve.proposers.gp.program import Form, Program, Unreadable, canonical, read
from evolve.proposers.gp.sites import Role

FLOATS = Kind("float", 1)


def program(body: str, signature: str = "float64(float64, int64, float64[::1], float64[:, ::1])") -> Program:
    """Return f(x, n, a, m) with a body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return read(f"def f(x, n, a, m):\n{lines}", Form("f", *of_signature(signature)))


def test_a_signature_gives_the_kinds_of_scalars_arrays_and_nothing_else():
    text = "int64[::1](float64, Array(int64, 2, 'C', readonly=True), boolean, float32[:, ::1], UniTuple(int64, 2))"
    assert of_signature(text) == ((FLOAT, Kind("int", 2), BOOL, Kind("float", 2), None), Kind("int", 1))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("x + 1", FLOAT),
        ("n + 1", INT),
        ("n / 2", FLOAT),
        ("n // 2", INT),
        ("x > n", BOOL),
        ("x > 1.0 and n < 2", BOOL),
        ("max(x, n)", FLOAT),
        ("n if x > 1.0 else 2.5", FLOAT),
        ("a[n]", FLOAT),
        ("a[1:]", FLOATS),
        ("a > x", Kind("bool", 1)),
        ("m[n]", FLOATS),
        ("m[n, 0]", FLOAT),
        ("m.shape[0]", INT),
        ("a.size", INT),
        ("len(a)", INT),
        ("np.argsort(-a)", Kind("int", 1)),
        ("np.maximum(a, x)", FLOATS),
        ("a.sum() + np.mean(m)", FLOAT),
        ("np.zeros(n, np.int64)", Kind("int", 1)),
        ("np.zeros((n, 2))", Kind("float", 2)),
        ("np.full(n, 1.5)", FLOATS),
        ("np.arange(n)", Kind("int", 1)),
        ("math.floor(x)", INT),
        ("math.exp(x) + math.pi", FLOAT),
        ("[x, x]", None),
        ("x ** 2.0", FLOAT),
    ],
)
def test_an_expression_has_the_kind_that_numba_gives_it(code, kind):
    made = program(f"return {code}")
    assert isinstance(made.entry.body[0], ast.Return)
    assert made.kinds(made.entry.body[0].value) == kind


def test_a_name_has_the_join_of_all_that_is_assigned_to_it():
    names = program("t = 0\nk = 0\nfor i in range(n):\n    t += a[i]\n    k = i\nreturn t").kinds.names
    assert (names["t"], names["k"], names["i"]) == (FLOAT, INT, INT)


def test_only_names_that_are_surely_assigned_can_be_read():
    made = program(
        "if x > 1.0:\n    y = 1.0\n    z = 2.0\nelse:\n    y = 2.0\nfor i in range(n):\n    w = 1.0\nreturn y + x"
    )
    (last,) = [site for site in made.sites if isinstance(site.owner, ast.Return)]
    assert list(last.scope) == ["x", "n", "a", "m", "y"]


def test_a_way_that_returns_does_not_count():
    made = program("if x > 1.0:\n    return 0.0\nelse:\n    y = 2.0\nreturn y")
    assert made.sound


@pytest.mark.parametrize(
    "body",
    [
        "if x > 1.0:\n    y = 1.0\nreturn y",
        "for i in range(n):\n    y = 1.0\nreturn y",
        "y += 1.0\nreturn y",
        "return missing",
    ],
)
def test_reading_what_may_not_be_assigned_is_unsound(body):
    assert not program(body).sound


def roles(body: str) -> dict[str, Role]:
    return {ast.unparse(site.node): site.role for site in program(body).sites}


def test_what_an_existing_denominator_rests_on_is_left_alone_but_for_its_constants():
    found = roles("return x / (a[0] + 0.5 * a[1])")
    assert found["a[0] + 0.5 * a[1]"] is Role.DENOMINATOR
    assert found["0.5"] is Role.SCALE
    assert "a[1]" not in found


def test_what_a_guard_keeps_from_zero_is_free():
    found = roles("return x / max(a[0], 1.5)")
    assert found["max(a[0], 1.5)"] is Role.DENOMINATOR
    assert (found["a[0]"], found["1.5"]) == (Role.VALUE, Role.SCALE)


@pytest.mark.parametrize("denominator", ["max(x, 0.0)", "abs(x)", "max(x, -1.0)", "max(x, n)"])
def test_a_guard_that_lets_zero_through_is_none(denominator):
    assert roles(f"return 1.5 / {denominator}").get("x") is not Role.VALUE


def test_indices_bounds_of_loops_and_conditions_of_while_are_no_sites():
    found = roles(
        "t = 0.0\nk = 0\nwhile k < n:\n    for i in range(n - 1):\n        t += a[i + 1]\n    k += 1\nreturn t"
    )
    assert list(found) == ["0.0", "a[i + 1]", "t"]


def test_imports_aliases_docstrings_and_comments_do_not_matter():
    imports = "from math import sqrt as root\nimport numpy\n\n"
    text = imports + "def f(x):\n    'Doc.'\n    return root(x) + numpy.mean(x)  # why\n"
    assert canonical(text) == "def f(x):\n    return math.sqrt(x) + np.mean(x)"


@pytest.mark.parametrize("source", ["def f(x:", "def g(x):\n    return x\n", "def f(x, y):\n    return x\n", "\0"])
def test_a_source_without_the_entry_function_is_unreadable(source):
    with pytest.raises(Unreadable):
        read(source, Form("f", (FLOAT,), FLOAT))
