"""Instances from text files in the layout of the OR-Library's weighted tardiness sets.

A file is nothing but whole numbers: for each instance the processing times of all jobs, then their weights, then their
due dates. It does not say how many jobs there are; that follows from the number of instances, which is 125 in the
files of the OR-Library. Weights are read past: every job counts the same here.

Source: J. E. Beasley (1990), OR-Library: distributing test problems by electronic mail, Journal of the Operational
Research Society 41(11), 1069-1072; sets wt40, wt50 and wt100.
"""

import re
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

MOST_JOBS: Final = 1000
LONGEST: Final = 1_000_000
"""Longest processing time; with `MOST_JOBS` it keeps every sum far below 2**63."""
LATEST: Final = 1_000_000_000
"""Largest due date, with either sign."""
MOST_BYTES: Final = 32 * 2**20

_WHOLE = re.compile(r"-?[0-9]{1,10}")


class MalformedInstance(ValueError):
    """A file that holds no such instances; the message names the file, what is wrong and what was expected."""


def load(path: str | Path, instances: int) -> list[tuple[IntArray, IntArray]]:
    """Return the processing times and due dates, both (jobs,), of each instance in a file.

    Args:
        path: The file.
        instances: How many instances are in it.

    Raises:
        MalformedInstance: The file is not in this layout.
        OSError: The file cannot be read.
    """
    with Path(path).open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise MalformedInstance(f"{path}: more than {MOST_BYTES >> 20} MiB, expected instances as text")
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedInstance(f"{path}: byte {error.start} is not ASCII, expected whole numbers") from None
    return parse(text, str(path), instances)


def parse(text: str, name: str, instances: int) -> list[tuple[IntArray, IntArray]]:
    """Return the instances of a text, as `load` does.

    Args:
        text: The content of the file.
        name: What messages call it.
        instances: How many instances are in it.

    Raises:
        MalformedInstance: As for `load`.
    """
    words = text.split()
    jobs, rest = divmod(len(words), 3 * instances)
    if rest or not jobs:
        raise MalformedInstance(
            f"{name}: {len(words)} numbers, expected three for each job of {instances} instances of one size; "
            "set instances_per_file to the number of instances in the file"
        )
    if jobs > MOST_JOBS:
        raise MalformedInstance(f"{name}: {jobs} jobs in each of {instances} instances, expected at most {MOST_JOBS}")
    for number, word in enumerate(words, start=1):
        if not _WHOLE.fullmatch(word):
            raise MalformedInstance(f"{name}: number {number} is {word[:20]!r}, expected a whole number")
    numbers = np.array(words, dtype=np.int64).reshape(instances, 3, jobs)
    for number, (p, _, d) in enumerate(numbers, start=1):
        _check(f"{name}, instance {number}", p, d)
    return [(p.copy(), d.copy()) for p, _, d in numbers]


def _check(name: str, p: IntArray, d: IntArray) -> None:
    if p.min() < 0 or p.max() > LONGEST:
        found = p.min() if p.min() < 0 else p.max()
        raise MalformedInstance(f"{name}: processing time {found}, expected 0 to {LONGEST}")
    if np.abs(d).max() > LATEST:
        raise MalformedInstance(f"{name}: due date {d[np.abs(d).argmax()]}, expected at most {LATEST} of either sign")
    if not p.any():
        raise MalformedInstance(f"{name}: all processing times are 0, expected work to schedule")
