"""How far test instances are from those that a heuristic was evolved on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evolve.report import Bench


class Evolved(StrEnum):
    """What of a group of test instances the train instances had, as far as the names of groups tell."""

    GROUP = "this group"
    SIZE = "this size"  # in another family
    NOTHING = "neither"


@dataclass(frozen=True, slots=True)
class Shift:
    """A bench under another setting of the problem than the run had.

    Attributes:
        setting: As it was given, such as `problem.builder="active"`.
        bench: The winner beside the published heuristics, on the test instances there are under it.
    """

    setting: str
    bench: Bench


def evolved(group: str, trained: Collection[str]) -> Evolved:
    """Return what of a group was evolved on.

    A group's name is a family and a size, such as "TA 15x15"; what follows the family counts as a size if a digit is
    in it.

    Args:
        group: Of test instances.
        trained: Names of the groups of the train instances.
    """
    if group in trained:
        return Evolved.GROUP
    size = group.partition(" ")[2]
    known = {name.partition(" ")[2] for name in trained}
    return Evolved.SIZE if size in known and any(map(str.isdigit, size)) else Evolved.NOTHING


def by_evolved(groups: Mapping[str, Sequence[str]], trained: Collection[str]) -> dict[str, list[str]]:
    """Return the names of the instances by what of them was evolved on; what has none is left out."""
    found: dict[str, list[str]] = {}
    for kind in Evolved:
        for group, names in groups.items():
            if evolved(group, trained) is kind:
                found.setdefault(str(kind), []).extend(names)
    return found
