"""Instances of expert placement: what a heuristic is given, and apart from it what it is judged on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from problems.base import Instance, Reference, ReferenceKind
from problems.expert_placement.cluster import Cluster, bounds
from problems.expert_placement.planner import planned, unplanned
from problems.expert_placement.recording import Recording
from problems.expert_placement.traffic import Traffic

FloatArray = NDArray[np.float64]

HISTORY: Final = 8
"""How many windows a heuristic sees at most."""


Windows = Traffic | Recording
"""Where loads come from; the same for ever, and a window is made or read by itself."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a placement is judged on.

    Attributes:
        loads: (layers, experts) tokens that each expert serves.
        bounds: (layers,) what the most loaded GPU must at least serve, wherever the experts are.
    """

    loads: FloatArray
    bounds: FloatArray


@dataclass(frozen=True, slots=True)
class PlacementInstance(Instance):
    """An instance whose arrays are `loads` (windows, layers, experts), `old` (layers, slots before) and `cluster`.

    The last are the numbers of slots, groups, nodes and GPUs.

    Attributes:
        scored: Makes what a placement is judged on. It is called where a placement is judged only: the process of a
            heuristic does not hold the window that is yet to come.
    """

    scored: Callable[[], Scored]


def for_seen_window(name: str, group: str, windows: Windows, number: int, cluster: Cluster) -> PlacementInstance:
    """Return an instance that is judged on the very window that the heuristic is given."""
    scored = scored_at(windows, number, cluster)
    source = "mean load of a GPU, largest share of the best replication, best spread of groups"
    reference = Reference(float(scored.bounds.sum()) / _mean(scored, cluster), ReferenceKind.LOWER_BOUND, source)
    layers, experts = scored.loads.shape
    old = unplanned(layers, experts, cluster)
    arrays = {"loads": scored.loads[np.newaxis], "old": old, "cluster": _numbers(cluster)}
    return PlacementInstance(name, group, arrays, reference, partial(scored_at, windows, number, cluster))


def for_next_window(
    name: str, group: str, windows: Windows, last: int, cluster: Cluster, before: Cluster
) -> PlacementInstance:
    """Return an instance that is judged on the window after the last one that the heuristic is given.

    The placement in force was planned on the first of the windows given.

    Args:
        last: Number of the last window given.
        cluster: Where the experts are to be placed.
        before: Where they are.
    """
    loads = np.stack([windows.window(number) for number in range(max(0, last - HISTORY + 1), last + 1)])
    arrays = {"loads": loads, "old": planned(loads[0], before), "cluster": _numbers(cluster)}
    # The bound of that window would tell about it, so the reference is what holds for every window.
    reference = Reference(1.0, ReferenceKind.LOWER_BOUND, "mean load of a GPU")
    return PlacementInstance(name, group, arrays, reference, partial(scored_at, windows, last + 1, cluster))


@cache
def scored_at(windows: Windows, number: int, cluster: Cluster) -> Scored:
    """Return what a placement for a window is judged on; the arrays are shared and cannot be written to."""
    loads = windows.window(number)
    scored = Scored(loads, bounds(loads, cluster))
    for array in (scored.loads, scored.bounds):
        array.setflags(write=False)
    return scored


def _mean(scored: Scored, cluster: Cluster) -> float:
    return float(scored.loads.sum()) / cluster.gpus


def _numbers(cluster: Cluster) -> NDArray[np.int64]:
    return np.array([cluster.slots, cluster.groups, cluster.nodes, cluster.gpus])
