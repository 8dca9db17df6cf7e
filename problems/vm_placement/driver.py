"""What a stand-alone module takes along to place GPU-sharing pods by a rule."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.vm_placement.cluster import MODELS, Node, Pod, models_of, typical
from problems.vm_placement.placer import place

FORM = """\
An object in JSON. `nodes`: a list of objects with cpu_milli, memory_mib, gpus and, where there are GPUs, model.
`pods`: a list in order of arrival of objects with cpu_milli, memory_mib and, where GPUs are needed, gpus, gpu_milli
(thousandths of each, 1000 unless a share of one is asked for) and models (those accepted, as "T4|P100"; any if it is
missing). `typical`: such pods, each with a count, from which fragments are computed; without it, the pods that
arrive."""
MEASURE = "idle"
MEASURE_TEXT = "the share of the cluster's GPUs that is idle at the end, in percent"
SOLUTION = "`nodes`: (pods,) the node of each pod, -1 if it is refused; `gpus`: (pods,) a bit for each GPU that it uses"
EXAMPLES = (
    '{"nodes": [{"cpu_milli": 32000, "memory_mib": 65536, "gpus": 2, "model": "T4"},'
    ' {"cpu_milli": 64000, "memory_mib": 131072, "gpus": 4, "model": "P100"}, {"cpu_milli": 16000, "memory_mib": 32768,'
    ' "gpus": 0}], "pods": [{"cpu_milli": 4000, "memory_mib": 8192, "gpus": 1, "gpu_milli": 500}, {"cpu_milli": 8000,'
    ' "memory_mib": 16384, "gpus": 2}, {"cpu_milli": 4000, "memory_mib": 4096, "gpus": 1, "gpu_milli": 300, "models":'
    ' "P100"}, {"cpu_milli": 6000, "memory_mib": 8192}, {"cpu_milli": 4000, "memory_mib": 8192, "gpus": 1, "gpu_milli":'
    ' 500}, {"cpu_milli": 8000, "memory_mib": 8192, "gpus": 1}, {"cpu_milli": 2000, "memory_mib": 2048, "gpus": 1,'
    ' "gpu_milli": 700, "models": "T4|P100"}, {"cpu_milli": 40000, "memory_mib": 8192, "gpus": 4}]}',
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
        nodes = [node_of(each) for each in told["nodes"]]
        pods = [pod_of(each) for each in told["pods"]]
        usual: Counter[Pod] = Counter()
        for each in told.get("typical") or told["pods"]:
            usual[pod_of(each)] += int(each.get("count", 1))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{name}: {type(error).__name__} {error} in a node or a pod") from error
    if not sum(node.gpus for node in nodes):
        raise ValueError(f"{name}: no node has a GPU, expected some that have")
    sorts = sorted(set(pods))
    number = {sort: index for index, sort in enumerate(sorts)}
    return {
        "nodes": np.array(nodes, np.int64),
        "sorts": np.array(sorts, np.int64),
        "arrivals": np.array([number[pod] for pod in pods], np.int64),
        **typical(usual),
    }


def node_of(told: Mapping[str, Any]) -> Node:
    """Return a node from an object as in `FORM`.

    Raises:
        ValueError: A number or a model that cannot be.
        KeyError: Something is missing.
    """
    gpus = int(told.get("gpus", 0))
    model = str(told["model"]) if gpus else MODELS[0]
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}: there are {', '.join(MODELS)}")
    node = Node(int(told["cpu_milli"]), int(told["memory_mib"]), gpus, MODELS.index(model))
    if min(node) < 0 or gpus > 62:
        raise ValueError(f"a node cannot have {dict(told)}")
    return node


def pod_of(told: Mapping[str, Any]) -> Pod:
    """Return what a pod asks for from an object as in `FORM`.

    Raises:
        ValueError: A number or a model that cannot be.
        KeyError: Something is missing.
    """
    gpus = int(told.get("gpus", 0))
    milli = int(told.get("gpu_milli", 1000)) if gpus else 0
    pod = Pod(int(told["cpu_milli"]), int(told["memory_mib"]), gpus, milli, models_of(str(told.get("models", ""))))
    if min(pod) < 0 or (gpus and not 0 < milli <= 1000) or (gpus > 1 and milli < 1000):
        raise ValueError(f"a pod cannot ask for {dict(told)}")
    return pod


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the rule makes.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself.
    """
    with np.errstate(over="ignore"):
        nodes, gpus = place(address, instance)
    return {"nodes": nodes, "gpus": gpus}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the share of the cluster's GPUs that is idle at the end, in percent."""
    demand = (instance["sorts"][:, 2] * instance["sorts"][:, 3])[instance["arrivals"]]
    given = int(demand[solution["nodes"] >= 0].sum())
    return 100.0 * (1.0 - given / (1000 * int(instance["nodes"][:, 2].sum())))


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a placement as text: a line for each pod in order of arrival, with its node and its GPUs."""
    lines = []
    for pod, (node, mask) in enumerate(zip(solution["nodes"].tolist(), solution["gpus"].tolist(), strict=True)):
        used = ", ".join(str(gpu) for gpu in range(mask.bit_length()) if mask >> gpu & 1)
        where = f"node {node}" + (f", GPU {used}" if used else "") if node >= 0 else "refused"
        lines.append(f"pod {pod}: {where}")
    return "\n".join(lines)
