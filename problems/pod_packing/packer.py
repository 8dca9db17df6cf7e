"""Packing in one pass: of all pods and nodes, the pair to which the rule gives the largest value is next, and again."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from problems.base import Arrays, Heuristic, NotFinite
from problems.native import caller
from problems.pod_packing.features import FEATURES, SIGNATURE

value_of = caller(SIGNATURE)

LARGEST_VALUE = 1e300
COUNT = len(FEATURES)
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NO_ROWS = np.empty((0, COUNT))
NO_OWNERS = np.empty((0, 3), np.int64)
NONE_GIVEN = np.empty((0, 2), np.int64)


class Replayed(NamedTuple):
    """What assignments say about the choices behind them.

    Attributes:
        possible: Whether each is one that a rule could choose, and no pod is left that has room somewhere.
        counts: (pods,) number of alternatives to each assignment.
        rows: (rows, features) what a rule is told about each alternative to the assignments wanted, in order.
        owners: (rows, 3) the index of the assignment, the pod and the node of each row.
    """

    possible: bool
    counts: IntArray
    rows: FloatArray
    owners: IntArray


def pack(value: Heuristic, data: Arrays) -> IntArray:
    """Return (pods, 2) the pod and the node of each assignment that a rule makes, in order, -1 after the last."""
    pods = len(data["pods"])
    made = np.full((pods, 2), -1)
    assign(
        value, data["capacity"], data["pods"], data["home"], NONE_GIVEN, np.zeros(pods, np.bool_), made,
        np.zeros(pods, np.int64), NO_ROWS, NO_OWNERS,
    )  # fmt: skip
    return made


def replay(data: Arrays, given: IntArray, wanted: BoolArray, count: int) -> Replayed:
    """Return the choices behind assignments.

    Args:
        data: The arrays of the instance.
        given: (assignments, 2) the pod and the node of each.
        wanted: (pods,) whether rows are wanted for an assignment.
        count: How many rows that makes.
    """
    pods = len(data["pods"])
    made, counts = np.empty((pods, 2), np.int64), np.zeros(pods, np.int64)
    rows, owners = np.empty((count, COUNT)), np.empty((count, 3), np.int64)
    # One line more than there are assignments: one that is made instead of it is too many.
    padded = np.concatenate([given, np.full((1, 2), -1)])
    found = assign(0, data["capacity"], data["pods"], data["home"], padded, wanted, made, counts, rows, owners)
    return Replayed(found == len(given), counts, rows, owners)


@njit("void(int64[:, ::1], int64[::1], int64[:, ::1], int64[::1], int64)", cache=True)
def _decide(pods, home, waiting, asked, pod):  # type: ignore[no-untyped-def]
    """Take a pod out of what waits and what is asked for."""
    for resource in range(2):
        asked[resource] -= pods[pod, resource]
        if home[pod] >= 0:
            waiting[home[pod], resource] -= pods[pod, resource]
    if home[pod] >= 0:
        waiting[home[pod], 2] -= 1


@njit(
    "int64(intp, int64[:, ::1], int64[:, ::1], int64[::1], int64[:, ::1], boolean[::1], int64[:, ::1], int64[::1],"
    " float64[:, ::1], int64[:, ::1])",
    cache=True,
)
def assign(value_at, capacity, pods, home, given, wanted, made, counts, rows, owners):  # type: ignore[no-untyped-def]
    """Assign pods to nodes by a rule, or note the choices that lead to given assignments.

    1. Pods of the highest class that is left are looked at, with every node that has room for them.
    2. The pair of the largest value is next, ties to the lowest pod, then the lowest node.
    3. A pod without room anywhere is left out. When no pod of a class is left, the next class follows.

    Args:
        value_at: Native address of the rule.
        capacity: (nodes, 2) as in `Packing`.
        pods: (pods, 3) as in `Packing`.
        home: (pods,) as in `Packing`.
        given: (assignments + 1, 2) assignments that stand in for the rule, and one line more; empty to ask the rule.
        wanted: (pods,) with `given`, the assignments to note alternatives to.
        made: (pods, 2) receives the pod and node of each assignment.
        counts: (pods,) receives the number of alternatives to each.
        rows: Receives what a rule would be told of each alternative wanted.
        owners: Receives the index of the assignment, the pod and the node of each.

    Returns:
        The number of assignments; -1 if one that is given is none that a rule could choose, or if one is missing.

    Raises:
        problems.base.NotFinite: A value is not finite.
    """
    nodes = len(capacity)
    free = capacity.copy()
    waiting = np.zeros((nodes, 3), np.int64)  # milli-cores, MiB and number of the pods that run there, not decided yet
    inside = np.zeros(nodes, np.int64)
    undecided = pods[:, 0] >= 0
    asked = np.zeros(2, np.int64)
    left = np.zeros(2, np.int64)
    for resource in range(2):
        asked[resource] = pods[:, resource].sum()
        left[resource] = capacity[:, resource].sum()
    for pod in range(len(pods)):
        if home[pod] >= 0:
            for column in range(3):
                waiting[home[pod], column] += pods[pod, column] if column < 2 else 1
    tiers = pods[:, 2].max() + 1
    fits = np.zeros(len(pods), np.int64)
    step = noted = 0
    for tier in range(tiers):
        while True:
            many = 0
            for pod in range(len(pods)):
                if undecided[pod] and pods[pod, 2] == tier:
                    fits[pod] = 0
                    for node in range(nodes):
                        fits[pod] += free[node, 0] >= pods[pod, 0] and free[node, 1] >= pods[pod, 1]
                    many += fits[pod] > 0
                    if fits[pod] == 0:
                        undecided[pod] = False
                        _decide(pods, home, waiting, asked, pod)
            if many == 0:
                break
            best, chosen, goal = 0.0, -1, -1
            for pod in range(len(pods)):
                if not undecided[pod] or pods[pod, 2] != tier:
                    continue
                for node in range(nodes):
                    if free[node, 0] < pods[pod, 0] or free[node, 1] < pods[pod, 1]:
                        continue
                    counts[step] += 1
                    here = 1 if home[pod] == node else 0
                    told = (
                        float(pods[pod, 0]),
                        float(pods[pod, 1]),
                        float(free[node, 0]),
                        float(free[node, 1]),
                        float(capacity[node, 0]),
                        float(capacity[node, 1]),
                        float(here),
                        1.0 if home[pod] >= 0 else 0.0,
                        float(waiting[node, 0] - here * pods[pod, 0]),
                        float(waiting[node, 1] - here * pods[pod, 1]),
                        float(waiting[node, 2] - here),
                        float(inside[node]),
                        float(tier),
                        float(tiers),
                        float(pod),
                        float(node),
                        float(fits[pod]),
                        float(many),
                        float(asked[0]),
                        float(asked[1]),
                        float(left[0]),
                        float(left[1]),
                        float(nodes),
                    )
                    if len(given) > 0:
                        value = 1.0 if pod == given[step, 0] and node == given[step, 1] else -1.0
                        if wanted[step]:
                            for feature in range(COUNT):
                                rows[noted, feature] = told[feature]
                            owners[noted] = (step, pod, node)
                            noted += 1
                    else:
                        value = value_of(value_at, told)
                    if not abs(value) < LARGEST_VALUE:
                        raise NotFinite("the value is not a finite number")
                    if chosen < 0 or value > best:
                        best, chosen, goal = value, pod, node
            if len(given) > 0 and best < 0.0:
                return -1
            undecided[chosen] = False
            _decide(pods, home, waiting, asked, chosen)
            inside[goal] += 1
            for resource in range(2):
                free[goal, resource] -= pods[chosen, resource]
                left[resource] -= pods[chosen, resource]
            made[step] = (chosen, goal)
            step += 1
    return step


@njit("float64[::1](intp, float64[:, ::1])", cache=True)
def values(value_at, rows):  # type: ignore[no-untyped-def]
    """Return (rows,) the value of each row of (rows, features)."""
    result = np.empty(len(rows))
    for index in range(len(rows)):
        result[index] = value_of(value_at, to_fixed_tuple(rows[index], COUNT))
    return result
