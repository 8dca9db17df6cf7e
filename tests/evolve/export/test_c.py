"""Rules as C: equal values on random rows, and a refusal of what C cannot express."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from evolve.export.targets.c import NotInC, in_c
from problems.base import Problem, RuleProblem
from sandbox import check_source
from tests.evolve.export.forms import compiled_once, problem_of

COMPILER = shutil.which("cc")
ROWS = 2000
PARAMETERS = "p, due, slack, now, jobs_left, mean_p, longest_p, mean_due, late_left, jobs, work"
# Each line is met by another construct; p, due and slack are drawn around zero.
BODIES = {
    "sums in order": "return p + due * slack - now / (1.0 + jobs * jobs)",
    "whole divisions": "return p // due + p % due - (-p) // slack",
    "powers": "return p**2 + due**3 - abs(slack) ** 0.5 + abs(now) ** 1.7",
    "branches": "x = 0\n    if p > due and not slack < 0 or now == 1:\n        x += p\n"
    "    elif p < due < slack:\n        x -= 2\n    else:\n        x = -due\n    return x",
    "largest and smallest": "return max(p, due, slack) - min(p, due) + (p if p > due else slack)",
    "functions": "return math.exp(p / 10.0) + math.log(abs(due) + 1.0) + np.sqrt(abs(slack)) - math.floor(p)",
    "rounding": "return round(p / 4.0) + int(due) - math.ceil(slack)",
    "words of C": "double = p\n    register = double - due\n    return register * (p > due)",
    "helpers and constants": "return helper(p, due) - HALF * slack",
    "infinities": "return min(math.inf, p) + max(-math.inf, due)",
}


def text_of(body: str) -> str:
    helper = "HALF = 0.5\n\n\ndef helper(a, b):\n    return a - b if a > b else -HALF\n\n\n" if "helper" in body else ""
    return f"import math\nimport numpy as np\n\n\n{helper}def priority({PARAMETERS}):\n    {body}\n"


def built(problem: Problem, source: str, folder: Path) -> ctypes.CDLL:
    files = in_c(problem, check_source(source, problem.entry), "rule", "A rule.\n*/ inside a comment")
    (folder / "rule.h").write_text(files.header)
    (folder / "rule.c").write_text(files.source)
    flags = ["-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Wno-unused-function", "-Werror", "-std=c11"]
    subprocess.run(
        [str(COMPILER), *flags, "-shared", "-fPIC", "-o", "rule.so", "rule.c", "-lm"], cwd=folder, check=True
    )
    return ctypes.CDLL(str(folder / "rule.so"))


def values(problem: Problem, library: ctypes.CDLL, rows: np.ndarray) -> list[float | None]:
    """Return the value of each row; None where the rule divides by zero."""
    function = library[f"evolved_{problem.entry}"]
    function.argtypes = [*[ctypes.c_double] * rows.shape[1], ctypes.POINTER(ctypes.c_double)]
    found: list[float | None] = []
    for row in rows.tolist():
        value = ctypes.c_double()
        found.append(None if function(*row, ctypes.byref(value)) else value.value)
    return found


def random_rows(width: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    rows = rng.normal(0.0, 10.0, (ROWS, width))
    rows[::2] = np.round(rows[::2])  # ties and zeros
    return rows


def expected(problem: RuleProblem, source: str, rows: np.ndarray) -> list[float | None]:
    compiled = compiled_once(check_source(source, problem.entry), problem.entry, problem.signature)
    found: list[float | None] = []
    for row in rows:
        try:
            found.append(float(problem.values(compiled.address, row[None].copy())[0]))
        except ZeroDivisionError:
            found.append(None)
    return found


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_construct_has_the_same_value_in_c(body: str, tmp_path: Path) -> None:
    problem = problem_of("tardiness_rule")
    assert isinstance(problem, RuleProblem)
    rows = random_rows(11)
    found = values(problem, built(problem, text_of(body), tmp_path), rows)
    np.testing.assert_array_equal(found, expected(problem, text_of(body), rows))


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.parametrize("family", ["jobshop", "bin_packing", "vm_placement"])
def test_published_rules_have_the_same_values_in_c(family: str, tmp_path: Path) -> None:
    problem = problem_of(family)
    assert isinstance(problem, RuleProblem)
    width = problem.signature.count("float64") - 1
    rows = random_rows(width)[:400]
    for number, (name, source) in enumerate(problem.seeds.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = values(problem, built(problem, source, folder), rows)
        np.testing.assert_array_equal(found, expected(problem, source, rows), err_msg=name)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("t = 0.0\n    for k in range(3):\n        t += p\n    return t", "a for loop"),
        ("while p > 0:\n        p -= 1\n    return p", "a while loop"),
        ("return np.array([p, due])[0]", "np.array"),
        ("return p ** -2", "p ** (-2)"),
        ("x = [p, due]\n    return x[0]", "[p, due]"),
        ("return math.gamma(p)", "math.gamma(p)"),
        ("if p > 0:\n        return 1.0", "may end without a value"),
    ],
)
def test_what_c_cannot_express_is_refused_by_name(body: str, named: str) -> None:
    with pytest.raises(NotInC) as refused:
        in_c(problem_of("tardiness_rule"), text_of(body), "rule", "")
    assert named in str(refused.value)


def test_a_heuristic_of_arrays_is_no_rule() -> None:
    problem = problem_of("tardiness")
    with pytest.raises(NotInC, match="numbers alone"):
        in_c(problem, next(iter(problem.seeds.values())), "rule", "")
