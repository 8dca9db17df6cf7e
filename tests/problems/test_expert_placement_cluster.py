"""Bounds and replication against every placement of tiny cases."""

from itertools import product

import numpy as np
import pytest

from problems.expert_placement import ExpertPlacement
from problems.expert_placement.cluster import Cluster, bounds, replicas, spreads
from problems.expert_placement.planner import planned, unplanned
from tests.problems.placement_forms import address, every_placement, slow_loads, slow_place, small

# Experts and clusters small enough to try every placement.
TINY = (
    (4, Cluster(2, 4)),  # one replica each, two slots
    (6, Cluster(2, 6)),  # one replica each, three slots
    (6, Cluster(3, 6)),
    (3, Cluster(2, 6)),
    (4, Cluster(3, 6)),
    (4, Cluster(2, 6)),
    (5, Cluster(6, 6)),  # one slot each
    (4, Cluster(4, 4, 2, 2)),  # groups of two experts on nodes of two GPUs
    (4, Cluster(2, 6, 4, 2)),
    (4, Cluster(4, 8, 4, 2)),
    (4, Cluster(2, 8, 2, 2)),
)


def best_of_all(loads: np.ndarray, every: np.ndarray, gpus: int) -> float:
    """Return the least load of the most loaded GPU over all placements of one layer."""
    count = (every[:, :, np.newaxis] == np.arange(len(loads))).sum(axis=1)
    share = loads[every] / np.take_along_axis(count, every, axis=1)
    return float(share.reshape(len(every), gpus, -1).sum(axis=2).max(axis=1).min())


@pytest.mark.parametrize(("experts", "cluster"), TINY)
def test_no_placement_of_a_tiny_case_is_better_than_its_bound(experts: int, cluster: Cluster) -> None:
    rng = np.random.default_rng(experts)
    every = every_placement(experts, cluster)
    loads = np.round(np.exp(rng.normal(0.0, 1.2, (40, experts))) * 100)
    bound = bounds(loads, cluster)
    best = [best_of_all(row, every, cluster.gpus) for row in loads]
    assert all(best[layer] >= bound[layer] * (1 - 1e-12) for layer in range(40))
    if cluster != Cluster(3, 6) or experts == cluster.slots:  # four experts on three pairs of slots never fill evenly
        assert np.isclose(best, bound).any()
    assert (bound >= loads.sum(axis=1) / cluster.gpus * (1 - 1e-12)).all()


def test_every_placement_of_a_tiny_case_is_found_as_the_slow_form_judges_it() -> None:
    every = every_placement(3, Cluster(2, 4))
    assert len(every) == 36  # of 3 experts on 4 slots: choose the double one, then 4! / 2! orders
    loads = np.array([5.0, 3.0, 1.0])
    assert best_of_all(loads, every, 2) == min(max(slow_loads(list(loads), list(row), 2)) for row in every)


def test_bounds_by_hand() -> None:
    # The mean is 4; expert 0 cannot be shared, and lies with the smallest other.
    assert bounds(np.array([[6.0, 3.0, 2.0, 1.0]]), Cluster(2, 4)).tolist() == [7.0]
    # Of the three largest two lie together: 4 + 4.
    assert bounds(np.array([[4.0, 4.0, 4.0, 0.0]]), Cluster(2, 4)).tolist() == [8.0]
    # With two slots more, of expert 0 there are three replicas of 4, and the mean is 3.
    assert bounds(np.array([[12.0, 3.0, 2.0, 1.0]]), Cluster(6, 6)).tolist() == [4.0]
    # Groups of 10, 1, 6 and 5 on two nodes: best are 10 + 1 against 6 + 5, with two GPUs each.
    assert bounds(np.array([[10.0, 1.0, 6.0, 5.0]]), Cluster(4, 8, 4, 2)).tolist() == [5.5]


def test_groups_are_spread_over_nodes_in_every_way_once() -> None:
    # 8 groups over 4 nodes in pairs: 7 * 5 * 3; over 2 nodes: half of 8 choose 4.
    for groups, per_node, count in ((8, 2, 105), (8, 4, 35), (8, 1, 1), (4, 4, 1)):
        ways = [frozenset(map(frozenset, way)) for way in spreads(tuple(range(groups)), per_node)]
        assert len(ways) == len(set(ways)) == count
        assert all(sorted(group for node in way for group in node) == list(range(groups)) for way in ways)


def test_beyond_what_can_be_tried_groups_are_left_out_of_the_bound() -> None:
    loads = np.exp(np.random.default_rng(3).normal(size=(5, 32)))
    loads[:, :4] += 50.0
    many, none = bounds(loads, Cluster(16, 48, 16, 8)), bounds(loads, Cluster(16, 48))
    assert many.tolist() == none.tolist()


def test_greedy_replication_leaves_the_smallest_largest_share() -> None:
    rng = np.random.default_rng(11)
    for experts, slots in ((2, 5), (3, 7), (4, 8), (4, 4)):
        loads = np.round(np.exp(rng.normal(size=(30, experts))) * 50) + 1
        counts = np.array([row for row in product(range(1, slots), repeat=experts) if sum(row) == slots])
        best = (loads[:, np.newaxis] / counts).max(axis=2).min(axis=1)
        found = replicas(loads, slots)
        assert (found.sum(axis=1) == slots).all()
        assert np.allclose((loads / found).max(axis=1), best)


def test_the_placement_in_force_is_planned_as_lpt_plans_it() -> None:
    loads = np.exp(np.random.default_rng(4).normal(size=(6, 16)))
    cluster = Cluster(4, 24)
    plan = planned(loads, cluster).reshape(6, 4, 6)
    for layer in range(6):
        assert [sorted(gpu) for gpu in plan[layer].tolist()] == slow_place(list(loads[layer]), cluster)


@pytest.mark.parametrize("cluster", [Cluster(4, 8), Cluster(4, 12), Cluster(4, 12, 4, 2), Cluster(4, 8, 4, 4)])
def test_without_a_plan_experts_lie_in_order_as_identity_places_them(cluster: Cluster) -> None:
    identity = ExpertPlacement().solve(address("identity"), small(np.ones((3, 8)), cluster))["placement"]
    assert unplanned(3, 8, cluster).tolist() == identity.tolist()


def test_a_cluster_says_which_experts_it_cannot_host() -> None:
    with pytest.raises(ValueError, match="slots must be at least the number of experts, 9, not 8"):
        Cluster(4, 8).check_fits(9)
    with pytest.raises(ValueError, match="groups must divide the number of experts, 6; 4 does not"):
        Cluster(4, 8, 4, 2).check_fits(6)
