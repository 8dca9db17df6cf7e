"""The instances of the blocking job shop: those of the job shop, with shutdowns and other references."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from problems.base import Instance, Reference, ReferenceKind, Split
from problems.blocking_jobshop import shutdowns
from problems.blocking_jobshop.library import best
from problems.draws import indices
from problems.jobshop import generate, library, loaders
from problems.jobshop.problem import lower_bound

SIZES: Final = ("6x6", "10x10", "15x10", "15x15", "20x15")
SUITE_COUNT: Final = 5
"""How many instances of each family and size are in a split."""
IntArray = NDArray[np.int64]


def make_instance(
    name: str, group: str, durations: IntArray, machines: IntArray, probability: float, reference: Reference
) -> Instance:
    """Return an instance with its shutdowns and `by_machine`, the flat indices of each machine's operations.

    Args:
        name: Its name.
        group: The row of a results table it belongs to.
        durations: (jobs, machines) processing times.
        machines: (jobs, machines) machine of each operation.
        probability: That a machine is shut down in a period.
        reference: A makespan without shutdowns; what is proven to be the shortest is a lower bound with shutdowns.
    """
    jobs, count = durations.shape
    by_machine = np.argsort(machines, axis=None, kind="stable").reshape(count, jobs)
    down, period = shutdowns.draw(durations, machines, probability)
    if probability > 0.0 and reference.kind is ReferenceKind.OPTIMUM:
        reference = Reference(reference.value, ReferenceKind.LOWER_BOUND, f"{reference.source}, optimum unshut")
    arrays = {
        "durations": durations,
        "machines": machines,
        "by_machine": by_machine,
        "down": down,
        "period": np.array([period]),
    }
    return Instance(name, group, arrays, reference)


@cache
def published(name: str, probability: float) -> tuple[Instance, ...]:
    """Return a published set, with the best makespans known."""
    loaded = []
    for member in library.names(name):
        durations, machines = library.classic(member)
        group = f"{name} {durations.shape[0]}x{durations.shape[1]}"
        reference = _best(member, "CP Optimizer 22.1 and OptalCP 0.9, 2023")
        loaded.append(make_instance(member, group, durations, machines, probability, reference))
    return tuple(loaded)


@cache
def generated(split: Split, family: str, size: str, probability: float, draw: int = 0) -> tuple[Instance, ...]:
    """Return the instances of one family and size, draw 0 with what CP-SAT proved or found."""
    jobs, machines = map(int, size.split("x"))
    made = []
    for index in indices(SUITE_COUNT, draw):
        recipe = generate.recipe(split, generate.Family(family), jobs, machines, index)
        shop = generate.generate(*recipe[1:])
        reference = _bounding(*shop) if draw else _best(recipe.name, "CP-SAT")
        made.append(make_instance(recipe.name, f"{family} {size}", *shop, probability, reference))
    return tuple(made)


def _best(name: str, source: str) -> Reference:
    makespan, optimal = best()[name]
    return Reference(makespan, ReferenceKind.OPTIMUM if optimal else ReferenceKind.BEST_KNOWN, source)


def _bounding(durations: IntArray, machines: IntArray) -> Reference:
    bound = lower_bound(durations, machines)
    return Reference(bound, ReferenceKind.LOWER_BOUND, "longest job or busiest machine, without blocking")


def from_file(path: str, name: str, probability: float) -> Instance:
    """Return the instance of a job shop file; its reference is the trivial bound."""
    shop = loaders.load(path)
    return make_instance(name, "{}x{}".format(*shop[0].shape), *shop, probability, _bounding(*shop))
