"""From a heuristic to a sequence of jobs: one call for all of it, or a rule that is asked for every next job."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from problems.base import Heuristic, NotFinite
from problems.native import caller
from problems.tardiness.features import FEATURES, RULE_SIGNATURE, SEQUENCE_SIGNATURE

sequence_of = caller(SEQUENCE_SIGNATURE)
priority_of = caller(RULE_SIGNATURE)

LARGEST_PRIORITY = 1e300
COUNT = len(FEATURES)
IntArray = NDArray[np.int64]
NOTHING = (np.empty(0, np.int64), np.empty((0, COUNT)))


class Told(NamedTuple):
    """What a rule was told on the way to a sequence.

    Attributes:
        rows: (rows, features) of each job at each moment, by moment and job.
        moments: (rows,) how many jobs were processed before.
        jobs: (rows,) the job that each row is about.
    """

    rows: NDArray[np.float64]
    moments: IntArray
    jobs: IntArray


@njit("int64[::1](intp, int64[::1], int64[::1])", cache=True)
def sequence(heuristic, p, d):  # type: ignore[no-untyped-def]
    """Return what a heuristic returns for copies of the processing times and due dates."""
    return sequence_of(heuristic, (p.copy(), d.copy()))


def build(rule: Heuristic, p: IntArray, d: IntArray) -> IntArray:
    """Return (jobs,) the sequence that a rule builds; see `dispatch`."""
    order: IntArray = dispatch(rule, p, d, *NOTHING)
    return order


def told(p: IntArray, d: IntArray, order: IntArray) -> Told:
    """Return what any rule is told on the way to a sequence.

    Args:
        order: (jobs,) a permutation of the jobs.
    """
    jobs = len(p)
    rows = np.empty((jobs * (jobs + 1) // 2, COUNT))
    dispatch(0, p, d, order, rows)
    position = np.empty(jobs, np.int64)
    position[order] = np.arange(jobs)
    moments, waiting = np.nonzero(position >= np.arange(jobs)[:, None])
    return Told(rows, moments, waiting)


@njit("int64[::1](intp, int64[::1], int64[::1], int64[::1], float64[:, ::1])", cache=True)
def dispatch(rule, p, d, given, rows):  # type: ignore[no-untyped-def]
    """Return the sequence that a rule builds, or note what it is told on the way to a given one.

    Of the jobs not yet processed the one of the largest priority is next, ties by the lowest job.

    Args:
        rule: Native address of the rule.
        p: (jobs,) processing times.
        d: (jobs,) due dates.
        given: (jobs,) the sequence that stands in for the rule; empty to ask the rule.
        rows: With `given`, receives what a rule would have been told, a row for each job at each moment.

    Returns:
        (jobs,) the jobs in the order in which they are processed.

    Raises:
        problems.base.NotFinite: A priority is not finite.
    """
    jobs = len(p)
    order = np.empty(jobs, np.int64)
    waiting = np.arange(jobs)  # the first `left` of them, ascending
    work = p.sum()
    now = noted = 0
    due_left = d.sum()
    for moment in range(jobs):
        left = jobs - moment
        longest = late = 0
        for index in range(left):
            job = waiting[index]
            longest = max(longest, p[job])
            late += now + p[job] > d[job]
        chosen = -1
        best = 0.0
        for index in range(left):
            job = waiting[index]
            features = (
                float(p[job]),
                float(d[job]),
                float(d[job] - now - p[job]),
                float(now),
                float(left),
                (work - now) / left,
                float(longest),
                due_left / left,
                float(late),
                float(jobs),
                float(work),
            )
            if given.size:
                for feature in range(COUNT):
                    rows[noted, feature] = features[feature]
                noted += 1
                value = 1.0 if given[moment] == job else 0.0
            else:
                value = priority_of(rule, features)
            if not abs(value) < LARGEST_PRIORITY:
                raise NotFinite("the priority is not a finite number")
            if chosen < 0 or value > best:
                chosen, best = index, value
        job = waiting[chosen]
        order[moment] = job
        now += p[job]
        due_left -= d[job]
        for index in range(chosen, left - 1):
            waiting[index] = waiting[index + 1]
    return order


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(rule, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the priority of each row of (rows, features)."""
    result = np.empty(len(rows))
    for index in range(len(rows)):
        result[index] = priority_of(rule, to_fixed_tuple(rows[index], COUNT))
    return result
