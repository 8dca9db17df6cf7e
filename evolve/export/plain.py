"""What compiled code does differently from Python and NumPy, for modules that run where numba is not installed.

Gathered into modules whose heuristic uses such things, so that it decides the same either way.
"""

import math
from typing import Any

import numpy as np

from problems.base import AnyArray

MATH = math
NUMPY = np
"""Kept under names of their own, since what is below may stand in for them."""
RENAMED = {"acos": "arccos", "asin": "arcsin", "acosh": "arccosh", "atanh": "arctanh", "pow": "power"}
"""Functions of `math` that NumPy calls otherwise."""
INSERTED = 15
"""Ranges of up to so many more than one item are sorted by insertion."""


class CompiledMath:
    """The functions of `math` as compiled code has them: an infinity or NaN where Python raises."""

    def __getattr__(self, name: str) -> Any:
        """Return a constant, or a function that does not raise."""
        known = getattr(MATH, name)
        lenient = getattr(NUMPY, RENAMED.get(name, name), None)
        if not callable(known) or lenient is None:
            return known

        def function(*numbers: float) -> Any:
            try:
                return known(*numbers)
            except (ValueError, OverflowError):
                with NUMPY.errstate(all="ignore"):
                    return float(lenient(*map(float, numbers)))

        return function


def compiled_power(base: Any, exponent: Any) -> Any:
    """Return a power as compiled code has it: an infinity or NaN where Python raises or returns a complex number."""
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        result = 1j
    if isinstance(result, complex):
        with NUMPY.errstate(all="ignore"):
            return float(NUMPY.power(float(base), float(exponent)))
    return result


def compiled_argsort(values: Any) -> AnyArray:
    """Return the order that compiled code sorts values into; among equal ones it is not NumPy's.

    Quicksort by the median of three, as numba 0.68 has it: R. Sedgewick (1978), Implementing quicksort programs,
    Communications of the ACM 21(10), with the partition of C. A. R. Hoare (1962).
    """
    keys = NUMPY.asarray(values).tolist()
    order = list(range(len(keys)))
    ranges = [(0, len(keys) - 1)]
    while ranges:
        low, high = ranges.pop()
        if high - low < INSERTED:
            for end in range(low + 1, high + 1):
                item, place = order[end], end
                while place > low and _before(keys[item], keys[order[place - 1]]):
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = item
        else:
            middle = _parted(keys, order, low, high)
            ranges += [(low, middle - 1), (middle + 1, high)]
    return NUMPY.array(order, NUMPY.int64)


def _before(left: float, right: float) -> bool:
    """Return whether a value sorts before another; NaN comes last."""
    return left < right or (right != right and left == left)


def _parted(keys: list[float], order: list[int], low: int, high: int) -> int:
    """Part a range at the median of its first, middle and last item, and return where that has come to lie."""
    middle = (low + high) // 2
    for left, right in ((low, middle), (middle, high), (low, middle)):
        if _before(keys[order[right]], keys[order[left]]):
            order[left], order[right] = order[right], order[left]
    pivot = keys[order[middle]]
    order[middle], order[high] = order[high], order[middle]
    left, right = low, high - 1
    while True:
        while left < high and _before(keys[order[left]], pivot):
            left += 1
        while right >= low and _before(pivot, keys[order[right]]):
            right -= 1
        if left >= right:
            break
        order[left], order[right] = order[right], order[left]
        left, right = left + 1, right - 1
    order[left], order[high] = order[high], order[left]
    return left


class CompiledNumpy:
    """NumPy with the sums, means and orders of compiled code: from the first to the last, not pair by pair."""

    def __getattr__(self, name: str) -> Any:
        """Return what is the same in both."""
        return getattr(NUMPY, name)

    @staticmethod
    def argsort(values: Any) -> AnyArray:
        """Return the order of values."""
        return compiled_argsort(values)

    @staticmethod
    def sum(values: Any, axis: int | None = None) -> Any:
        """Return a sum."""
        table = NUMPY.asarray(values)
        if table.dtype.kind != "f" or not table.size:
            return NUMPY.sum(table, axis=axis)
        return (
            NUMPY.add.accumulate(table.ravel())[-1]
            if axis is None
            else NUMPY.add.accumulate(table, axis).take(-1, axis)
        )

    @classmethod
    def mean(cls, values: Any) -> Any:
        """Return a mean."""
        return cls.sum(NUMPY.asarray(values, NUMPY.float64)) / NUMPY.size(values)

    @classmethod
    def var(cls, values: Any) -> Any:
        """Return a variance."""
        return cls.sum((NUMPY.asarray(values) - cls.mean(values)) ** 2) / NUMPY.size(values)

    @classmethod
    def std(cls, values: Any) -> Any:
        """Return a standard deviation."""
        return cls.var(values) ** 0.5
