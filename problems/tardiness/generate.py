"""Instances from seeds, in the classes of the literature: how far due dates spread, and how tight they are.

Processing times are U[1, 100]. With P their sum, RDD the relative range of due dates and TF the tardiness factor, due
dates are U[P (1 - TF - RDD/2), P (1 - TF + RDD/2)], and 0 where that is negative. Everything is computed in integers
from the raw output of PCG64, which NumPy keeps the same from version to version.

Source: M. L. Fisher (1976), A dual algorithm for the one-machine scheduling problem, Mathematical Programming 11,
229-251; the grid as in C. N. Potts and L. N. Van Wassenhove (1982), Operations Research Letters 1(5), 177-181.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Split
from problems.draws import SEEDS, indices

IntArray = NDArray[np.int64]

CLASSES: Final = (
    *("0.2/0.2", "0.2/0.4", "0.2/0.6", "0.2/0.8", "0.4/0.2", "0.4/0.4", "0.4/0.6", "0.4/0.8"),
    *("0.6/0.4", "0.6/0.6", "0.6/0.8", "0.8/0.4", "0.8/0.6", "0.8/0.8", "1.0/0.6", "1.0/0.8"),
)
"""RDD and TF of the suites: of the twenty classes usual in studies those where some job has to be late."""
SIZES: Final = {Split.TRAIN: (50, 100, 200), Split.VALIDATION: (50, 100, 200), Split.TEST: (20, 100, 200, 500)}
"""Numbers of jobs in the suites."""
SUITE_COUNT: Final = {Split.TRAIN: 2, Split.VALIDATION: 2, Split.TEST: 5}
"""How many instances of each class and size are in a suite."""
LONGEST: Final = 100

_OPTIMA = Path(__file__).parent / "data" / "optima.csv"


class Recipe(NamedTuple):
    """What a generated instance is made from, and what is proven about it.

    Attributes:
        spread: RDD and TF, as in `CLASSES`.
        optimum: The least total tardiness.
    """

    split: Split
    jobs: int
    spread: str
    seed: int
    optimum: int


def generate(split: Split, jobs: int, spread: str, seed: int) -> tuple[IntArray, IntArray]:
    """Return processing times and due dates, both (jobs,); a change in any argument brings other numbers throughout.

    Args:
        split: Splits have no instance in common.
        jobs: Number of jobs.
        spread: RDD and TF in tenths, such as "0.2/0.6".
        seed: From 0 on.
    """
    rdd, tf = (round(10 * float(part)) for part in spread.split("/"))
    raw = np.random.PCG64([list(Split).index(split), jobs, rdd, tf, seed]).random_raw(2 * jobs) >> 32
    p = 1 + (raw[:jobs] * LONGEST >> 32).astype(np.int64)
    work = int(p.sum())
    first, last = (work * (20 - 2 * tf + sign * rdd) // 20 for sign in (-1, 1))
    d = first + (raw[jobs:] * (last - first + 1) >> 32).astype(np.int64)
    return p, np.maximum(d, 0)


@cache
def suite(split: Split, draw: int = 0) -> tuple[Recipe, ...]:
    """Return the recipes of a split, by size and class; seeds whose optimum is 0 are left out.

    The optima of draw 0 are read, those of others computed, in less than a second.
    """
    if draw:
        from problems.tardiness.prove import proofs  # takes numba along, which draw 0 does not need

        return tuple(proofs(split, indices(SEEDS, draw)))
    with _OPTIMA.open(newline="", encoding="ascii") as file:
        return tuple(
            Recipe(split, int(row["jobs"]), row["class"], int(row["seed"]), int(row["optimum"]))
            for row in csv.DictReader(file)
            if row["split"] == split
        )
