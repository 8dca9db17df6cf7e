"""Small clusters, and a slow placement that computes everything from its definition."""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from problems.base import Instance
from problems.vm_placement.cluster import ANY, Node, Pod, typical
from problems.vm_placement.features import FEATURES
from problems.vm_placement.problem import make_instance

MASK = 2**64 - 1


def small(nodes: list[Node], pods: list[Pod]) -> Instance:
    """Return an instance in which the pods arrive in this order."""
    sorts = sorted(set(pods))
    data = {
        "nodes": np.array(nodes, np.int64),
        "sorts": np.array(sorts, np.int64),
        "arrivals": np.array([sorts.index(pod) for pod in pods], np.int64),
        **typical(Counter(pods)),
    }
    return make_instance("small", "g", data, sum(node.gpus for node in nodes))


def rule(expression: str) -> str:
    return f"import math\ndef score({', '.join(FEATURES)}):\n    return {expression}\n"


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[Node], list[Pod]]:
    cpu, memory = st.sampled_from([4000, 8000, 16000]), st.sampled_from([8192, 30000])
    node = st.builds(Node, cpu, memory, st.sampled_from([1, 2, 4]), st.integers(0, 2))
    models = st.sampled_from([ANY, ANY, 0b001, 0b110])
    needs = st.sampled_from([1000, 2500, 4000]), st.sampled_from([1024, 4000])
    pod = st.one_of(
        st.builds(Pod, *needs, st.just(0), st.just(0), st.just(ANY)),
        st.builds(Pod, *needs, st.just(1), st.sampled_from([200, 470, 500, 810]), models),
        st.builds(Pod, *needs, st.sampled_from([1, 2, 4]), st.just(1000), models),
    )
    kinds = draw(st.lists(pod, min_size=1, max_size=6))
    pods = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=25))
    return draw(st.lists(node, min_size=1, max_size=5)), pods


@dataclass
class Slow:
    """A cluster that knows, of each node, only which pods are on it and on which GPUs."""

    nodes: list[Node]
    pods: list[Pod]
    on: list[list[tuple[Pod, tuple[int, ...]]]] = field(init=False)

    def __post_init__(self) -> None:
        self.on = [[] for _ in self.nodes]
        counts = Counter(pod._replace(memory=0) for pod in self.pods)
        self.typical: list[tuple[Pod, float]] = []
        for pod, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
            if sum(share for _, share in self.typical) > 0.95 - 1e-9:
                break
            self.typical.append((pod, count / len(self.pods)))

    def free(self, number: int) -> tuple[int, int, list[int]]:
        node = self.nodes[number]
        gpus = [1000] * node.gpus
        for pod, used in self.on[number]:
            for gpu in used:
                gpus[gpu] -= pod.milli
        taken = [pod for pod, _ in self.on[number]]
        return node.cpu - sum(pod.cpu for pod in taken), node.memory - sum(pod.memory for pod in taken), gpus

    def fragments(self, number: int) -> float:
        """Sum over typical pods what each cannot use of the free GPUs, in GPUs."""
        cpu, _, gpus = self.free(number)
        total = 0.0
        for pod, share in self.typical:
            enough = [free for free in gpus if free >= pod.milli]
            can_run = pod.gpus > 0 and pod.cpu <= cpu and len(enough) >= pod.gpus
            can_run = can_run and bool(pod.models >> self.nodes[number].model & 1)
            total += share * (sum(gpus) - (sum(enough) if can_run else 0))
        return total / 1000

    def ways(self, pod: Pod, number: int) -> list[tuple[int, ...]]:
        cpu, memory, gpus = self.free(number)
        if pod.cpu > cpu or pod.memory > memory or (pod.gpus and not pod.models >> self.nodes[number].model & 1):
            return []
        fitting = [gpu for gpu, free in enumerate(gpus) if free >= pod.milli]
        if pod.gpus == 0:
            return [()]
        if pod.milli == 1000:
            return [tuple(fitting[: pod.gpus])] if len(fitting) >= pod.gpus else []
        first = {gpus[gpu]: gpu for gpu in reversed(fitting)}
        return [(first[free],) for free in sorted(first)]

    def told(self, pod: Pod, number: int, used: tuple[int, ...]) -> dict[str, float]:
        node, (cpu, memory, gpus) = self.nodes[number], self.free(number)
        before = self.fragments(number)
        self.on[number].append((pod, used))
        after = self.fragments(number)
        self.on[number].pop()
        here = [other for other, _ in self.on[number]]
        accepted = [other.gpus for other in self.nodes if pod.models >> other.model & 1]
        return {
            "pod_cpu": pod.cpu / 1000,
            "pod_memory": pod.memory / 1024,
            "pod_gpus": pod.gpus,
            "pod_share": pod.milli / 1000,
            "pod_access": sum(accepted) / sum(other.gpus for other in self.nodes),
            "cpu": node.cpu / 1000,
            "memory": node.memory / 1024,
            "gpus": node.gpus,
            "cpu_free": cpu / 1000,
            "memory_free": memory / 1024,
            "gpu_free": sum(gpus) / 1000,
            "whole_free": gpus.count(1000),
            "slot_free": gpus[used[0]] / 1000 if used else 0,
            "frag_before": before,
            "frag_after": after,
            "pods": len(here),
            "alike": sum(need(other) == need(pod) for other in here),
            "kinds": len({need(other) for other in here if other.gpus}),
            "cpu_most": max(other.cpu for other in self.nodes) / 1000,
            "memory_most": max(other.memory for other in self.nodes) / 1024,
            "gpus_most": max(other.gpus for other in self.nodes),
            "node": number,
            "lottery": lottery(number, len(here), sorted(set(self.pods)).index(pod)),
        }

    def place(self, source: str) -> list[tuple[int, int]]:
        """Return the node and the GPUs, as bits, of each pod."""
        scope: dict = {"math": math}
        exec(source, scope)
        placed = []
        for pod in self.pods:
            alternatives = [(node, used) for node in range(len(self.nodes)) for used in self.ways(pod, node)]
            values = [scope["score"](**self.told(pod, node, used)) for node, used in alternatives]
            if not alternatives:
                placed.append((-1, 0))
                continue
            node, used = alternatives[values.index(max(values))]
            self.on[node].append((pod, used))
            placed.append((node, sum(1 << gpu for gpu in used)))
        return placed


def need(pod: Pod) -> tuple[int, bool]:
    return pod.gpus, pod.milli in (0, 1000)


def lottery(node: int, pods: int, sort: int) -> float:
    mixed = (node * 0x9E3779B97F4A7C15 + pods * 0xD1B54A32D192ED03 + sort * 0x8CB92BA72F3D8DD7) & MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
    return ((mixed ^ mixed >> 31) >> 11) / 2**53
