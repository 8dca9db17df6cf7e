"""Schedule builders: from a dispatching rule to a schedule, in one pass.

One kernel builds non-delay schedules, active schedules (Giffler and Thompson, 1960, Operations Research 8) and the
parameterised schedules between them (Storer, Wu and Vaccari, 1992, Management Science 38; in the form of Bierwirth
and Mattfeld, 1999, Evolutionary Computation 7). Waiting operations are kept in one queue per machine, so that a
decision looks at one queue and not at all jobs.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from problems.base import Heuristic, NotFinite
from problems.jobshop.features import FEATURES, SIGNATURE
from problems.native import caller

priority_of = caller(SIGNATURE)

HUGE = np.int64(2**62)
LARGEST_PRIORITY = 1e300
COUNT = len(FEATURES)
IntArray = NDArray[np.int64]
NOTHING = (np.empty((0, 0), np.int64), np.empty((0, 0)), np.empty((0, 0), np.int64))


class Rebuilt(NamedTuple):
    """How a schedule came about.

    Attributes:
        starts: (jobs, machines) start times of the schedule that the decisions lead to.
        rows: (rows, features) what a rule is told about each operation of each conflict set, by decision and job.
        decisions: (rows,) the decision that each row belongs to.
        jobs: (rows,) the job that each row is about.
    """

    starts: IntArray
    rows: NDArray[np.float64]
    decisions: IntArray
    jobs: IntArray


@njit("int64(int64, int64, int64[::1], int64[:, ::1], int64[::1], int64[::1], int64)", cache=True)
def _soonest(machine, waiting, free, queue, ready, duration, delayed):  # type: ignore[no-untyped-def]
    """Return the earliest start (or, for delayed builders, completion) of the operations queued at a machine."""
    soonest = HUGE
    for position in range(waiting):
        job = queue[machine, position]
        moment = max(ready[job], free[machine]) + delayed * duration[job]
        soonest = min(soonest, moment)
    return soonest


def build(priority: Heuristic, delay: float, durations: IntArray, machines: IntArray) -> IntArray:
    """Return the schedule that a dispatching rule builds; see `schedule`."""
    built: IntArray = schedule(priority, delay, durations, machines, *NOTHING)
    return built


def rebuild(delay: float, durations: IntArray, machines: IntArray, starts: IntArray) -> Rebuilt:
    """Return the decisions that lead to a schedule, and the schedule that they lead to.

    No heuristic is needed: of each conflict set, the operation that starts first in the schedule was chosen. Where
    the schedule that comes out is another one, this builder cannot have made it.

    Args:
        starts: (jobs, machines) start times.
    """
    jobs, steps = durations.shape
    rows = np.empty((jobs * steps * jobs, len(FEATURES)))
    owners = np.full((len(rows), 2), -1)
    rebuilt = schedule(0, delay, durations, machines, starts, rows, owners)
    count = int((owners[:, 0] >= 0).sum())
    order = np.lexsort((owners[:count, 1], owners[:count, 0]))
    return Rebuilt(rebuilt, rows[order], owners[order, 0], owners[order, 1])


@njit(
    "int64[:, ::1](intp, float64, int64[:, ::1], int64[:, ::1], int64[:, ::1], float64[:, ::1], int64[:, ::1])",
    cache=True,
)
def schedule(priority, delay, durations, machines, given, rows, owners):  # type: ignore[no-untyped-def]
    """Return the schedule that a dispatching rule builds, or note the decisions that lead to a given one.

    1. Choose the machine with the earliest possible start (non-delay) or completion (otherwise).
    2. Its conflict set is every queued operation that can start at the earliest start on it, or before the point that
       lies `delay` of the way from there to the earliest completion.
    3. Schedule the operation of the largest priority, ties by the lowest job; its successor joins its queue.

    Args:
        priority: Native address of the rule.
        delay: 0 builds non-delay schedules, 1 active ones; between, how long a machine may be kept waiting.
        durations: (jobs, machines) processing times, in the order of each job's operations.
        machines: (jobs, machines) machine of each operation.
        given: (jobs, machines) start times that stand in for the rule; empty to ask the rule.
        rows: With `given`, receives what a rule would have been told, a row for each operation of each conflict set.
        owners: With `given`, receives the decision and the job of each row.

    Returns:
        (jobs, machines) start times.

    Raises:
        problems.base.NotFinite: A priority is not finite.
    """
    jobs, steps = durations.shape
    recording = given.size > 0
    noted = 0
    delayed = np.int64(1) if delay > 0.0 else np.int64(0)
    starts = np.zeros((jobs, steps), np.int64)
    step = np.zeros(jobs, np.int64)  # index of each job's next operation
    ready = np.zeros(jobs, np.int64)  # completion of its previous operation
    duration = durations[:, 0].copy()  # of its next operation
    free = np.zeros(steps, np.int64)  # when each machine has finished what is scheduled on it
    queue = np.zeros((steps, jobs), np.int64)  # jobs whose next operation is on the machine
    waiting = np.zeros(steps, np.int64)  # length of each queue
    queue_work = np.zeros(steps, np.int64)
    machine_work = np.zeros(steps, np.int64)  # of all operations not yet scheduled
    remaining = np.zeros(jobs, np.int64)
    longest_after = np.zeros((jobs, steps), np.int64)  # longest operation after each operation

    for job in range(jobs):
        for k in range(steps - 1, -1, -1):
            if k < steps - 1:
                longest_after[job, k] = max(longest_after[job, k + 1], durations[job, k + 1])
            remaining[job] += durations[job, k]
            machine_work[machines[job, k]] += durations[job, k]
        first = machines[job, 0]
        queue[first, waiting[first]] = job
        waiting[first] += 1
        queue_work[first] += durations[job, 0]
    total = remaining.copy()
    longest_job = remaining.max()
    busiest_machine = machine_work.max()
    operations = float(jobs * steps)
    mean_p = total.sum() / operations
    lower_bound = float(max(longest_job, busiest_machine))
    soonest = np.empty(steps, np.int64)
    for machine in range(steps):
        soonest[machine] = _soonest(machine, waiting[machine], free, queue, ready, duration, delayed)

    for scheduled in range(jobs * steps):
        machine = 0
        for other in range(1, steps):
            if soonest[other] < soonest[machine]:
                machine = other
        if delayed:
            now = HUGE
            for position in range(waiting[machine]):
                now = min(now, max(ready[queue[machine, position]], free[machine]))
            latest = now + delay * (soonest[machine] - now)
        else:
            now = soonest[machine]
            latest = float(now)
        chosen = -1
        chosen_at = 0
        best = 0.0
        for position in range(waiting[machine]):
            job = queue[machine, position]
            start = max(ready[job], free[machine])
            if start >= latest and start > now:
                continue
            k = step[job]
            next_p = 0.0
            next_free = 0.0
            next_queue_work = 0.0
            next_queue_ops = 0.0
            next_machine_work = 0.0
            if k < steps - 1:
                following = machines[job, k + 1]
                next_p = float(durations[job, k + 1])
                next_free = float(free[following])
                next_queue_work = float(queue_work[following])
                next_queue_ops = float(waiting[following])
                next_machine_work = float(machine_work[following])
            told = (
                float(duration[job]),
                next_p,
                float(longest_after[job, k]),
                float(total[job] - remaining[job]),
                float(remaining[job]),
                float(k),
                float(steps - k),
                float(ready[job]),
                float(start),
                float(now),
                float(queue_work[machine]),
                float(waiting[machine]),
                float(machine_work[machine]),
                next_free,
                next_queue_work,
                next_queue_ops,
                next_machine_work,
                float(longest_job),
                float(busiest_machine),
                mean_p,
                lower_bound,
                scheduled / operations,
                float(jobs),
                float(steps),
            )
            if recording:
                # Of two that start together, one has no length and was scheduled before the other.
                value = -float(2 * given[job, k] + (duration[job] > 0))
                for feature in range(len(told)):
                    rows[noted, feature] = told[feature]
                owners[noted, 0] = scheduled
                owners[noted, 1] = job
                noted += 1
            else:
                value = priority_of(priority, told)
            if not abs(value) < LARGEST_PRIORITY:
                raise NotFinite("the priority is not a finite number")
            if chosen < 0 or value > best or (value == best and job < chosen):
                chosen, chosen_at, best = job, position, value

        job = chosen
        length = duration[job]
        start = max(ready[job], free[machine])
        starts[job, step[job]] = start
        waiting[machine] -= 1
        queue[machine, chosen_at] = queue[machine, waiting[machine]]
        queue_work[machine] -= length
        free[machine] = start + length
        ready[job] = start + length
        if machine_work[machine] == busiest_machine:
            machine_work[machine] -= length
            busiest_machine = machine_work.max()
        else:
            machine_work[machine] -= length
        if remaining[job] == longest_job:
            remaining[job] -= length
            longest_job = remaining.max()
        else:
            remaining[job] -= length
        step[job] += 1
        soonest[machine] = _soonest(machine, waiting[machine], free, queue, ready, duration, delayed)
        if step[job] < steps:
            following = machines[job, step[job]]
            duration[job] = durations[job, step[job]]
            queue[following, waiting[following]] = job
            waiting[following] += 1
            queue_work[following] += duration[job]
            moment = max(ready[job], free[following]) + delayed * duration[job]
            soonest[following] = min(soonest[following], moment)
    return starts


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(priority, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the priority of each row of (rows, features)."""
    result = np.empty(len(rows))
    for index in range(len(rows)):
        result[index] = priority_of(priority, to_fixed_tuple(rows[index], COUNT))
    return result
