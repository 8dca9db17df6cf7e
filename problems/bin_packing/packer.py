"""Online packing in one pass: each item in turn goes into the bin to which the rule gives the largest value."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from problems.base import Heuristic, NotFinite
from problems.bin_packing.features import FEATURES, SIGNATURE
from problems.native import caller

priority_of = caller(SIGNATURE)

LARGEST_PRIORITY = 1e300
COUNT = len(FEATURES)
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
NO_BINS = np.empty(0, np.int64)
NO_ROWS = np.empty((0, COUNT))


class Replayed(NamedTuple):
    """What a packing says about the choices behind it.

    Attributes:
        possible: Whether each item went into a bin that a rule could choose.
        fitting: (items,) number of bins that each item could go into.
        chosen: (items,) which of those it went into, from 0.
        rows: (rows, features) what a rule is told about each of those bins, for the items wanted, in order.
    """

    possible: bool
    fitting: IntArray
    chosen: IntArray
    rows: FloatArray


def pack(priority: Heuristic, capacity: int, items: IntArray) -> IntArray:
    """Return (items,) the bin of each item that a rule chooses; bins are numbered in order of opening."""
    bins = np.empty(len(items), np.int64)
    notes = np.empty((2, len(items)), np.int64)
    place(priority, capacity, items, NO_BINS, np.zeros(len(items), np.bool_), bins, notes, NO_ROWS)
    return bins


def replay(capacity: int, items: IntArray, given: IntArray, wanted: NDArray[np.bool_], count: int) -> Replayed:
    """Return the choices behind a packing.

    Args:
        given: (items,) the bin of each item.
        wanted: (items,) whether rows are wanted for an item.
        count: How many rows that makes.
    """
    bins = np.empty(len(items), np.int64)
    notes = np.zeros((2, len(items)), np.int64)
    rows = np.empty((count, COUNT))
    possible = place(0, capacity, items, given, wanted, bins, notes, rows)
    return Replayed(possible, notes[0], notes[1], rows)


@njit("UniTuple(int64, 3)(int64, int64, int64, int64[::1], int64[::1], int64, int64[::1])", cache=True)
def _look(item, smallest, opened, free, useful, count, feasible):  # type: ignore[no-untyped-def]
    """List the bins into which an item fits in `feasible`, and strike those off `useful` into which no item will.

    Returns:
        How many bins are useful, into how many the item fits, and the smallest free capacity of these.
    """
    kept = fitting = 0
    tightest = free[opened]
    for position in range(count):
        number = useful[position]
        if free[number] >= smallest:
            useful[kept] = number
            kept += 1
        if free[number] >= item:
            feasible[fitting] = number
            fitting += 1
            tightest = min(tightest, free[number])
    feasible[fitting] = opened
    return kept, fitting + 1, tightest


@njit(
    "boolean(intp, int64, int64[::1], int64[::1], boolean[::1], int64[::1], int64[:, ::1], float64[:, ::1])",
    cache=True,
)
def place(priority, capacity, items, given, wanted, bins, notes, rows):  # type: ignore[no-untyped-def]
    """Pack items by a rule, or note the choices that lead to a given packing.

    1. The item fits into the open bins with enough free capacity, and into one empty bin.
    2. It goes into the bin of the largest value, ties to the bin that was opened first.

    Args:
        priority: Native address of the rule.
        capacity: Of every bin.
        items: (items,) sizes in order of arrival, each from 1 to the capacity.
        given: (items,) bins that stand in for the rule; empty to ask the rule.
        wanted: (items,) with `given`, whether to note what a rule would be told.
        bins: (items,) receives the bin of each item.
        notes: (2, items) receives how many bins each item fits into, and which of them it goes into.
        rows: Receives what a rule would be told, a row for each bin that a wanted item fits into.

    Returns:
        Whether the item fits into every bin given; if not, the rest is left undone.

    Raises:
        problems.base.NotFinite: A value is not finite.
    """
    free = np.full(len(items) + 1, capacity)  # of each bin, the empty one at the end included
    inside = np.zeros(len(items) + 1, np.int64)
    useful = np.empty(len(items) + 1, np.int64)  # open bins into which some item may still fit
    feasible = np.empty(len(items) + 1, np.int64)
    count = opened = noted = total = 0
    smallest = items.min()
    for now in range(len(items)):
        item = items[now]
        total += item
        count, fitting, tightest = _look(item, smallest, opened, free, useful, count, feasible)
        chosen = -1
        best = 0.0
        previous = 0
        for position in range(fitting):
            number = feasible[position]
            told = (
                float(item),
                float(free[number]),
                float(capacity),
                float(inside[number]),
                float(number),
                float(previous),
                float(tightest),
                float(fitting),
                float(opened),
                float(now),
                total / (now + 1.0),
            )
            previous = free[number]
            if given.size > 0:
                value = 1.0 if number == given[now] else 0.0
                if wanted[now]:
                    for feature in range(len(told)):
                        rows[noted, feature] = told[feature]
                    noted += 1
            else:
                value = priority_of(priority, told)
            if not abs(value) < LARGEST_PRIORITY:
                raise NotFinite("the priority is not a finite number")
            if chosen < 0 or value > best:
                chosen, best = position, value
        number = feasible[chosen]
        if given.size > 0 and number != given[now]:
            return False
        bins[now] = number
        notes[0, now] = fitting
        notes[1, now] = chosen
        free[number] -= item
        inside[number] += 1
        if number == opened:
            useful[count] = number
            count += 1
            opened += 1
    return True


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(priority, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the value of each row of (rows, features)."""
    result = np.empty(len(rows))
    for index in range(len(rows)):
        result[index] = priority_of(priority, to_fixed_tuple(rows[index], COUNT))
    return result
