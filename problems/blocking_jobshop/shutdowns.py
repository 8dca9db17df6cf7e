"""When machines are shut down, and when an operation that is interrupted by it ends.

Time is cut into periods as long as the instance's mean processing time. In each period each machine is shut down with
a given probability, independently. An operation on it stops and goes on afterwards, with nothing lost; its job stays.
What is drawn depends on the instance's data alone, so that a larger probability adds shutdowns and removes none.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from problems.jobshop.generate import MODULUS, states

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PERIODS_PER_OPERATION = 2
"""How many periods are drawn for each operation; machines are never shut down after the last."""


def draw(durations: IntArray, machines: IntArray, probability: float) -> tuple[BoolArray, int]:
    """Return (machines, periods) where a machine is shut down, and the length of a period in time units.

    Args:
        durations: (jobs, machines) processing times, in the order of each job's operations.
        machines: (jobs, machines) machine of each operation.
        probability: That a machine is shut down in a period, from 0 to below 1.
    """
    jobs, count = durations.shape
    length = max(1, round(float(durations.mean())))
    if probability == 0.0:
        return np.zeros((count, 0), np.bool_), length
    data = np.ascontiguousarray([durations, machines], "<i8").tobytes()
    seed = int.from_bytes(hashlib.sha256(data).digest()[:16]) % (MODULUS - 1) + 1
    periods = PERIODS_PER_OPERATION * jobs * count
    drawn = states(seed, count * periods).reshape(count, periods)
    return drawn < probability * MODULUS, length


def is_down(down: BoolArray, length: int, machines: IntArray, times: IntArray) -> BoolArray:
    """Return whether machines are shut down at times; all three have one shape."""
    periods = down.shape[1]
    if not periods:
        return np.zeros(times.shape, np.bool_)
    period = times // length
    found: BoolArray = (period < periods) & down[machines, np.minimum(period, periods - 1)]
    return found


def ends(down: BoolArray, length: int, machines: IntArray, starts: IntArray, durations: IntArray) -> IntArray:
    """Return when operations end that start at times, all of one shape; while a machine is down, they stop."""
    periods = down.shape[1]
    running = np.zeros((len(down), periods + 1), np.int64)  # time in which a machine ran before each period
    np.cumsum(~down * length, axis=1, out=running[:, 1:])
    result = starts + durations
    for machine in range(len(down)):
        mine = (machines == machine) & (durations > 0)
        period = np.minimum(starts[mine] // length, periods)
        before = running[machine, period]
        inside = starts[mine] - period * length
        off = np.append(down[machine], False)[period]
        target = before + np.where(off, 0, inside) + durations[mine]
        last = np.searchsorted(running[machine], target) - 1
        result[mine] = last * length + target - running[machine, last]
    return result
