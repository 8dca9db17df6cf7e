"""What the simulator knows of a blocking job shop: what does not change, and where everything is."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Shop(NamedTuple):
    """What does not change: an instance, and what follows from it."""

    durations: IntArray
    machines: IntArray
    down: BoolArray
    period: int
    limit: int
    tail: IntArray  # (jobs, machines + 1) work from each operation on
    mean_p: float
    lower_bound: float


class State(NamedTuple):
    """Where everything is; each array is changed in place."""

    at: IntArray  # (jobs,) index of the operation at which each job stands; -1 before the first, count after the last
    end: IntArray  # (jobs,) when that operation is over
    holder: IntArray  # (machines,) the job that stands on each machine, or -1
    unstarted: IntArray  # (machines,) work of the operations that have not been started
    starts: IntArray  # (jobs, machines)
    counts: IntArray  # jobs in the shop, jobs that have left it, operations started


@njit
def set_up(durations, machines, down, period, limit):  # type: ignore[no-untyped-def]
    """Return the shop of an instance, and its state before the first moment."""
    jobs, count = durations.shape
    tail = np.zeros((jobs, count + 1), np.int64)
    unstarted = np.zeros(count, np.int64)
    for job in range(jobs):
        for k in range(count - 1, -1, -1):
            tail[job, k] = tail[job, k + 1] + durations[job, k]
            unstarted[machines[job, k]] += durations[job, k]
    bound = float(max(tail[:, 0].max(), unstarted.max()))
    shop = Shop(durations, machines, down, period, limit, tail, tail[:, 0].sum() / float(jobs * count), bound)
    state = State(
        np.full(jobs, -1, np.int64),
        np.zeros(jobs, np.int64),
        np.full(count, -1, np.int64),
        unstarted,
        np.zeros((jobs, count), np.int64),
        np.zeros(3, np.int64),
    )
    return shop, state
