"""Pod packing as a problem: instances, the assignments that a rule makes, and their independent judge."""

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems import draws
from problems.base import (
    AnyArray,
    Arrays,
    Bar,
    BoundBroken,
    Decisions,
    Driver,
    Heuristic,
    Instance,
    InvalidSolution,
    Picture,
    Reference,
    ReferenceKind,
    RuleProblem,
    Split,
)
from problems.pod_packing import generate
from problems.pod_packing.features import FEATURES, SIGNATURE
from problems.pod_packing.rules import SEEDS

IntArray = NDArray[np.int64]
AUDITED_ROWS = 3_000
"""About how many alternatives of an instance are audited; the assignments are drawn at random."""

STATEMENT = """\
Packing of Kubernetes pods with priorities. A cluster has equal nodes with milli-cores and memory; each pod asks for
some of both and has a priority class. Some pods run already, others are pending since the default scheduler found no
node with room. All of them can be placed if running pods move. Wanted are nodes for as many pods of the highest class
as possible, then of the next one, and so on; and among equals, as few running pods as possible that do not stay where
they are. The heuristic is a rule. Nodes are empty at the outset, and all pods are decided anew, the running ones too:
it is called for every pod of the highest class that is left and every node with room for it, and the pair with the
LARGEST value is next, ties to the lowest pod, then the lowest node; and again. A pod without room anywhere is left
out. A rule is scored by the pods left out in percent of all; one of a higher class counts more than all of the lower
ones together, and one of the lowest more than all moves. Averaged over clusters of {nodes} nodes with {per_node} pods
per node, {tiers} classes, and 90 to 100 percent of the resources asked for.
All arguments are floats:
{features}
"""


class Known(NamedTuple):
    """What is proven about an instance: the fewest pods that must leave their node, and whether that is possible."""

    moves: int
    optimal: bool


class PodPacking(RuleProblem):
    """Place pods by priority with few moves.

    Args:
        nodes: Numbers of nodes of the clusters.
        tiers: Numbers of priority classes of the clusters.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: A number that there are no clusters of, or none; or no draw.
    """

    name = "pod_packing"
    signature = SIGNATURE
    seeds = SEEDS
    objectives = ("gap",)

    def __init__(
        self, nodes: Sequence[int] = generate.NODES, tiers: Sequence[int] = generate.TIERS, draw: int = 0
    ) -> None:
        for option, given, known in (("nodes", nodes, generate.NODES), ("tiers", tiers, generate.TIERS)):
            if not given or set(given) - set(known):
                raise ValueError(f"{option} must be some of {', '.join(map(str, known))}, not {list(given)}")
        self.nodes = tuple(dict.fromkeys(nodes))
        self.tiers = tuple(dict.fromkeys(tiers))
        self.draw = draws.checked(draw)
        self.statement = STATEMENT.format(
            nodes=" or ".join(map(str, self.nodes)),
            per_node=" or ".join(map(str, generate.PER_NODE)),
            tiers=" or ".join(map(str, self.tiers)),
            features="\n".join(f"- {name}: {meaning}" for name, meaning in FEATURES.items()),
        )

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return the generated clusters of a split."""
        return [
            instance
            for recipe, instance in _suite(split, draws.drawn(split, self.draw))
            if recipe.nodes in self.nodes and recipe.tiers in self.tiers
        ]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `assignments`: (pods, 2) the pod and the node of each in the order made, -1 after the last."""
        from problems.pod_packing.packer import pack  # takes numba along, which only the sandboxed process needs

        return {"assignments": pack(heuristic, instance.arrays).astype(np.int32)}

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return the measures of assignments.

        `gap` is what the pods left out weigh in percent of all pods: one of the lowest class counts as one, of a
        higher class as one more than all of the lower ones; and moves beyond those of the reference add less than one.
        `missing` is the percentage of pods left out, `missing_first` of those of the highest class, and `moves` the
        number of running pods that do not stay where they are.

        Raises:
            InvalidSolution: A node has no room for its pods, a pod is assigned twice, or it is not assignments.
            BoundBroken: All pods are placed with fewer moves than is proven possible.
        """
        nodes = _nodes_of(instance, solution)
        pods, home = instance.arrays["pods"], instance.arrays["home"]
        missing = np.bincount(pods[nodes < 0, 2], minlength=int(pods[:, 2].max()) + 1).tolist()
        counts = np.bincount(pods[:, 2]).tolist()
        moves = int((nodes[home >= 0] != home[home >= 0]).sum())
        least = int(instance.reference.value)
        if not any(missing) and moves < least:
            raise BoundBroken(f"{instance.name}: {moves} moves are below the {instance.reference.kind} {least}")
        score, weight = 0, 1
        for left_out, count in zip(reversed(missing), reversed(counts), strict=True):
            score += weight * left_out
            weight *= count + 1
        extra = (moves - least) / (int((home >= 0).sum()) + 1)
        return {
            "gap": 100.0 * (score + extra) / len(pods),
            "missing": 100.0 * sum(missing) / len(pods),
            "missing_first": 100.0 * missing[0] / max(counts[0], 1),
            "moves": float(moves),
        }

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return some of the choices that lead to assignments, drawn at random; see `problems.base.RuleProblem`.

        Raises:
            InvalidSolution: No rule makes them.
        """
        from problems.pod_packing.packer import replay

        given = _checked(instance, solution)
        pods = len(instance.arrays["pods"])
        glance = replay(instance.arrays, given, np.zeros(pods, np.bool_), 0)
        if not glance.possible:
            raise InvalidSolution(f"{instance.name}: no rule leads to these assignments")
        order = np.random.default_rng().permutation(len(given))
        wanted = np.zeros(pods, np.bool_)
        wanted[order[np.cumsum(glance.counts[order]) <= max(AUDITED_ROWS, glance.counts[order[:1]].sum())]] = True
        told = replay(instance.arrays, given, wanted, int(glance.counts[wanted].sum()))
        hit = (told.owners[:, 1:] == given[told.owners[:, 0]]).all(axis=1)
        groups = np.searchsorted(np.flatnonzero(wanted), told.owners[:, 0])
        return Decisions(told.rows, groups, np.flatnonzero(hit))

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the value of each row of features; see `problems.base.RuleProblem`."""
        from problems.pod_packing.packer import values

        valued: AnyArray = values(heuristic, rows)
        return valued

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return two lanes for each node, cpu and memory, with its pods side by side, coloured by class."""
        nodes = _nodes_of(instance, solution)
        capacity, pods, home = (instance.arrays[name] for name in ("capacity", "pods", "home"))
        lanes = [f"node {node}, {what}" for node in range(len(capacity)) for what in ("cpu", "memory")]
        level = dict.fromkeys(lanes, 0.0)
        bars = []
        for pod in np.lexsort((np.arange(len(pods)), pods[:, 2])):
            node = int(nodes[pod])
            if node < 0:
                continue
            past = "was pending" if home[pod] < 0 else "stayed" if home[pod] == node else f"from node {home[pod]}"
            for resource, what in enumerate(("cpu", "memory")):
                lane = f"node {node}, {what}"
                begin, share = level[lane], 100.0 * float(pods[pod, resource] / capacity[node, resource])
                level[lane] = begin + share
                bars.append(Bar(lane, begin, begin + share, f"pod {pod}, {past}", f"class {pods[pod, 2]}"))
        return Picture("percent of the node", lanes, bars, {"full": 100.0})

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.pod_packing.driver")


def _checked(instance: Instance, solution: Arrays) -> IntArray:
    """Return (assignments, 2) assignments whose numbers are all within range, without what is after the last."""
    pods, nodes = len(instance.arrays["pods"]), len(instance.arrays["capacity"])
    given = solution.get("assignments")
    if given is None or given.shape != (pods, 2) or given.dtype.kind not in "iu":
        raise InvalidSolution(f"{instance.name}: assignments must be ({pods}, 2) integers")
    unused = (given.astype(np.int64) == -1).all(axis=1) & (given.dtype.kind == "i")
    given = given[: pods - int(np.logical_and.accumulate(unused[::-1]).sum())]
    if ((given < 0) | (given >= (pods, nodes))).any():
        index = int(np.argwhere((given < 0) | (given >= (pods, nodes)))[0, 0])
        raise InvalidSolution(f"{instance.name}: assignment {index} is of no pod or to no node")
    return given.astype(np.int64)


def _nodes_of(instance: Instance, solution: Arrays) -> IntArray:
    """Return (pods,) the node of each pod, -1 where it is left out, if every node has room."""
    capacity, pods = instance.arrays["capacity"], instance.arrays["pods"]
    pod, node = _checked(instance, solution).T
    if len(np.unique(pod)) < len(pod):
        twice = int(np.bincount(pod).argmax())
        raise InvalidSolution(f"{instance.name}: pod {twice} is assigned more than once")
    used = np.zeros_like(capacity)
    np.add.at(used, node, pods[pod, :2])
    if (used > capacity).any():
        over, resource = np.argwhere(used > capacity)[0]
        what = ("milli-cores", "MiB")[resource]
        found = f"{used[over, resource]} of {capacity[over, resource]} {what}"
        raise InvalidSolution(f"{instance.name}: the pods of node {over} take {found}")
    nodes = np.full(len(pods), -1)
    nodes[pod] = node
    return nodes


def make_instance(name: str, group: str, packing: generate.Packing, known: Known | None) -> Instance:
    """Return an instance; its reference is the number of moves that placing all pods takes.

    A pod that is pending has no room anywhere, so that at least one has to leave, which is all there is if nothing more
    is known.
    """
    reference = Reference(1.0, ReferenceKind.LOWER_BOUND, "a pending pod has room nowhere")
    if known is not None:
        kind = ReferenceKind.OPTIMUM if known.optimal else ReferenceKind.LOWER_BOUND
        reference = Reference(float(known.moves), kind, "moves to place all pods, CP-SAT")
    arrays = {"capacity": packing.capacity, "pods": packing.pods, "home": packing.home}
    return Instance(name, group, arrays, reference)


@cache
def _suite(split: Split, draw: int) -> tuple[tuple[generate.Recipe, Instance], ...]:
    """Return all recipes and instances of a split; draw 0 with what `data/moves.csv` says about them."""
    known = _known()
    return tuple(
        (
            recipe,
            make_instance(
                recipe.name,
                f"{recipe.nodes} nodes, {recipe.tiers} class{'es' if recipe.tiers > 1 else ''}",
                generate.generate(recipe),
                None if draw else known[recipe.name],
            ),
        )
        for recipe in generate.recipes(split, draw)
    )


@cache
def _known() -> dict[str, Known]:
    with (Path(__file__).parent / "data" / "moves.csv").open(newline="", encoding="ascii") as file:
        return {row["name"]: Known(int(row["lower"]), row["lower"] == row["upper"]) for row in csv.DictReader(file)}
