"""Instances of bin packing: item sizes drawn uniformly or from a Weibull distribution, and the published ones.

The uniform family is that of the OR-Library's u-instances: capacity 150, sizes 20 to 100; see E. Falkenauer (1996),
A hybrid grouping genetic algorithm for bin packing, Journal of Heuristics 2, 5-30. The Weibull family has capacity 100,
shape 3 and scale 45, as in B. Romera-Paredes et al. (2024), Mathematical discoveries from program search with large
language models, Nature 625; see there for why loads of virtual machines look like it.
"""

import hashlib
import math
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Split
from problems.draws import indices

IntArray = NDArray[np.int64]

SETS: Final = ("OR3", "Weibull 5k")
"""The published sets: 20 instances of 500 items, and 5 of 5,000."""

SIZES: Final = {"uniform": (120, 250, 500, 1000), "weibull": (1000, 5000)}
COUNTS: Final = {120: 5, 250: 5, 500: 5, 1000: 5, 5000: 2}
"""How many instances there are of each number of items, per family and split."""

_PUBLISHED = Path(__file__).parent / "data" / "published.txt"


class Family(StrEnum):
    """How item sizes are drawn."""

    UNIFORM = "uniform"
    WEIBULL = "weibull"


class Packing(NamedTuple):
    """What is to be packed: items of these sizes, in order of arrival, into bins of this capacity."""

    name: str
    group: str
    capacity: int
    items: IntArray


def generate(name: str, family: Family, count: int) -> Packing:
    """Return an instance; its name is its seed.

    The draws are raw 64-bit words of PCG64, the same with every version of NumPy.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16])
    words = np.random.PCG64(seed).random_raw(count)
    if family is Family.UNIFORM:
        return Packing(name, f"uniform {count}", 150, (20 + words % np.uint64(81)).astype(np.int64))
    uniform = (words >> np.uint64(11)).astype(np.float64) / 2.0**53
    sizes = [round(45.0 * math.cbrt(-math.log1p(-share))) for share in uniform.tolist()]
    return Packing(name, f"weibull {count}", 100, np.clip(np.array(sizes, np.int64), 1, 100))


@cache
def suite(split: Split, family: Family, draw: int = 0) -> tuple[Packing, ...]:
    """Return the generated instances of a family for train or validation."""
    return tuple(
        generate(f"{split}-{family}-{count}-{index}", family, count)
        for count in SIZES[family]
        for index in indices(COUNTS[count], draw)
    )


@cache
def published(wanted: str) -> tuple[Packing, ...]:
    """Return the instances of one of `SETS`; `data/SOURCE.md` says where they are from."""
    loaded = []
    for line in _PUBLISHED.read_text(encoding="ascii").splitlines():
        group, name, capacity, *items = line.split()
        if group.replace("_", " ") == wanted:
            loaded.append(Packing(name, wanted, int(capacity), np.array(items, np.int64)))
    return tuple(loaded)
