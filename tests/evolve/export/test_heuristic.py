"""The part of a module that was evolved, as it is printed."""

import pytest

from evolve.export.heuristic import BEGIN, END, differing, functions_in, heuristic_in, names_in, printed, readable
from problems.jobshop.features import FEATURES

HEAD = f"def priority({', '.join(FEATURES)}):\n"


def test_comments_and_docstrings_stay_where_the_check_changes_nothing_else() -> None:
    source = f'import numpy as np\n{HEAD}    """Rank by work."""\n    return np.sqrt(p)  # shortest first\n'
    text = printed(source, "priority")
    assert "# shortest first" in text
    assert '"""Rank by work."""' in text
    assert "import" not in text


def test_what_the_check_rewrites_is_printed_as_the_compiler_saw_it() -> None:
    text = printed(f"import numpy\n{HEAD}    return numpy.sum([p, work_done])  # gone\n", "priority")
    assert "np.sum(np.array([p, work_done]))" in text
    assert "gone" not in text


@pytest.mark.parametrize(
    ("written", "printed_as"),
    [
        ("return p**2 + p ** -1", "return p**2 + p ** -1"),
        ("return (p + 1) ** (now * 0.5) ** 2.5", "return raised(p + 1, raised(now * 0.5, 2.5))"),
    ],
)
def test_powers_that_python_sees_differently_are_calls(written: str, printed_as: str) -> None:
    text = printed(f"{HEAD}    {written}\n", "priority")
    assert printed_as in text
    assert ("raised" in functions_in(text)) is ("raised" in printed_as)


def test_methods_of_arrays_that_numpy_sees_differently_are_functions() -> None:
    body = "x = np.array([p, now])\n    y = x.argsort()\n    return x.sum() + x[y[0]] + x.max()"
    text = printed(f"import numpy as np\n{HEAD}    {body}\n", "priority")
    assert "y = np.argsort(x)" in text
    assert "np.sum(x) + x[y[0]] + x.max()" in text
    assert differing(text) == {"np"}
    assert differing(printed(f"import math\n{HEAD}    return math.log(p) ** now\n", "priority")) == {"math", "raised"}
    assert differing(f"{HEAD}    return math.floor(p)\n") == set()


def test_names_of_functions_and_constants_are_taken() -> None:
    assert names_in("A = 1\nB, C = 2, 3\ndef f(x):\n    y = x\n    return y\n") == {"A", "B", "C", "f"}


def test_the_heuristic_is_found_again_in_an_exported_module() -> None:
    assert heuristic_in(f'"""A module."""\n\n{BEGIN}\n\n\ndef f():\n    return 1\n\n\n{END}\nmore\n') == (
        "def f():\n    return 1\n"
    )
    assert heuristic_in("def f():\n    return 1\n") == "def f():\n    return 1\n"


def test_long_parameter_lists_are_spread_over_lines_and_mean_the_same() -> None:
    assert max(len(line) for line in readable(HEAD + "    return p\n").splitlines()) <= 120


def test_a_comment_behind_a_long_head_is_left_as_it_is() -> None:
    source = HEAD.replace(":\n", ":  # most work (MWKR)\n") + "    return p  # a \x0c feed\n"
    assert readable(source) == source
