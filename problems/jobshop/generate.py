"""Job shops from seeds: Taillard's 80, and two families for training and validation.

Everything is drawn from Taillard's own generator in exact integers, so an instance is the same on every machine and
with every version of NumPy.

Source: E. Taillard (1993), Benchmarks for basic scheduling problems, EJOR 64(2), 278-285. Two-set routing as in
R. H. Storer, S. D. Wu and R. Vaccari (1992), New search spaces for sequencing problems with application to job shop
scheduling, Management Science 38(10), 1495-1509, and, with durations up to 200, in E. Demirkol, S. Mehta and R. Uzsoy
(1998), Benchmarks for shop scheduling problems, EJOR 109(1), 137-141.
"""

import csv
import hashlib
from enum import StrEnum
from functools import cache
from itertools import accumulate, repeat
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Split
from problems.draws import indices

IntArray = NDArray[np.int64]
Shop = tuple[IntArray, IntArray]
"""Durations and machines, both (jobs, machines): operation k of job j takes `durations[j, k]` on `machines[j, k]`."""

MODULUS: Final = 2**31 - 1
MULTIPLIER: Final = 16807
SIZES: Final = (
    *((6, 6), (10, 10), (15, 10), (15, 15), (20, 15), (20, 20)),
    *((30, 15), (30, 20), (50, 15), (50, 20), (100, 20)),
)
"""The sizes of the suites, as (jobs, machines)."""
SUITE_COUNT: Final = 10
"""How many instances of each family and size are in a suite; those of a higher index are in other draws."""

_SEEDS = Path(__file__).parent / "data" / "taillard_seeds.csv"


class Family(StrEnum):
    """How a generated job shop is drawn."""

    UNIFORM = "uniform"
    TWO_SET = "two-set"


class Recipe(NamedTuple):
    """What a generated instance is made from; `generate` takes all but the name."""

    name: str
    family: Family
    jobs: int
    machines: int
    seed: int


@cache
def _multipliers(count: int) -> IntArray:
    powers = accumulate(repeat(MULTIPLIER, count), lambda power, factor: power * factor % MODULUS)
    return np.fromiter(powers, dtype=np.int64, count=count)


def states(seed: int, count: int) -> IntArray:
    """Return the first `count` states of the generator after `seed`.

    The k-th is `16807**k * seed` modulo `2**31 - 1`, which is what Taillard's 32-bit recurrence yields step by step.

    Raises:
        ValueError: The seed is not in 1..2**31-2.
    """
    if not 0 < seed < MODULUS:
        raise ValueError(f"seed is {seed}, expected 1 to {MODULUS - 1}")
    return _multipliers(count) * seed % MODULUS


def taillard(jobs: int, machines: int, time_seed: int, machine_seed: int) -> Shop:
    """Return the job shop that Taillard's generator makes: durations U[1, 99], every routing equally likely."""
    return _draw(time_seed, machine_seed, longest=99, last=np.full((jobs, machines), machines - 1))


def generate(family: str, jobs: int, machines: int, seed: int) -> Shop:
    """Return the job shop of a family, a size and a seed; a change in any of them brings other numbers throughout.

    Family "uniform" is Taillard's. In "two-set" durations are U[1, 200], and every job visits the machines
    0..machines//2-1 in random order before it visits the others in random order.

    Args:
        family: A value of `Family`.
        jobs: Number of jobs.
        machines: Number of machines.
        seed: Any integer.

    Raises:
        ValueError: No such family.
    """
    digest = hashlib.sha256(f"{Family(family)} {jobs}x{machines} {seed}".encode()).digest()
    time_seed, machine_seed = (int.from_bytes(part) % (MODULUS - 1) + 1 for part in (digest[:16], digest[16:]))
    if Family(family) is Family.UNIFORM:
        return taillard(jobs, machines, time_seed, machine_seed)
    last = np.full((jobs, machines), machines - 1)
    last[:, : machines // 2] = machines // 2 - 1
    return _draw(time_seed, machine_seed, longest=200, last=last)


def _draw(time_seed: int, machine_seed: int, longest: int, last: IntArray) -> Shop:
    """Return durations U[1, longest] and machines; position k is swapped with one of U[k, last[j, k]].

    The draws of one job do not depend on those of another, so all jobs are shuffled side by side.
    """
    jobs, count = last.shape
    durations = 1 + states(time_seed, jobs * count).reshape(jobs, count) * longest // MODULUS
    first = np.arange(count)
    partners = first + states(machine_seed, jobs * count).reshape(jobs, count) * (last - first + 1) // MODULUS
    machines = np.tile(first, (jobs, 1))
    job = np.arange(jobs)
    for position in range(count):
        partner = partners[:, position]
        swapped = machines[job, partner]
        machines[job, partner] = machines[:, position]
        machines[:, position] = swapped
    return durations, machines


@cache
def _taillard_seeds() -> dict[str, tuple[int, int, int, int]]:
    with _SEEDS.open(newline="") as file:
        return {
            row["name"]: (int(row["jobs"]), int(row["machines"]), int(row["time_seed"]), int(row["machine_seed"]))
            for row in csv.DictReader(file)
        }


def taillard_names() -> tuple[str, ...]:
    """Return "ta01" to "ta80"."""
    return tuple(_taillard_seeds())


def taillard_benchmark(name: str) -> Shop:
    """Return one of Taillard's 80 job shops.

    Raises:
        KeyError: No such name.
    """
    return taillard(*_taillard_seeds()[name])


def recipe(split: Split, family: Family, jobs: int, machines: int, index: int) -> Recipe:
    """Return the recipe of one generated instance; any index from 1 on.

    Training takes the even seeds and validation the odd ones, so no index ever brings an instance into both.

    Raises:
        ValueError: The split is the test split, which is not generated, or the index is not positive.
    """
    if split not in (Split.TRAIN, Split.VALIDATION):
        raise ValueError(f"split is {split!r}, expected {Split.TRAIN!r} or {Split.VALIDATION!r}")
    if index < 1:
        raise ValueError(f"index is {index}, expected 1 or more")
    name = f"{split}-{family}-{jobs}x{machines}-{index}"
    return Recipe(name, family, jobs, machines, 2 * index + (split == Split.VALIDATION))


def suite(split: Split, draw: int = 0) -> list[Recipe]:
    """Return the recipes of a split: ten instances of each family and size, always the same and in the same order.

    Raises:
        ValueError: The split is the test split, which is not generated.
    """
    return [
        recipe(split, family, jobs, machines, index)
        for family in Family
        for jobs, machines in SIZES
        for index in indices(SUITE_COUNT, draw)
    ]
