"""What every shipped heuristic comes to on the test split: `python -m tests.references.judging` writes bench.json anew.

Look at the difference before keeping it: a figure that has changed is a change of the problem, the judge or the data.
"""

import json
import logging
import tomllib
from pathlib import Path
from typing import Any

from evaluators.base import Status
from evaluators.local import LocalEvaluator
from problems.base import Split
from problems.plugins import load

FILE = Path(__file__).with_name("bench.json")
ROOT = Path(__file__).parents[2]
ROUNDED = {"expert_placement"}
"""Problems whose objective sums floating-point loads; elsewhere it rests on integers and is compared exactly."""


def shipped() -> list[str]:
    """Return the names of the shipped problems."""
    return sorted(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["evolve.problems"])


def judged(name: str) -> dict[str, Any]:
    """Return the mean objective of every seed of a problem on its test split, with default settings."""
    problem = load("evolve.problems", name)()
    objective = problem.objectives[0]
    evaluate = LocalEvaluator(problem, name, {}, workers=1, cpu_seconds=60.0)
    means = {}
    try:
        for seed, source in problem.seeds.items():
            evaluation = evaluate(source, Split.TEST)
            if evaluation.status is not Status.OK:
                raise RuntimeError(f"{name}, {seed}: {evaluation.status}: {evaluation.message}")
            means[seed] = evaluation.measures[objective]
    finally:
        evaluate.close()
    count = len(problem.instances(Split.TEST))
    tolerance = 1e-9 if name in ROUNDED else 0.0
    return {"objective": objective, "instances": count, "relative_tolerance": tolerance, "means": means}


if __name__ == "__main__":
    found = {}
    for problem in shipped():
        logging.warning("judging the seeds of %s", problem)
        found[problem] = judged(problem)
    FILE.write_text(json.dumps(found, indent=2) + "\n", encoding="ascii")
