"""Expert placement against DeepSeek's published example, plain Python forms of it, and mutated placements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.base import BoundBroken, InvalidSolution, Split
from problems.expert_placement import ExpertPlacement
from problems.expert_placement.cluster import Cluster
from problems.expert_placement.rules import SEEDS
from tests.problems.placement_forms import (
    README,
    address,
    compiled,
    slow_breach,
    slow_loads,
    slow_moved,
    slow_place,
    small,
)

STATIC, DRIFT = ExpertPlacement(), ExpertPlacement("drift", move_price=0.5)
HEAD = "import numpy as np\n\n\ndef place(loads, old, slots, groups, nodes, gpus):\n    "


def placed(seed: str, instance: object) -> np.ndarray:
    return STATIC.solve(address(seed), instance)["placement"]  # type: ignore[arg-type]


def test_eplb_places_deepseeks_own_example_as_published() -> None:
    instance = small(README, Cluster(gpus=8, slots=16, groups=4, nodes=2))
    assert placed("EPLB", instance).tolist() == [
        [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
        [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
    ]


def test_measures_of_a_placement_by_hand() -> None:
    # Expert 0 has two replicas of 3 each. GPU 0: 3 + 1, GPU 1: 3 + 2, GPU 2: 4 + 3; mean 16 / 3, most 7.
    instance = small([[6, 1, 2, 4, 3]], Cluster(gpus=3, slots=6), old=[[0, 1, 2, 3, 4, 0]])
    solution = {"placement": np.array([[0, 1, 0, 2, 3, 4]])}
    measured = STATIC.measure(instance, solution)
    assert measured["imbalance"] == pytest.approx(100 * (7 * 3 / 16 - 1))
    assert measured["balance_loss"] == pytest.approx(100 * (1 - 16 / 21))
    # Of GPU 1's, expert 2 was there and 0 was not; of GPU 2's, expert 4 was there and 3 was not.
    assert measured["moved"] == pytest.approx(100 * 2 / 6)
    assert DRIFT.measure(instance, solution)["cost"] == pytest.approx(measured["imbalance"] + 0.5 * measured["moved"])


def test_layers_add_up_and_do_not_hide_behind_each_other() -> None:
    # Most loaded: 3 of mean 2, and 30 of mean 20; together 33 of 22.
    instance = small([[3, 1], [30, 10]], Cluster(gpus=2, slots=2))
    assert STATIC.measure(instance, {"placement": np.array([[0, 1], [1, 0]])})["imbalance"] == pytest.approx(50.0)


def test_a_second_replica_on_the_same_gpu_changes_nothing_but_the_room_for_others() -> None:
    instance = small([[4, 2, 2]], Cluster(gpus=2, slots=4))
    assert STATIC.measure(instance, {"placement": np.array([[0, 0, 1, 2]])})["imbalance"] == pytest.approx(0.0)


def test_drift_is_judged_on_the_next_window_and_not_on_the_ones_given() -> None:
    given_windows = [[[9.0, 1.0, 1.0, 1.0]], [[8.0, 2.0, 1.0, 1.0]]]
    instance = small(given_windows, Cluster(gpus=2, slots=4), following=[[1.0, 1.0, 1.0, 9.0]])
    # Next window: GPU 0 serves 2, GPU 1 serves 10, the mean is 6.
    assert DRIFT.measure(instance, {"placement": np.array([[0, 1, 2, 3]])})["imbalance"] == pytest.approx(100 * 4 / 6)


CLUSTERS = (
    Cluster(3, 9),
    Cluster(4, 12, 4, 2),
    Cluster(4, 8),
    Cluster(6, 12, 4, 2),
    Cluster(8, 8),
    Cluster(2, 12, 2, 2),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Cluster, np.ndarray]:
    cluster = draw(st.sampled_from(CLUSTERS))
    experts = draw(st.sampled_from([n for n in (4, 8) if n <= cluster.slots]))
    layers = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return cluster, np.exp(rng.normal(0.0, draw(st.sampled_from([0.1, 1.0, 2.0])), (layers, experts)))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_seeds_place_what_their_slow_forms_place(case: tuple[Cluster, np.ndarray]) -> None:
    cluster, loads = case
    instance = small(loads, cluster)
    for seed in ("EPLB", "LPT", "snake"):
        found = placed(seed, instance).reshape(len(loads), cluster.gpus, -1)
        for layer, row in enumerate(found):
            slow = slow_place(list(loads[layer]), cluster, snake=seed == "snake")
            assert [sorted(gpu) for gpu in row.tolist()] == slow, seed


@settings(max_examples=100, deadline=None)
@given(cases())
def test_every_seed_gives_a_valid_placement_that_measures_as_the_slow_forms_say(
    case: tuple[Cluster, np.ndarray],
) -> None:
    cluster, loads = case
    valid = placed("identity", small(loads, cluster))
    instance = small(loads, cluster, old=valid)
    for seed in SEEDS:
        placement = placed(seed, instance)
        assert slow_breach(placement.tolist(), loads.shape[1], cluster) == "", seed
        by_gpu = [slow_loads(list(row), list(where), cluster.gpus) for row, where in zip(loads, placement, strict=True)]
        top, mean = sum(map(max, by_gpu)), sum(map(sum, by_gpu)) / cluster.gpus
        measured = STATIC.measure(instance, {"placement": placement})
        assert measured["imbalance"] == pytest.approx(100 * (top / mean - 1), abs=1e-6)
        assert measured["balance_loss"] == pytest.approx(100 * (1 - mean / top), abs=1e-6)
        assert measured["moved"] == pytest.approx(
            slow_moved(valid.tolist(), placement.tolist(), cluster.slots // cluster.gpus)
        )


@settings(max_examples=60, deadline=None)
@given(cases())
def test_after_lpt_and_swaps_no_swap_with_the_most_loaded_gpu_of_a_node_helps(case: tuple[Cluster, np.ndarray]) -> None:
    cluster, loads = case
    room, per_node = cluster.slots // cluster.gpus, cluster.slots // cluster.nodes
    for weight, row in zip(loads, placed("LPT + swaps", small(loads, cluster)), strict=True):
        share = [weight[expert] / list(row).count(expert) for expert in row]
        for first in range(0, cluster.slots, per_node):
            slots = range(first, first + per_node)
            total = {gpu: sum(share[gpu * room : (gpu + 1) * room]) for gpu in {slot // room for slot in slots}}
            fullest = max(total, key=lambda gpu: total[gpu])
            for mine in range(fullest * room, (fullest + 1) * room):
                for theirs in (slot for slot in slots if slot // room != fullest):
                    less = share[mine] - share[theirs]
                    after = max(total[fullest] - less, total[theirs // room] + less)
                    assert after > total[fullest] * (1 - 1e-8)


def test_identity_puts_the_experts_in_order_on_their_nodes() -> None:
    assert placed("identity", small([[1] * 4], Cluster(2, 6)))[0].tolist() == [0, 1, 2, 3, 0, 1]
    assert placed("identity", small([[1] * 4], Cluster(2, 6, 2, 2)))[0].tolist() == [0, 1, 0, 2, 3, 2]


def test_keep_changes_only_what_gpus_that_come_or_go_force_it_to() -> None:
    old = [[0, 1, 2, 3, 0, 1]]
    assert placed("keep", small([[9, 1, 1, 1]], Cluster(3, 6), old=old)).tolist() == old
    # A GPU more, for replicas of what has the largest share: 9/2 of expert 0, then 9/3.
    assert placed("keep", small([[9, 1, 1, 1]], Cluster(4, 8), old=old)).tolist() == [[0, 1, 2, 3, 0, 1, 0, 0]]
    # GPUs 1 and 2 go: expert 2 takes the place of the spare replica of 1, expert 3 that of 0.
    old = [[0, 1, 0, 1, 2, 3]]
    assert placed("keep", small([[9, 1, 1, 1]], Cluster(1, 4), old=old)).tolist() == [[3, 2, 0, 1]]


def test_keep_and_swap_makes_no_move_that_does_not_pay() -> None:
    even = small([[2, 2.001, 2, 2]], Cluster(2, 4), old=[[0, 1, 2, 3]])
    assert placed("keep + swaps", even).tolist() == [[0, 1, 2, 3]]
    uneven = small([[5, 5, 1, 1]], Cluster(2, 4), old=[[0, 1, 2, 3]])
    assert STATIC.measure(uneven, {"placement": placed("keep + swaps", uneven)}) == {
        "imbalance": pytest.approx(0.0, abs=1e-9),
        "balance_loss": pytest.approx(0.0, abs=1e-9),
        "moved": 50.0,
    }


@pytest.mark.parametrize("cluster", [Cluster(4, 12), Cluster(4, 12, 4, 2)])
def test_measure_accepts_a_mutated_placement_only_if_it_keeps_every_constraint(cluster: Cluster) -> None:
    rng = np.random.default_rng(5)
    loads = np.exp(rng.normal(size=(2, 8)))
    instance = small(loads, cluster)
    good = placed("LPT", instance).astype(np.int64)
    breaches: dict[str, int] = {}
    for _ in range(1200):
        placement = good.copy()
        layer, here, there = rng.integers(2), *rng.integers(12, size=2)
        if rng.random() < 0.5:
            placement[layer, [here, there]] = placement[layer, [there, here]]
        else:
            placement[layer, here] = rng.integers(-1, 10)
        if rng.random() < 0.1:
            placement[layer] = np.roll(placement[layer], 6)  # nodes change places, which is allowed
        breach = slow_breach(placement.tolist(), 8, cluster)
        breaches[breach] = breaches.get(breach, 0) + 1
        if breach:
            with pytest.raises(InvalidSolution, match=f"small: .*layer {layer}"):
                STATIC.measure(instance, {"placement": placement})
        else:
            top = sum(max(slow_loads(list(row), list(where), 4)) for row, where in zip(loads, placement, strict=True))
            assert STATIC.measure(instance, {"placement": placement})["imbalance"] == pytest.approx(
                100 * (top / (loads.sum() / 4) - 1)
            )
    assert set(breaches) == ({"", "range", "missing", "split"} if cluster.nodes > 1 else {"", "range", "missing"})
    assert min(breaches.values()) > 50


def test_a_node_that_hosts_more_than_its_share_of_groups_is_refused() -> None:
    # Two nodes of two GPUs with three slots each; four groups of one expert: three on node 0, one on node 1.
    instance = small([[1, 1, 1, 1]], Cluster(4, 12, 4, 2))
    with pytest.raises(InvalidSolution, match="node 0 hosts more than 2 groups"):
        STATIC.measure(instance, {"placement": np.array([[0, 1, 2, 0, 1, 2, 3, 3, 3, 3, 3, 3]])})


def test_measure_rejects_what_is_not_a_placement() -> None:
    instance = small([[1, 1]], Cluster(2, 2))
    for array in (
        None,  # none at all
        np.zeros((1, 3), np.int64),  # wrong shape
        np.zeros(2, np.int64),  # no layers
        np.array([[0.0, 1.0]]),  # not integers
        np.array([[False, True]]),  # truth values
        np.array([[0, 2**63]], np.uint64),  # negative after conversion
        np.array([[0, -1]], np.int8),  # counts from the end in NumPy
    ):
        with pytest.raises(InvalidSolution):
            STATIC.measure(instance, {} if array is None else {"placement": array})


def test_a_layer_below_its_bound_is_our_bug_and_not_a_record() -> None:
    instance = small([[2, 2], [2, 2]], Cluster(2, 2), bounds=[2.0, 2.1])
    with pytest.raises(BoundBroken, match="layer 1"):
        STATIC.measure(instance, {"placement": np.array([[0, 1], [0, 1]])})


def test_rounding_at_the_bound_is_no_broken_bound() -> None:
    instance = small([[0.1, 0.2, 0.3]], Cluster(1, 3), bounds=[0.1 + 0.2 + 0.3 + 1e-15])
    assert STATIC.measure(instance, {"placement": np.array([[2, 1, 0]])})["imbalance"] >= 0.0


def test_what_a_heuristic_raises_comes_through_and_what_it_returns_is_not_trusted() -> None:
    instance = small([[1, 1]], Cluster(2, 2))
    with pytest.raises(IndexError):
        STATIC.solve(compiled(f"{HEAD}return np.full((1, slots), old[1, 0])\n").address, instance)
    for body in ("np.zeros((0, 5), np.int64)", "np.full((1, slots), 2**40)", "np.full((1, slots), -(2**40))"):
        solution = STATIC.solve(compiled(f"{HEAD}return {body}\n").address, instance)
        with pytest.raises(InvalidSolution):
            STATIC.measure(instance, solution)


def test_a_picture_shows_the_least_even_layer_as_it_is_measured() -> None:
    instance = small([[1, 1, 1], [6, 2, 4]], Cluster(2, 4))
    picture = STATIC.picture(instance, {"placement": np.array([[0, 1, 2, 0], [0, 1, 0, 2]])})
    assert picture.axis == "load in layer 1 (tokens)"
    assert picture.lanes == ["GPU 0", "GPU 1"]
    assert picture.marks == {"mean": 6.0, "max": 7.0}
    told = [(bar.lane, bar.start, bar.end, bar.label, bar.group) for bar in picture.bars]
    assert told == [
        ("GPU 0", 0.0, 3.0, "expert 0", "2 replicas"),
        ("GPU 0", 3.0, 5.0, "expert 1", "1 replica"),
        ("GPU 1", 0.0, 3.0, "expert 0", "2 replicas"),
        ("GPU 1", 3.0, 7.0, "expert 2", "1 replica"),
    ]


def test_a_picture_of_a_full_instance_has_a_bar_for_each_slot() -> None:
    instance = STATIC.instances(Split.TRAIN)[2]
    solution = STATIC.solve(address("LPT"), instance)
    picture = STATIC.picture(instance, solution)
    assert len(picture.bars) == 288
    assert max(bar.end for bar in picture.bars) == pytest.approx(picture.marks["max"])


def test_settings_that_make_no_sense_are_refused() -> None:
    for arguments, told in (
        ({"suite": "dynamic"}, "suite must be one of static, hierarchical, drift, elastic"),
        ({"move_price": -1.0}, "move_price must be between 0 and 1000"),
        ({"move_price": float("nan")}, "move_price must be between 0 and 1000"),
        ({"gpus": 0}, "gpus must be at least 1"),
        ({"slots": 289}, "slots must be a multiple of gpus: 289 is not one of 32"),
        ({"suite": "hierarchical", "groups": 6}, "groups must be a multiple of nodes"),
        ({"suite": "elastic", "files": ["x.npy"]}, "files cannot be used with the suite elastic"),
        ({"files": ["x.npy", "x.npy"]}, "files names the same file twice"),
    ):
        with pytest.raises(ValueError, match=told):
            ExpertPlacement(**arguments)  # type: ignore[arg-type]


def test_the_statement_says_what_each_suite_is_scored_by() -> None:
    said = {suite: ExpertPlacement(suite).statement for suite in ("static", "hierarchical", "drift", "elastic")}
    assert len(set(said.values())) == 4
    assert "plus 0.5 times the percentage" in DRIFT.statement
    assert "must be on one node" in said["hierarchical"]
    assert "must be on one node" not in said["static"]
    assert all(f"- {name}" in text for text in said.values() for name in ("loads", "old", "slots", "groups", "gpus"))
