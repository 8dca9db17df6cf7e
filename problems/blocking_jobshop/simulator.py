"""The blocking job shop in time: from a dispatching rule to start times, one event after the other.

A job keeps its machine until it moves to the next one. At every moment at which something happens

1. jobs whose last operation is over leave the shop;
2. the first machine that is free, runs and is waited for takes, of the jobs that wait, the one of largest priority
   (ties by the lowest job), which frees the machine it comes from; this is repeated while there is such a machine;
3. jobs that stand in a cycle, each waiting for the machine of the next one, all move at once, if their machines run.

Where no job can move and none is in process, all that stand are in chains that end in a cycle; so with swaps of any
length no rule runs into a deadlock, and a machine that is down comes back.
"""

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple

from problems.base import NotFinite
from problems.blocking_jobshop.features import FEATURES, SIGNATURE
from problems.blocking_jobshop.state import set_up
from problems.native import caller

priority_of = caller(SIGNATURE)

NEVER = np.int64(2**62)
LARGEST_PRIORITY = 1e300
COUNT = len(FEATURES)


@njit
def _is_down(shop, machine, now):  # type: ignore[no-untyped-def]
    period = now // shop.period
    return period < shop.down.shape[1] and shop.down[machine, period]


@njit
def _count_down(shop, now):  # type: ignore[no-untyped-def]
    count = 0
    for machine in range(shop.durations.shape[1]):
        count += _is_down(shop, machine, now)
    return count


@njit
def _end(shop, machine, start, length):  # type: ignore[no-untyped-def]
    """Return when an operation of a length ends that starts on a machine that runs."""
    now, left = start, length
    while left > 0 and now // shop.period < shop.down.shape[1]:
        border = (now // shop.period + 1) * shop.period
        if not _is_down(shop, machine, now):
            step = min(left, border - now)
            now, left = now + step, left - step
            if left == 0:
                break
        now = border
    return now + left


@njit
def _left(shop, machine, now, end):  # type: ignore[no-untyped-def]
    """Return how much processing is left of an operation on a machine that ends at a time."""
    left = np.int64(0)
    while now < end:
        border = min((now // shop.period + 1) * shop.period, end)
        if now // shop.period >= shop.down.shape[1]:
            border = end
        if not _is_down(shop, machine, now):
            left += border - now
        now = border
    return left


@njit
def _waits_for(shop, state, job, now):  # type: ignore[no-untyped-def]
    """Return the machine for which a job is ready, or -1."""
    at = state.at[job]
    if at >= shop.durations.shape[1] - 1:
        return -1
    if at < 0:
        return shop.machines[job, 0] if state.counts[0] < shop.limit else -1
    return shop.machines[job, at + 1] if state.end[job] <= now else -1


@njit
def _step(shop, state, job, now):  # type: ignore[no-untyped-def]
    """Start a job's next operation; the machine that it comes from is free already."""
    if state.at[job] < 0:
        state.counts[0] += 1
    state.at[job] += 1
    state.counts[2] += 1
    at = state.at[job]
    machine = shop.machines[job, at]
    state.holder[machine] = job
    state.unstarted[machine] -= shop.durations[job, at]
    state.starts[job, at] = now
    state.end[job] = _end(shop, machine, now, shop.durations[job, at])


@njit
def _free(shop, state, job):  # type: ignore[no-untyped-def]
    if state.at[job] >= 0:
        state.holder[shop.machines[job, state.at[job]]] = -1


@njit
def _leave(shop, state, now):  # type: ignore[no-untyped-def]
    """Let the jobs whose last operation is over leave."""
    last = shop.durations.shape[1] - 1
    for job in range(len(state.at)):
        if state.at[job] == last and state.end[job] <= now:
            _free(shop, state, job)
            state.at[job] += 1
            state.counts[0] -= 1
            state.counts[1] += 1


@njit
def _swap(shop, state, now, asks, walk):  # type: ignore[no-untyped-def]
    """Move the jobs of one cycle, if there is one whose machines run; return whether there was.

    Args:
        asks: (jobs,) the machine that each job waits for, or -1.
        walk: (jobs,) for own use.
    """
    walk[:] = -1
    for first in range(len(asks)):
        job = first
        while job >= 0 and walk[job] < 0 and state.at[job] >= 0 and asks[job] >= 0:
            if _is_down(shop, asks[job], now):
                break
            walk[job] = first
            job = state.holder[asks[job]]
        if job >= 0 and walk[job] == first:
            # Back at a job of this walk: from here on it is a cycle, and every machine in it is taken over.
            member = job
            while walk[member] == first:
                walk[member] = len(asks)
                following = state.holder[asks[member]]
                _step(shop, state, member, now)
                member = following
            return True
    return False


@njit
def _told(shop, state, job, now, asked, work, machines_down):  # type: ignore[no-untyped-def]
    """Return what a rule is told about a waiting job; `asked` and `work` are the jobs that wait for each machine."""
    jobs, count = shop.durations.shape
    at = state.at[job]
    this = shop.machines[job, at + 1]
    longest = np.int64(0)
    for k in range(at + 2, count):
        longest = max(longest, shop.durations[job, k])
    held = shop.machines[job, at] if at >= 0 else -1
    following = shop.machines[job, at + 2] if at + 2 < count else -1
    other = state.holder[following] if following >= 0 else -1
    return (
        float(shop.durations[job, at + 1]),
        float(shop.durations[job, at + 2]) if following >= 0 else 0.0,
        float(longest),
        float(shop.tail[job, 0] - shop.tail[job, at + 1]),
        float(shop.tail[job, at + 1]),
        float(at + 1),
        float(count - at - 1),
        float(now - state.end[job]),
        1.0 if at >= 0 else 0.0,
        float(asked[held]) if held >= 0 else 0.0,
        float(work[held]) if held >= 0 else 0.0,
        float(state.unstarted[held]) if held >= 0 else 0.0,
        float(now),
        float(asked[this]),
        float(work[this]),
        float(state.unstarted[this]),
        1.0 if other >= 0 else 0.0,
        float(_left(shop, following, now, state.end[other])) if other >= 0 else 0.0,
        float(asked[following]) if following >= 0 else 0.0,
        float(work[following]) if following >= 0 else 0.0,
        float(state.unstarted[following]) if following >= 0 else 0.0,
        1.0 if following >= 0 and _is_down(shop, following, now) else 0.0,
        float(state.counts[0]),
        float(shop.limit),
        float(machines_down),
        shop.mean_p,
        shop.lower_bound,
        state.counts[2] / float(jobs * count),
        float(jobs),
        float(count),
    )


@njit
def _next_event(shop, state, now):  # type: ignore[no-untyped-def]
    """Return the next time at which an operation ends or a machine that is down may come back."""
    count = shop.durations.shape[1]
    soonest = NEVER
    for job in range(len(state.at)):
        if 0 <= state.at[job] < count and state.end[job] > now:
            soonest = min(soonest, state.end[job])
    for machine in range(count):
        if _is_down(shop, machine, now):
            soonest = min(soonest, (now // shop.period + 1) * shop.period)
    return soonest


@njit
def _open_machine(shop, state, now, asks, asked, work):  # type: ignore[no-untyped-def]
    """Note which machine each job waits for; return the first that is free, runs and is waited for, or -1."""
    count = shop.durations.shape[1]
    asked[:] = 0
    work[:] = 0
    for job in range(len(state.at)):
        asks[job] = _waits_for(shop, state, job, now)
        if asks[job] >= 0:
            asked[asks[job]] += 1
            work[asks[job]] += shop.durations[job, state.at[job] + 1]
    for machine in range(count):
        if asked[machine] and state.holder[machine] < 0 and not _is_down(shop, machine, now):
            return machine
    return -1


@njit(
    "int64[:, ::1](intp, int64[:, ::1], int64[:, ::1], boolean[:, ::1], int64, int64,"
    " int64[:, ::1], float64[:, ::1], int64[:, ::1])",
    cache=True,
)
def simulate(priority, durations, machines, down, period, limit, given, rows, owners):  # type: ignore[no-untyped-def]
    """Return the schedule that a dispatching rule leads to, or note the decisions that lead to a given one.

    Args:
        priority: Native address of the rule.
        durations: (jobs, machines) processing times, in the order of each job's operations.
        machines: (jobs, machines) machine of each operation.
        down: (machines, periods) where a machine is shut down.
        period: Length of a period.
        limit: How many jobs may stand on machines at once.
        given: (jobs, machines) start times that stand in for the rule; empty to ask the rule.
        rows: With `given`, receives what a rule would have been told, a row for each waiting job of each decision.
        owners: With `given`, receives the decision and the job of each row.

    Raises:
        problems.base.NotFinite: A priority is not finite.
    """
    jobs, count = durations.shape
    shop, state = set_up(durations, machines, down, period, limit)
    asks = np.empty(jobs, np.int64)
    asked = np.zeros(count, np.int64)
    work = np.zeros(count, np.int64)
    walk = np.empty(jobs, np.int64)
    now = np.int64(0)
    noted = 0
    decision = 0
    while True:
        _leave(shop, state, now)
        if state.counts[1] == jobs:
            return state.starts
        machine = _open_machine(shop, state, now, asks, asked, work)
        if machine < 0:
            if not _swap(shop, state, now, asks, walk):
                now = _next_event(shop, state, now)
            continue
        machines_down = _count_down(shop, now)
        chosen = -1
        best = 0.0
        for job in range(jobs):
            if asks[job] != machine:
                continue
            value = 0.0
            if asked[machine] > 1:
                told = _told(shop, state, job, now, asked, work, machines_down)
                if given.size > 0:
                    at = state.at[job] + 1
                    # Of two that start together, one has no length and went first.
                    value = -float(2 * given[job, at] + (durations[job, at] > 0))
                    for feature in range(len(told)):
                        rows[noted, feature] = told[feature]
                    owners[noted, 0] = decision
                    owners[noted, 1] = job
                    noted += 1
                else:
                    value = priority_of(priority, told)
                if not abs(value) < LARGEST_PRIORITY:
                    raise NotFinite("the priority is not a finite number")
            if chosen < 0 or value > best:
                chosen, best = job, value
        decision += asked[machine] > 1
        _free(shop, state, chosen)
        _step(shop, state, chosen, now)


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(priority, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the priority of each row of (rows, features)."""
    result = np.empty(len(rows))
    for index in range(len(rows)):
        result[index] = priority_of(priority, to_fixed_tuple(rows[index], COUNT))
    return result
