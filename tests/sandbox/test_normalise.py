import ast

import pytest

from sandbox.normalise import normal


def normal_text(text: str) -> str:
    return ast.unparse(normal(ast.parse(text)))


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("x: int = 1", "x = 1"),
        ("W = [1, 2]", "W = (1, 2)"),  # numba knows no lists outside functions
        ("def f(a: int, b: 'T' = 2) -> int: return a", "def f(a, b=2):\n    return a"),
        ("def f(a):\n    '''Doc.'''", "def f(a):\n    pass"),
        ("def f(a):\n    y: int\n    return a", "def f(a):\n    return a"),
        ("@njit\n@numba.jit(nopython=True)\ndef f(a): return a", "@numba.jit(nopython=True)\ndef f(a):\n    return a"),
        ("import numba\n@numba.njit()\ndef f(a): return a", "def f(a):\n    return a"),
        ("import math as m\nm.sqrt(1)", "import math\nmath.sqrt(1)"),
        ("from math import sqrt as s, pi\ns(pi)", "import math\nmath.sqrt(math.pi)"),
        ("import numpy\ndef f(a): return numpy.abs(a)", "import numpy as np\n\ndef f(a):\n    return np.abs(a)"),
        ("def f(a):\n    import math\n    return math.pi", "def f(a):\n    return math.pi\nimport math"),
        ("import math\nx = 1", "x = 1"),  # not used
        ("from numba import prange\nfor i in prange(3): pass", "for i in range(3):\n    pass"),
        ("if __name__ == '__main__':\n    f()", ""),
        ("assert x, 'text'", "assert x"),
        ("sum(v for v in a)", "sum([v for v in a])"),
        ("list(v for v in a)", "[v for v in a]"),
        ("any(v for v in a)", "np.any(np.array([v for v in a]))\nimport numpy as np"),
        ("all(a)", "np.all(a)\nimport numpy as np"),
        ("np.mean([1, 2])", "np.mean(np.array([1, 2]))\nimport numpy as np"),
        ("np.array(v for v in a)", "np.array([v for v in a])\nimport numpy as np"),
        ("reversed(a)", "a[::-1]"),
        ("reversed(range(n))", "range(n - 1, 0 - 1, -1)"),
        ("reversed(range(2, n))", "range(n - 1, 2 - 1, -1)"),
        ("float('inf')", "math.inf\nimport math"),
        ("float('-Infinity')", "-math.inf\nimport math"),
        ("np.empty(3, dtype=float)", "np.zeros(3, dtype=np.float64)\nimport numpy as np"),
        ("np.zeros(3, 'int')", "np.zeros(3, 'int')\nimport numpy as np"),  # only by keyword; the check says the rest
        ("np.zeros(3, dtype='int32')", "np.zeros(3, dtype=np.int32)\nimport numpy as np"),
        ("np.float_(np.NaN)", "np.float64(np.nan)\nimport numpy as np"),
    ],
)
def test_what_people_write_becomes_what_the_check_knows(written, normalised):
    assert normal_text(written) == normalised


def test_a_range_backwards_is_the_range_of_python():
    for start, stop in ((0, 0), (0, 1), (0, 5), (2, 5), (5, 2), (-3, 3)):
        (call,) = normal(ast.parse(f"reversed(range({start}, {stop}))")).body
        assert list(eval(ast.unparse(call))) == list(reversed(range(start, stop)))
