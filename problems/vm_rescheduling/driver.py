"""What a stand-alone module takes along to move VMs by a rule."""

import json

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.vm_rescheduling.cluster import NODE, fragment_rate, free_of
from problems.vm_rescheduling.mover import plan

FORM = """\
An object in JSON. `machines`: how many there are, each with two NUMA nodes of 44 vCPU; `limit`: how many moves are
allowed; `vms`: a list of objects with vcpu (on each NUMA node that the VM uses), nodes (1 or 2), machine (from 0) and
node (0 or 1; 0 where it uses both)."""
MEASURE = "fragment_rate"
MEASURE_TEXT = "free vCPU that do not make up 16 on one NUMA node, in percent of all free vCPU, after the moves"
SOLUTION = "`moves`: (limit, 3) VM, machine and node (0 where a VM uses both) of each, -1 after the last"
EXAMPLES = (
    '{"machines": 3, "limit": 4, "vms": [{"vcpu": 16, "nodes": 1, "machine": 0, "node": 0}, {"vcpu": 8, "nodes": 1,'
    ' "machine": 0, "node": 0}, {"vcpu": 32, "nodes": 1, "machine": 0, "node": 1}, {"vcpu": 16, "nodes": 2,'
    ' "machine": 1, "node": 0}, {"vcpu": 16, "nodes": 1, "machine": 1, "node": 0}, {"vcpu": 4, "nodes": 1,'
    ' "machine": 2, "node": 0}, {"vcpu": 8, "nodes": 1, "machine": 2, "node": 1}, {"vcpu": 2, "nodes": 1,'
    ' "machine": 2, "node": 1}]}',
)


def read(text: str, name: str) -> dict[str, AnyArray]:
    """Return an instance from a text.

    Args:
        text: See `FORM`.
        name: What messages call it.

    Raises:
        ValueError: The text is no such instance.
    """
    told = json.loads(text)
    if not isinstance(told, dict) or not {"machines", "limit", "vms"} <= told.keys() or not told["vms"]:
        raise ValueError(f"{name}: expected a JSON object with machines, limit and vms")
    try:
        vms = np.array([(each["vcpu"], each["nodes"]) for each in told["vms"]], np.int64)
        places = np.array([(each["machine"], each["node"]) for each in told["vms"]], np.int64)
        cluster = np.array([told["machines"], told["limit"]], np.int64)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name}: {type(error).__name__} {error} in a VM") from error
    if vms.min() < 1 or vms[:, 1].max() > 2 or cluster.min() < 1:
        raise ValueError(f"{name}: expected vcpu from 1, nodes 1 or 2, and at least one machine and one move")
    if places.min() < 0 or places[:, 0].max() >= cluster[0] or places[:, 1].max() > 1:
        raise ValueError(f"{name}: expected machines from 0 to {cluster[0] - 1} and nodes 0 or 1")
    if free_of(int(cluster[0]), vms, places).min() < 0:
        raise ValueError(f"{name}: the VMs of a NUMA node need more than its {NODE} vCPU")
    return {"cluster": cluster, "vms": vms, "places": places}


def solve(instance: Arrays, address: Heuristic = 1) -> dict[str, AnyArray]:
    """Return the solution that the rule makes.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself; not 0, which stands for none.
    """
    with np.errstate(over="ignore"):
        return {"moves": plan(address, instance)}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the share of the free vCPU that is in fragments after the moves, in percent."""
    places = instance["places"].copy()
    for vm, machine, node in solution["moves"].tolist():
        if vm >= 0:
            places[vm] = machine, node
    return 100.0 * fragment_rate(free_of(int(instance["cluster"][0]), instance["vms"], places))


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a plan as text: a line for each move."""
    places = instance["places"].tolist()
    lines = []
    for vm, machine, node in solution["moves"].tolist():
        if vm >= 0:
            before, places[vm] = places[vm], [machine, node]
            lines.append(f"VM {vm}: from machine {before[0]}, node {before[1]} to machine {machine}, node {node}")
    return "\n".join(lines) or "no move"
