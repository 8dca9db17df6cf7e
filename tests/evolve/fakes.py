"""A problem, proposers and evaluators that need no sandbox: a heuristic is a number written down, and so is its gap."""

import threading
import time

import numpy as np

from evaluators.base import Evaluation, Status
from evolve.candidate import Brief, Candidate, Cost
from problems.base import Split


def source_of(value: float) -> str:
    return f"def priority(p):\n    return {value!r}\n"


def value_of(source: str) -> float:
    return float(source.rpartition("return")[2])


class Halver:
    """Proposes a little less than the first parent has, so that the parents of a run leave their mark on it."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.asked: list[int] = []
        self.lock = threading.Lock()

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        with self.lock:
            self.asked.append(brief.number)
        time.sleep(self.delay * ((brief.number * 7) % 3))
        before = value_of(brief.parents[0].candidate.source) if brief.parents else 100.0
        value = before * float(rng.uniform(0.9, 1.05))
        parents = tuple(parent.number for parent in brief.parents)
        return Candidate(source_of(value), brief.operator, parents, proposer="halver", cost=Cost(10, 5, 0.25))


def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
    """Judge a number as its own gap; numbers that end in an odd thousandth fail."""
    value = value_of(source)
    if int(value * 1000) % 5 == 0:
        return Evaluation(Status.TIMEOUT, message="took too long", cause="cpu limit", seconds=1.0)
    return Evaluation(Status.OK, {"gap": value}, {"i1": {"gap": value - 1}, "i2": {"gap": value + 1}}, 0.01)
