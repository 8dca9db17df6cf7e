"""The best makespans known of the blocking job shop with swaps; `data/SOURCE.md` says where each number is from."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).parent / "data"


class Best(NamedTuple):
    """The shortest makespan known without shutdowns, and whether it is proven to be the shortest there is."""

    makespan: int
    optimal: bool


@cache
def best() -> dict[str, Best]:
    """Return the best makespans of the classic instances and of the generated suites by name."""
    known = {}
    for file_name in ("bounds.csv", "generated_bounds.csv"):
        with (_DATA / file_name).open(newline="", encoding="ascii") as file:
            for row in csv.DictReader(file):
                known[row["name"]] = Best(int(row["upper"]), row["optimal"] == "1")
    return known
