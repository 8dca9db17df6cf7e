"""Expert placement as a problem: instances, the placement that a heuristic returns, and its independent judge."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from problems import draws
from problems.base import (
    AnyArray,
    Arrays,
    Bar,
    BoundBroken,
    Driver,
    Heuristic,
    Instance,
    InvalidSolution,
    Picture,
    Problem,
    Split,
)
from problems.expert_placement.cluster import Cluster
from problems.expert_placement.instance import PlacementInstance, Scored
from problems.expert_placement.recording import Recording
from problems.expert_placement.rules import SEEDS, SIGNATURE
from problems.expert_placement.statement import statement
from problems.expert_placement.suites import SEEN, Suite, generated, recorded

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOLERANCE = 1e-9


class ExpertPlacement(Problem):
    """Place replicas of experts on GPUs so that the most loaded GPU of each layer has little to do.

    Args:
        suite: "static", "hierarchical", "drift" or "elastic".
        move_price: In drift and elastic, what moving all replicas costs, as a share of the time that a window takes
            when all GPUs are loaded alike.
        files: Recorded loads that replace the test split, each a .npy file of shape (windows, layers, experts).
        gpus: Of the cluster that recorded loads are placed on; likewise the following.
        slots: Replicas per layer, over all GPUs.
        groups: Groups of experts, in the hierarchical suite.
        nodes: Nodes, in the hierarchical suite.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: An unknown suite, a price or draw that is none, or a cluster that cannot be.
        problems.expert_placement.recording.MalformedLoads: A file does not hold loads.
        OSError: A file cannot be read.
    """

    name = "expert_placement"
    signature = SIGNATURE
    seeds = SEEDS

    def __init__(
        self,
        suite: str = "static",
        move_price: float = 0.2,
        files: Sequence[str] = (),
        gpus: int = 32,
        slots: int = 288,
        groups: int = 8,
        nodes: int = 4,
        draw: int = 0,
    ) -> None:
        if suite not in list(Suite):
            raise ValueError(f"suite must be one of {', '.join(Suite)}, not {suite!r}")
        if not 0.0 <= move_price <= 1000.0:
            raise ValueError(f"move_price must be between 0 and 1000, not {move_price}")
        self.suite = Suite(suite)
        self.move_price = move_price
        self.draw = draws.checked(draw)
        self.objectives = ("imbalance",) if self.suite in SEEN else ("cost",)
        self.statement = statement(self.suite, move_price)
        if files and self.suite is Suite.ELASTIC:
            raise ValueError("files cannot be used with the suite elastic: they say nothing of other GPUs")
        one_node = self.suite is not Suite.HIERARCHICAL
        cluster = Cluster(gpus, slots) if one_node else Cluster(gpus, slots, groups, nodes)
        self._loaded = recorded(self.suite, _named(files), cluster)

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated instances; for test the recorded ones, where files are given."""
        if self._loaded and split is Split.TEST:
            return self._loaded
        return generated(self.suite, split, draws.drawn(split, self.draw))

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `placement`: (layers, slots) the expert in each slot."""
        from problems.expert_placement.kernel import place  # takes numba along, which only the sandboxed process needs

        arrays = instance.arrays
        placement = place(heuristic, arrays["loads"], arrays["old"], *(int(number) for number in arrays["cluster"]))
        # A quarter of the bytes on the way out of the sandbox, wherever they suffice.
        small = placement.size and placement.min() >= 0 and placement.max() < 2**15
        return {"placement": placement.astype(np.int16) if small else placement}

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return the measures of a placement; layers follow each other, so their times add up.

        `imbalance` is the percentage by which the most loaded GPUs are above the reference, `balance_loss` the
        percentage of GPU time spent waiting for them, and `moved` the percentage of slots whose expert was not on
        that GPU before. Where the next window is judged, `cost` is the imbalance plus the price of what is moved.

        Raises:
            InvalidSolution: An expert is missing or unknown, a group is not on one node, or it is not a placement.
            BoundBroken: A layer is more even than is proven possible.
        """
        placement = _checked(instance, solution)
        scored = _scored(instance)
        load = gpu_loads(scored.loads, placement, int(instance.arrays["cluster"][3]))
        top = load.max(axis=1)
        if (top < scored.bounds * (1.0 - TOLERANCE)).any():
            layer = int((top / scored.bounds).argmin())
            raise BoundBroken(
                f"{instance.name}: load {top[layer]:g} in layer {layer} is below its bound {scored.bounds[layer]:g}"
            )
        peak = float(top.sum() / load.mean(axis=1).sum())
        # Where the bound is met, rounding may leave a trace below it.
        imbalance = max(100.0 * (peak / instance.reference.value - 1.0), 0.0)
        moved = 100.0 * _moved(instance, placement)
        measures = {"imbalance": imbalance, "balance_loss": 100.0 * (1.0 - 1.0 / peak), "moved": moved}
        return measures if self.suite in SEEN else {"cost": imbalance + self.move_price * moved} | measures

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return the load of each GPU in the layer that is least even, a bar for each replica."""
        placement = _checked(instance, solution)
        loads = _scored(instance).loads
        gpus = int(instance.arrays["cluster"][3])
        by_layer = gpu_loads(loads, placement, gpus)
        layer = int((by_layer.max(axis=1) / by_layer.mean(axis=1)).argmax())
        count = np.bincount(placement[layer])
        bars = []
        for gpu, experts in enumerate(placement[layer].reshape(gpus, -1)):
            end = 0.0
            for expert in experts:
                start, end = end, end + float(loads[layer, expert] / count[expert])
                replicas = f"{count[expert]} replica{'' if count[expert] == 1 else 's'}"
                bars.append(Bar(f"GPU {gpu}", start, end, f"expert {expert}", replicas))
        marks = {"mean": float(by_layer[layer].mean()), "max": float(by_layer[layer].max())}
        return Picture(f"load in layer {layer} (tokens)", [f"GPU {gpu}" for gpu in range(gpus)], bars, marks)

    def driver(self) -> Driver:
        """Return what an exported heuristic takes along; see `problems.base.Problem`."""
        return Driver("problems.expert_placement.driver")


def gpu_loads(loads: FloatArray, placement: IntArray, gpus: int) -> FloatArray:
    """Return (layers, gpus) the load of each GPU; the replicas of an expert share its load equally.

    Args:
        loads: (layers, experts) tokens.
        placement: (layers, slots) the expert in each slot; slot p belongs to GPU p // (slots // gpus).
        gpus: Number of GPUs.
    """
    share = loads / _counts(placement, loads.shape[1])
    by_slot = np.take_along_axis(share, placement, axis=1)
    return np.asarray(by_slot.reshape(len(loads), gpus, -1).sum(axis=2))


def _counts(placement: IntArray, experts: int) -> IntArray:
    """Return (layers, experts) the number of replicas of each expert."""
    layers = len(placement)
    keys = placement + experts * np.arange(layers)[:, np.newaxis]
    return np.bincount(keys.ravel(), minlength=layers * experts).reshape(layers, experts)


def _scored(instance: Instance) -> Scored:
    if not isinstance(instance, PlacementInstance):
        raise TypeError(f"{instance.name} is not an instance of expert placement")
    return instance.scored()


def _checked(instance: Instance, solution: Arrays) -> IntArray:
    """Return a placement that keeps every constraint."""
    _, layers, experts = instance.arrays["loads"].shape
    slots, groups, nodes, _ = (int(number) for number in instance.arrays["cluster"])
    given: AnyArray | None = solution.get("placement")
    if given is None or given.shape != (layers, slots) or given.dtype.kind not in "iu":
        told = "there is none" if given is None else f"{given.shape} of {given.dtype}"
        raise InvalidSolution(f"{instance.name}: placement must be ({layers}, {slots}) integers, not {told}")
    if given.min() < 0 or given.max() >= experts:
        layer, slot = np.argwhere((given < 0) | (given >= experts))[0]
        found = f"layer {layer}, slot {slot} holds {given[layer, slot]}"
        raise InvalidSolution(f"{instance.name}: {found}, not an expert from 0 to {experts - 1}")
    placement = given.astype(np.int64)
    counts = _counts(placement, experts)
    if not counts.all():
        layer, expert = np.argwhere(counts == 0)[0]
        raise InvalidSolution(f"{instance.name}: layer {layer} has no replica of expert {expert}")
    if nodes > 1:
        _check_groups(instance.name, placement // (experts // groups), groups, nodes)
    return placement


def _check_groups(name: str, group: IntArray, groups: int, nodes: int) -> None:
    """Raise InvalidSolution where a group is on two nodes, or a node hosts too many.

    Args:
        name: Of the instance.
        group: (layers, slots) the group of the expert in each slot.
        groups: Number of groups.
        nodes: Number of nodes.
    """
    layers, slots = group.shape
    hosts = np.zeros((layers, groups, nodes), bool)
    hosts[np.arange(layers)[:, np.newaxis], group, np.arange(slots) // (slots // nodes)] = True
    if (hosts.sum(axis=2) > 1).any():
        layer, split = np.argwhere(hosts.sum(axis=2) > 1)[0]
        raise InvalidSolution(f"{name}: layer {layer} has experts of group {split} on more than one node")
    if (hosts.sum(axis=1) > groups // nodes).any():
        layer, node = np.argwhere(hosts.sum(axis=1) > groups // nodes)[0]
        raise InvalidSolution(f"{name}: in layer {layer} node {node} hosts more than {groups // nodes} groups")


def _moved(instance: Instance, placement: IntArray) -> float:
    """Return the share of slots whose expert was not on that GPU before."""
    old = instance.arrays["old"]
    _, layers, experts = instance.arrays["loads"].shape
    slots, _, _, gpus = (int(number) for number in instance.arrays["cluster"])
    room = slots // gpus
    layer = np.arange(layers)[:, np.newaxis]
    held = np.zeros((layers, max(gpus, old.shape[1] // room), experts), bool)
    held[layer, np.arange(old.shape[1]) // room, old] = True
    return 1.0 - float(held[layer, np.arange(slots) // room, placement].mean())


def _named(files: Sequence[str]) -> list[tuple[str, Recording]]:
    """Return recordings by the stems of their files, by their paths where stems are equal."""
    if len(set(files)) < len(files):
        raise ValueError("files names the same file twice")
    stems = Counter(Path(path).stem for path in files)
    return [(path if stems[Path(path).stem] > 1 else Path(path).stem, Recording(path)) for path in files]
