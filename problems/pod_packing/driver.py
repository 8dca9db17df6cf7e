"""What a stand-alone module takes along to place pods with priorities by a rule."""

import json

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.pod_packing.packer import pack

FORM = """\
An object in JSON. `nodes`: a list of objects with cpu_milli and memory_mib. `pods`: a list of objects with cpu_milli,
memory_mib, tier (priority class, 0 the highest) and, where the pod runs already, node (from 0)."""
MEASURE = "missing"
MEASURE_TEXT = "pods that are left out, in percent of all"
SOLUTION = "`assignments`: (pods, 2) the pod and the node of each in the order made, -1 after the last"
EXAMPLES = (
    '{"nodes": [{"cpu_milli": 1000, "memory_mib": 1000}, {"cpu_milli": 1000, "memory_mib": 1000}], "pods":'
    ' [{"cpu_milli": 600, "memory_mib": 300, "tier": 1, "node": 0}, {"cpu_milli": 500, "memory_mib": 700, "tier": 0},'
    ' {"cpu_milli": 300, "memory_mib": 200, "tier": 0, "node": 1}, {"cpu_milli": 400, "memory_mib": 500, "tier": 1,'
    ' "node": 1}, {"cpu_milli": 700, "memory_mib": 300, "tier": 1}]}',
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
    if not isinstance(told, dict) or not told.get("nodes") or not told.get("pods"):
        raise ValueError(f"{name}: expected a JSON object with nodes and pods")
    try:
        capacity = np.array([(each["cpu_milli"], each["memory_mib"]) for each in told["nodes"]], np.int64)
        pods = np.array([(each["cpu_milli"], each["memory_mib"], each["tier"]) for each in told["pods"]], np.int64)
        home = np.array([each.get("node", -1) for each in told["pods"]], np.int64)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{name}: {type(error).__name__} {error} in a node or a pod") from error
    if min(capacity.min(), pods.min()) < 0 or home.min() < -1 or home.max() >= len(capacity):
        raise ValueError(f"{name}: expected numbers from 0 on, and nodes from 0 to {len(capacity) - 1}")
    return {"capacity": capacity, "pods": pods, "home": home}


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the rule makes.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself.
    """
    return {"assignments": pack(address, instance)}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the number of pods left out, in percent of all."""
    pods = len(instance["pods"])
    return 100.0 * (pods - int((solution["assignments"][:, 0] >= 0).sum())) / pods


def show(instance: Arrays, solution: Arrays) -> str:
    """Return assignments as text: a line for each pod, with its node and where it ran before."""
    node_of = {pod: node for pod, node in solution["assignments"].tolist() if pod >= 0}
    lines = []
    for pod, before in enumerate(instance["home"].tolist()):
        where = f"node {node_of[pod]}" if pod in node_of else "left out"
        lines.append(f"pod {pod}: {where}" + (f", before on node {before}" if before >= 0 else ""))
    return "\n".join(lines)
