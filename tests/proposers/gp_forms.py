"""Three problems whose heuristics differ in form: a scalar rule, a sequence of jobs, a score read from a matrix."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from evaluators.base import Evaluation, Status
from evaluators.compiler import plain
from evolve.candidate import Brief, Candidate, Record
from evolve.proposers.gp import GeneticProgramming
from problems.base import Arrays, Heuristic, Instance, Picture, Problem, Split

RULES = {
    "ratio": "def rule(p, work, queue, now):\n    return work / max(p, 1.0)\n",
    "branch": (
        "import math\n\ndef rule(p, work, queue, now):\n    slack = max(work - now, 0.0)\n    if queue > 2.0 * p:\n"
        "        return -p\n    return math.exp(-slack / (3.0 * max(p, 1.0)))\n"
    ),
    "locals": """def rule(p, work, queue, now):
    x = p + 0.5 * queue
    if now < work:
        x = x * 2.0
    return -x
""",
}
SEQUENCES = {
    "shortest": "import numpy as np\n\ndef sequence(p, d):\n    return np.argsort(p + 0.1 * d)\n",
    "greedy": """import numpy as np

def sequence(p, d):
    n = len(p)
    order = np.zeros(n, np.int64)
    done = np.zeros(n, np.bool_)
    now = 0.0
    for k in range(n):
        best = -1
        least = 0.0
        for j in range(n):
            if not done[j]:
                value = max(now + p[j], d[j])
                if best < 0 or value < least:
                    best = j
                    least = value
        order[k] = best
        done[best] = True
        now += p[best]
    return order
""",
}
SCORES = {
    "worst": """def score(load, demand, kind):
    worst = 0.0
    for i in range(load.shape[0]):
        total = 0.0
        for j in range(load.shape[1]):
            total += load[i, j] * demand[j]
        worst = max(worst, total)
    return worst + 0.5 * kind
""",
    "mean": "import numpy as np\n\ndef score(load, demand, kind):\n    return -np.mean(demand) * load[0, 0]\n",
}


class Form(Problem):
    """A problem that is only a form: nothing of it is ever solved."""

    statement = ""
    objectives = ("gap",)

    def __init__(self, name: str, signature: str, seeds: Mapping[str, str]) -> None:
        self.name, self.signature, self.seeds = name, signature, seeds

    def instances(self, split: Split) -> Sequence[Instance]:
        return []

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        return {}

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        return {}

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        return Picture("", [], [], {})


RULE = Form("rule", "float64(float64, float64, float64, float64)", RULES)
SEQUENCE = Form("sequence", "int64[::1](float64[::1], float64[::1])", SEQUENCES)
SCORE = Form("score", "float64(Array(float64, 2, 'C', readonly=True), float64[::1], int64)", SCORES)


def arguments(problem: Form, rng: np.random.Generator) -> tuple[Any, ...]:
    """Return random arguments for a form's heuristic."""
    if problem is RULE:
        return tuple(float(value) for value in rng.uniform(0.0, 100.0, 4))
    if problem is SEQUENCE:
        return rng.uniform(1.0, 100.0, 6), rng.uniform(1.0, 300.0, 6)
    load = rng.uniform(0.0, 9.0, (4, 3))
    load.flags.writeable = False
    return load, rng.uniform(0.0, 9.0, 3), int(rng.integers(3))


def function(problem: Form, source: str) -> Callable[..., Any]:
    """Return a heuristic as a plain Python function."""
    return plain(source, problem.entry)


def record(number: int, source: str) -> Record:
    return Record(number, Candidate(source, "seed"), Evaluation(Status.OK, {"gap": 1.0}))


def offspring(
    problem: Form, count: int, seed: int, accept: Callable[[str], bool], **settings: Any
) -> Iterator[tuple[Brief, Candidate]]:
    """Yield briefs and what was proposed for them, in a population that keeps the last 30 accepted programs."""
    propose = GeneticProgramming(problem, **settings)
    rng = np.random.default_rng(seed)
    pool = [record(number, source) for number, source in enumerate(problem.seeds.values())]
    for number in range(len(pool), len(pool) + count):
        operator, wanted = (("mutate", 1), ("cross", 2), ("mutate", 1), ("simplify", 1), ("create", 0))[number % 5]
        chosen = rng.choice(len(pool), wanted, replace=False)
        brief = Brief(number, operator, tuple(pool[index] for index in chosen))
        candidate = propose(brief, rng)
        yield brief, candidate
        if accept(candidate.source):
            pool = [*pool, record(number, candidate.source)][-30:]
