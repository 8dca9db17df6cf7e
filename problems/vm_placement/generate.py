"""Clusters and workloads for training and validation, drawn from the marginals of the openb trace.

A fleet of nodes is drawn from the shapes there are in openb, in proportion. Of each pod, the number of GPUs is drawn
first; given that, its cores, its memory per core, its share of a GPU and the models it accepts, each on its own. The
families change the mix as the published variants do.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from itertools import accumulate
from typing import Final

import numpy as np

from problems.base import Arrays, Split
from problems.draws import indices
from problems.vm_placement import openb
from problems.vm_placement.cluster import ANY, Pod, make_arrays, models_of

NODES: Final = 128
COUNT: Final = 3
"""How many instances there are of each family and split."""

Weights = Mapping[int, float]


class Family(StrEnum):
    """How the mix of pods differs from the recorded one."""

    MIXED = "mixed"
    CPU = "cpu"
    SHARED = "shared"
    MULTI = "multi"
    PICKY = "picky"


NONE, SHARE = 0, -1
"""Kinds of pods beside their number of whole GPUs."""

MIXES: Final[Mapping[Family, Weights]] = {
    Family.MIXED: {NONE: 13.3, SHARE: 37.8, 1: 48.0, 2: 0.2, 4: 0.2, 8: 0.5},
    Family.CPU: {NONE: 25.0, SHARE: 32.7, 1: 41.5, 2: 0.2, 4: 0.2, 8: 0.5},
    Family.SHARED: {NONE: 13.3, SHARE: 85.7, 2: 0.2, 4: 0.2, 8: 0.5},
    Family.MULTI: {NONE: 12.0, SHARE: 34.0, 1: 43.2, 2: 2.2, 4: 2.1, 8: 6.1},
    Family.PICKY: {NONE: 13.3, SHARE: 37.8, 1: 48.0, 2: 0.2, 4: 0.2, 8: 0.5},
}
PICKY_SHARE: Final = 0.33

CORES: Final[Mapping[int, Weights]] = {
    NONE: {12500: 34, 32000: 27, 8000: 17, 15400: 11, 16500: 9, 16000: 2},
    SHARE: {3152: 36, 11908: 20, 4000: 16, 8000: 16, 4152: 5, 6000: 5, 1000: 1, 12000: 1},
    1: {11300: 22, 11400: 15, 3152: 12, 12000: 8, 18708: 7, 9810: 5, 8000: 4, 4000: 4, 15700: 4, 11908: 4, 16000: 4},
    2: {16200: 7, 6000: 3, 30200: 3, 17400: 2, 14000: 1},
    4: {32200: 9, 32000: 3, 60200: 3},
    8: {88000: 18, 64200: 18, 120000: 3, 64000: 3, 120200: 2},
}
"""Milli-cores of a pod, by kind."""
MEMORY: Final[Mapping[int, Weights]] = {
    NONE: {4700: 34, 1500: 27, 3800: 17, 3300: 11, 3100: 9, 2000: 2},
    SHARE: {1800: 36, 3900: 43, 5700: 6, 2600: 5, 7600: 5, 2000: 5},
    1: {4300: 28, 4200: 24, 1800: 15, 2000: 12, 3400: 9, 4100: 12},
    2: {4100: 10, 5300: 3, 2500: 2},
    4: {4100: 12, 5300: 3},
    8: {4100: 39, 6100: 3},
}
"""MiB per core, by kind."""
MILLI: Final[Weights] = {
    810: 35, 470: 24, 320: 11, 650: 8, 230: 5, 460: 4, 590: 2, 160: 2, 550: 2, 220: 2, 370: 2, 110: 1, 480: 1,
}  # fmt: skip
"""Thousandths of a GPU that a pod shares."""
MODELS: Final[Weights] = {
    models_of(spec): weight
    for spec, weight in {
        "T4": 54, "G2": 14, "P100": 12, "V100M16|V100M32": 7, "P100|V100M16|V100M32": 4, "G3": 4,
        "G2|P100|T4|V100M16|V100M32": 2, "P100|T4|V100M16|V100M32": 1, "V100M32": 1,
    }.items()
}  # fmt: skip
"""Models that a pod accepts which does not accept all."""


class _Draws:
    """Draws from raw 64-bit words of PCG64, the same with every version of NumPy."""

    def __init__(self, name: str) -> None:
        self._words = np.random.PCG64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:16]))

    def share(self) -> float:
        """Return a number from 0 to 1."""
        return float(int(self._words.random_raw()) >> 11) / 2.0**53

    def one_of(self, weights: Weights) -> int:
        """Return a key in proportion to its weight."""
        bounds = list(accumulate(weights.values()))
        return list(weights)[bisect_right(bounds, self.share() * bounds[-1])]


def generate(name: str, family: Family) -> Arrays:
    """Return the arrays of an instance; its name is its seed."""
    draws = _Draws(name)
    shapes = sorted(Counter(openb.nodes()).items())
    weights = {index: float(count) for index, (_, count) in enumerate(shapes)}
    nodes = [shapes[draws.one_of(weights)][0] for _ in range(NODES)]
    pods: Counter[Pod] = Counter()
    demand = 0
    while demand < 1000 * sum(node.gpus for node in nodes):
        pod = _pod(draws, family)
        pods[pod] += 1
        demand += pod.demand
    seed = int.from_bytes(hashlib.sha256(f"{name} arrivals".encode()).digest()[:8])
    return make_arrays(nodes, pods, seed)


def _pod(draws: _Draws, family: Family) -> Pod:
    kind = draws.one_of(MIXES[family])
    cpu = draws.one_of(CORES[kind])
    memory = cpu * draws.one_of(MEMORY[kind]) // 1000
    milli = 0 if kind == NONE else draws.one_of(MILLI) if kind == SHARE else 1000
    picky = family is Family.PICKY and kind != NONE and draws.share() < PICKY_SHARE
    return Pod(cpu, memory, abs(kind), milli, draws.one_of(MODELS) if picky else ANY)


def suite(split: Split, family: Family, draw: int = 0) -> list[tuple[str, Arrays]]:
    """Return names and arrays of the instances of a family for train or validation."""
    names = [f"{split}-{family}-{index}" for index in indices(COUNT, draw)]
    return [(name, generate(name, family)) for name in names]
