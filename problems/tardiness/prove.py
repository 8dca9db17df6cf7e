"""Computes the optima that are shipped: `python -m problems.tardiness.prove FILE` writes `data/optima.csv` anew."""

import csv
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from problems.base import Split
from problems.tardiness.exact import optimum
from problems.tardiness.generate import CLASSES, SIZES, SUITE_COUNT, Recipe, generate

COLUMNS = ("split", "jobs", "class", "seed", "optimum")


def proven(split: Split, jobs: int, spread: str) -> Iterator[Recipe]:
    """Return the instances of a class and size whose optimum is not 0, by seed from 1 on, without end."""
    for seed in count(1):
        least = optimum(*generate(split, jobs, spread, seed)).tardiness
        if least:
            yield Recipe(split, jobs, spread, seed, least)


def write(path: Path) -> None:
    """Write the optima of all suites to a file."""
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for split in Split:
            for jobs in SIZES[split]:
                for spread in CLASSES:
                    writer.writerows(islice(proven(split, jobs, spread), SUITE_COUNT[split]))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
