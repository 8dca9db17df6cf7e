import ast
import random

import pytest

from evolve.llm import changes

MAIN = "def f(a, b, c):\n    if a > 1.0:\n        return a - 2.0 * b\n    return b\n"
MATE = "import math\n\ndef f(a, b, c):\n    return math.exp(-c)\n"


def changed(change: changes.Change, code: str, mate: str = "") -> tuple[str, str]:
    tree = changes.parsed(code)
    assert tree is not None
    idea = change(tree, changes.parsed(mate), random.Random(1))
    return ast.unparse(ast.fix_missing_locations(tree)), idea


@pytest.mark.parametrize(
    ("change", "code", "expected"),
    [
        (changes.turn_operator, "def f(a):\n    return a + 1.0\n", "def f(a):\n    return a - 1.0"),
        (changes.turn_operator, "def f(a):\n    return a / 2.0\n", "def f(a):\n    return a * 2.0"),
        # a divisor is guarded against zero
        (changes.turn_operator, "def f(a):\n    return a * a\n", "def f(a):\n    return a / max(a, 1.0)"),
        (changes.return_nothing, MAIN, "def f(a, b, c):\n    return 0.0"),
        (changes.leave, "def f(a):\n    return a\n", "def f(a):\n    return a"),
        (changes.rename, "def f(a):\n    return a\n", "def improved(a):\n    return a"),
    ],
)
def test_a_change_does_what_it_says(change: changes.Change, code: str, expected: str) -> None:
    assert changed(change, code)[0] == expected


def test_a_constant_is_made_larger_or_smaller_and_whole_numbers_stay() -> None:
    code, idea = changed(changes.scale, "def f(a):\n    return a[0] * 4.0 + 0.0\n")
    assert code.splitlines()[1].strip() in {f"return a[0] * {4.0 * factor} + 0.0" for factor in changes.FACTORS}
    assert idea.startswith("the constant 4 becomes")


def test_a_name_gives_way_to_another_that_is_a_number_too() -> None:
    code, idea = changed(changes.replace_name, "def f(a, b, table):\n    return a - b + table[0]\n")
    assert code.splitlines()[1].strip() in {"return a - a + table[0]", "return b - b + table[0]"}
    assert idea in {"a takes the place of b", "b takes the place of a"}


def test_a_blend_adds_the_others_formula_and_brings_its_imports() -> None:
    code, idea = changed(changes.blend, MAIN, MATE)
    assert code.startswith("import math\n")
    assert "* math.exp(-c)" in code
    assert idea.endswith("times math.exp(-c) is added")


@pytest.mark.parametrize(
    ("change", "code", "mate"),
    [
        (changes.blend, MAIN, ""),
        (changes.blend, MAIN, "def f(x, y):\n    return x\n"),  # other arguments
        (changes.blend, MAIN, MAIN),  # no single formula
        (changes.scale, "def f(a):\n    return a\n", ""),
        (changes.turn_operator, "def f(a):\n    return a\n", ""),
        (changes.replace_name, "def f(a, b):\n    return a - a\n", ""),
        (changes.add_term, "def f(a):\n    return 1.0\n", ""),
    ],
)
def test_a_change_that_finds_nothing_changes_nothing(change: changes.Change, code: str, mate: str) -> None:
    after, idea = changed(change, code, mate)
    assert (after, idea) == (ast.unparse(ast.parse(code)), "")


@pytest.mark.parametrize("code", ["x = 1", "def f(:", "\0", "(" * 10_000])
def test_what_defines_no_function_is_no_source(code: str) -> None:
    assert changes.parsed(code) is None
