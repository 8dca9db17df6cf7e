"""Clusters of machines with two NUMA nodes: how VMs are drawn, placed and placed anew.

Machines, VM sizes and how full clusters are follow X. Ding et al. (2025), Towards VM rescheduling optimization through
deep reinforcement learning, EuroSys, and the snapshots described in `data/SOURCE.md`. Only vCPU are counted: VMs have 2
or 4 GB of memory per vCPU, nodes 4.09, so memory never runs out first.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Size = tuple[int, int]
"""vCPU on each NUMA node, and the number of nodes."""

NODE: Final = 44
"""vCPU of a NUMA node."""
SLOT: Final = 16
"""Free vCPU that are of use on one node; what is free beyond them is a fragment."""
_DATA = Path(__file__).parent / "data"


class Cluster(NamedTuple):
    """Where VMs are.

    Attributes:
        machines: Number of machines; each has two NUMA nodes of `NODE` vCPU.
        vms: (vms, 2) vCPU on each NUMA node, and the number of nodes.
        places: (vms, 2) machine and NUMA node of each; node 0 where it uses both.
    """

    machines: int
    vms: IntArray
    places: IntArray


class Draws:
    """Whole numbers from a seed, the same with every version of NumPy."""

    def __init__(self, name: str) -> None:
        self._words = np.random.PCG64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:16]))

    def below(self, count: int) -> int:
        """Return a number from 0 to count - 1."""
        return int(self._words.random_raw()) % count

    def order(self, count: int) -> IntArray:
        """Return 0 to count - 1 in random order."""
        return np.argsort(self._words.random_raw(count), kind="stable").astype(np.int64)


def free_of(machines: int, vms: IntArray, places: IntArray) -> IntArray:
    """Return (machines, 2) the free vCPU of each NUMA node."""
    free = np.full((machines, 2), NODE)
    two = vms[:, 1] == 2
    np.subtract.at(free, (places[:, 0], places[:, 1]), vms[:, 0])
    np.subtract.at(free, (places[two, 0], 1 - places[two, 1]), vms[two, 0])
    return free


def slots_of(free: IntArray) -> int:
    """Return the number of slots."""
    return int((free // SLOT).sum())


def fragment_rate(free: IntArray) -> float:
    """Return the share of the free vCPU that is in fragments."""
    return 1.0 - SLOT * slots_of(free) / float(free.sum())


def draw(name: str, machines: int, shares: Mapping[Size, int], load: float) -> Cluster:
    """Return a cluster whose VMs came in random order to random places.

    Args:
        name: The seed.
        machines: Number of machines.
        shares: How frequent each size is.
        load: Share of all vCPU that the VMs ask for together, about; the last few may find no room.
    """
    draws = Draws(name)
    sizes = sorted(shares)
    steps = np.cumsum([shares[size] for size in sizes])
    wanted = round(load * machines * 2 * NODE)
    drawn: list[Size] = []
    while wanted >= 2:
        size, nodes = sizes[int(np.searchsorted(steps, draws.below(int(steps[-1])), side="right"))]
        if size * nodes <= wanted:
            drawn.append((size, nodes))
            wanted -= size * nodes
    vms = np.array(sorted(drawn), np.int64)
    return _placed(draws, machines, vms, np.full((len(vms), 2), -1))


def churn(name: str, cluster: Cluster, share: float) -> Cluster:
    """Return a cluster in which a share of the VMs, chosen at random, come anew to random places."""
    draws = Draws(name)
    places = cluster.places.copy()
    places[draws.order(len(places))[: round(share * len(places))]] = -1
    return _placed(draws, cluster.machines, cluster.vms, places)


def _placed(draws: Draws, machines: int, vms: IntArray, places: IntArray) -> Cluster:
    """Return a cluster where VMs without a place have come in random order, each to a place drawn from those with room.

    A machine is drawn first, then one of its nodes. A VM that finds no room is turned away.
    """
    places = places.copy()
    placed = places[:, 0] >= 0
    free = free_of(machines, vms[placed], places[placed])
    missing = np.flatnonzero(~placed)
    for vm in missing[draws.order(len(missing))]:
        size, nodes = vms[vm]
        room = free >= size
        rooms = np.flatnonzero(room.all(axis=1) if nodes == 2 else room.any(axis=1))
        if not len(rooms):
            continue
        machine = rooms[draws.below(len(rooms))]
        node = 0 if nodes == 2 else draws.below(2) if room[machine].all() else int(room[machine].argmax())
        free[machine, slice(None) if nodes == 2 else node] -= size
        places[vm] = machine, node
    placed = places[:, 0] >= 0
    return Cluster(machines, vms[placed], places[placed])


def snapshot(name: str) -> Cluster:
    """Return a real cluster, "medium" or "large"; `data/SOURCE.md` says where it is from.

    A line is a machine: VMs on node 0, on node 1 and on both, each by its vCPU per node.
    """
    vms, places = [], []
    lines = (_DATA / f"{name}.txt").read_text(encoding="ascii").splitlines()
    for machine, line in enumerate(lines):
        for spot, sizes in enumerate(line.split("|")):
            vms += [(int(size), 1 + spot // 2) for size in sizes.split()]
            places += [(machine, spot % 2)] * len(sizes.split())
    return Cluster(len(lines), np.array(vms, np.int64), np.array(places, np.int64))


def shares_of(cluster: Cluster) -> dict[Size, int]:
    """Return how many VMs there are of each size."""
    return dict(Counter((int(size), int(nodes)) for size, nodes in cluster.vms))
