"""The judge of a placement: replays it pod by pod in plain Python, and trusts nothing but the instance."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Arrays, InvalidSolution
from problems.vm_placement.cluster import Node, Pod

IntArray = NDArray[np.int64]


class Served(NamedTuple):
    """How much of what was asked for was given, in thousandths of GPUs.

    Attributes:
        asked: All that the pods asked for.
        given: All that they got.
        given_early: What those got that had arrived when they had asked for all GPUs of the cluster once.
    """

    asked: int
    given: int
    given_early: int


class _Room(NamedTuple):
    """What is free on each node."""

    cpu: list[int]
    memory: list[int]
    gpus: list[list[int]]


def serve(name: str, data: Arrays, nodes: IntArray, gpus: IntArray) -> Served:
    """Return what a placement gives.

    Args:
        name: Of the instance, for messages.
        data: Its arrays.
        nodes: (pods,) the node of each pod, -1 if it is refused.
        gpus: (pods,) the GPUs that it uses, a bit for each.

    Raises:
        InvalidSolution: A pod has not what it needs, something is used twice, or a pod is refused that could be placed.
    """
    fleet = [Node(*node) for node in data["nodes"].tolist()]
    sorts = [Pod(*sort) for sort in data["sorts"].tolist()]
    room = _Room([n.cpu for n in fleet], [n.memory for n in fleet], [[1000] * n.gpus for n in fleet])
    capacity = 1000 * sum(node.gpus for node in fleet)
    refused: set[int] = set()
    asked = given = early = 0
    for pod, (sort, node, mask) in enumerate(
        zip(data["arrivals"].tolist(), nodes.tolist(), gpus.tolist(), strict=True)
    ):
        need = sorts[sort]
        if node >= 0:
            if fault := _fault(fleet[node], need, room, node, mask):
                raise InvalidSolution(f"{name}: pod {pod} on node {node}: {fault}")
            _take(need, room, node, mask)
            given += need.demand
        # Nothing is ever freed, so that a sort of pod that was rightly refused once is refused for good.
        elif sort not in refused:
            if (open_node := _first_open(fleet, need, room)) >= 0:
                raise InvalidSolution(f"{name}: pod {pod} is refused though it could be placed on node {open_node}")
            refused.add(sort)
        if asked < capacity:
            early = given
        asked += need.demand
    return Served(asked, given, early)


def _fault(node: Node, need: Pod, room: _Room, number: int, mask: int) -> str:
    """Return why a pod cannot be placed as it is, or an empty text."""
    used = [gpu for gpu in range(mask.bit_length()) if mask >> gpu & 1]
    if mask < 0 or mask >> node.gpus:
        return f"there are {node.gpus} GPUs, not those of {mask:#b}"
    if len(used) != need.gpus:
        return f"it needs {need.gpus} GPUs and uses {len(used)}"
    if used and not need.models >> node.model & 1:
        return "it does not accept the model of the GPU"
    if room.cpu[number] < need.cpu:
        return f"{room.cpu[number]} milli-cores are free and it needs {need.cpu}"
    if room.memory[number] < need.memory:
        return f"{room.memory[number]} MiB are free and it needs {need.memory}"
    for gpu in used:
        if room.gpus[number][gpu] < need.milli:
            return f"{room.gpus[number][gpu]} thousandths of GPU {gpu} are free and it needs {need.milli}"
    return ""


def _take(need: Pod, room: _Room, number: int, mask: int) -> None:
    room.cpu[number] -= need.cpu
    room.memory[number] -= need.memory
    for gpu in range(mask.bit_length()):
        if mask >> gpu & 1:
            room.gpus[number][gpu] -= need.milli


def _first_open(fleet: list[Node], need: Pod, room: _Room) -> int:
    """Return the first node on which a pod can be placed, or -1."""
    for number, node in enumerate(fleet):
        if room.cpu[number] < need.cpu or room.memory[number] < need.memory:
            continue
        if need.gpus == 0:
            return number
        if need.models >> node.model & 1 and sum(free >= need.milli for free in room.gpus[number]) >= need.gpus:
            return number
    return -1
