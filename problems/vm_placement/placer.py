"""Placement in one pass: each arriving pod goes to the node to which the rule gives the largest value.

Values are remembered: a rule is told of a pod and of one node, so its value stays right until the node changes.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from problems.base import Arrays, Heuristic, NotFinite
from problems.native import caller
from problems.vm_placement.features import FEATURES, SIGNATURE
from problems.vm_placement.state import ALL_PODS, WHOLE, after, describe, empty, settle, take, ways

score_of = caller(SIGNATURE)

LARGEST_SCORE = 1e300
COUNT = len(FEATURES)
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
CLUSTER = ("nodes", "sorts", "levels", "needs", "mass")


class Replayed(NamedTuple):
    """What a placement says about the choices behind it.

    Attributes:
        possible: Whether each pod was placed in a way that a rule could choose, and refused only if there was none.
        ways: (pods,) number of ways in which each pod wanted could be placed; 0 for the others.
        chosen: (pods,) which of them was chosen, from 0.
        rows: (rows, features) what a rule is told about each of these ways, in order.
    """

    possible: bool
    ways: IntArray
    chosen: IntArray
    rows: FloatArray


def place(score: Heuristic, data: Arrays) -> IntArray:
    """Return (2, pods): the node of each pod, -1 if it is refused, and the GPUs it uses, a bit for each."""
    cluster = describe(*(data[name] for name in CLUSTER), float(data["weight"]))
    placed: IntArray = run(score, cluster, data["arrivals"])
    return placed


def replay(data: Arrays, placed: IntArray, wanted: BoolArray, count: int) -> Replayed:
    """Return the choices behind a placement.

    Args:
        data: The arrays of the instance.
        placed: (2, pods) as `place` returns it.
        wanted: (pods,) whether the ways to place a pod are wanted; only of pods that are placed.
        count: How many rows that makes; 0 to count them only.
    """
    cluster = describe(*(data[name] for name in CLUSTER), float(data["weight"]))
    notes = np.zeros((2, placed.shape[1]), np.int64)
    rows = np.empty((count, COUNT))
    possible = retrace(cluster, data["arrivals"], placed, wanted, notes, rows)
    return Replayed(possible, notes[0], notes[1], rows)


@njit(cache=True, inline="always")
def _lottery(node, pods, sort):  # type: ignore[no-untyped-def]
    """Return a number from 0 to 1 that looks random; mixed as in SplitMix64."""
    mixed = np.uint64(node) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(pods) * np.uint64(0xD1B54A32D192ED03)
    mixed += np.uint64(sort) * np.uint64(0x8CB92BA72F3D8DD7)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


@njit(cache=True, inline="always")
def _told(cluster, state, most, node, sort, slot):  # type: ignore[no-untyped-def]
    """Return what a rule is told about one way to place a pod; `slot` is the GPU that it would share, -1 if none."""
    cpu, memory, gpus, milli, _ = cluster.sorts[sort]
    slot_free = state.room[node, slot] / WHOLE if slot >= 0 else 1.0 if gpus > 0 else 0.0
    return (
        cpu / 1000.0,
        memory / 1024.0,
        float(gpus),
        milli / WHOLE,
        cluster.access[sort],
        cluster.nodes[node, 0] / 1000.0,
        cluster.nodes[node, 1] / 1024.0,
        float(cluster.nodes[node, 2]),
        state.free[node, 0] / 1000.0,
        state.free[node, 1] / 1024.0,
        state.gpus[node, 0] / WHOLE,
        float(state.gpus[node, 1]),
        slot_free,
        state.fragments[node],
        after(cluster, state, node, sort, slot),
        float(state.tally[node, ALL_PODS]),
        float(state.tally[node, cluster.kinds[sort]]),
        float(state.gpus[node, 2]),
        most[0] / 1000.0,
        most[1] / 1024.0,
        float(most[2]),
        float(node),
        _lottery(node, state.tally[node, ALL_PODS], sort),
    )


@njit(cache=True)
def _largest(cluster):  # type: ignore[no-untyped-def]
    """Return (3,) the most cores, memory and GPUs of any node."""
    most = np.empty(3, np.int64)
    for resource in range(3):
        most[resource] = cluster.nodes[:, resource].max()
    return most


@njit(cache=True)
def run(score, cluster, arrivals):  # type: ignore[no-untyped-def]
    """Return (2, pods) the placement that a rule makes.

    1. Value every way to place the pod that arrives, on every node on which there is one.
    2. Place it in the way of the largest value; ties go to the first node, and there to the fullest GPU that will do.
    3. A pod that cannot be placed is refused. None ever leaves.

    The best way on each node, and its value, are remembered for each sort of pod. `changes` lists the nodes as they are
    placed on; what is remembered for a sort is brought up to date from where it was left.

    Args:
        score: Native address of the rule.
        cluster: The cluster.
        arrivals: (pods,) the sort of each pod.

    Raises:
        problems.base.NotFinite: A value is not finite.
    """
    state = empty(cluster)
    most = _largest(cluster)
    count = len(cluster.nodes)
    values = np.full((len(cluster.sorts), count), -np.inf)  # where it cannot be placed, so that one loop finds the best
    slots = np.empty((len(cluster.sorts), count), np.int8)
    changes = np.empty(count + len(arrivals), np.int64)
    changes[:count] = np.arange(count)
    changed = count
    seen = np.full(count, -1)
    left = np.zeros(len(cluster.sorts), np.int64)
    placed = np.full((2, len(arrivals)), -1, np.int64)
    for now in range(len(arrivals)):
        sort = arrivals[now]
        for change in range(left[sort], changed):
            node = changes[change]
            if seen[node] == now or (left[sort] > 0 and values[sort, node] == -np.inf):
                continue
            seen[node] = now
            values[sort, node] = -np.inf
            for way in range(ways(cluster, state, node, sort)):
                slot = state.slots[way]
                value = score_of(score, _told(cluster, state, most, node, sort, slot))
                if not abs(value) < LARGEST_SCORE:
                    raise NotFinite("the score is not a finite number")
                if value > values[sort, node]:
                    slots[sort, node], values[sort, node] = slot, value
        left[sort] = changed
        best = -1
        largest = -np.inf
        for node in range(count):
            if values[sort, node] > largest:
                best, largest = node, values[sort, node]
        if best >= 0:
            placed[0, now] = best
            placed[1, now] = settle(cluster, state, best, sort, slots[sort, best])
            changes[changed] = best
            changed += 1
        else:
            placed[1, now] = 0
    return placed


@njit(cache=True)
def retrace(cluster, arrivals, placed, wanted, notes, rows):  # type: ignore[no-untyped-def]
    """Note the choices that lead to a given placement, and return whether a rule can make them.

    Args:
        cluster: The cluster.
        arrivals: (pods,) the sort of each pod.
        placed: (2, pods) as `run` returns it.
        wanted: (pods,) whose ways to note.
        notes: (2, pods) receives in how many ways a pod could be placed, and which of them it was.
        rows: Receives what a rule would be told, a row for each way; empty to count them only.
    """
    state = empty(cluster)
    most = _largest(cluster)
    refused = np.zeros(len(cluster.sorts), np.bool_)  # for good, as nothing is ever freed
    noted = 0
    for now in range(len(arrivals)):
        sort, target = arrivals[now], placed[0, now]
        if target < 0:
            if not refused[sort]:
                for node in range(len(cluster.nodes)):
                    if ways(cluster, state, node, sort) > 0:
                        return False
            refused[sort] = True
            continue
        found, used = -1, np.int64(-1)
        for way in range(ways(cluster, state, target, sort)):
            state.rest[:] = state.room[target]
            slot = state.slots[way]
            if take(state.rest, cluster.sorts[sort, 2], cluster.sorts[sort, 3], slot) == placed[1, now]:
                found, used = way, slot
        if found < 0:
            return False
        if wanted[now]:
            for node in range(len(cluster.nodes)):
                if node == target:
                    notes[1, now] = notes[0, now] + found
                for way in range(ways(cluster, state, node, sort)):
                    notes[0, now] += 1
                    if rows.size > 0:
                        told = _told(cluster, state, most, node, sort, state.slots[way])
                        for feature in range(len(told)):
                            rows[noted, feature] = told[feature]
                        noted += 1
        settle(cluster, state, target, sort, used)
    return True


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(score, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the value of each row of (rows, features)."""
    result = np.empty(len(rows))
    for index in range(len(rows)):
        result[index] = score_of(score, to_fixed_tuple(rows[index], COUNT))
    return result
