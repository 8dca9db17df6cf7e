"""What is free in the cluster, how a pod can be placed on a node, and how much of a node is a fragment.

Functions for compiled code; milli-cores, MiB and thousandths of GPUs throughout.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from problems.vm_placement.cluster import ANY

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

WHOLE = 1000
ALL_PODS = -1
"""The column of `State.tally` that counts all pods."""


class Cluster(NamedTuple):
    """What does not change; see `problems.vm_placement.cluster.make_arrays`.

    Attributes:
        nodes: (nodes, 4) cores, memory, number and model of GPUs.
        sorts: (sorts, 5) cores, memory, number of GPUs, thousandths of each, and models accepted.
        kinds: (sorts,) 0 without GPU, 1 for a share of one, and another number for each number of whole ones.
        access: (sorts,) share of all GPUs that are of a model accepted.
        levels: (levels,) milli-cores that typical pods need.
        needs: (needs, 2) number of GPUs and thousandths of each.
        mass: (models, needs, levels + 1) share of the pods that have a need and can run.
        weight: Share of all typical pods.
    """

    nodes: IntArray
    sorts: IntArray
    kinds: IntArray
    access: FloatArray
    levels: IntArray
    needs: IntArray
    mass: FloatArray
    weight: float


class State(NamedTuple):
    """What changes as pods are placed.

    Attributes:
        free: (nodes, 2) milli-cores and memory.
        room: (nodes, GPUs) thousandths of each GPU.
        tally: (nodes, kinds + 1) number of pods of each kind, and of all.
        gpus: (nodes, 3) free thousandths of all GPUs, number of whole free ones, and number of kinds of pods on them.
        fragments: (nodes,) fragments of each node, in GPUs.
        slots: (GPUs,) where `ways` writes.
        rest: (GPUs,) where `after` computes.
    """

    free: IntArray
    room: IntArray
    tally: IntArray
    gpus: IntArray
    fragments: FloatArray
    slots: IntArray
    rest: IntArray


@njit(cache=True)
def describe(nodes, sorts, levels, needs, mass, weight):  # type: ignore[no-untyped-def]
    """Return the cluster, with the kinds of the sorts of pods and their access."""
    kinds = np.zeros(len(sorts), np.int64)
    access = np.ones(len(sorts))
    for sort in range(len(sorts)):
        if sorts[sort, 2] > 0:
            kinds[sort] = 1 if sorts[sort, 3] < WHOLE else sorts[sort, 2] + 1
        if sorts[sort, 4] != ANY:
            found = 0
            for node in range(len(nodes)):
                if (sorts[sort, 4] >> nodes[node, 3]) & 1:
                    found += nodes[node, 2]
            access[sort] = found / nodes[:, 2].sum()
    return Cluster(nodes, sorts, kinds, access, levels, needs, mass, weight)


@njit(cache=True)
def empty(cluster):  # type: ignore[no-untyped-def]
    """Return the state in which nothing is placed."""
    count, most = len(cluster.nodes), cluster.nodes[:, 2].max()
    room = np.zeros((count, most), np.int64)
    for node in range(count):
        room[node, : cluster.nodes[node, 2]] = WHOLE
    tally = np.zeros((count, cluster.kinds.max() + 2), np.int64)
    gpus = np.zeros((count, 3), np.int64)
    gpus[:, 0] = WHOLE * cluster.nodes[:, 2]
    gpus[:, 1] = cluster.nodes[:, 2]
    slots, rest = np.empty(most, np.int64), np.empty(most, np.int64)
    state = State(cluster.nodes[:, :2].copy(), room, tally, gpus, np.empty(count), slots, rest)
    for node in range(count):
        rest[:] = room[node]
        state.fragments[node] = fragments(cluster, node, state.free[node, 0], rest)
    return state


@njit(cache=True, inline="always")
def fragments(cluster, node, cpu, room):  # type: ignore[no-untyped-def]
    """Return the expected fragments of a node, in GPUs: what a typical pod cannot use of its free GPUs.

    All that is free if the pod cannot run there or needs no GPU; otherwise what is free on GPUs with too little for it.

    Args:
        cluster: The cluster.
        node: The node.
        cpu: Its free milli-cores.
        room: (GPUs,) free thousandths of its GPUs; sorted in place.

    Source: Q. Weng et al. (2023), Beware of fragmentation, USENIX ATC, equations 1 to 3.
    """
    count = cluster.nodes[node, 2]
    total = 0
    for right in range(count):
        value = room[right]
        total += value
        left = right
        while left > 0 and room[left - 1] < value:
            room[left] = room[left - 1]
            left -= 1
        room[left] = value
    if total == 0:
        return 0.0
    low, high = 0, len(cluster.levels)
    while low < high:
        middle = (low + high) // 2
        if cluster.levels[middle] <= cpu:
            low = middle + 1
        else:
            high = middle
    model = cluster.nodes[node, 3]
    usable = 0.0
    enough = fitting = 0  # free thousandths on, and number of, the GPUs with as much as is needed
    for need in range(len(cluster.needs)):
        while fitting < count and room[fitting] >= cluster.needs[need, 1]:
            enough += room[fitting]
            fitting += 1
        if fitting >= cluster.needs[need, 0]:
            usable += cluster.mass[model, need, low] * enough
    return (cluster.weight * total - usable) / WHOLE


@njit(cache=True, inline="always")
def ways(cluster, state, node, sort):  # type: ignore[no-untyped-def]
    """Return in how many ways a pod can be placed on a node, and write the GPU that it would share into `state.slots`.

    A pod that needs no GPU, or whole ones, can be placed in one way at most, with -1 for the GPU. For another, GPUs of
    which equally much is free are one, the first of them; the fullest comes first.
    """
    cpu, memory, gpus, milli, models = cluster.sorts[sort]
    if state.free[node, 0] < cpu or state.free[node, 1] < memory:
        return 0
    if gpus == 0:
        state.slots[0] = -1
        return 1
    if not (models >> cluster.nodes[node, 3]) & 1:
        return 0
    room = state.room[node]
    if milli == WHOLE:
        state.slots[0] = -1
        return 1 if state.gpus[node, 1] >= gpus else 0
    count = 0
    for gpu in range(cluster.nodes[node, 2]):
        if room[gpu] < milli:
            continue
        position = count
        while position > 0 and room[state.slots[position - 1]] > room[gpu]:
            position -= 1
        if position > 0 and room[state.slots[position - 1]] == room[gpu]:
            continue
        for later in range(count, position, -1):
            state.slots[later] = state.slots[later - 1]
        state.slots[position] = gpu
        count += 1
    return count


@njit(cache=True, inline="always")
def take(room, gpus, milli, slot):  # type: ignore[no-untyped-def]
    """Take what a pod needs out of a node's GPUs, the first whole ones, and return which it uses, a bit for each."""
    if slot >= 0:
        room[slot] -= milli
        return np.int64(1) << slot
    used = np.int64(0)
    for gpu in range(len(room)):
        if gpus > 0 and room[gpu] == WHOLE:
            room[gpu] = 0
            gpus -= 1
            used |= np.int64(1) << gpu
    return used


@njit(cache=True, inline="always")
def after(cluster, state, node, sort, slot):  # type: ignore[no-untyped-def]
    """Return the fragments of a node once a pod is placed on it."""
    for gpu in range(cluster.nodes[node, 2]):
        state.rest[gpu] = state.room[node, gpu]
    take(state.rest, cluster.sorts[sort, 2], cluster.sorts[sort, 3], slot)
    return fragments(cluster, node, state.free[node, 0] - cluster.sorts[sort, 0], state.rest)


@njit(cache=True, inline="always")
def settle(cluster, state, node, sort, slot):  # type: ignore[no-untyped-def]
    """Place a pod, and return the GPUs that it uses, a bit for each."""
    cpu, memory, gpus, milli, _ = cluster.sorts[sort]
    state.fragments[node] = after(cluster, state, node, sort, slot)
    state.free[node, 0] -= cpu
    state.free[node, 1] -= memory
    state.gpus[node, 0] -= gpus * milli
    state.gpus[node, 1] -= gpus if slot < 0 else state.room[node, slot] == WHOLE
    state.gpus[node, 2] += gpus > 0 and state.tally[node, cluster.kinds[sort]] == 0
    state.tally[node, cluster.kinds[sort]] += 1
    state.tally[node, ALL_PODS] += 1
    return take(state.room[node], gpus, milli, slot)
