import ast

import pytest

from sandbox.layout import text


@pytest.mark.parametrize(
    "source",
    [
        "import math\n\n\ndef f(x):\n    return x\n",
        "def f(x): return x\n",
        "def f(x):\n    if x: return 1\n    elif x > 2: y = 1; z = 2\n    else: return 3\n    return 4\n",
        "def f(x):\n    while x:\n        x = 1\n    else:\n        x = 2\n\n    return x\n",
        "for i in x:\n\n    if i:\n        pass\n    else:\n        if x: pass\n        y = 1\n",
        "def f(x):\n    def g(y, k=1):\n        return y\n    return g(x)\n",
    ],
)
def test_statements_stay_on_their_lines(source):
    assert text(ast.parse(source)) == source


def test_a_statement_over_several_lines_begins_on_its_line_and_the_next_stays():
    assert text(ast.parse("x = (1 +\n     2)\ny = 3\n")) == "x = 1 + 2\n\ny = 3\n"


def test_what_needs_more_lines_than_there_are_moves_down():
    assert text(ast.parse("a = 1; b = 2\nc = 3\n")) == "a = 1\nb = 2\nc = 3\n"


@pytest.mark.parametrize(
    "source", ["if a:\n  if b: pass\n  else: c\nelse: d", "if a: pass\nelse:\n  if b: pass\n  else: c"]
)
def test_the_meaning_of_else_does_not_change(source):
    assert ast.dump(ast.parse(text(ast.parse(source)))) == ast.dump(ast.parse(source))
