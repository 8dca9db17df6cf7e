import ast
import random
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Rejected, check_source, source

GOOD = '''
import numpy as np
import math

ALPHA = 0.5

def weight(a, b=2.0):
    return a * b + ALPHA

def f(x):
    """A rule."""
    best, at = -np.inf, 0
    values = [x * i for i in range(5)]
    for i, (v, w) in enumerate(zip(values, values[::-1])):
        score = math.sqrt(abs(v)) + weight(w) if v > 0 else 0.0
        if score > best and not (i == 3 or i in (1, 2)):
            best, at = score, i
    while best > 100:
        best /= 2.0
    a = np.zeros((3, 2))
    a[1, :] = best
    return a.sum() + at + sum(v for v in values)
'''


def line_of(text: str) -> int:
    with pytest.raises(Rejected) as caught:
        check_source(text, "f")
    return caught.value.line


def body(text: str) -> str:
    return "def f(x):\n" + textwrap.indent(text, "    ")


@pytest.mark.parametrize(
    ("text", "construct", "advice"),
    [
        ("import os\ndef f(x): return x", "import of os", "import math"),
        ("from numpy import *\ndef f(x): return x", "import of numpy *", "import math"),
        ("import numpy.random\ndef f(x): return x", "import of numpy.random", "import math"),
        (body("return open('x')"), "open is not a function here", "define it"),
        (body("return x.__class__"), "__class__", ""),
        (body("return ().__class__.__mro__"), "__mro__", ""),
        (body("__x = 1\nreturn __x"), "two underscores", "rename"),
        (body("return np.random.random()"), "np.random is not available", "repeat"),
        (body("return np.load('x')"), "np.load is not available", "another function"),
        (body("return np.linalg.norm(x)"), "np.linalg is not available", "another function"),
        (body("return np.lib.stride_tricks.as_strided(x)"), "np.lib is not available", ""),
        (body("return x.flat[0]"), ".flat is not available", ""),
        (body("return x.ctypes.data"), ".data is not available", ""),
        (body("return x.view()"), ".view is not available", ""),
        (body("try:\n    return x\nexcept Exception:\n    return 0"), "try is not available", "with `if`"),
        (body("with x:\n    return x"), "with is not available", "leave it out"),
        (body("raise ValueError"), "raise is not available", "return a value"),
        (body("global y\ny = 1"), "global is not available", "arguments"),
        (body("del x"), "del is not available", "leave it out"),
        (body("yield x"), "yield is not available", "a list"),
        (body("if (y := x) > 1:\n    return y"), "operator := is not available", "a line of its own"),
        (body("match x:\n    case 1:\n        return 1"), "match is not available", "elif"),
        (body("return f'{x}'"), "f-string is not available", ""),
        (body("return 'x'"), "texts are not available", "numbers"),
        (body("return 1j"), "complex numbers", "two numbers"),
        (body("return {1: 2}[1]"), "dict is not available", "array"),
        (body("return len({1, 2})"), "set is not available", "list"),
        (body("return [*x]"), "* before a value", "every item"),
        (body("return tuple(v for v in x)"), "generator expression", "list comprehension"),
        (body("return x @ x"), "operator @", "np.sum"),
        (body("return 1e999"), "too large", "2**53"),
        (body("return 99999999999999999"), "too large", "2**53"),
        (body("return x ** 17"), "exponent above 16", "17.0"),
        (body("return 1 << x"), "shift", "multiply"),
        (body("return 1 << 63"), "shift", "multiply"),
        (body("return x << -1"), "shift", "multiply"),
        (body("x[0] = 1\nreturn 1.0"), "x is given", "copy()"),
        (body("x[0, 1] += 1\nreturn 1.0"), "x is given", "copy()"),
        (body("sum = 0\nreturn sum"), "the name sum is taken", "rename"),
        (body("np = 0\nreturn np"), "the name np is taken", "rename"),
        (body("return y"), "the name y is not defined", "parameters"),
        (body("g = np.sqrt\nreturn g(x)"), "np.sqrt is used as a value", "call it"),
        (body("g = np\nreturn g"), "np is used as a value", ""),
        (body("return x.copy"), ".copy is used as a value", "call it"),
        (body("return (lambda: x)()"), "a computed function", "by their names"),
        (body("return x(1)"), "x is not a function here", ""),
        (body("return f(x - 1)"), "f is recursive", "loop"),
        ("def g(x): return h(x)\ndef h(x): return g(x)\ndef f(x): return g(x)", "is recursive", "loop"),
        (
            body("def g(y):\n    def h(z):\n        return z\n    return h(y)\nreturn g(x)"),
            "nested more",
            "module level",
        ),
        (
            body("g = lambda y: y\nh = lambda y: g(g(y))\nreturn h(x)"),
            "an inner function calls another",
            "module level",
        ),
        (body("t = (x, x)\n" + "t = (t, t)\n" * 9 + "return 1.0"), "tuples", "lists"),
        (body("t = (x,) * 1000\nreturn t[0]"), "a tuple is repeated", "list"),
        (body("t = x.shape\n" + "".join(f"t{i} = t + t\nt = t{i}\n" for i in range(9)) + "return 1.0"), "tuples", ""),
        (body("return max([x], default=0)"), "keyword default", "`if` beforehand"),
        (body("return max([x], key=lambda v: v)"), "this key", "sorted"),
        (body("return np.zeros(3, out=x)"), "keyword out", "leave it out"),
        (body("return np.maximum(x, 1, x)"), "np.maximum takes at most 2", "nest the calls"),
        (body("return np.nan_to_num(x, False)"), "np.nan_to_num takes at most 1", "nest the calls"),
        (body("return np.zeros((2, 2, 2, 2))"), "at most 3 dimensions", "fewer"),
        (body("return x" + "".join(f"[{i}]" for i in range(161))), "", ""),
        (body("return [" + ", ".join("x" * 65) + "]"), "more than 64 elements", "formula"),
        (body("a = 0\n" + "a += 1\n" * 170 + "return a"), "more than 160 numbers", "formula"),
        (
            body("\n".join("    " * i + "for i in x:" for i in range(5)) + "\n" + " " * 20 + "pass"),
            "nested more than 4",
            "",
        ),
        ("@cache\ndef f(x): return x", "decorators", "leave it out"),
        ("def f(*x): return x", "special parameters", "name every"),
        ("def f(x, *, y): return x", "special parameters", "name every"),
        ("def f(x, y=g()): return x", "default value is computed", "a number"),
        ("async def f(x): return x", "not available at module level", "write `def`"),
        ("class A: pass\ndef f(x): return x", "class is not available", "functions"),
        ("print(1)\ndef f(x): return x", "a statement without effect", "leave it out"),
        ("A = 1\nA = 2\ndef f(x): return x", "the name A is taken", "rename"),
        ("A = np.sqrt(2)\ndef f(x): return A", "computed", "write numbers"),
        ("f = lambda: 1", "a lambda at module level", "write `def`"),
        ("def g(x): return x", "there is no function named f", "def f"),
        ("def f(x): return x\ndef f(x): return x", "the name f is taken", "rename"),
        ("from math import e\ndef f(e): return e", "the name of something imported", "rename"),
        ("def f(x): return x  # \u202e", "invisible character", "plain text"),
        ("def f(x): return " + "(" * 31 + "x" + ")" * 31, "brackets", "variables"),
        ("def f(x): return " + "+".join(["x"] * 60), "nested more than 50", "variables"),
        ("def f(x): return " + "-" * 70 + "x", "chain of operators", "fewer"),
        ("x = " + "9" * 50, "digits", "fewer"),
        ("#" * 1001, "longer than 1000 characters", "break"),
        ("\n" * 400, "longer than 400 lines", "shorter"),
        ("x\n" * 9000, "longer than 16000 characters", "shorter"),
        (body("y = x + x * x - x\n" * 350), "more than 2000 parts", "shorter"),
        ("def f(x) return x", "not valid Python", "syntax"),
        ("def f(x):\n\treturn x\n        return x", "not valid Python", "syntax"),
    ],
)
def test_a_rejection_names_the_construct_and_says_what_to_write(text, construct, advice):
    with pytest.raises(Rejected) as caught:
        check_source(text, "f")
    assert construct in caught.value.construct
    assert advice in caught.value.advice
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (body("y = 1\ntry:\n    pass\nexcept E:\n    pass"), 3),
        ("import math\n\nimport os\ndef f(x): return x", 3),
        ("def f(x):\n    return (x +\n        open)", 3),
        ("def f(x):\n    return x\n\ndef g(x)\n    return x", 4),
    ],
)
def test_a_rejection_names_the_line(text, line):
    assert line_of(text) == line
    with pytest.raises(Rejected, match=f"^line {line}: "):
        check_source(text, "f")


def test_every_line_of_a_good_source_stays_where_it_was():
    lines = check_source(GOOD, "f").split("\n")
    assert lines[9] == "def f(x):"
    assert lines[13].strip() == "for (i, (v, w)) in enumerate(zip(values, values[::-1])):"
    assert lines[21].strip() == "return a.sum() + at + sum([v for v in values])"


def test_the_normal_form_is_its_own_normal_form():
    once = check_source(GOOD, "f")
    assert check_source(once, "f") == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(x):\n    return x + 1", 'def f(x: float) -> float:\n    """Doc."""\n    return (x + 1)  # why'),
        ("import math\ndef f(x):\n    return math.sqrt(x)", "def f(x):\n    from math import sqrt\n    return sqrt(x)"),
        ("def f(x):\n    return sum([v for v in x])", "def f(x):\n    return sum(v for v in x)"),
        (
            "import numpy as np\nimport math\ndef f(x):\n    return np.exp(x)",
            "import numpy\ndef f(x):\n    return numpy.exp(x)",
        ),
    ],
)
def test_sources_that_mean_the_same_have_the_same_normal_tree(one, other):
    trees = [sorted(ast.dump(item) for item in ast.parse(check_source(text, "f")).body) for text in (one, other)]
    assert trees[0] == trees[1]


def answer(text: str) -> str | None:
    """Return the normal form or None; anything raised but `Rejected` fails the test."""
    try:
        return check_source(text, "f")
    except Rejected as error:
        return None if error.advice else str(error)


@given(st.text(max_size=300))
def test_random_text_is_accepted_or_rejected(text):
    answer(text)


@given(st.text(alphabet="()[]{}:,.=+-*/@ \n\t'\"\\#0123456789abcdefx_lmnorti<>!&|^%~;", max_size=400))
def test_text_of_python_characters_is_accepted_or_rejected(text):
    answer("def f(x):\n    return " + text)


WORDS = "def return for in if else while lambda and not async await yield import from class try except with as"
SIGNS = "f(x): range sum np math x y True None 't' f'{x}' ( ) [ ] { } , : . = + - * ** << 1 2.5 @ := ... ; #"
TOKENS = [*(word + " " for word in WORDS.split(" ")), *SIGNS.split(" "), "\\\n", "\n", "    "]


@given(st.lists(st.sampled_from(TOKENS), max_size=120))
def test_random_tokens_are_accepted_or_rejected(tokens):
    answer("".join(tokens))


@settings(max_examples=200)
@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_a_good_source_with_random_changes_is_accepted_or_rejected(rng: random.Random, changes: int):
    text = GOOD
    for _ in range(changes):
        place, length = rng.randrange(len(text)), rng.randrange(6)
        other = rng.randrange(len(text))
        text = text[:place] + rng.choice(["", text[other : other + 9], rng.choice(TOKENS)]) + text[place + length :]
    accepted = answer(text)
    if accepted is not None:
        compile(accepted, "<heuristic>", "exec")
        assert answer(accepted) == accepted


class _Mutation(ast.NodeTransformer):
    """Puts random nodes of a tree in the place of others."""

    def __init__(self, rng: random.Random, nodes: list[ast.AST]) -> None:
        self._rng = rng
        self._nodes = nodes

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        kind = next((kind for kind in (ast.expr, ast.stmt) if isinstance(node, kind)), None)
        if kind is None or self._rng.random() > 0.05:
            return node
        return self._rng.choice([other for other in self._nodes if isinstance(other, kind)])


EVERYTHING = GOOD + textwrap.dedent(
    """
    def g(a, *b, c=1, **d):
        try:
            raise ValueError from None
        except (A, B) as e:
            del a[0], a.b
        finally:
            global z
        with a as b, c: yield
        match a:
            case {"x": [1, *_]}: pass
        class A(B): x: int = 1
        assert (y := 1), f"{a!r:>{b}}"
        return [*a, {**b}, {1, 2}, (i async for i in x), lambda *a: 0, a if b else ~c, b"x", 1j, ...]
    """
)


@settings(max_examples=200)
@given(st.randoms(use_true_random=False))
def test_a_random_tree_is_accepted_or_rejected(rng: random.Random):
    tree = ast.parse(EVERYTHING)
    nodes = list(ast.walk(ast.parse(EVERYTHING)))
    mutated = ast.fix_missing_locations(_Mutation(rng, nodes).visit(tree))
    try:
        text = ast.unparse(mutated)
    except (RecursionError, ValueError, AttributeError, TypeError):
        return  # not a tree that any text has
    accepted = answer(text)
    if accepted is not None:
        compile(accepted, "<heuristic>", "exec")


@pytest.mark.parametrize(
    "text",
    [
        opening * 29 + closing
        for opening in (
            "(",
            "[",
            "{",
            "f(",
            "x[",
            "{1:",
            "lambda x=(",
            "f(a=",
            "f(**{",
            "not (",
            "(*",
            "with (",
            "print (",
            "f'{",
        )
        for closing in ("", "x", "x" + ")" * 29, " = 1")
    ],
)
def test_brackets_that_never_close_are_rejected(text):
    assert answer(text) is None
    answer(body(text))


@pytest.mark.parametrize(
    "text",
    [
        body("\n".join(f"a{i} = a{i + 1}" for i in range(380)) + "\na380 = (x, x)"),  # tuples that arrive late
        body("a = " + "[" * 25 + "x" + "]" * 25),  # lists in lists
        body("\n".join(" " * i + "if x:" for i in range(95)) + "\n" + " " * 96 + "pass"),  # blocks in blocks
        body("if x: pass\n" + "elif x: pass\n" * 380),  # a chain of conditions
        body("a = " * 200 + "1"),  # a chain of assignments
        body("return (" + "\n".join(["x" + ".x" * 400] + [".x" * 400] * 18) + ")"),  # a chain of attributes
        body("return (" + "\n".join(["lambda:" * 100] * 15) + " x)"),  # lambdas in lambdas
        body("return (" + "\n".join(["x if x else " * 60] * 15) + " x)"),  # conditions in conditions
        "@x\n" * 390 + "def f(x): pass",  # decorators
        "".join(f"def g{i}(x): return x\n" for i in range(390)),  # functions
    ],
)
def test_a_large_source_of_one_kind_is_accepted_or_rejected(text):
    answer(text)


def test_the_bounds_hold_the_tree_that_later_steps_walk_recursively():
    deepest = "x"
    for _ in range(source.MOST_DEPTH - 5):
        deepest = f"-{deepest}" if deepest[0] != "-" or deepest.count("-") < 15 else f"abs({deepest})"
    assert answer(body(f"return {'x' if deepest.count('(') > 30 else deepest}")) is not None
