"""From a dispatching rule to a schedule, and from a schedule to the decisions of a rule."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Heuristic
from problems.blocking_jobshop.simulator import COUNT, simulate
from problems.blocking_jobshop.state import BoolArray, IntArray

NOTHING = (np.empty((0, 0), np.int64), np.empty((0, 0)), np.empty((0, 0), np.int64))


class Rebuilt(NamedTuple):
    """How a schedule came about.

    Attributes:
        starts: (jobs, machines) start times of the schedule that the decisions lead to.
        rows: (rows, features) what a rule is told about each waiting job, by decision and job; where two wait or more.
        decisions: (rows,) the decision that each row belongs to.
        jobs: (rows,) the job that each row is about.
    """

    starts: IntArray
    rows: NDArray[np.float64]
    decisions: IntArray
    jobs: IntArray


def build(
    priority: Heuristic, durations: IntArray, machines: IntArray, down: BoolArray, period: int, limit: int
) -> IntArray:
    """Return (jobs, machines) start times of the schedule that a dispatching rule leads to; see `simulate`."""
    starts: IntArray = simulate(priority, durations, machines, down, period, limit, *NOTHING)
    return starts


def rebuild(
    durations: IntArray, machines: IntArray, down: BoolArray, period: int, limit: int, starts: IntArray
) -> Rebuilt:
    """Return the decisions that lead to a schedule, and the schedule that they lead to.

    No rule is needed: of the jobs that wait for a machine, the one that starts first in the schedule was chosen.
    """
    jobs, count = durations.shape
    rows = np.empty((jobs * count * jobs, COUNT))
    owners = np.full((len(rows), 2), -1)
    rebuilt = simulate(0, durations, machines, down, period, limit, starts, rows, owners)
    noted = int((owners[:, 0] >= 0).sum())
    return Rebuilt(rebuilt, rows[:noted], owners[:noted, 0], owners[:noted, 1])
