"""Small instances of one machine and heuristics for them, for the tests of both problems."""

import numpy as np
from hypothesis import strategies as st

from evaluators.compiler import compile_heuristic
from problems.base import Instance, Reference, ReferenceKind
from problems.tardiness import Tardiness, TardinessRule
from sandbox import check_source

SEQUENCE, RULE = Tardiness(), TardinessRule()
COMPILED = {}

# Processing times and due dates of jobs 0, 1, 2, 3.
P, D = [4, 2, 3, 1], [5, 6, 4, 10]


def compiled(problem, source):
    """Compile once per source and keep the code alive."""
    if source not in COMPILED:
        COMPILED[source] = compile_heuristic(check_source(source, problem.entry), problem.entry, problem.signature)
    return COMPILED[source].address


def make(p, d, optimum=0, kind=ReferenceKind.LOWER_BOUND):
    arrays = {"p": np.array(p, np.int64), "d": np.array(d, np.int64)}
    return Instance("small", "g", arrays, Reference(optimum, kind, "test"))


def tardiness(p, d, order):
    time = total = 0
    for job in order:
        time += int(p[job])
        total += max(0, time - int(d[job]))
    return total


@st.composite
def jobs(draw, least_p=0):
    n = draw(st.integers(1, 9))
    p = draw(st.lists(st.integers(least_p, draw(st.integers(1, 15))), min_size=n, max_size=n))
    latest = draw(st.integers(0, sum(p) + 5))
    return p, draw(st.lists(st.integers(draw(st.integers(-3, latest)), latest), min_size=n, max_size=n))
