"""The judge of a sequence against mutations, and what both problems of one machine offer."""

import math
from itertools import pairwise

import numpy as np
import pytest

from problems.base import BoundBroken, InvalidSolution, ReferenceKind, Split
from problems.tardiness import Tardiness
from problems.tardiness.features import FEATURES
from tests.problems.tardiness_forms import RULE, SEQUENCE, D, P, compiled, make, tardiness

NO_TIME = np.zeros(1)


def mutated(order, rng):
    """Return a sequence with one mistake, or with two jobs exchanged, which is none."""
    order = order.copy()
    one, other = rng.choice(len(order), 2, replace=False)
    match rng.integers(7):
        case 0:
            order[one] = order[other]
        case 1:
            order[one] += rng.integers(-60, 61)
        case 2:
            order = np.delete(order, one)
        case 3:
            order = np.append(order, order[one])
        case 4:
            order[one] = rng.choice([-1, len(order), 2**62, -(2**63)])
        case 5:
            order = order.astype(rng.choice([np.float64, np.uint64, np.int8, np.bool_]))
        case _:
            order[[one, other]] = order[[other, one]]
    return order


def test_measure_accepts_a_mutated_sequence_only_if_it_still_is_one():
    rng = np.random.default_rng(3)
    instance = SEQUENCE.instances(Split.TRAIN)[0]
    p, d = instance.arrays["p"], instance.arrays["d"]
    good = SEQUENCE.solve(compiled(SEQUENCE, SEQUENCE.seeds["MDD"]), instance)["order"].astype(np.int64)
    accepted = 0
    for _ in range(2000):
        order = mutated(good, rng)
        whole = order.dtype.kind in "iu" and sorted(order.tolist()) == list(range(len(p)))
        try:
            measured = SEQUENCE.measure(instance, {"order": order, "seconds": NO_TIME})
        except InvalidSolution:
            assert not whole
        else:
            assert whole
            assert measured["tardiness"] == tardiness(p, d, order)
            accepted += 1
    assert 200 < accepted < 800


def test_measure_says_what_is_wrong_with_a_sequence():
    for solution, said in (
        ({}, "order must hold 4 integers, every job once; it is missing"),
        ({"order": np.arange(4)}, "seconds must be one finite number"),
        ({"order": np.arange(4), "seconds": np.array([math.nan])}, "seconds must be one finite number"),
        ({"order": np.arange(4), "seconds": np.array([-1.0])}, "seconds must be one finite number"),
        ({"order": np.arange(4), "seconds": np.zeros(2)}, "seconds must be one finite number"),
        ({"order": np.zeros((4, 1), np.int64), "seconds": NO_TIME}, r"it is \(4, 1\) of int64"),
        ({"order": np.array([0, 1, 2, 4]), "seconds": NO_TIME}, "order names job 4; jobs are 0 to 3"),
        ({"order": np.array([0, 1, 1, 3]), "seconds": NO_TIME}, "order names job 1 2 times and job 2 never"),
    ):
        with pytest.raises(InvalidSolution, match=f"small: .*{said}"):
            SEQUENCE.measure(make(P, D), solution)


def test_the_gap_is_in_percent_of_the_optimum_or_of_all_work_where_that_is_0():
    # As numbered the jobs end at 4, 6, 9 and 10: 5 late.
    solution = {"order": np.arange(4), "seconds": np.array([0.0001])}
    measured = SEQUENCE.measure(make(P, D, 4, ReferenceKind.OPTIMUM), solution)
    assert measured == {"gap": 25.0, "tardiness": 5.0, "milliseconds": 0.1}
    assert SEQUENCE.measure(make(P, D, 0), solution)["gap"] == 50.0
    assert SEQUENCE.measure(make([0, 0], [0, 0], 0), {"order": np.arange(2), "seconds": NO_TIME})["gap"] == 0.0


def test_a_sequence_below_a_proven_bound_is_our_bug_and_not_a_record():
    solution = {"order": np.arange(4), "seconds": NO_TIME}
    for kind in (ReferenceKind.OPTIMUM, ReferenceKind.LOWER_BOUND):
        with pytest.raises(BoundBroken, match="total tardiness 5 is below its"):
            SEQUENCE.measure(make(P, D, 6, kind), solution)
    assert SEQUENCE.measure(make(P, D, 10, ReferenceKind.BEST_KNOWN), solution)["gap"] == -50.0


def test_a_heuristic_that_searches_beyond_its_budget_is_refused():
    solution = {"order": np.arange(4), "seconds": np.array([0.0021])}
    with pytest.raises(InvalidSolution, match=r"took 2\.1 ms of CPU time for 4 jobs; at most 2 ms are allowed"):
        Tardiness(budget=0.5).measure(make(P, D), solution)
    assert Tardiness(budget=0.6).measure(make(P, D), solution)["milliseconds"] == 2.1


def test_the_time_of_a_heuristic_is_measured():
    # An unlimited search: each step needs the one before, so no compiler can leave it out.
    source = (
        "import numpy as np\ndef sequence(p, d):\n    x = 1\n    for i in range(20000000):\n"
        "        x = (x * 31 + i) % 1000003\n    return np.argsort(p * 0 + x)\n"
    )
    spent = SEQUENCE.solve(compiled(SEQUENCE, source), make(P, D))["seconds"]
    assert spent[0] > 0.01
    with pytest.raises(InvalidSolution, match="search less"):
        SEQUENCE.measure(make(P, D), {"order": np.arange(4), "seconds": spent})


def test_a_heuristic_cannot_change_the_instance():
    source = "def sequence(p, d):\n    own = p\n    own[0] = 99\n    return own\n"
    instance = make(P, D)
    SEQUENCE.solve(compiled(SEQUENCE, source), instance)
    assert instance.arrays["p"].tolist() == P


def test_a_picture_shows_what_is_late_and_when_it_was_due():
    drawn = SEQUENCE.picture(make(P, D), {"order": np.array([2, 0, 1, 3], np.int16)})
    bars = [(bar.lane, bar.start, bar.end, bar.label, bar.group) for bar in drawn.bars]
    assert bars == [
        ("machine", 0.0, 3.0, "job 2, due at 4", "on time"),
        ("machine", 3.0, 7.0, "job 0, due at 5, 2 late", "late"),
        ("machine", 7.0, 9.0, "job 1, due at 6, 3 late", "late"),
        ("machine", 9.0, 10.0, "job 3, due at 10", "on time"),
        ("due", 0.0, 4.0, "job 2, due at 4", "on time"),
        ("due", 4.0, 5.0, "job 0, due at 5, 2 late", "late"),
        ("due", 5.0, 6.0, "job 1, due at 6, 3 late", "late"),
        ("due", 6.0, 10.0, "job 3, due at 10", "on time"),
    ]
    assert drawn.lanes == ("machine", "due")
    assert drawn.marks == {"all jobs done": 10.0, "last due date": 10.0}
    for p, d in (([1, 2], [-3, -5]), ([1, 2], [0, 0])):
        due = [bar for bar in SEQUENCE.picture(make(p, d), {"order": np.array([0, 1])}).bars if bar.lane == "due"]
        assert all(bar.start <= bar.end for bar in due)
        assert all(one.end == other.start for one, other in pairwise(due))


def test_the_splits_have_the_instances_they_say():
    assert [len(SEQUENCE.instances(split)) for split in Split] == [96, 96, 320]
    assert [len(RULE.instances(split)) for split in Split] == [96, 96, 96]
    few = Tardiness(sizes=[50], test_sizes=[20, 500], classes=["0.2/0.6"], per_class=3)
    assert [len(few.instances(split)) for split in Split] == [2, 2, 6]
    assert {instance.group for instance in few.instances(Split.TEST)} == {"20 jobs", "500 jobs"}


def test_the_statement_names_the_arguments_and_the_budget():
    assert "0.2 ms of CPU time for each job" in SEQUENCE.statement
    assert "1.5 ms of CPU time for each job" in Tardiness(budget=1.5).statement
    assert all(f"- {name}: " in RULE.statement for name in FEATURES)


def test_settings_that_make_no_sense_are_refused():
    for arguments in (
        {"sizes": []},
        {"sizes": [500]},
        {"test_sizes": [7]},
        {"classes": ["0.2/1.0"]},
        {"per_class": 0},
        {"per_class": 6},
        {"instances_per_file": 0},
        {"budget": 0.0},
        {"budget": math.nan},
    ):
        with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be"):
            Tardiness(**arguments)
