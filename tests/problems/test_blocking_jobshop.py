"""The blocking job shop by hand: blocking, swaps, shutdowns, and a judge that accepts nothing infeasible."""

import numpy as np
import pytest

from evaluators.compiler import Compiled, compile_heuristic
from problems.base import BoundBroken, Instance, InvalidSolution, Reference, ReferenceKind, Split
from problems.blocking_jobshop import BlockingJobShop, shutdowns
from problems.blocking_jobshop.features import FEATURES
from problems.blocking_jobshop.suites import make_instance

SHOP = BlockingJobShop(probability=0.0)
COMPILED: dict[str, Compiled] = {}


def compiled(source: str) -> int:
    """Compile once per source and keep the code alive."""
    if source not in COMPILED:
        COMPILED[source] = compile_heuristic(source, SHOP.entry, SHOP.signature)
    return COMPILED[source].address


def rule(expression: str) -> str:
    return f"import math\ndef priority({', '.join(FEATURES)}):\n    return {expression}\n"


def small(durations: object, machines: object, down: object = None, period: int = 1, value: float = 1.0) -> Instance:
    """Return an instance with a given calendar, (machines, periods)."""
    reference = Reference(value, ReferenceKind.BEST_KNOWN, "test")
    made = make_instance("small", "g", np.array(durations), np.array(machines), 0.0, reference)
    if down is None:
        return made
    arrays = {**made.arrays, "down": np.array(down, np.bool_), "period": np.array([period])}
    return Instance(made.name, made.group, arrays, reference)


# Two jobs in opposite directions: job 0 on machine 0 for 3, then 1 for 2; job 1 on machine 1 for 2, then 0 for 4.
OPPOSITE = small([[3, 2], [2, 4]], [[0, 1], [1, 0]])


def starts_of(instance: Instance, expression: str = "0.0", shop: BlockingJobShop = SHOP) -> list[list[int]]:
    starts: list[list[int]] = shop.solve(compiled(rule(expression)), instance)["starts"].tolist()
    return starts


def test_two_jobs_swap_machines_at_the_moment_at_which_the_later_one_is_ready() -> None:
    # Both start at 0. Job 1 is over at 2 and blocks machine 1; job 0 is over at 3; then they change places.
    assert starts_of(OPPOSITE) == [[0, 3], [0, 3]]
    assert SHOP.measure(OPPOSITE, {"starts": np.array([[0, 3], [0, 3]])})["makespan"] == 7.0


def test_three_jobs_in_a_ring_move_together() -> None:
    ring = small([[1, 5, 1], [2, 5, 1], [3, 5, 1]], [[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    # All wait for the third, until 3; the second operations end at 8 and all move again.
    assert starts_of(ring) == [[0, 3, 8]] * 3
    assert SHOP.measure(ring, {"starts": np.array([[0, 3, 8]] * 3)})["makespan"] == 9.0


def test_a_job_that_cannot_move_on_blocks_its_machine() -> None:
    # Job 0 needs machine 1 until 10. Job 1 is over on machine 0 at 3 and stays there, so job 2 enters it at 11 only.
    shop = small([[1, 10], [2, 1], [1, 1]], [[0, 1], [0, 1], [0, 1]])
    assert starts_of(shop) == [[0, 1], [1, 11], [11, 12]]
    with pytest.raises(InvalidSolution, match="machine 0 holds jobs 1 and 2 at once"):
        SHOP.measure(shop, {"starts": np.array([[0, 1], [1, 11], [3, 12]])})


def test_the_largest_priority_takes_a_machine_and_ties_go_to_the_lowest_job() -> None:
    shop = small([[3, 1], [2, 1]], [[0, 1], [0, 1]])
    assert starts_of(shop, "-p") == [[2, 5], [0, 2]]
    assert starts_of(shop, "0.0 * p") == [[0, 3], [3, 5]]


def test_a_limit_keeps_jobs_outside_the_shop() -> None:
    # With one job in the shop at a time the second enters when the first leaves, at 5.
    assert starts_of(OPPOSITE, shop=BlockingJobShop(probability=0.0, limit=1)) == [[0, 3], [5, 7]]
    assert starts_of(OPPOSITE, shop=BlockingJobShop(probability=0.0, limit=2)) == [[0, 3], [0, 3]]


def test_an_operation_stops_while_its_machine_is_down_and_goes_on_afterwards() -> None:
    # Periods of 2; machine 0 is down from 2 to 4. The operation of 3 runs 0-2 and 4-5.
    shop = small([[3, 1]], [[0, 1]], [[0, 1, 0], [0, 0, 0]], period=2)
    assert starts_of(shop) == [[0, 5]]
    assert SHOP.measure(shop, {"starts": np.array([[0, 5]])})["makespan"] == 6.0
    with pytest.raises(InvalidSolution, match="starts operation 1 before it ends operation 0"):
        SHOP.measure(shop, {"starts": np.array([[0, 4]])})


def test_nothing_starts_on_a_machine_that_is_down() -> None:
    # Machine 1 is down from 0 to 4: job 0 blocks machine 0 until then.
    shop = small([[1, 1], [1, 1]], [[0, 1], [0, 1]], [[0, 0, 0], [1, 1, 0]], period=2)
    assert starts_of(shop) == [[0, 4], [4, 5]]
    with pytest.raises(InvalidSolution, match="job 0 starts operation 1 at 3, when machine 1 is shut down"):
        SHOP.measure(shop, {"starts": np.array([[0, 3], [4, 5]])})


def test_a_swap_waits_until_all_its_machines_run() -> None:
    # Ready to swap at 3, but machine 0 is down from 2 to 4: job 0 has one unit left, which it gets at 4-5.
    shop = small([[3, 2], [2, 4]], [[0, 1], [1, 0]], [[0, 1, 0, 0], [0, 0, 0, 1]], period=2)
    # At 5 both are ready; job 1's four units on machine 0 end at 9; machine 1 is down 6-8, so job 0's end at 9.
    assert starts_of(shop) == [[0, 5], [0, 5]]
    assert SHOP.measure(shop, {"starts": np.array([[0, 5], [0, 5]])})["makespan"] == 9.0


def test_machines_that_are_down_may_be_left() -> None:
    # Machine 0 is down from 2 to 6, but job 0 is over on it at 2 and goes on; job 1 enters it at 6.
    shop = small([[2, 1], [1, 1]], [[0, 1], [0, 1]], [[0, 1, 1, 0], [0, 0, 0, 0]], period=2)
    assert starts_of(shop) == [[0, 2], [6, 7]]
    SHOP.measure(shop, {"starts": np.array([[0, 2], [6, 7]])})


def test_operations_without_length_pass_in_a_moment() -> None:
    shop = small([[0, 2, 0], [3, 0, 1]], [[0, 1, 2], [0, 1, 2]])
    starts = starts_of(shop)
    assert starts[0] == [0, 0, 2]
    assert SHOP.measure(shop, {"starts": np.array(starts)})["makespan"] == 4.0


def test_features_have_their_stated_meaning_at_a_decision() -> None:
    # At 0 jobs 0 and 1 want machine 0, job 2 machine 1. Job 0 (p 3) goes first. Job 2 is over on machine 1 at 1; at 3
    # job 0 wants machine 1, which job 2 holds, which wants machine 0: they swap. Job 2 leaves machine 0 at 5, job 1
    # enters. At 0 the rule sees jobs 0 and 1.
    shop = small([[3, 4], [2, 5], [1, 2]], [[0, 1], [0, 1], [1, 0]])
    expected = {
        "p": 2, "p_next": 5, "p_longest_after": 5, "work_done": 0, "work_remaining": 7, "ops_done": 0,
        "ops_remaining": 2, "waited": 0, "in_shop": 0, "held_jobs": 0, "held_work": 0, "held_machine_work": 0, "now": 0,
        "queue_jobs": 2, "queue_work": 5, "machine_work": 7, "next_taken": 0, "next_left": 0, "next_jobs": 1,
        "next_work": 1, "next_machine_work": 10, "next_down": 0, "jobs_in_shop": 0, "limit": 3, "machines_down": 0,
        "mean_p": 17 / 6, "lower_bound": 10, "progress": 0, "jobs": 3, "machines": 2,
    }  # fmt: skip
    assert list(expected) == list(FEATURES)
    for name, value in expected.items():
        # Job 1 is the one with p == 2; it goes first if its feature is right, job 0 otherwise.
        source = f"1.0 if p == 2.0 and now == 0.0 and abs({name}-{value}) < 1e-9 else 0.5 if p == 3.0 else 0.0"
        assert starts_of(shop, source)[1][0] == 0, name


def test_a_larger_probability_adds_shutdowns_and_removes_none() -> None:
    durations, machines = OPPOSITE.arrays["durations"], OPPOSITE.arrays["machines"]
    few, length = shutdowns.draw(durations, machines, 0.2)
    many, _ = shutdowns.draw(durations, machines, 0.6)
    assert length == 3  # the mean of 3, 2, 2, 4 is 2.75
    assert few.shape == (2, 8)
    assert not (few & ~many).any()
    assert many.sum() > few.sum()


def test_the_share_of_shutdowns_is_the_probability() -> None:
    instance = BlockingJobShop(probability=0.1, sets=["TA"]).instances(Split.TEST)[79]
    assert instance.arrays["down"].shape == (20, 4000)
    assert abs(instance.arrays["down"].mean() - 0.1) < 0.005


def test_with_shutdowns_a_proven_makespan_is_a_lower_bound() -> None:
    kinds = {p: BlockingJobShop(probability=p, sets=["FT"]).instances(Split.TEST)[0].reference for p in (0.0, 0.1)}
    assert (kinds[0.0].value, kinds[0.0].kind) == (63, ReferenceKind.OPTIMUM)
    assert (kinds[0.1].value, kinds[0.1].kind) == (63, ReferenceKind.LOWER_BOUND)


def test_measure_rejects_what_is_not_a_schedule() -> None:
    for solution in (
        {},
        {"starts": np.zeros((2, 3), np.int64)},  # wrong shape
        {"starts": np.zeros((2, 2))},  # not integers
        {"starts": np.full((2, 2), 2**62)},  # would overflow
        {"starts": np.full((2, 2), 2**63, np.uint64)},  # negative after conversion
        {"starts": np.array([[0, 3], [0, -1]])},  # before the beginning
    ):
        with pytest.raises(InvalidSolution):
            SHOP.measure(OPPOSITE, solution)


def test_a_schedule_below_a_proven_bound_is_our_bug_and_not_a_record() -> None:
    bound = Reference(100.0, ReferenceKind.LOWER_BOUND, "wrong on purpose")
    instance = Instance("f", "g", OPPOSITE.arrays, bound)
    with pytest.raises(BoundBroken, match="below"):
        SHOP.measure(instance, {"starts": np.array([[0, 3], [0, 3]])})


def test_a_priority_that_is_not_finite_raises() -> None:
    shop = small([[3, 1], [2, 1]], [[0, 1], [0, 1]])
    for expression in ("math.inf * p", "(p - p) * math.inf", "1e300 * p"):
        with pytest.raises(ValueError, match="not a finite number"):
            SHOP.solve(compiled(rule(expression)), shop)


def test_the_choices_of_a_rule_are_found_again_in_its_schedule() -> None:
    shop = BlockingJobShop(probability=0.15, limit="2m/3")
    expression = "held_work - 0.3 * p + 0.01 * waited"
    found = 0
    for instance in shop.instances(Split.TRAIN)[::7]:
        solution = shop.solve(compiled(rule(expression)), instance)
        made = shop.decisions(instance, solution)
        values = shop.values(compiled(rule(expression)), np.ascontiguousarray(made.rows))
        found += len(made.chosen)
        for group, chosen in enumerate(made.chosen):
            mine = np.flatnonzero(made.groups == np.unique(made.groups)[group])
            assert chosen == mine[np.argmax(values[mine])]
    assert found > 100


def test_a_schedule_that_no_rule_leads_to_has_no_choices() -> None:
    with pytest.raises(InvalidSolution, match="no dispatching rule"):
        SHOP.decisions(OPPOSITE, {"starts": np.array([[1, 4], [1, 4]])})


def test_the_splits_have_the_instances_they_say() -> None:
    assert [len(SHOP.instances(split)) for split in Split] == [50, 50, 162]
    names = {i.name for split in Split for i in SHOP.instances(split)}
    assert len(names) == 262
    assert all(i.reference.value > 0 for split in Split for i in SHOP.instances(split))


def test_settings_that_make_no_sense_are_refused() -> None:
    for arguments in (
        {"probability": 1.0},
        {"probability": -0.1},
        {"limit": "m"},
        {"limit": 0},
        {"sets": ["XX"]},
        {"sets": []},
        {"families": ["odd"]},
        {"sizes": ["7x7"]},
        {"files": ["a.txt", "./a.txt"]},
    ):
        with pytest.raises(ValueError, match=r"must|unknown|twice"):
            BlockingJobShop(**arguments)  # type: ignore[arg-type]


def test_a_file_is_measured_against_a_lower_bound(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "mine.txt"  # type: ignore[operator]
    path.write_text("2 2\n0 3 1 2\n1 2 0 4\n")
    (instance,) = BlockingJobShop(probability=0.0, files=[str(path)]).instances(Split.TEST)
    assert (instance.name, instance.reference.value) == ("mine", 7)  # machine 0 has 3 + 4
    assert instance.reference.kind is ReferenceKind.LOWER_BOUND


def test_the_picture_shows_operations_and_the_time_for_which_jobs_block() -> None:
    picture = SHOP.picture(OPPOSITE, {"starts": np.array([[0, 3], [0, 3]])})
    assert [(bar.lane, bar.start, bar.end, bar.group) for bar in picture.bars] == [
        ("machine 0", 0.0, 3.0, "job 0"),
        ("machine 1", 3.0, 5.0, "job 0"),
        ("machine 1", 0.0, 2.0, "job 1"),
        ("machine 1", 2.0, 3.0, "blocked"),
        ("machine 0", 3.0, 7.0, "job 1"),
    ]
    assert picture.lanes == ["machine 0", "machine 1"]
    assert picture.marks["makespan"] == 7.0
