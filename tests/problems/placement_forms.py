"""Slow, plain Python forms of what expert placement computes fast, and what its tests share."""

from collections.abc import Sequence
from functools import cache, partial
from itertools import product

import numpy as np

from evaluators.compiler import Compiled, compile_heuristic
from problems.base import Reference, ReferenceKind
from problems.expert_placement.cluster import Cluster
from problems.expert_placement.instance import PlacementInstance, Scored
from problems.expert_placement.rules import SEEDS, SIGNATURE

README = [
    [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
    [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
]
"""The example of DeepSeek's EPLB: two layers of 12 experts."""


@cache
def compiled(source: str) -> Compiled:
    return compile_heuristic(source, "place", SIGNATURE)


def address(seed: str) -> int:
    return compiled(SEEDS[seed]).address


def _same(scored: Scored) -> Scored:
    return scored


def small(
    loads: object,
    cluster: Cluster,
    old: object = None,
    following: object = None,
    bounds: Sequence[float] | None = None,
) -> PlacementInstance:
    """Return an instance with loads (layers, experts) or (windows, layers, experts), judged on what follows."""
    given = np.array(loads, np.float64)
    windows = given if given.ndim == 3 else given[np.newaxis]
    judged = windows[-1] if following is None else np.array(following, np.float64)
    layers, experts = judged.shape
    before = np.tile(np.arange(cluster.slots) % experts, (layers, 1)) if old is None else np.array(old, np.int64)
    numbers = np.array([cluster.slots, cluster.groups, cluster.nodes, cluster.gpus])
    least = np.zeros(layers) if bounds is None else np.array(bounds)
    reference = Reference(1.0, ReferenceKind.LOWER_BOUND, "mean")
    arrays = {"loads": windows, "old": before, "cluster": numbers}
    return PlacementInstance("small", "g", arrays, reference, partial(_same, Scored(judged, least)))


def slow_loads(loads: Sequence[float], placement: Sequence[int], gpus: int) -> list[float]:
    """Return the load of each GPU in one layer."""
    room = len(placement) // gpus
    total = [0.0] * gpus
    for slot, expert in enumerate(placement):
        total[slot // room] += loads[expert] / list(placement).count(expert)
    return total


def slow_breach(placement: Sequence[Sequence[int]], experts: int, cluster: Cluster) -> str:
    """Return which constraint a placement breaks, or nothing."""
    for row in placement:
        if any(not 0 <= expert < experts for expert in row):
            return "range"
        if set(row) != set(range(experts)):
            return "missing"
        nodes_of: dict[int, set[int]] = {}
        for slot, expert in enumerate(row):
            node = slot // (cluster.slots // cluster.nodes)
            nodes_of.setdefault(expert // (experts // cluster.groups), set()).add(node)
        if any(len(nodes) > 1 for nodes in nodes_of.values()):
            return "split"
        hosted = [min(nodes) for nodes in nodes_of.values()]
        if any(hosted.count(node) != cluster.groups // cluster.nodes for node in range(cluster.nodes)):
            return "crowded"
    return ""


def slow_moved(old: Sequence[Sequence[int]], placement: Sequence[Sequence[int]], room: int) -> float:
    """Return the percentage of slots whose expert was not on the same GPU."""
    moved = slots = 0
    for before, after in zip(old, placement, strict=True):
        for slot, expert in enumerate(after):
            gpu = slot // room
            moved += expert not in list(before)[gpu * room : (gpu + 1) * room]
            slots += 1
    return 100.0 * moved / slots


def slow_replicas(weight: Sequence[float], slots: int) -> list[int]:
    """Return the expert of each replica, after giving one at a time to the largest share."""
    found = list(range(len(weight)))
    while len(found) < slots:
        found.append(max(range(len(weight)), key=lambda expert: weight[expert] / found.count(expert)))
    return found


def slow_pack(value: Sequence[float], bins: int, snake: bool = False) -> list[list[int]]:
    """Return the items of each bin, the largest first to the emptiest bin with room, or forth and back.

    Where each bin takes one item, all orders are as good, and DeepSeek's leaves the items in theirs.
    """
    if len(value) == bins and not snake:
        return [[item] for item in range(bins)]
    held: list[list[int]] = [[] for _ in range(bins)]
    for rank, item in enumerate(sorted(range(len(value)), key=lambda item: -value[item])):
        free = [b for b in range(bins) if len(held[b]) < len(value) // bins]
        row, column = divmod(rank, bins)
        turn = column if row % 2 == 0 else bins - 1 - column
        best = turn if snake else min(free, key=lambda b: sum(value[i] for i in held[b]))
        held[best].append(item)
    return held


def slow_place(weight: Sequence[float], cluster: Cluster, snake: bool = False) -> list[list[int]]:
    """Return the experts of each GPU in one layer, in order of their numbers."""
    size, room = len(weight) // cluster.groups, cluster.slots // cluster.nodes
    groups = [sum(weight[group * size : (group + 1) * size]) for group in range(cluster.groups)]
    found = []
    for hosted in slow_pack(groups, cluster.nodes, snake):
        members = [group * size + k for group in hosted for k in range(size)]
        expert = [members[k] for k in slow_replicas([weight[member] for member in members], room)]
        share = [weight[e] / expert.count(e) for e in expert]
        for items in slow_pack(share, cluster.gpus // cluster.nodes, snake):
            found.append(sorted(expert[item] for item in items))
    return found


def every_placement(experts: int, cluster: Cluster) -> np.ndarray:
    """Return (placements, slots) every placement of one layer that keeps the constraints."""
    every = product(range(experts), repeat=cluster.slots)
    return np.array([row for row in every if not slow_breach([row], experts, cluster)])
