"""Computes the optima that are shipped: `python -m problems.tardiness.prove FILE` writes `data/optima.csv` anew."""

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from problems.base import Split
from problems.draws import SEEDS, indices
from problems.tardiness.exact import optimum
from problems.tardiness.generate import CLASSES, SIZES, SUITE_COUNT, Recipe, generate

COLUMNS = ("split", "jobs", "class", "seed", "optimum")


def proven(split: Split, jobs: int, spread: str, seeds: Iterable[int]) -> Iterator[Recipe]:
    """Return the instances of a class and size whose optimum is not 0, by seed."""
    for seed in seeds:
        least = optimum(*generate(split, jobs, spread, seed)).tardiness
        if least:
            yield Recipe(split, jobs, spread, seed, least)


def proofs(split: Split, seeds: Iterable[int]) -> Iterator[Recipe]:
    """Return the recipes of a suite, with seeds out of these."""
    for jobs in SIZES[split]:
        for spread in CLASSES:
            yield from islice(proven(split, jobs, spread, seeds), SUITE_COUNT[split])


def write(path: Path) -> None:
    """Write the optima of all suites to a file."""
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for split in Split:
            writer.writerows(proofs(split, indices(SEEDS, 0)))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
