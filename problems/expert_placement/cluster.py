"""The GPUs that experts are placed on, and what is proven about the best placement on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_GROUPS: Final = 8
"""Up to here every way to spread groups over nodes is tried: at most 105."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """GPUs with an equal number of slots each; slot p belongs to GPU p // (slots // gpus).

    Attributes:
        gpus: Number of GPUs; the first gpus // nodes are those of node 0, and so on.
        slots: Number of slots for replicas of experts, over all GPUs.
        groups: Number of groups of experts; expert e belongs to group e // (experts // groups).
        nodes: Number of nodes; each hosts groups // nodes groups, and all replicas of their experts.

    Raises:
        ValueError: The numbers do not divide.
    """

    gpus: int
    slots: int
    groups: int = 1
    nodes: int = 1

    def __post_init__(self) -> None:
        for name in ("gpus", "slots", "groups", "nodes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for many, few in (("slots", "gpus"), ("gpus", "nodes"), ("groups", "nodes")):
            if getattr(self, many) % getattr(self, few):
                raise ValueError(
                    f"{many} must be a multiple of {few}: {getattr(self, many)} is not one of {getattr(self, few)}"
                )

    def check_fits(self, experts: int) -> None:
        """Raise ValueError where experts cannot be placed here."""
        if experts > self.slots:
            raise ValueError(f"slots must be at least the number of experts, {experts}, not {self.slots}")
        if experts % self.groups:
            raise ValueError(f"groups must divide the number of experts, {experts}; {self.groups} does not")


def replicas(loads: FloatArray, slots: int) -> IntArray:
    """Return (layers, experts) the numbers of replicas with the smallest largest load of a replica.

    One replica more for the expert with the largest load per replica, again and again; optimal by exchange.

    Args:
        loads: (layers, experts) tokens.
        slots: How many replicas there are to be in each layer.
    """
    layer = np.arange(len(loads))
    count = np.ones(loads.shape, np.int64)
    share = loads.copy()
    for _ in range(slots - loads.shape[1]):
        expert = share.argmax(axis=1)
        count[layer, expert] += 1
        share[layer, expert] = loads[layer, expert] / count[layer, expert]
    return count


def bounds(loads: FloatArray, cluster: Cluster) -> FloatArray:
    """Return (layers,) lower bounds on the load of the most loaded GPU, in tokens.

    Of one node: the mean, the largest share of the best replication and, where each expert has one replica only, what
    must lie together (see `_together`). Of several: the best that any way to spread the groups over them allows for
    the worst node; beyond `MOST_GROUPS` groups, as if there were one node.
    """
    if cluster.nodes == 1 or cluster.groups > MOST_GROUPS:
        return _of_one_node(loads, cluster.gpus, cluster.slots)
    by_group = loads.reshape(len(loads), cluster.groups, -1)
    per_node = cluster.groups // cluster.nodes
    part = {
        members: _of_one_node(
            by_group[:, members].reshape(len(loads), -1), cluster.gpus // cluster.nodes, cluster.slots // cluster.nodes
        )
        for members in combinations(range(cluster.groups), per_node)
    }
    ways = [
        np.max([part[members] for members in way], axis=0) for way in spreads(tuple(range(cluster.groups)), per_node)
    ]
    return np.asarray(np.min(ways, axis=0))


def spreads(groups: Sequence[int], per_node: int) -> Iterator[list[tuple[int, ...]]]:
    """Yield every way to part groups into sets of equal size, each way once."""
    if not groups:
        yield []
        return
    for others in combinations(groups[1:], per_node - 1):
        rest = [group for group in groups[1:] if group not in others]
        for way in spreads(rest, per_node):
            yield [(groups[0], *others), *way]


def _of_one_node(loads: FloatArray, gpus: int, slots: int) -> FloatArray:
    share = loads / replicas(loads, slots)
    found = [loads.sum(axis=1) / gpus, share.max(axis=1)]
    if slots == loads.shape[1]:
        found.append(_together(loads, gpus))
    return np.asarray(np.max(found, axis=0))


def _together(loads: FloatArray, gpus: int) -> FloatArray:
    """Return (layers,) lower bounds where each expert has one replica.

    Of the k * gpus + 1 largest experts some k + 1 share a GPU, whose other slots hold at least the smallest experts.
    """
    room = loads.shape[1] // gpus
    falling = -np.sort(-loads, axis=1)
    found = []
    for k in range(room):
        last = k * gpus + 1
        smallest = falling[:, loads.shape[1] - (room - k - 1) :].sum(axis=1)
        found.append(falling[:, last - k - 1 : last].sum(axis=1) + smallest)
    return np.asarray(np.max(found, axis=0))
