"""VM rescheduling as a problem: instances, the plan that a rule makes, and its independent judge."""

import math
from collections.abc import Sequence

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
    RuleProblem,
    Split,
)
from problems.vm_rescheduling import suites
from problems.vm_rescheduling.cluster import NODE, SLOT, free_of
from problems.vm_rescheduling.features import FEATURES, SIGNATURE
from problems.vm_rescheduling.rules import SEEDS

IntArray = NDArray[np.int64]
AUDITED_ROWS = 5_000
"""About how many alternatives of an instance are audited; they are drawn at random."""

STATEMENT = """\
VM rescheduling. A cluster consists of machines with two NUMA nodes of 44 vCPU each. A VM uses 2 to 44 vCPU of one
node, or as many of both nodes of a machine. Free vCPU are of use in slots of 16 on one node; what is free on a node
beyond whole slots is a fragment. VMs are moved one after the other, each to a node (or machine) with room for it; a
move from one node of a machine to the other is one too. The number of moves is limited, to 2 to 5 percent of the VMs.
The heuristic is a rule. It is called for every move that is possible, and the one with the LARGEST value is made, ties
to the lowest VM; and again. This ends when no value is above 0, or when the limit is reached. A rule is good when the
fragment rate (the share of the free vCPU that is in fragments) is small in the end: it is scored by the percentage
points above a lower bound, averaged over clusters of 40 to 1,176 machines that are 70 to 95 percent full.{price} Moves
that gain nothing by themselves may make better ones possible later.
All arguments are floats:
{features}
"""
PRICE_TEXT = """
Moving is not free: to that, {price:g} is added for each percent of the used vCPU that is moved (a VM's vCPU count
again with each of its moves)."""


class VmRescheduling(RuleProblem):
    """Minimise the fragments of a cluster with few moves of VMs.

    Args:
        families: Clusters after a real one with 2 GB per vCPU, almost full ("medium"), and with 4 GB ("large").
        move_price: Percentage points of fragment rate that it may cost to move one percent of the used vCPU.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: An unknown family, or none, or a price that is negative or not finite; or no draw.
    """

    name = "vm_rescheduling"
    signature = SIGNATURE
    seeds = SEEDS

    def __init__(self, families: Sequence[str] = suites.FAMILIES, move_price: float = 0.0, draw: int = 0) -> None:
        if not families or set(families) - set(suites.FAMILIES):
            raise ValueError(f"families must be some of {', '.join(suites.FAMILIES)}, not {list(families)}")
        if not 0.0 <= move_price < math.inf:
            raise ValueError(f"move_price must be a number from 0, not {move_price}")
        self.families = tuple(dict.fromkeys(families))
        self.draw = draws.checked(draw)
        self.move_price = move_price
        self.objectives = ("cost",) if move_price else ("gap",)
        price = PRICE_TEXT.format(price=move_price) if move_price else ""
        features = "\n".join(f"- {name}: {meaning}" for name, meaning in FEATURES.items())
        self.statement = STATEMENT.format(price=price, features=features)

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated clusters for train and validation, the real ones for test."""
        draw = draws.drawn(split, self.draw)
        return [instance for family in self.families for instance in suites.suite(split, family, draw)]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `moves`: (limit, 3) VM, machine and node (0 where a VM uses both) of each, -1 after the last."""
        from problems.vm_rescheduling.mover import plan  # takes numba along, which only the sandboxed process needs

        return {"moves": plan(heuristic, instance.arrays).astype(np.int32)}

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return the measures of a plan.

        `gap` is the fragment rate in percentage points above the reference, `fragment_rate` is in percent, `moves` is
        their number, and `moved` the vCPU moved in percent of those in use. With a price of moves, `cost` is the gap
        plus that price.

        Raises:
            InvalidSolution: A move is none, or to where there is no room, or it is not a plan within the limit.
            BoundBroken: There are more slots in the end than is proven possible.
        """
        moves = _checked(instance, solution)
        vms = instance.arrays["vms"]
        free = _carried_out(instance, moves)
        slots, total = int((free // SLOT).sum()), int(free.sum())
        most = int(instance.arrays["most"])
        if slots > most:
            raise BoundBroken(f"{instance.name}: {slots} slots are above the bound of {most}")
        rate = 1.0 - SLOT * slots / total
        used = vms.prod(axis=1)
        measures = {
            "gap": max(100.0 * (rate - instance.reference.value), 0.0),
            "fragment_rate": 100.0 * rate,
            "moves": float(len(moves)),
            "moved": 100.0 * float(used[moves[:, 0]].sum() / used.sum()),
        }
        if self.move_price:
            return {"cost": measures["gap"] + self.move_price * measures["moved"]} | measures
        return measures

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return some of the choices that lead to a plan, drawn at random; see `problems.base.RuleProblem`.

        Each has the alternative to end it there, as a row of zeros, worth 0 and preferred to what is not above.

        Raises:
            InvalidSolution: No rule makes that plan.
        """
        from problems.vm_rescheduling.mover import replay

        moves = _checked(instance, solution)
        limit = int(instance.arrays["cluster"][1])
        glance = replay(instance.arrays, moves, np.zeros(limit + 1, np.bool_), 0)
        if not glance.possible:
            raise InvalidSolution(f"{instance.name}: no rule leads to this plan")
        rng = np.random.default_rng()
        count = min(len(moves) + 1, limit)
        order = np.append(count - 1, rng.permutation(count - 1))  # where a plan ends is always looked at
        wanted = np.zeros(limit + 1, np.bool_)
        wanted[order[np.cumsum(glance.counts[order]) <= max(AUDITED_ROWS, glance.counts[order[:1]].sum())]] = True
        told = replay(instance.arrays, moves, wanted, int(glance.counts[wanted].sum()))
        return _chosen(moves, np.flatnonzero(wanted), told.rows, told.owners, rng)

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the value of each row of features; see `problems.base.RuleProblem`."""
        from problems.vm_rescheduling.mover import values

        valued: AnyArray = values(heuristic, rows)
        return valued

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return the nodes of the machines that were touched, or of all if none was, with their VMs side by side.

        A VM that has been moved there is in another colour.
        """
        moves = _checked(instance, solution)
        vms, before = instance.arrays["vms"], instance.arrays["places"]
        after = before.copy()
        after[moves[:, 0]] = moves[:, 1:]
        touched = np.unique(np.concatenate([before[moves[:, 0], 0], moves[:, 1]]))
        machines = touched if len(moves) else np.arange(int(instance.arrays["cluster"][0]))
        lanes = [f"machine {machine}, node {node}" for machine in machines for node in (0, 1)]
        level = dict.fromkeys(lanes, 0.0)
        bars = []
        for vm in np.lexsort((-vms[:, 0], -vms[:, 1])):
            group = "stayed" if (after[vm] == before[vm]).all() else "moved"
            machine, size = int(after[vm, 0]), float(vms[vm, 0])
            for node in (0, 1) if vms[vm, 1] == 2 else (int(after[vm, 1]),):
                lane = f"machine {machine}, node {node}"
                if lane in level:
                    bars.append(Bar(lane, level[lane], level[lane] + size, f"VM {vm}, {size:g} vCPU", group))
                    level[lane] += size
        marks = {"full": float(NODE), "room for one slot": float(NODE - SLOT), "for two": float(NODE - 2 * SLOT)}
        return Picture("vCPU used", lanes, bars, marks)

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.vm_rescheduling.driver")


def _checked(instance: Instance, solution: Arrays) -> IntArray:
    """Return (moves, 3) moves whose numbers are all within range, without what is after the last."""
    machines, limit = (int(number) for number in instance.arrays["cluster"])
    vms = instance.arrays["vms"]
    moves = solution.get("moves")
    if moves is None or moves.shape != (limit, 3) or moves.dtype.kind not in "iu":
        raise InvalidSolution(f"{instance.name}: moves must be ({limit}, 3) integers")
    unused = (moves.astype(np.int64) == -1).all(axis=1) & (moves.dtype.kind == "i")
    moves = moves[: limit - int(np.logical_and.accumulate(unused[::-1]).sum())]
    if ((moves < 0) | (moves >= (len(vms), machines, 2))).any():
        step = int(np.argwhere((moves < 0) | (moves >= (len(vms), machines, 2)))[0, 0])
        raise InvalidSolution(f"{instance.name}: move {step} is of no VM, or to no machine, or to no node")
    checked = moves.astype(np.int64)
    if ((vms[checked[:, 0], 1] == 2) & (checked[:, 2] != 0)).any():
        raise InvalidSolution(f"{instance.name}: a VM that uses both nodes is not moved to node 0")
    return checked


def _carried_out(instance: Instance, moves: IntArray) -> IntArray:
    """Return (machines, 2) the free vCPU after a plan.

    Raises:
        InvalidSolution: A VM is moved to where it is, or to where there is no room.
    """
    vms, places = instance.arrays["vms"], instance.arrays["places"].copy()
    free = free_of(int(instance.arrays["cluster"][0]), vms, places)
    for step, (vm, machine, node) in enumerate(moves.tolist()):
        size, nodes = vms[vm]
        if tuple(places[vm]) == (machine, node):
            raise InvalidSolution(f"{instance.name}: move {step} leaves VM {vm} where it is")
        target = slice(None) if nodes == 2 else node
        if free[machine, target].min() < size:
            raise InvalidSolution(f"{instance.name}: move {step} is to machine {machine}, node {node} without room")
        free[machine, target] -= size
        free[places[vm, 0], slice(None) if nodes == 2 else places[vm, 1]] += size
        places[vm] = machine, node
    return free


def _chosen(moves: IntArray, wanted: IntArray, rows: AnyArray, owners: IntArray, rng: np.random.Generator) -> Decisions:
    """Return decisions of which rows are left out at random, but for what was chosen, where there are too many.

    Args:
        moves: (moves, 3) the plan.
        wanted: (decisions,) the moves that were wanted; that after the last is to end the plan there.
        rows: (rows, features) their alternatives.
        owners: (rows, 3) move, VM and place of each.
        rng: For what is left out.
    """
    made = np.concatenate([moves, np.full((1, 3), -1)])[owners[:, 0]]
    hit = (owners[:, 1] == made[:, 0]) & (owners[:, 2] == 2 * made[:, 1] + made[:, 2])
    kept = np.flatnonzero(hit | (rng.random(len(rows)) < AUDITED_ROWS / max(len(rows), 1)))
    # In order of the moves; of each, to end the plan first, then by VM and place, as ties go.
    owners = np.concatenate(
        [np.stack([wanted, np.full_like(wanted, -1), np.full_like(wanted, -1)], axis=1), owners[kept]]
    )
    hit = np.concatenate([wanted == len(moves), hit[kept]])
    rows = np.concatenate([np.zeros((len(wanted), rows.shape[1])), rows[kept]])
    order = np.lexsort((owners[:, 2], owners[:, 1], owners[:, 0]))
    groups = np.searchsorted(wanted, owners[order, 0])
    return Decisions(rows[order], groups, np.flatnonzero(hit[order]))
