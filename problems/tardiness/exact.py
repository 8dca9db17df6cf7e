"""Proven optima of the total tardiness on one machine, by decomposition with memory.

Sources: E. L. Lawler (1977), A "pseudopolynomial" algorithm for sequencing jobs to minimize total tardiness, Annals of
Discrete Mathematics 1, 331-342, for the decomposition; C. N. Potts and L. N. Van Wassenhove (1982), A decomposition
algorithm for the single machine total tardiness problem, Operations Research Letters 1(5), 177-181, and W. Szwarc
(1993), Single machine total tardiness problem revisited, in Y. Ijiri (ed.), Creative and innovative approaches to the
science of management, Quorum Books, 407-419, for the elimination of positions; W. Szwarc, A. Grosso and F. Della Croce
(2001), Algorithmic paradoxes of the single-machine total tardiness problem, Journal of Scheduling 4(2), 93-104, for
the memory.

Jobs are in the order of their due dates, equal ones by processing time. A state is the set of those jobs from one to
another that are not longer than a third one, and the time at which it starts; every set met is of this form. In
Lawler's theorem its longest job takes the position h of some later job, all jobs up to that one before it and the
others after it. With C(h) the completion time of the longest job there, h is out of the question if

1. the next job is due by C(h): with its due date moved to C(h) the longest job may go behind the next one as well, or
2. a job that the longest one has let pass is due less than its own length before C(h): the two in turn are better.

The first rule never rejects the last of the optimal positions. Nor does the second, being strict, unless the longest
job is on time there; then its own place by due date is optimal as well, and no rule rejects it.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

MOST_JOBS: Final = 1000
MOST_WORK: Final = 2**32
"""Largest sum of processing times; a state is packed into one integer."""
MOST_STATES: Final = 12_000_000
"""How many states are solved at most: about 300 MB, and a quarter of a minute."""
_TABLE_BITS: Final = (16, 20, 24)
HUGE: Final = 2**62
_FREE: Final = -1
_STATES, _LIMIT, _STOPPED = 0, 1, 2
_STATE: Final = "int64, int64, int64"
_MEMORY: Final = "int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int16[::1], int64[::1]"


class Unproven(RuntimeError):
    """The limit of states was reached before the optimum was proven."""


class Optimum(NamedTuple):
    """An optimal sequence.

    Attributes:
        tardiness: Its total tardiness, which is the least.
        order: (jobs,) jobs in the order in which they are processed.
        states: How many states were solved to prove it.
    """

    tardiness: int
    order: IntArray
    states: int


def optimum(p: IntArray, d: IntArray, most_states: int = MOST_STATES) -> Optimum:
    """Return an optimal sequence of jobs on one machine.

    Args:
        p: (jobs,) processing times, from 0 on; `MOST_WORK` in sum.
        d: (jobs,) due dates, of any sign.
        most_states: Give up beyond this many states.

    Raises:
        Unproven: It takes more states.
        ValueError: There are too many jobs, or too much work.
    """
    if len(p) > MOST_JOBS or p.sum() > MOST_WORK:
        raise ValueError(f"at most {MOST_JOBS} jobs of {MOST_WORK} time units in sum, not {len(p)} of {p.sum()}")
    by_due = np.lexsort((p, d))
    instant, jobs = by_due[p[by_due] == 0], by_due[p[by_due] > 0]  # without length: first, at no one's cost
    if not len(jobs):
        return Optimum(int(np.maximum(-d, 0).sum()), instant, 0)
    for bits in _TABLE_BITS:
        limit = min(most_states, 3 * 2**bits // 4)
        value, order, states = _solve(p[jobs].astype(np.int64), d[jobs].astype(np.int64), bits, limit)
        if states <= limit:
            tardiness = int(np.maximum(-d[instant], 0).sum()) + value
            return Optimum(tardiness, np.concatenate((instant, jobs[order])), states)
        if limit == most_states:
            break
    raise Unproven(f"no proof after {states - 1} states; {len(p)} jobs are too many with these due dates")


def lower_bound(p: IntArray, d: IntArray) -> int:
    """Return a bound on the total tardiness that costs a sort.

    The larger of two: the largest tardiness by due dates, which no sequence undercuts (J. R. Jackson, 1955); and the
    tardiness of the least possible completion times matched with the due dates, both in ascending order.
    """
    by_due = np.lexsort((p, d))
    largest = int((np.cumsum(p[by_due]) - d[by_due]).max())
    matched = int(np.maximum(np.cumsum(np.sort(p)) - np.sort(d), 0).sum())
    return max(largest, matched)


def _solve(p: IntArray, d: IntArray, bits: int, limit: int) -> tuple[int, IntArray, int]:
    """Return tardiness, order and number of states of jobs by due date; where it stops, one state more than `limit`."""
    jobs = len(p)
    rank = np.empty(jobs, np.int64)
    rank[np.argsort(p, kind="stable")] = np.arange(jobs)
    keys = np.full(1 << bits, _FREE, np.int64)
    values, picks = np.empty(1 << bits, np.int64), np.empty(1 << bits, np.int16)
    counts = np.array([0, limit, 0], np.int64)
    pool = np.empty(jobs * (jobs + 3) // 2, np.int64)  # the jobs of a set and, behind them, of the sets it leads to
    pool[:jobs] = np.arange(jobs)
    memory: Any = (pool, p, d, rank, keys, values, picks, counts)
    value = _least(0, jobs, 0, *memory)
    order = np.empty(jobs, np.int64)
    if not counts[_STOPPED]:
        _unfold(0, jobs, 0, *memory, order, 0)
    return int(value), order, int(counts[_STATES])


@njit("UniTuple(int64, 4)(int64, int64, int64, int64[::1], int64[::1], int64[::1], int64[::1])", cache=True)
def _by_due_date(offset, count, start, pool, p, d, rank):  # type: ignore[no-untyped-def]
    """Return tardiness and number of late jobs by due date, the position of the longest job, and its completion."""
    time = ends = start
    total = late = longest = 0
    for position in range(offset, offset + count):
        job = pool[position]
        time += p[job]
        if time > d[job]:
            late += 1
            total += time - d[job]
        if position == offset or rank[job] > rank[pool[longest]]:
            longest = position
            ends = time
    return total, late, longest, ends


@njit("int64(int64, int64[::1])", cache=True)
def _place(key, keys):  # type: ignore[no-untyped-def]
    """Return where a key is in the table, or the free place where it belongs."""
    mask = len(keys) - 1
    mixed = np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    place = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(mask))
    while keys[place] != key and keys[place] != _FREE:
        place = (place + 1) & mask
    return place


@njit("int64(int64, int64, int64, int64, int64[::1])", cache=True)
def _before(offset, position, longest, behind, pool):  # type: ignore[no-untyped-def]
    """Write the jobs from `offset` to `position`, without the longest one, behind the set; return their number."""
    count = 0
    for other in range(offset, position + 1):
        if other != longest:
            pool[behind + count] = pool[other]
            count += 1
    return count


@njit(f"int64({_STATE}, {_MEMORY})", cache=True)
def _least(offset, count, start, pool, p, d, rank, keys, values, picks, counts):  # type: ignore[no-untyped-def]
    """Return the least total tardiness of the jobs `pool[offset : offset + count]`, by due date, from `start` on.

    1. By due date at most one job is late: that is optimal, as the largest tardiness is the least possible.
    2. The state is known.
    3. Otherwise the best of the positions of the longest job that the two rules leave.
    """
    total, late, longest, time = _by_due_date(offset, count, start, pool, p, d, rank)
    if late <= 1:
        return total
    job = pool[longest]
    key = ((start << 10 | pool[offset]) << 10 | pool[offset + count - 1]) << 10 | rank[job]
    place = _place(key, keys)
    if keys[place] == key:
        return values[place]
    counts[_STATES] += 1
    if counts[_STATES] > counts[_LIMIT]:
        counts[_STOPPED] = 1
        return 0
    behind = offset + count
    best = HUGE
    pick = longest
    latest = -HUGE  # time up to which a job that the longest one has let pass would rather have come after it
    for position in range(longest, behind):
        if position > longest:
            time += p[pool[position]]
            latest = max(latest, d[pool[position]] + p[pool[position]])
        if latest > time or (position + 1 < behind and time >= d[pool[position + 1]]):
            continue
        value = max(time - d[job], 0)
        if value < best and position + 1 < behind:
            following = behind - position - 1
            value += _least(position + 1, following, time, pool, p, d, rank, keys, values, picks, counts)
        if value < best and position > offset:
            before = _before(offset, position, longest, behind, pool)
            value += _least(behind, before, start, pool, p, d, rank, keys, values, picks, counts)
        if counts[_STOPPED]:
            return 0
        if value < best:
            best, pick = value, position
    place = _place(key, keys)
    keys[place], values[place], picks[place] = key, best, pick - offset
    return best


@njit(f"void({_STATE}, {_MEMORY}, int64[::1], int64)", cache=True)
def _unfold(offset, count, start, pool, p, d, rank, keys, values, picks, counts, order, at):  # type: ignore[no-untyped-def]
    """Write the optimal order of a state that has been solved to `order`, from index `at` on."""
    _, late, longest, time = _by_due_date(offset, count, start, pool, p, d, rank)
    if late <= 1:
        order[at : at + count] = pool[offset : offset + count]
        return
    job = pool[longest]
    key = ((start << 10 | pool[offset]) << 10 | pool[offset + count - 1]) << 10 | rank[job]
    position = offset + picks[_place(key, keys)]
    for other in range(longest + 1, position + 1):
        time += p[pool[other]]
    order[at + position - offset] = job
    behind, after = offset + count, at + position - offset + 1
    following = behind - position - 1
    _unfold(position + 1, following, time, pool, p, d, rank, keys, values, picks, counts, order, after)
    before = _before(offset, position, longest, behind, pool)
    _unfold(behind, before, start, pool, p, d, rank, keys, values, picks, counts, order, at)
