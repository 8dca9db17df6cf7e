"""Without numba things come out as compiled code has them."""

import math

import numpy as np
import pytest
from numba import njit

from evolve.export.plain import CompiledMath, CompiledNumpy, compiled_argsort, compiled_power


@njit
def orders(table):  # type: ignore[no-untyped-def]
    return [np.argsort(row) for row in table]


def test_equal_values_are_ordered_as_compiled_code_orders_them() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 2, 15, 16, 17, 40, 300):
        for most in (1, 2, 5, 1000):  # from all equal to hardly any
            table = rng.integers(0, most, (4, count)).astype(np.float64)
            table[0, rng.random(count) < 0.1] = np.nan
            for row, order in zip(table, orders(table), strict=True):
                assert compiled_argsort(row).tolist() == order.tolist(), (count, most)


@njit
def gathered(values):  # type: ignore[no-untyped-def]
    return np.sum(values), np.mean(values), np.var(values), np.std(values)


def test_sums_and_means_are_taken_from_the_first_to_the_last() -> None:
    numpy = CompiledNumpy()
    values = np.random.default_rng(4).normal(0.0, 1.0, 1001)
    found = (numpy.sum(values), numpy.mean(values), numpy.var(values), numpy.std(values))
    assert found == gathered(values)
    assert found[0] != np.sum(values)  # which adds pair by pair: the test would tell nothing otherwise
    table = values[:1000].reshape(100, 10)
    assert numpy.sum(table, axis=1)[0] == gathered(table[0])[0]
    assert numpy.sum([1, 2, 3]) == 6
    assert numpy.argsort([2.0, 1.0]).tolist() == [1, 0]
    assert numpy.maximum(1, 2) == 2


def test_functions_have_an_infinity_where_python_raises() -> None:
    lenient = CompiledMath()
    assert lenient.log(0.0) == -math.inf
    assert lenient.exp(1000.0) == math.inf
    assert math.isnan(lenient.sqrt(-1.0))
    assert math.isnan(lenient.acos(2.0))
    assert lenient.log(2.0) == math.log(2.0)
    assert lenient.pi == math.pi


@njit(error_model="python")
def powers(base, exponent):  # type: ignore[no-untyped-def]
    return base**exponent


@pytest.mark.parametrize("pair", [(-8.0, 1 / 3), (0.0, -1.5), (10.0, 400.0), (-2.0, 0.5), (2.0, 0.5), (3.0, -1.0)])
def test_a_power_is_never_complex_and_never_too_large(pair: tuple[float, float]) -> None:
    assert compiled_power(*pair) == powers(*pair) or (math.isnan(compiled_power(*pair)) and math.isnan(powers(*pair)))
