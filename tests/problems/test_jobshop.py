"""The job shop against an independent, slow schedule builder, published figures and mutated schedules."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.compiler import Compiled, compile_heuristic
from problems.base import BoundBroken, Instance, InvalidSolution, Reference, ReferenceKind, Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES
from problems.jobshop.problem import make_instance

SHOP = JobShop()
COMPILED: dict[str, Compiled] = {}

# Mean gap in percent on Taillard's 80 instances; computed with another builder, and for MWKR, SPT, MOPNR and FIFO in
# agreement with the literature.
TA: dict[str | float, dict[str, float]] = {
    "non-delay": {
        "SPT": 27.54,
        "LPT": 43.07,
        "MWKR": 19.57,
        "LWKR": 45.69,
        "MOPNR": 19.73,
        "LOPNR": 44.36,
        "FIFO": 25.42,
        "FDD/MWKR": 17.99,
        "SPT/TWKR": 24.49,
        "LTPT": 17.15,
        "LSO": 29.68,
        "WINQ": 29.08,
        "2PT+WINQ+NPT": 25.98,
        "SPT+SSO": 31.29,
        "MWKR/P": 14.49,
    },
    "active": {
        "SPT": 67.30,
        "LPT": 52.53,
        "MWKR": 26.07,
        "LWKR": 77.37,
        "MOPNR": 25.88,
        "LOPNR": 73.59,
        "FIFO": 25.42,
        "FDD/MWKR": 24.82,
        "SPT/TWKR": 60.38,
        "LTPT": 26.03,
        "LSO": 43.77,
        "WINQ": 42.13,
        "2PT+WINQ+NPT": 54.85,
        "SPT+SSO": 67.77,
    },
    0.5: {
        "SPT": 35.28,
        "LPT": 46.40,
        "MWKR": 21.05,
        "LWKR": 55.13,
        "MOPNR": 20.95,
        "LOPNR": 53.45,
        "FIFO": 25.42,
        "FDD/MWKR": 19.05,
        "SPT/TWKR": 31.29,
        "LTPT": 18.79,
        "LSO": 31.68,
        "WINQ": 33.05,
        "2PT+WINQ+NPT": 32.50,
        "SPT+SSO": 40.11,
    },
}


def compiled(source: str) -> int:
    """Compile once per source and keep the code alive."""
    if source not in COMPILED:
        COMPILED[source] = compile_heuristic(source, SHOP.entry, SHOP.signature)
    return COMPILED[source].address


def small(durations: object, machines: object) -> Instance:
    reference = Reference(1.0, ReferenceKind.BEST_KNOWN, "test")
    return make_instance("small", "g", np.array(durations, np.int64), np.array(machines, np.int64), reference)


def rule(expression: str) -> str:
    return f"import math\ndef priority({', '.join(FEATURES)}):\n    return {expression}\n"


# Two jobs, two machines. Job 0: machine 0 for 3, machine 1 for 2. Job 1: machine 0 for 2, machine 1 for 4.
FLOW = small([[3, 2], [2, 4]], [[0, 1], [0, 1]])


def test_shortest_processing_time_by_hand() -> None:
    # Job 1 first on machine 0 (0-2), job 0 follows (2-5); on machine 1 job 1 runs 2-6, job 0 6-8.
    starts = SHOP.solve(compiled(rule("-p")), FLOW)["starts"]
    assert starts.tolist() == [[2, 6], [0, 2]]
    assert SHOP.measure(FLOW, {"starts": starts})["makespan"] == 8.0


def test_longest_processing_time_by_hand() -> None:
    # Job 0 first on machine 0 (0-3), job 1 follows (3-5); on machine 1 job 0 runs 3-5, job 1 5-9.
    starts = SHOP.solve(compiled(rule("p")), FLOW)["starts"]
    assert starts.tolist() == [[0, 3], [3, 5]]
    assert SHOP.measure(FLOW, {"starts": starts})["makespan"] == 9.0


def test_equal_priorities_go_to_the_lowest_job() -> None:
    assert SHOP.solve(compiled(rule("0.0 * p")), FLOW)["starts"].tolist() == [[0, 3], [3, 5]]


def test_an_active_builder_lets_a_machine_wait_where_a_non_delay_one_does_not() -> None:
    # Machine 1 could start job 1 at 0 (it takes 10), or wait until job 0 arrives at 1. Waiting is only possible in an
    # active schedule, and the rule prefers job 0.
    shop = small([[1, 2], [10, 1]], [[0, 1], [1, 0]])
    prefer_job_0 = rule("-work_remaining")
    assert SHOP.solve(compiled(prefer_job_0), shop)["starts"].tolist() == [[0, 10], [0, 10]]
    assert JobShop(builder="active").solve(compiled(prefer_job_0), shop)["starts"].tolist() == [[0, 1], [3, 13]]


@pytest.mark.parametrize("builder", TA)
def test_the_classic_rules_give_their_known_gaps_on_taillards_instances(builder: str | float) -> None:
    shop = JobShop(builder=builder, sets=["TA"])
    instances = shop.instances(Split.TEST)
    assert len(instances) == 80
    for name, expected in TA[builder].items():
        address = compiled(shop.seeds[name])
        gaps = [shop.measure(instance, shop.solve(address, instance))["gap"] for instance in instances]
        assert round(float(np.mean(gaps)), 2) == expected, name


def slow(durations: list[list[int]], machines: list[list[int]], delay: Fraction) -> list[list[int]]:
    """Build a schedule with most work remaining, then most operations, by scanning all jobs every time."""
    jobs, steps = len(durations), len(durations[0])
    starts = [[0] * steps for _ in range(jobs)]
    step, ready, free = [0] * jobs, [0] * jobs, [0] * steps
    for _ in range(jobs * steps):
        eligible = [job for job in range(jobs) if step[job] < steps]
        begin = {job: max(ready[job], free[machines[job][step[job]]]) for job in eligible}
        end = {job: begin[job] + durations[job][step[job]] for job in eligible}
        moment = begin if delay == 0 else end
        machine = min((moment[job], machines[job][step[job]]) for job in eligible)[1]
        queue = [job for job in eligible if machines[job][step[job]] == machine]
        first, done = min(begin[job] for job in queue), min(end[job] for job in queue)
        latest = first + delay * (done - first if delay else 0)
        conflict = [job for job in queue if begin[job] < latest or begin[job] == first]
        job = max(conflict, key=lambda job: (sum(durations[job][step[job] :]), steps - step[job], -job))
        k = step[job]
        starts[job][k] = begin[job]
        ready[job] = free[machine] = end[job]
        step[job] += 1
    return starts


@st.composite
def shops(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    jobs, count = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    durations = draw(
        st.lists(st.lists(st.integers(0, 9), min_size=count, max_size=count), min_size=jobs, max_size=jobs)
    )
    return durations, [draw(st.permutations(range(count))) for _ in range(jobs)]


@settings(max_examples=300, deadline=None)
@given(shops(), st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1)]))
def test_the_builder_agrees_with_a_slow_one_on_random_shops(
    shop: tuple[list[list[int]], list[list[int]]], delay: Fraction
) -> None:
    durations, machines = shop
    instance = small(durations, machines)
    built = JobShop(builder=float(delay)).solve(compiled(rule("1000.0 * work_remaining + ops_remaining")), instance)
    assert built["starts"].tolist() == slow(durations, machines, delay)
    SHOP.measure(instance, built)


def is_feasible(durations: np.ndarray, machines: np.ndarray, starts: np.ndarray) -> bool:
    """Check a schedule by looking at every unit of time of every pair of operations."""
    jobs, steps = durations.shape
    busy: dict[tuple[int, int], int] = {}
    for job in range(jobs):
        for k in range(steps):
            if starts[job, k] < 0 or (k and starts[job, k] < starts[job, k - 1] + durations[job, k - 1]):
                return False
            for time in range(starts[job, k], starts[job, k] + durations[job, k]):
                if (int(machines[job, k]), time) in busy:
                    return False
                busy[int(machines[job, k]), time] = job
    return True


def test_measure_accepts_a_mutated_schedule_only_if_it_is_still_feasible() -> None:
    rng = np.random.default_rng(7)
    instance = SHOP.instances(Split.TRAIN)[0]
    durations, machines = instance.arrays["durations"], instance.arrays["machines"]
    good = SHOP.solve(compiled(rule("work_remaining")), instance)["starts"]
    accepted = 0
    for _ in range(1500):
        starts = good.copy()
        job, k = rng.integers(starts.shape[0]), rng.integers(starts.shape[1])
        starts[job, k] += rng.integers(-20, 21)
        try:
            SHOP.measure(instance, {"starts": starts})
        except InvalidSolution:
            assert not is_feasible(durations, machines, starts)
        else:
            assert is_feasible(durations, machines, starts)
            accepted += 1
    assert 0 < accepted < 1500


def test_measure_rejects_what_is_not_a_schedule() -> None:
    for solution in (
        {},
        {"starts": np.zeros((2, 3), np.int64)},  # wrong shape
        {"starts": np.zeros((2, 2))},  # not integers
        {"starts": np.full((2, 2), 2**62)},  # would overflow
        {"starts": np.full((2, 2), 2**63, np.uint64)},  # negative after conversion
    ):
        with pytest.raises(InvalidSolution):
            SHOP.measure(FLOW, solution)


def test_operations_without_length_may_share_a_moment() -> None:
    shop = small([[0, 2], [3, 1]], [[0, 1], [0, 1]])
    SHOP.measure(shop, {"starts": np.array([[0, 0], [0, 3]])})
    with pytest.raises(InvalidSolution, match="overlap on machine 0"):
        SHOP.measure(shop, {"starts": np.array([[1, 1], [0, 3]])})


def test_a_schedule_below_a_proven_bound_is_our_bug_and_not_a_record() -> None:
    bound = Reference(100.0, ReferenceKind.LOWER_BOUND, "wrong on purpose")
    instance = make_instance("f", "g", FLOW.arrays["durations"], FLOW.arrays["machines"], bound)
    with pytest.raises(BoundBroken, match="below"):
        SHOP.measure(instance, {"starts": np.array([[2, 6], [0, 2]])})


def test_a_priority_that_is_not_finite_raises() -> None:
    for expression in ("math.inf * p", "(p - p) * math.inf", "1e300 * p"):
        with pytest.raises(ValueError, match="not a finite number"):
            SHOP.solve(compiled(rule(expression)), FLOW)


def test_features_have_their_stated_meaning_at_the_first_decision() -> None:
    # At time 0 both jobs wait for machine 0; the rule gives job 1 priority only if the feature has the value we expect.
    expected = {
        "p": 2, "p_next": 4, "p_longest_after": 4, "work_done": 0, "work_remaining": 6, "ops_done": 0,
        "ops_remaining": 2,
        "ready": 0, "start": 0, "now": 0, "queue_work": 5, "queue_ops": 2, "machine_work": 5, "next_free": 0,
        "next_queue_work": 0, "next_queue_ops": 0, "next_machine_work": 6, "longest_job": 6, "busiest_machine": 6,
        "mean_p": 2.75, "lower_bound": 6, "progress": 0, "jobs": 2, "machines": 2,
    }  # fmt: skip
    assert list(expected) == list(FEATURES)
    for name, value in expected.items():
        # Job 1 is the one with p == 2; it goes first if its feature is right, job 0 otherwise.
        source = rule(f"1.0 if p == 2.0 and now == 0.0 and abs({name}-{value}) < 1e-9 else 0.5 if p == 3.0 else 0.0")
        assert SHOP.solve(compiled(source), FLOW)["starts"][1, 0] == 0, name


def test_the_splits_have_the_instances_they_say() -> None:
    assert [len(SHOP.instances(split)) for split in Split] == [220, 220, 162]
    assert all(instance.reference.value > 0 for split in Split for instance in SHOP.instances(split))
    assert {instance.reference.kind for instance in SHOP.instances(Split.TEST)} == {
        ReferenceKind.OPTIMUM,
        ReferenceKind.BEST_KNOWN,
    }


def test_settings_that_make_no_sense_are_refused() -> None:
    for arguments in (
        {"builder": "greedy"},
        {"builder": 1.5},
        {"sets": ["XX"]},
        {"families": ["odd"]},
        {"sizes": ["7x7"]},
    ):
        with pytest.raises(ValueError, match=r"must be|unknown"):
            JobShop(**arguments)  # type: ignore[arg-type]


def test_the_picture_of_a_schedule_has_a_bar_for_each_operation_where_it_runs() -> None:
    problem = JobShop(sets=["FT"])
    instance = problem.instances(Split.TEST)[0]
    durations, machines = instance.arrays["durations"], instance.arrays["machines"]
    starts = np.zeros_like(durations)
    clock = 0
    for job, step in np.ndindex(*durations.shape):  # one operation after the other
        starts[job, step] = clock
        clock += durations[job, step]
    picture = problem.picture(instance, {"starts": starts})
    assert len(picture.bars) == durations.size
    first = picture.bars[0]
    assert (first.lane, first.start, first.end) == (f"machine {machines[0, 0]}", 0.0, float(durations[0, 0]))
    assert {bar.lane for bar in picture.bars} == set(picture.lanes)
    assert len({bar.group for bar in picture.bars}) == 6
    assert picture.marks == {"makespan": float(durations.sum()), "optimum": 55.0}
