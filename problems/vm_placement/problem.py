"""GPU-sharing placement as a problem: instances, the placement that a rule makes, and its independent judge."""

import csv
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

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
from problems.vm_placement import generate, openb
from problems.vm_placement.cluster import make_arrays
from problems.vm_placement.features import FEATURES, SIGNATURE
from problems.vm_placement.judge import serve
from problems.vm_placement.rules import SEEDS

FAMILIES = tuple(str(family) for family in generate.Family)
AUDITED = 120
AUDITED_ROWS = 25_000
"""How many decisions of an instance are audited at most, and with how many alternatives; they are drawn at random."""
_BOUNDS = Path(__file__).parent / "data" / "bounds.csv"

STATEMENT = """\
Placement of pods on a GPU cluster. Pods arrive one by one and stay for good; each must be placed at once on one node,
or is refused if there is none that can take it. A pod needs cores, memory, and either no GPU, or a share of one GPU,
or one or more whole GPUs, perhaps of certain models only. The shares of pods on one GPU make up at most 1. Pods arrive
until together they have asked for 130 % of the cluster's GPUs. Little is known of the pods to come: only which sorts of
pods are typical, from which the fragments of a node are computed.
The heuristic is a rule. For each arriving pod it is called once for each node that can take it, and for a pod that
shares a GPU once for each GPU there that differs in what is free; the pod is placed in the way of the LARGEST value,
ties to the first node and there to the fullest GPU.
A rule is good when few GPUs are idle at the end, although nodes run out of cores or memory, or are left with shares
that no pod asks for: it is scored by the share of the cluster's GPUs that is idle and would not have to be, by a proven
bound, in percent, averaged over instances.
All arguments are floats:
{features}
"""


class VmPlacement(RuleProblem):
    """Minimise the share of a cluster's GPUs that is left idle when pods are placed online.

    Args:
        families: Families that train and validation are generated from; "mixed" is calibrated to the openb trace, the
            others to its variants with more pods that need no GPU, a share of one, several, or certain models.
        traces: Published traces that the test split consists of.
        orders: Seeds of the orders in which each of them arrives, 42 to 51.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: An unknown family, trace or order, or none; or no draw.
    """

    name = "vm_placement"
    signature = SIGNATURE
    seeds = SEEDS
    objectives = ("gap",)

    def __init__(
        self,
        families: Sequence[str] = FAMILIES,
        traces: Sequence[str] = openb.TRACES,
        orders: Sequence[int] = openb.ORDERS[:1],
        draw: int = 0,
    ) -> None:
        _check("families", families, FAMILIES)
        _check("traces", traces, openb.TRACES)
        _check("orders", orders, openb.ORDERS)
        self.families = tuple(dict.fromkeys(families))
        self.traces = tuple(dict.fromkeys(traces))
        self.orders = tuple(dict.fromkeys(orders))
        self.draw = draws.checked(draw)
        self.statement = STATEMENT.format(features="\n".join(f"- {key}: {text}" for key, text in FEATURES.items()))

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated clusters for train and validation, the openb cluster with its traces for test."""
        if split is Split.TEST:
            return [_published(trace, order) for trace in self.traces for order in self.orders]
        return [instance for family in self.families for instance in _generated(split, family, self.draw)]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return the placement that the rule makes.

        Returns:
            `nodes`: (pods,) the node of each pod, -1 if it is refused; `gpus`: (pods,) a bit for each GPU that it uses.
        """
        from problems.vm_placement.placer import place  # takes numba along, which only the sandboxed process needs

        nodes, gpus = place(heuristic, instance.arrays)
        return {"nodes": nodes.astype(np.int32), "gpus": gpus.astype(np.int32)}

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return the measures of a placement, all in percent of the cluster's GPUs.

        Returns:
            `gap`: idle at the end, above what the bound proves; `idle`: idle at the end; `idle_at_100`: idle when the
            pods had asked for all GPUs of the cluster once.

        Raises:
            InvalidSolution: It breaks a constraint, or is not a placement.
            BoundBroken: Fewer GPUs are refused than is proven possible.
        """
        nodes, gpus = (_column(instance, solution, name) for name in ("nodes", "gpus"))
        count = len(instance.arrays["nodes"])
        if nodes.min() < -1 or nodes.max() >= count:
            raise InvalidSolution(f"{instance.name}: a node is not between -1 and {count - 1}")
        served = serve(instance.name, instance.arrays, nodes, gpus)
        capacity = 1000 * int(instance.arrays["nodes"][:, 2].sum())
        refused = (served.asked - served.given) / 1000
        reference = instance.reference
        if refused < reference.value - 1e-6:
            raise BoundBroken(
                f"{instance.name}: {refused:g} GPUs refused are below the {reference.kind} {reference.value:g}"
            )
        return {
            "gap": 100.0 * max(1000 * (refused - reference.value), 0.0) / capacity,
            "idle": 100.0 * (1.0 - served.given / capacity),
            "idle_at_100": 100.0 * (1.0 - served.given_early / capacity),
        }

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return some of the choices that lead to a placement, drawn at random; see `problems.base.RuleProblem`.

        All of them would take gigabytes. Which are drawn cannot be foreseen by the code that is audited.

        Raises:
            InvalidSolution: No rule makes that placement.
        """
        from problems.vm_placement.placer import replay

        placed = np.stack([solution["nodes"], solution["gpus"]]).astype(np.int64)
        order = np.random.default_rng().permutation(np.flatnonzero(placed[0] >= 0))[:AUDITED]
        wanted = np.zeros(placed.shape[1], np.bool_)
        wanted[order] = True
        glance = replay(instance.arrays, placed, wanted, 0)
        if not glance.possible:
            raise InvalidSolution(f"{instance.name}: no rule leads to this placement")
        wanted[order[np.cumsum(glance.ways[order]) > AUDITED_ROWS]] = False
        ways = glance.ways[wanted]
        told = replay(instance.arrays, placed, wanted, int(ways.sum()))
        begins = np.cumsum(ways) - ways
        return Decisions(told.rows, np.repeat(np.arange(len(ways)), ways), begins + told.chosen[wanted])

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the value of each row of features; see `problems.base.RuleProblem`."""
        from problems.vm_placement.placer import values

        valued: AnyArray = values(heuristic, rows)
        return valued

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return the nodes as lanes, each with the GPU shares of its pods side by side in order of arrival."""
        sorts = instance.arrays["sorts"].tolist()
        level: Counter[int] = Counter()
        bars = []
        for pod, (sort, node) in enumerate(
            zip(instance.arrays["arrivals"].tolist(), solution["nodes"].tolist(), strict=True)
        ):
            _, _, gpus, milli, _ = sorts[sort]
            if node >= 0 and gpus:
                begin, end = level[node] / 1000, (level[node] + gpus * milli) / 1000
                kind = "a share" if milli < 1000 else "1 GPU" if gpus == 1 else f"{gpus} GPUs"
                bars.append(Bar(f"node {node}", begin, end, f"pod {pod}", kind))
                level[node] += gpus * milli
        fleet = instance.arrays["nodes"][:, 2]
        lanes = [f"node {node}" for node in range(len(fleet))]
        return Picture("GPUs in use", lanes, bars, {"most GPUs": float(fleet.max())})

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.vm_placement.driver")


def _check(option: str, given: Sequence[object], known: Sequence[object]) -> None:
    if not given or set(given) - set(known):
        raise ValueError(f"{option} must be some of {', '.join(map(str, known))}, not {list(given)}")


def _column(instance: Instance, solution: Arrays, name: str) -> AnyArray:
    """Return one array of a solution as int64."""
    array = solution.get(name)
    shape = instance.arrays["arrivals"].shape
    if array is None or array.shape != shape or array.dtype.kind != "i":
        raise InvalidSolution(f"{instance.name}: {name} must be {shape} integers")
    return array.astype(np.int64)


def make_instance(name: str, group: str, data: Arrays, bound: float) -> Instance:
    """Return an instance; its reference is the GPUs that have to be refused, as they cannot be given.

    Args:
        name: Of the instance.
        group: The row of a results table it belongs to.
        data: Its arrays.
        bound: GPUs that the pods cannot exceed together; see `problems.vm_placement.bound`.
    """
    asked = int((data["sorts"][:, 2] * data["sorts"][:, 3])[data["arrivals"]].sum()) / 1000
    source = "linear relaxation of cutting GPUs into shares"
    return Instance(name, group, data, Reference(asked - bound, ReferenceKind.LOWER_BOUND, source))


@cache
def _bounds() -> dict[str, float]:
    with _BOUNDS.open(newline="", encoding="ascii") as file:
        return {row["name"]: float(row["gpus"]) for row in csv.DictReader(file)}


@cache
def _published(trace: str, order: int) -> Instance:
    name = f"{trace}-{order}"
    return make_instance(name, trace, make_arrays(openb.nodes(), openb.pods(trace), order), _bounds()[name])


@cache
def _generated(split: Split, family: str, draw: int) -> tuple[Instance, ...]:
    suite = generate.suite(split, generate.Family(family), draw)
    return tuple(make_instance(name, family, data, _bound(name, data, draw)) for name, data in suite)


def _bound(name: str, data: Arrays, draw: int) -> float:
    if not draw:
        return _bounds()[name]
    from problems.vm_placement.bound import upper_bound  # takes SciPy along, which only other draws need

    return upper_bound(data)
