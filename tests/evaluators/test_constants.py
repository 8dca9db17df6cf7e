import ast

import pytest

from evaluators.constants import READER, lift, put_back
from sandbox import check_source


def values(body: str, integers: bool = True) -> tuple[float, ...]:
    return lift(f"def f(a, b):\n{body}", integers).values


@pytest.mark.parametrize(
    ("body", "with_integers", "floats"),
    [
        ("    return 2.5 * a + 3 * b\n", (2.5, 3.0), (2.5,)),
        ("    return a if b > 2 else 0.5\n", (2.0, 0.5), (0.5,)),  # in the order of the tree: see below
        ("    return a ** 2 + b ** 0.5\n", (0.5,), (0.5,)),  # an integer exponent is no setting
        ("    return max(a, 1e-9) + 1e9 + 0.0 * b\n", (), ()),  # guards, infinity and zero are none
        ("    return a[2] + a[int(1.5 * b)]\n", (), ()),  # nor is an index
        ("    return -0.5 * a\n", (0.5,), (0.5,)),
        ("    x = 0\n    for k in range(3):\n        x += 1\n    return x * True\n", (), ()),
        ("    return a % 2 + a // 3\n", (), ()),
        ("    return 1.5 if a == b - 1.0 else 2.5\n", (1.5, 2.5), (1.5, 2.5)),  # what must be equal is none
        ("    return a / max(b, 1.5) + max(a, 2.5)\n", (2.5,), (2.5,)),  # nor is what guards a divisor
        ("    return max(a, 2.5) / (b + 3.5)\n", (2.5, 3.5), (2.5, 3.5)),
        ("    x = 0.0\n    for k in range(int(a) + 1):\n        x += 1.5\n    return x\n", (1.5,), (1.5,)),
        ("    return a\n", (), ()),
    ],
)
def test_settings_are_lifted_and_nothing_else(
    body: str, with_integers: tuple[float, ...], floats: tuple[float, ...]
) -> None:
    assert sorted(values(body)) == sorted(with_integers)
    assert sorted(values(body, integers=False)) == sorted(floats)


def test_every_constant_is_read_from_its_own_place() -> None:
    lifted = lift("def f(a, b):\n    return 2.5 * a + 0.1 * b\n")
    assert lifted.source == f"def f(a, b):\n    return {READER}(0) * a + {READER}(1) * b\n"
    assert lifted.values == (2.5, 0.1)


def test_constants_are_put_back_with_four_digits_and_one_sign() -> None:
    lifted = lift("def f(a, b):\n    return -2.5 * a - 0.1 * b\n")
    assert put_back(lifted.source, [0.123456, 7.0]) == "def f(a, b):\n    return -0.1235 * a - 7.0 * b\n"
    assert put_back(lifted.source, [-1.0, -3.0]) == "def f(a, b):\n    return 1.0 * a - -3.0 * b\n"


def test_what_was_lifted_and_put_back_is_the_same_program() -> None:
    source = "def f(a, b):\n    x = 1.5 * a\n    if x > 3.0:\n        return x / (b + 2.0)\n    return -0.25\n"
    lifted = lift(source)
    assert len(lifted.values) == 4
    assert ast.dump(ast.parse(put_back(lifted.source, lifted.values))) == ast.dump(ast.parse(source))


def test_a_source_that_uses_the_name_itself_is_left_alone() -> None:
    assert lift(f"def f({READER}, b):\n    return 2.0 * b\n").values == ()


def test_what_is_put_back_passes_the_static_check() -> None:
    lifted = lift(check_source("def f(a, b):\n    return -0.5 * a + 3.0 / b\n", "f"))
    assert "f" in check_source(put_back(lifted.source, [-1e9, 1e-9]), "f")
