"""Online bin packing as a problem: instances, the packing that a rule makes, and its independent judge."""

from collections.abc import Sequence
from functools import cache

import numpy as np

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
    Reference,
    ReferenceKind,
    RuleProblem,
    Split,
)
from problems.bin_packing import generate
from problems.bin_packing.features import FEATURES, SIGNATURE
from problems.bin_packing.rules import SEEDS

FAMILIES = tuple(str(family) for family in generate.Family)
AUDITED_ROWS = 20_000
"""About how many alternatives of an instance are audited; the decisions are drawn at random."""

STATEMENT = """\
Online bin packing. Items arrive one by one; each must be put at once, and for good, into a bin with enough free
capacity. Nothing is known of the items to come. All bins have the same capacity; a new one can be opened at any time.
The heuristic is a rule. For each arriving item it is called once for each open bin into which the item fits, and once
for an empty bin; the item goes into the bin with the LARGEST value, ties to the bin that was opened first.
A rule is good when few bins are used: it is scored by the number of bins above the lower bound (total size over
capacity, rounded up) in percent, averaged over instances of {sizes}.
All arguments are floats:
{features}
"""
SIZES_TEXT = {
    "uniform": "120 to 1,000 items of sizes 20 to 100 for a capacity of 150",
    "weibull": "1,000 to 5,000 items of sizes around 40 (Weibull, shape 3, scale 45) for a capacity of 100",
}


class BinPacking(RuleProblem):
    """Minimise the number of bins that an online rule uses.

    Args:
        families: Families that train and validation are generated from: "uniform" as the OR-Library's, "weibull".
        sets: Published sets that the test split consists of.
        draw: Which of the draws train and validation are; see `problems.draws`.

    Raises:
        ValueError: An unknown family or set, or none; or no draw.
    """

    name = "bin_packing"
    signature = SIGNATURE
    seeds = SEEDS
    objectives = ("gap",)

    def __init__(self, families: Sequence[str] = FAMILIES, sets: Sequence[str] = generate.SETS, draw: int = 0) -> None:
        for option, given, known in (("families", families, FAMILIES), ("sets", sets, generate.SETS)):
            if not given or set(given) - set(known):
                raise ValueError(f"{option} must be some of {', '.join(known)}, not {list(given)}")
        self.families = tuple(dict.fromkeys(families))
        self.sets = tuple(dict.fromkeys(sets))
        self.draw = draws.checked(draw)
        features = "\n".join(f"- {name}: {meaning}" for name, meaning in FEATURES.items())
        sizes = " and of ".join(SIZES_TEXT[family] for family in self.families)
        self.statement = STATEMENT.format(sizes=sizes, features=features)

    def instances(self, split: Split) -> Sequence[Instance]:
        """Return generated instances for train and validation, the published sets for test."""
        if split is Split.TEST:
            return [instance for name in self.sets for instance in _published(name)]
        return [instance for family in self.families for instance in _generated(split, family, self.draw)]

    def solve(self, heuristic: Heuristic, instance: Instance) -> Arrays:
        """Return `bins`: (items,) the bin of each item, numbered in order of opening."""
        from problems.bin_packing.packer import pack  # takes numba along, which only the sandboxed process needs

        bins = pack(heuristic, int(instance.arrays["capacity"]), instance.arrays["items"])
        return {"bins": bins.astype(np.int32)}

    def measure(self, instance: Instance, solution: Arrays) -> dict[str, float]:
        """Return `gap` (percent above the reference) and `bins` (how many are used) of a packing.

        Raises:
            InvalidSolution: A bin holds more than its capacity, or it is not a packing.
            BoundBroken: Fewer bins are used than the items' total size needs.
        """
        items, capacity = instance.arrays["items"], int(instance.arrays["capacity"])
        bins = solution.get("bins")
        if bins is None or bins.shape != items.shape or bins.dtype.kind not in "iu":
            raise InvalidSolution(f"{instance.name}: bins must be {items.shape} integers")
        if bins.min() < 0 or bins.max() >= len(items):
            raise InvalidSolution(f"{instance.name}: a bin is not between 0 and {len(items) - 1}")
        loads = np.zeros(len(items), np.int64)
        np.add.at(loads, bins.astype(np.int64), items)
        if loads.max() > capacity:
            fullest = int(loads.argmax())
            raise InvalidSolution(f"{instance.name}: bin {fullest} holds {loads[fullest]}, its capacity is {capacity}")
        used = float(np.count_nonzero(loads))
        reference = instance.reference
        if used < reference.value:
            raise BoundBroken(f"{instance.name}: {used:g} bins are below the {reference.kind} {reference.value:g}")
        return {"gap": 100.0 * (used / reference.value - 1.0), "bins": used}

    def decisions(self, instance: Instance, solution: Arrays) -> Decisions:
        """Return some of the choices that lead to a packing, drawn at random; see `problems.base.RuleProblem`.

        All of them would take gigabytes. Which are drawn cannot be foreseen by the code that is audited.

        Raises:
            InvalidSolution: No rule makes that packing.
        """
        from problems.bin_packing.packer import replay

        items, capacity = instance.arrays["items"], int(instance.arrays["capacity"])
        bins = np.ascontiguousarray(solution["bins"], np.int64)
        glance = replay(capacity, items, bins, np.zeros(len(items), np.bool_), 0)
        if not glance.possible:
            raise InvalidSolution(f"{instance.name}: no rule leads to this packing")
        order = np.random.default_rng().permutation(len(items))
        wanted = np.zeros(len(items), np.bool_)
        wanted[order[np.cumsum(glance.fitting[order]) <= max(AUDITED_ROWS, glance.fitting[order[0]])]] = True
        fitting = glance.fitting[wanted]
        told = replay(capacity, items, bins, wanted, int(fitting.sum()))
        begins = np.cumsum(fitting) - fitting
        return Decisions(told.rows, np.repeat(np.arange(len(fitting)), fitting), begins + told.chosen[wanted])

    def values(self, heuristic: Heuristic, rows: AnyArray) -> AnyArray:
        """Return the value of each row of features; see `problems.base.RuleProblem`."""
        from problems.bin_packing.packer import values

        valued: AnyArray = values(heuristic, rows)
        return valued

    def picture(self, instance: Instance, solution: Arrays) -> Picture:
        """Return the bins as lanes in order of opening, each with its items side by side in order of arrival."""
        bars = []
        level: dict[int, int] = {}
        for item, (size, number) in enumerate(
            zip(instance.arrays["items"].tolist(), solution["bins"].tolist(), strict=True)
        ):
            begin = level.get(number, 0)
            level[number] = begin + size
            bars.append(Bar(f"bin {number}", float(begin), float(begin + size), f"item {item}", f"size {size}"))
        lanes = [f"bin {number}" for number in sorted(level)]
        return Picture("size", lanes, bars, {"capacity": float(instance.arrays["capacity"])})

    def driver(self) -> Driver:
        """Return what an exported rule takes along; see `problems.base.Problem`."""
        return Driver("problems.bin_packing.driver")


def make_instance(packing: generate.Packing) -> Instance:
    """Return an instance with the bound of S. Martello and P. Toth (1990), Knapsack Problems, called L1."""
    bound = -(-int(packing.items.sum()) // packing.capacity)
    reference = Reference(float(bound), ReferenceKind.LOWER_BOUND, "total size over capacity, rounded up")
    arrays = {"items": packing.items, "capacity": np.array(packing.capacity)}
    return Instance(packing.name, packing.group, arrays, reference)


@cache
def _published(name: str) -> tuple[Instance, ...]:
    return tuple(make_instance(packing) for packing in generate.published(name))


@cache
def _generated(split: Split, family: str, draw: int) -> tuple[Instance, ...]:
    return tuple(make_instance(packing) for packing in generate.suite(split, generate.Family(family), draw))
