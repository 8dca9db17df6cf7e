"""Placements that instances begin with: the one without a plan, and the one in force.

Written for all layers at once in NumPy, because instances are also made where nothing is compiled.
"""

import numpy as np
from numpy.typing import NDArray

from problems.expert_placement.cluster import Cluster, replicas

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def unplanned(layers: int, experts: int, cluster: Cluster) -> IntArray:
    """Return (layers, slots) the experts in order, node by node, from the first again where slots are left."""
    slot = np.arange(cluster.slots)
    room, share = cluster.slots // cluster.nodes, experts // cluster.nodes
    return np.tile(slot // room * share + slot % room % share, (layers, 1))


def planned(loads: FloatArray, cluster: Cluster) -> IntArray:
    """Return (layers, slots) the experts after greedy replication, the largest replica first to the emptiest GPU.

    Args:
        loads: (layers, experts) tokens.
        cluster: Of one node.
    """
    layers, experts = loads.shape
    room = cluster.slots // cluster.gpus
    count = replicas(loads, cluster.slots)
    expert = np.stack([np.repeat(np.arange(experts), row) for row in count])
    share = np.take_along_axis(loads / count, expert, axis=1)
    order = np.argsort(-share, axis=1, kind="stable")
    placement = np.empty((layers, cluster.slots), np.int64)
    total = np.zeros((layers, cluster.gpus))
    filled = np.zeros((layers, cluster.gpus), np.int64)
    layer = np.arange(layers)
    for item in order.T:
        gpu = np.where(filled < room, total, np.inf).argmin(axis=1)
        placement[layer, gpu * room + filled[layer, gpu]] = expert[layer, item]
        total[layer, gpu] += share[layer, item]
        filled[layer, gpu] += 1
    return placement
