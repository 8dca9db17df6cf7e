"""Clusters on which the default scheduler leaves pods pending although all of them have a place.

Numbers of nodes, pods and priority classes follow "Priority Matters: optimising Kubernetes clusters usage with
constraint-based pod packing" (arXiv 2511.08373). Differing from there, pods are cut out of full nodes: this packing
shows that all can be placed. The pods then arrive in random order, and the default scheduler places one after the
other.
"""

import hashlib
from collections.abc import Iterator
from itertools import count, product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Split
from problems.draws import indices

IntArray = NDArray[np.int64]

CAPACITY: Final = (8000, 32768)
"""Milli-cores and MiB of every node."""
NODES: Final = (4, 8, 16, 32)
PER_NODE: Final = (4, 8)
TIERS: Final = (1, 2, 4)
USAGES: Final = (0.9, 0.95, 1.0)
COUNT: Final = 2
"""Instances of each number of nodes, of pods per node and of classes in a split; usages take turns."""


class Recipe(NamedTuple):
    """What an instance is generated from; its name is its seed."""

    name: str
    nodes: int
    per_node: int
    tiers: int
    usage: float


class Packing(NamedTuple):
    """Pods, nodes, and which pod runs where.

    Attributes:
        capacity: (nodes, 2) milli-cores and MiB.
        pods: (pods, 3) milli-cores, MiB and priority class, 0 the highest, in order of arrival.
        home: (pods,) the node that each runs on, -1 if it is pending.
        planted: (pods,) a node for each, with which all have a place.
    """

    capacity: IntArray
    pods: IntArray
    home: IntArray
    planted: IntArray


def recipes(split: Split, draw: int = 0) -> Iterator[Recipe]:
    """Yield the recipes of a split, always the same and in the same order."""
    for turn, (nodes, per_node, tiers) in enumerate(product(NODES, PER_NODE, TIERS)):
        for place, index in enumerate(indices(COUNT, draw), start=1):
            name = f"{split}-{nodes}x{per_node}-{tiers}-{index}"
            yield Recipe(name, nodes, per_node, tiers, USAGES[(turn // len(TIERS) + turn + place) % len(USAGES)])


def generate(recipe: Recipe) -> Packing:
    """Return the first of the packings drawn from a recipe on which the default scheduler leaves a pod pending."""
    for attempt in count():
        pods, planted = _planted(recipe, np.random.PCG64(_seed(f"{recipe.name} {attempt}")))
        capacity = np.tile(np.array(CAPACITY, np.int64), (recipe.nodes, 1))
        home = default_scheduler(capacity, pods)
        if home.min() < 0:
            return Packing(capacity, pods, home, planted)
    raise AssertionError("unreachable")


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])


def _planted(recipe: Recipe, words: np.random.PCG64) -> tuple[IntArray, IntArray]:
    """Return pods in order of arrival, and the node that each was cut out of.

    The share of each in what is used of a node is in proportion to a number from 100 to 1,000, for each resource anew.
    """
    total = recipe.nodes * recipe.per_node
    asked = np.empty((total, 3), np.int64)
    for resource, room in enumerate(CAPACITY):
        drawn = (100 + words.random_raw(total) % np.uint64(901)).astype(np.int64).reshape(recipe.nodes, -1)
        used = int(recipe.usage * room)
        marks = np.cumsum(drawn, axis=1) * used // drawn.sum(axis=1, keepdims=True)
        asked[:, resource] = np.diff(marks, axis=1, prepend=0).ravel()
    asked[:, 2] = (words.random_raw(total) % np.uint64(recipe.tiers)).astype(np.int64)
    order = np.argsort(words.random_raw(total), kind="stable")
    return asked[order], (np.arange(total) // recipe.per_node)[order]


def default_scheduler(capacity: IntArray, pods: IntArray) -> IntArray:
    """Return (pods,) the node to which the default scheduler binds each pod on arrival, -1 where it finds none.

    Nodes with room are scored by LeastAllocated and BalancedAllocation of Kubernetes with their default weights, in
    whole numbers; of equal ones, which Kubernetes draws from, the first is taken. It does not preempt.
    """
    free = capacity.copy()
    home = np.full(len(pods), -1)
    for pod, asked in enumerate(pods[:, :2]):
        left = free - asked
        room = (left >= 0).all(axis=1)
        if room.any():
            least = (left * 100 // capacity).sum(axis=1) // 2
            used = 1.0 - left / capacity
            balanced = ((1.0 - abs(used[:, 0] - used[:, 1]) / 2.0) * 100.0).astype(np.int64)
            home[pod] = int(np.where(room, least + balanced, -1).argmax())
            free[home[pod]] -= asked
    return home
