"""The blocking job shop against a slow one in plain Python, against every order on tiny shops, and under mutation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.compiler import Compiled, compile_heuristic
from problems.base import Instance, InvalidSolution, Reference, ReferenceKind, Split
from problems.blocking_jobshop import BlockingJobShop
from problems.blocking_jobshop.features import FEATURES
from problems.blocking_jobshop.suites import make_instance
from tests.problems.blocking_cases import Slow, Told, is_feasible, optimum

SHOP = BlockingJobShop(probability=0.0)
COMPILED: dict[str, Compiled] = {}
WEIGHTS = [("p", 7), ("work_remaining", -3), ("held_work", 5), ("next_left", -11), ("queue_work", 2), ("waited", 13)]


def compiled(source: str) -> int:
    """Compile once per source and keep the code alive."""
    if source not in COMPILED:
        COMPILED[source] = compile_heuristic(source, SHOP.entry, SHOP.signature)
    return COMPILED[source].address


def mixed(told: Told) -> float:
    """A rule without meaning whose values hardly ever repeat."""
    return float(sum(weight * told[name] for name, weight in WEIGHTS) % 101)


MIXED = (
    f"def priority({', '.join(FEATURES)}):\n"
    f"    return ({' + '.join(f'{weight}.0 * {name}' for name, weight in WEIGHTS)}) % 101.0\n"
)


def instance_of(durations: list[list[int]], machines: list[list[int]], down: list[list[bool]], period: int) -> Instance:
    reference = Reference(1.0, ReferenceKind.BEST_KNOWN, "test")
    made = make_instance("small", "g", np.array(durations), np.array(machines), 0.0, reference)
    calendar = np.array(down, np.bool_).reshape(len(down), -1)
    return Instance("small", "g", {**made.arrays, "down": calendar, "period": np.array([period])}, reference)


@st.composite
def shops(draw: st.DrawFn, shortest: int = 0) -> tuple[list[list[int]], list[list[int]], list[list[bool]], int]:
    jobs, count = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    row = st.lists(st.integers(shortest, 9), min_size=count, max_size=count)
    periods = draw(st.integers(0, 12))
    line = st.lists(st.booleans(), min_size=periods, max_size=periods)
    return (
        draw(st.lists(row, min_size=jobs, max_size=jobs)),
        [draw(st.permutations(range(count))) for _ in range(jobs)],
        draw(st.lists(line, min_size=count, max_size=count)),
        draw(st.integers(1, 6)),
    )


@settings(max_examples=400, deadline=None)
@given(shops(), st.integers(1, 6))
def test_the_schedule_and_all_that_a_rule_is_told_agree_with_a_slow_shop(
    shop: tuple[list[list[int]], list[list[int]], list[list[bool]], int], limit: int
) -> None:
    instance = instance_of(*shop)
    problem = BlockingJobShop(probability=0.0, limit=limit)
    slow = Slow(*shop, limit)
    expected = slow.run(mixed)
    solution = problem.solve(compiled(MIXED), instance)
    assert solution["starts"].tolist() == expected
    problem.measure(instance, solution)
    if all(p for row in shop[0] for p in row):
        made = problem.decisions(instance, solution)
        told = [[float(row[name]) for name in FEATURES] for group in slow.told for row in group]
        assert made.rows.shape[0] == len(told)
        if told:
            assert np.allclose(made.rows, told, rtol=0.0, atol=1e-12)


def test_swaps_of_many_jobs_occur_in_the_compared_shops() -> None:
    rng = np.random.default_rng(5)
    sizes: set[int] = set()
    for _ in range(40):
        durations = rng.integers(1, 10, (6, 5)).tolist()
        machines = [rng.permutation(5).tolist() for _ in range(6)]
        slow = Slow(durations, machines, [[]] * 5, 1, 6)
        slow.run(mixed)
        sizes |= set(slow.swaps)
    assert {2, 3, 4, 5} <= sizes


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.8])
def test_no_rule_runs_into_a_deadlock(probability: float) -> None:
    rng = np.random.default_rng(11)
    reference = Reference(1.0, ReferenceKind.BEST_KNOWN, "test")
    for _ in range(8):
        expression = " + ".join(f"{rng.normal():.3f} * {name}" for name in FEATURES)
        address = compiled(f"def priority({', '.join(FEATURES)}):\n    return {expression}\n")
        for _ in range(25):
            jobs, count = int(rng.integers(1, 16)), int(rng.integers(1, 9))
            durations = rng.integers(0, 30, (jobs, count)) + (rng.random((jobs, count)) < 0.9)
            machines = np.array([rng.permutation(count) for _ in range(jobs)])
            shop = make_instance("r", "g", durations, machines, probability, reference)
            problem = BlockingJobShop(probability=0.0, limit=int(rng.integers(1, jobs + 1)))
            problem.measure(shop, problem.solve(address, shop))


def test_no_rule_beats_the_best_of_all_orders_on_tiny_shops() -> None:
    rng = np.random.default_rng(3)
    reached = 0
    for _ in range(40):
        durations, machines = rng.integers(1, 20, (3, 3)), np.array([rng.permutation(3) for _ in range(3)])
        shortest, starts = optimum(durations.tolist(), machines.tolist())
        reference = Reference(shortest, ReferenceKind.OPTIMUM, "every order")
        shop = make_instance("tiny", "g", durations, machines, 0.0, reference)
        assert SHOP.measure(shop, {"starts": np.array(starts)}) == {"gap": 0.0, "makespan": float(shortest)}
        # A makespan below the optimum would raise.
        gaps = [SHOP.measure(shop, SHOP.solve(compiled(source), shop))["gap"] for source in SHOP.seeds.values()]
        reached += min(gaps) == 0.0
    assert reached > 20


def test_shutdowns_never_make_a_proven_makespan_beatable() -> None:
    rng = np.random.default_rng(4)
    for _ in range(10):
        durations, machines = rng.integers(1, 20, (3, 3)), np.array([rng.permutation(3) for _ in range(3)])
        reference = Reference(optimum(durations.tolist(), machines.tolist())[0], ReferenceKind.OPTIMUM, "every order")
        for probability in (0.1, 0.5):
            shop = make_instance("tiny", "g", durations, machines, probability, reference)
            for source in SHOP.seeds.values():
                assert SHOP.measure(shop, SHOP.solve(compiled(source), shop))["gap"] >= 0.0


@pytest.mark.parametrize("probability", [0.0, 0.15])
def test_measure_accepts_a_mutated_schedule_only_if_it_is_still_feasible(probability: float) -> None:
    problem = BlockingJobShop(probability=probability, sizes=["6x6"])
    instance = problem.instances(Split.TRAIN)[0]
    good = problem.solve(compiled(problem.seeds["SPT"]), instance)["starts"].astype(np.int64)
    shop = [instance.arrays[name].tolist() for name in ("durations", "machines", "down")]
    rng = np.random.default_rng(7)
    accepted = 0
    for number in range(1200):
        starts = good.copy()
        jobs = rng.permutation(len(starts))
        step = int(rng.integers(starts.shape[1]))
        if number % 4 == 0:  # one operation is moved
            starts[jobs[0], step] += rng.integers(-20, 21)
        elif number % 4 == 1:  # all that follows an operation of a job is moved
            starts[jobs[0], step:] += rng.integers(-20, 21)
        elif number % 4 == 2:  # all that happens after a moment is moved
            starts[starts >= good[jobs[0], step]] += rng.integers(-5, 40)
        else:  # two jobs change places
            starts[jobs[:2]] = starts[jobs[1::-1]]
        try:
            problem.measure(instance, {"starts": starts})
        except InvalidSolution:
            assert not is_feasible(*shop, int(instance.arrays["period"][0]), starts.tolist())
        else:
            assert is_feasible(*shop, int(instance.arrays["period"][0]), starts.tolist())
            accepted += 1
    assert 20 < accepted < 600
