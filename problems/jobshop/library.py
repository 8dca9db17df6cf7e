"""The 162 classic job shops by name, with the best bounds known, and the bounds of the generated suites.

FT, LA, ABZ, ORB, SWV and YN are read from a file, TA comes from its generator; `data/SOURCE.md` says where each
number is from.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from problems.jobshop.generate import Shop, taillard_benchmark, taillard_names
from problems.jobshop.loaders import parse

SETS: Final = ("FT", "LA", "ABZ", "ORB", "SWV", "YN", "TA")
"""The classic sets; the names of their instances begin so, in small letters."""

_DATA = Path(__file__).parent / "data"


class UnknownInstance(LookupError):
    """No instance or no set of this name; the message says which there are."""


class Bounds(NamedTuple):
    """What is known of the shortest makespan; `optimal` says that both bounds are it."""

    lower: int
    upper: int
    optimal: bool


def names(benchmark: str | None = None) -> tuple[str, ...]:
    """Return the names of the classic instances, of one of `SETS` or of all.

    Raises:
        UnknownInstance: No such set.
    """
    every = (*_classic_texts(), *taillard_names())
    if benchmark is None:
        return every
    if benchmark.upper() not in SETS:
        raise UnknownInstance(f"no set {benchmark!r}; there are {', '.join(SETS)}")
    return tuple(name for name in every if name.rstrip("0123456789") == benchmark.lower())


def classic(name: str) -> Shop:
    """Return durations and machines of a classic instance, both (jobs, machines), machines from 0.

    Read or generated on first use; the arrays are the caller's own.

    Raises:
        UnknownInstance: No such instance.
    """
    durations, machines = _classic(name)
    return durations.copy(), machines.copy()


def bounds(name: str) -> Bounds:
    """Return the best known bounds on the makespan of a classic instance or of one in a generated suite.

    Raises:
        UnknownInstance: No bounds are known, as for a generated instance beyond the suites.
    """
    known = _bounds()
    if name not in known:
        raise UnknownInstance(f"no bounds for {name!r}; there are for the classic instances and the generated suites")
    return known[name]


@cache
def _classic(name: str) -> Shop:
    if name in taillard_names():
        return taillard_benchmark(name)
    texts = _classic_texts()
    if name not in texts:
        raise UnknownInstance(f"no classic instance {name!r}; there are {', '.join(texts)}, ta01 to ta80")
    return parse(texts[name], f"classic.txt: {name}")


@cache
def _classic_texts() -> dict[str, str]:
    """Return the text of each instance in the file by its name, which is on a comment line before it."""
    blocks = (_DATA / "classic.txt").read_text(encoding="ascii").split("# ")[1:]
    return dict(block.split("\n", 1) for block in blocks)


@cache
def _bounds() -> dict[str, Bounds]:
    known = {}
    for file_name in ("bounds.csv", "generated_bounds.csv"):
        with (_DATA / file_name).open(newline="", encoding="ascii") as file:
            for row in csv.DictReader(file):
                known[row["name"]] = Bounds(int(row["lower"]), int(row["upper"]), row["optimal"] == "1")
    return known
