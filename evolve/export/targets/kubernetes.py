"""Pods placed where the Kubernetes scheduler asks for it; gathered into modules that are exported for it.

The protocol is that of scheduler extenders: JSON over HTTP, arguments with a Pod and Nodes, scores from 0 to 10.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from problems.base import AnyArray
from problems.vm_placement.cluster import MODELS, Node, Pod, models_of, typical
from problems.vm_placement.driver import pod_of
from problems.vm_placement.placer import _largest, _told, score_of
from problems.vm_placement.state import describe, empty, settle, ways

GPU = "nvidia.com/gpu"
GPU_MILLI = "alibabacloud.com/gpu-milli"
"""Annotation of a pod that shares one GPU: thousandths of it."""
GPU_MODEL = "alibabacloud.com/gpu-card-model"
"""Label of a node, and annotation of a pod: the model, or the models accepted as "T4|P100"."""
MOST = 10
"""The largest score of the protocol."""
_UNITS = {"": 1.0, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
          "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}  # fmt: skip


def quantity(text: str | int | float) -> float:
    """Return a quantity such as "500m", "64Gi" or 2 as a number.

    Raises:
        ValueError: It is none.
    """
    number = str(text).rstrip("mkMGTi")
    unit = str(text)[len(number) :]
    if unit not in _UNITS:
        raise ValueError(f"unknown unit in the quantity {text!r}")
    return float(number) * _UNITS[unit]


def node_of_object(told: Mapping[str, Any]) -> Node:
    """Return a node from a Node object: what is allocatable, and the model of its GPUs from a label."""
    room = told["status"]["allocatable"]
    gpus = round(quantity(room.get(GPU, 0)))
    model = told["metadata"].get("labels", {}).get(GPU_MODEL, MODELS[0])
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}: there are {', '.join(MODELS)}")
    cpu, memory = round(1000 * quantity(room["cpu"])), int(quantity(room["memory"]) / 2**20)
    return Node(cpu, memory, gpus, MODELS.index(model))


def pod_of_object(told: Mapping[str, Any]) -> Pod:
    """Return what a Pod object asks for: the sum over its containers, and shares and models from annotations."""
    cpu = memory = gpus = 0.0
    for container in told["spec"]["containers"]:
        asked = container.get("resources", {}).get("requests", {})
        cpu += quantity(asked.get("cpu", 0))
        memory += quantity(asked.get("memory", 0))
        gpus += quantity(asked.get(GPU, 0))
    notes = told["metadata"].get("annotations", {})
    whole = round(gpus)
    milli = int(notes.get(GPU_MILLI, 1000 if whole else 0))
    if milli and not whole:
        whole = 1
    mebibytes = -int(-memory // 2**20)
    return Pod(round(1000 * cpu), mebibytes, whole, milli, models_of(notes.get(GPU_MODEL, "")))


class Extender:
    """Answers for a scheduler; keeps what is placed, since the protocol does not tell.

    Thread safety: every call holds one lock.

    Args:
        usual: Typical pods, each as in the form of instances, from which fragments are computed; without any, those
            that were placed and the one that is asked about.
    """

    def __init__(self, usual: Sequence[Mapping[str, Any]] = ()) -> None:
        self._usual: dict[Pod, int] = {}
        for each in usual:
            pod = pod_of(each)
            self._usual[pod] = self._usual.get(pod, 0) + int(each.get("count", 1))
        self._nodes: dict[str, Node] = {}
        self._placed: dict[str, tuple[str, Pod]] = {}
        self._lock = threading.Lock()  # protects what is known of nodes and pods

    def filter(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return which nodes can take a pod (ExtenderFilterResult)."""
        values = self._values(arguments)
        items = arguments["Nodes"]["items"]
        kept = [item for item in items if item["metadata"]["name"] in values]
        failed = {item["metadata"]["name"]: "not enough cores, memory or GPUs of an accepted model" for item in items
                  if item["metadata"]["name"] not in values}  # fmt: skip
        return {"Nodes": {"items": kept}, "NodeNames": None, "FailedNodes": failed, "Error": ""}

    def prioritize(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return a score for each node (HostPriorityList): the node of the largest value alone has the largest."""
        values = self._values(arguments)
        names = [item["metadata"]["name"] for item in arguments["Nodes"]["items"]]
        ranked = sorted(values, key=lambda name: -values[name])  # of equals the first known node, as in the simulator
        scores = {name: MOST if rank == 0 else max(MOST - 1 - rank, 0) for rank, name in enumerate(ranked)}
        return [{"Host": name, "Score": scores.get(name, 0)} for name in names]

    def assigned(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Note that a pod was placed: `Pod`, a Pod object, and `Node`, the name of its node."""
        with self._lock:
            self._placed[arguments["Pod"]["metadata"]["uid"]] = (arguments["Node"], pod_of_object(arguments["Pod"]))
        return {}

    def released(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Note that a pod has ended or was moved away: `PodUID`."""
        with self._lock:
            self._placed.pop(arguments["PodUID"], None)
        return {}

    def _values(self, arguments: Mapping[str, Any]) -> dict[str, float]:
        """Return the value of the best way to place a pod on each node that can take it, in the order of the nodes."""
        pod = pod_of_object(arguments["Pod"])
        with self._lock:
            for item in arguments["Nodes"]["items"]:
                self._nodes[item["metadata"]["name"]] = node_of_object(item)
            nodes, placed = dict(self._nodes), list(self._placed.values())
        asked = {item["metadata"]["name"] for item in arguments["Nodes"]["items"]}
        found = best_values(list(nodes.values()), self._counted(placed, pod), pod,
                            [(list(nodes).index(name), each) for name, each in placed if name in nodes])  # fmt: skip
        return {name: found[index] for index, name in enumerate(nodes) if name in asked and index in found}

    def _counted(self, placed: Sequence[tuple[str, Pod]], pod: Pod) -> dict[Pod, int]:
        counts = dict(self._usual)
        for each in [] if counts else [*(each for _, each in placed), pod]:
            counts[each] = counts.get(each, 0) + 1
        return counts


def best_values(
    nodes: Sequence[Node], usual: Mapping[Pod, int], pod: Pod, placed: Sequence[tuple[int, Pod]]
) -> dict[int, float]:
    """Return the value of the best way to place a pod, by the number of the node; nodes without any are left out.

    Args:
        nodes: The cluster.
        usual: How often typical pods are seen.
        pod: What is to be placed.
        placed: What was placed before, in order, with the number of its node; each where the rule would place it.
    """
    if not any(node.gpus for node in nodes):
        raise ValueError("no node has a GPU")
    sorts = sorted({pod, *(each for _, each in placed)})
    known = typical(usual)
    cluster = describe(np.array(nodes, np.int64), np.array(sorts, np.int64), known["levels"], known["needs"],
                       known["mass"], float(known["weight"]))  # fmt: skip
    with np.errstate(all="ignore"):
        most, state = _largest(cluster), empty(cluster)
        for node, each in placed:
            sort = sorts.index(each)
            values = values_of_ways(cluster, state, most, node, sort)
            if values:
                settle(cluster, state, node, sort, max(values, key=lambda slot: values[slot]))
        found = {}
        for node in range(len(nodes)):
            values = values_of_ways(cluster, state, most, node, sorts.index(pod))
            if values:
                found[node] = max(values.values())
    return found


def values_of_ways(cluster: Any, state: Any, most: AnyArray, node: int, sort: int) -> dict[int, float]:
    """Return the value of each way to place a pod on a node, by the GPU that it would share; -1 stands for none."""
    slots = state.slots[: ways(cluster, state, node, sort)].tolist()
    return {slot: float(score_of(0, _told(cluster, state, most, node, sort, slot))) for slot in slots}


def serve(port: int = 8888, address: str = "127.0.0.1", extender: Extender | None = None) -> ThreadingHTTPServer:
    """Return a server for an extender, bound and not yet started; `serve_forever` starts it.

    Args:
        port: To listen on; 0 for any.
        address: To listen on.
        extender: What answers.
    """
    answering = extender or Extender()
    verbs = {"/filter": answering.filter, "/prioritize": answering.prioritize, "/assigned": answering.assigned,
             "/released": answering.released}  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            verb = verbs.get(self.path)
            if verb is None:
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                answer: Any = verb(json.loads(body))
                status = 200
            except (ValueError, KeyError, TypeError) as error:
                answer, status = {"Error": f"{type(error).__name__}: {error}"}, 400
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Write nothing for every request."""

    return ThreadingHTTPServer((address, port), Handler)
