"""The instances of each split, and what is proven about them.

Train and validation are generated alike. Test consists of the two real clusters, as they were recorded and with VMs
come anew to random places, which is what the recorded ones of X. Ding et al. (2025), EuroSys, are made from as well.
"""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from problems.base import Instance, Reference, ReferenceKind, Split
from problems.draws import SEEDS, indices
from problems.vm_rescheduling.cluster import SLOT, Cluster, Size, churn, free_of, shares_of, snapshot
from problems.vm_rescheduling.cluster import draw as draw_vms

FAMILIES: Final = ("medium", "large")
LOADS: Final = {"medium": 0.95, "large": 0.82}
SIZES: Final = (40, 80, 160)
"""Machines of the generated clusters."""
COUNT: Final = 4
"""Generated clusters per family, size and split; every other one allows twice as many moves."""
ALLOWED: Final = 0.025
"""Share of the VMs that may be moved."""
LIMITS: Final = {"medium": (50, 100), "large": (100,)}
"""Moves that the test instances allow."""
CHURNED: Final = {"medium": ((0.6, 1), (0.6, 2), (0.8, 1), (0.8, 2), (1.0, 1), (1.0, 2)), "large": ((1.0, 1), (1.0, 2))}
"""Share of the VMs that come anew, and which draw of it."""


class Case(NamedTuple):
    """A cluster and the number of moves allowed on it."""

    name: str
    group: str
    cluster: Cluster
    limit: int


def cases(split: Split, family: str, draw: int = 0) -> list[Case]:
    """Return the instances of a family in a split, without what is proven about them."""
    if split is Split.TEST:
        real = snapshot(family)
        clusters = {f"{family} as recorded": real}
        clusters |= {
            f"{family} {share:.0%} anew {index}": churn(f"{family} {share} {index}", real, share)
            for share, index in CHURNED[family]
        }
        return [
            Case(f"{name}, {limit} moves", f"{name.rstrip(' 0123456789')}, {limit} moves", cluster, limit)
            for limit in LIMITS[family]
            for name, cluster in clusters.items()
        ]
    shares, made = shares_of(snapshot(family)), []
    for machines in SIZES:
        drawn = _clusters(f"{split}-{family}-{machines}", machines, shares, LOADS[family], draw)
        for place, (name, cluster) in enumerate(islice(drawn, COUNT), start=1):
            limit = round(ALLOWED * len(cluster.vms)) * (2 if place % 2 == 0 else 1)
            made.append(Case(name, f"{family} {machines}", cluster, limit))
    return made


def _clusters(
    prefix: str, machines: int, shares: Mapping[Size, int], load: float, draw: int
) -> Iterator[tuple[str, Cluster]]:
    """Yield names and clusters of a draw.

    Of other draws than 0 no more is known than how many slots the free vCPU make together, which bounds no fragments
    where they are whole slots: such clusters are left out.
    """
    for index in indices(SEEDS, draw):
        cluster = draw_vms(f"{prefix}-{index}", machines, shares, load)
        if not draw or free_of(*cluster).sum() % SLOT:
            yield f"{prefix}-{index}", cluster


def make_instance(case: Case, most: int | None = None) -> Instance:
    """Return an instance; its reference is a lower bound on the fragment rate.

    Args:
        case: The cluster and the limit.
        most: How many slots there can be at most, if more is known than that they do not exceed the free vCPU.
    """
    cluster = case.cluster
    free = int(free_of(*cluster).sum())
    bound = free // SLOT if most is None else most
    source = "free vCPU that make no whole slot" if most is None else "CP-SAT or column generation"
    reference = Reference(1.0 - SLOT * bound / free, ReferenceKind.LOWER_BOUND, source)
    arrays = {
        "vms": cluster.vms,
        "places": cluster.places,
        "cluster": np.array([cluster.machines, case.limit]),
        "most": np.array(bound),
    }
    return Instance(case.name, case.group, arrays, reference)


@cache
def suite(split: Split, family: str, draw: int = 0) -> tuple[Instance, ...]:
    """Return the instances of a family in a split, draw 0 with the bounds of `data/bounds.csv`."""
    known = _bounds()
    return tuple(make_instance(case, None if draw else known[case.name]) for case in cases(split, family, draw))


@cache
def _bounds() -> dict[str, int]:
    with (Path(__file__).parent / "data" / "bounds.csv").open(newline="", encoding="ascii") as file:
        return {row["name"]: int(row["slots"]) for row in csv.DictReader(file)}
