import math

import pytest

from sandbox import Limits


@pytest.mark.parametrize(
    "wrong",
    [
        {"compile_cpu_seconds": 0},
        {"run_cpu_seconds": -1},
        {"wall_seconds": math.inf},
        {"wall_seconds": math.nan},
        {"memory_bytes": 1000},
        {"output_bytes": 0},
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_by_name(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Limits(**wrong)


def test_wall_time_is_the_backstop_of_the_default_limits():
    limits = Limits()
    assert limits.wall_seconds >= 2 * (limits.compile_cpu_seconds + limits.run_cpu_seconds)
