"""What a stand-alone module takes along to pack items online by a rule."""

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.bin_packing.packer import pack

FORM = """\
Whole numbers as text, parted by spaces or line ends: the capacity of a bin, then the sizes of the items in order of
arrival. Lines that start with # are skipped."""
MEASURE = "bins"
MEASURE_TEXT = "how many of them are used"
SOLUTION = "`bins`: (items,) the bin of each item, numbered from 0 in order of opening"
EXAMPLES = (
    "10\n6 5 4 5 3 7 2 8\n",
    "150\n42 69 67 57 93 90 38 36 45 42 33 79 27 57 44 84 86 92 46 38 85 33 82 73 49 70 59 23 57 72 74 69\n",
)


def read(text: str, name: str) -> dict[str, AnyArray]:
    """Return an instance from a text.

    Args:
        text: See `FORM`.
        name: What messages call it.

    Raises:
        ValueError: The text is no such instance.
    """
    words = [word for line in text.splitlines() if not line.lstrip().startswith("#") for word in line.split()]
    wrong = [word for word in words if not word.isdecimal() or len(word) > 10 or not int(word)]
    if wrong or len(words) < 2:
        found = repr(wrong[0][:20]) if wrong else f"{len(words)} numbers"
        raise ValueError(f"{name}: {found}, expected the capacity and the sizes of the items, whole numbers from 1 on")
    capacity, *sizes = map(int, words)
    if max(sizes) > capacity:
        raise ValueError(f"{name}: an item of size {max(sizes)}, expected at most the capacity {capacity}")
    return {"capacity": np.array(capacity), "items": np.array(sizes, np.int64)}


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the rule makes.

    Args:
        instance: As `read` returns it.
        address: Of the rule's native code, where it is compiled by itself.
    """
    return {"bins": pack(address, int(instance["capacity"]), instance["items"])}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the number of bins that are used."""
    return float(len(np.unique(solution["bins"])))


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a packing as text: a line for each bin, with the sizes of its items in order of arrival."""
    inside: dict[int, list[int]] = {}
    for number, size in zip(solution["bins"].tolist(), instance["items"].tolist(), strict=True):
        inside.setdefault(number, []).append(size)
    return "\n".join(
        f"bin {number}: {' '.join(map(str, sizes))} (of {int(instance['capacity'])}: {sum(sizes)})"
        for number, sizes in sorted(inside.items())
    )
