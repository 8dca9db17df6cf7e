"""From nodes and pods to the arrays of an instance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Arrays

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MODELS: Final = ("A10", "G2", "G3", "P100", "T4", "V100M16", "V100M32")
ANY: Final = (1 << len(MODELS)) - 1
INFLATION: Final = 1.3
"""Pods arrive until they have asked for this many times the GPUs of the cluster."""
TYPICAL: Final = 0.95
"""The most frequent sorts of pods that make up this share of all are the typical ones."""


class Node(NamedTuple):
    """A node: milli-cores, memory in MiB, number of GPUs and the index of their model in `MODELS`."""

    cpu: int
    memory: int
    gpus: int
    model: int


class Pod(NamedTuple):
    """A sort of pod: milli-cores, memory in MiB, number of GPUs, thousandths of each, models it accepts as bits.

    A pod without GPU has 0 thousandths; one with several has 1000.
    """

    cpu: int
    memory: int
    gpus: int
    milli: int
    models: int

    @property
    def demand(self) -> int:
        """Thousandths of GPUs."""
        return self.gpus * self.milli


def models_of(spec: str) -> int:
    """Return the models that a list such as "T4|P100" names, a bit for each; all of them if it is empty.

    Raises:
        ValueError: There is no such model.
    """
    if not spec:
        return ANY
    if unknown := set(spec.split("|")) - set(MODELS):
        raise ValueError(f"unknown model {min(unknown)!r}: there are {', '.join(MODELS)}")
    return sum(1 << MODELS.index(name) for name in set(spec.split("|")))


def inflate(pods: Mapping[Pod, int], target: int, words: np.random.PCG64) -> tuple[list[Pod], IntArray]:
    """Return the sorts of pods, and which of them arrive one after the other.

    1. The pods arrive in random order.
    2. Then pods drawn from them at random, with replacement, as often as it takes.
    3. The last to arrive is the one with which they have asked for the target.

    Args:
        pods: How many there are of each sort.
        target: Thousandths of GPUs.
        words: Raw 64-bit words, the same with every version of NumPy.
    """
    sorts = sorted(pods)
    demand = np.array([pod.demand for pod in sorts])
    population = np.repeat(np.arange(len(sorts)), [pods[pod] for pod in sorts])
    arrivals = population[np.argsort(words.random_raw(len(population)), kind="stable")]
    while demand[arrivals].sum() < target:
        drawn = words.random_raw(len(population)) % np.uint64(len(population))
        arrivals = np.concatenate([arrivals, population[drawn.astype(np.int64)]])
    count = int(np.searchsorted(np.cumsum(demand[arrivals]), target)) + 1
    return sorts, arrivals[:count]


def make_arrays(nodes: Sequence[Node], pods: Mapping[Pod, int], seed: int) -> Arrays:
    """Return the arrays of an instance.

    Returns:
        `nodes`: (nodes, 4) as in `Node`; `sorts`: (sorts, 5) as in `Pod`; `arrivals`: (pods,) the sort of each pod in
        order of arrival; and what fragments are computed from, see `typical`.
    """
    capacity = 1000 * sum(node.gpus for node in nodes)
    sorts, arrivals = inflate(pods, round(INFLATION * capacity), np.random.PCG64(seed))
    return {
        "nodes": np.array(nodes, np.int64),
        "sorts": np.array(sorts, np.int64),
        "arrivals": arrivals,
        **typical(pods),
    }


def typical(pods: Mapping[Pod, int]) -> Arrays:
    """Return the typical pods of a trace in the form in which fragments are computed from them.

    Pods that differ in memory only are one. Of those without GPU only the weight counts: to them, GPUs are fragments.

    Returns:
        `levels`: (levels,) milli-cores that typical pods need, ascending; `needs`: (needs, 2) number of GPUs and
        thousandths of each, the largest thousandths first; `mass`: (models, needs, levels + 1) share of the pods that
        have a need, accept a model and need at most the milli-cores of the level before; `weight`: () share of all
        typical pods.
    """
    counts: Counter[tuple[int, int, int, int]] = Counter()
    for pod, count in pods.items():
        counts[pod.cpu, pod.gpus, pod.milli, pod.models] += count
    total, kept, chosen = counts.total(), 0, []
    for sort, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        if kept >= TYPICAL * total:
            break
        kept += count
        chosen.append((sort, count / total))
    levels = sorted({cpu for (cpu, gpus, _, _), _ in chosen if gpus})
    needs = sorted({(gpus, milli) for (_, gpus, milli, _), _ in chosen if gpus}, key=lambda need: (-need[1], need[0]))
    mass = np.zeros((len(MODELS), len(needs), len(levels) + 1))
    for (cpu, gpus, milli, models), share in chosen:
        if gpus:
            accepted = [model for model in range(len(MODELS)) if models >> model & 1]
            mass[accepted, needs.index((gpus, milli)), levels.index(cpu) + 1 :] += share
    return {
        "levels": np.array(levels, np.int64),
        "needs": np.array(needs, np.int64).reshape(-1, 2),
        "mass": mass,
        "weight": np.array(kept / total),
    }
