"""The training instances as a model is told of them: by number, group and reference, never by name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from problems.base import Instance, Problem, Reference, Split


@dataclass(frozen=True, slots=True)
class Place:
    """A training instance without its name.

    Attributes:
        label: Such as "instance 7 of 220, group uniform 20x15".
    """

    label: str
    group: str
    reference: Reference


class Places:
    """Knows the training instances of a problem; asks for no other split."""

    def __init__(self, problem: Problem) -> None:
        instances = problem.instances(Split.TRAIN)
        self._places = {
            instance.name: _place(number, len(instances), instance) for number, instance in enumerate(instances, 1)
        }
        self._short = {instance.name: f"instance {number}" for number, instance in enumerate(instances, 1)}
        names = sorted(self._short, key=len, reverse=True)
        self._names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)" if names else r"(?!)")

    def __getitem__(self, name: str) -> Place:
        return self._places[name]

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def neutral(self, text: str) -> str:
        """Return a text with numbers in place of the names of instances."""
        return self._names.sub(lambda match: self._short[match[0]], text)

    def by_group(self, values: Mapping[str, float], names: Iterable[str]) -> dict[str, float]:
        """Return the mean over the named instances of each group."""
        members: dict[str, list[float]] = {}
        for name in names:
            members.setdefault(self._places[name].group, []).append(values[name])
        return {group: float(np.mean(inside)) for group, inside in members.items()}


def _place(number: int, count: int, instance: Instance) -> Place:
    label = f"instance {number} of {count}" + (f", group {instance.group}" if instance.group else "")
    return Place(label, instance.group, instance.reference)
