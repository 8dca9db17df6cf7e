"""What the searches share: drawing parents, measuring code, and refusing settings that make no sense."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evolve.candidate import Brief, Record
from sandbox import trees

FloatArray = NDArray[np.float64]
STEEPEST = 100.0


def drawn(
    number: int, residents: Sequence[Record], weights: FloatArray, crossover: float, rng: np.random.Generator
) -> Brief:
    """Return a brief with one or two different parents, drawn by weight; one to create something where there is none.

    Args:
        number: The number of the ask.
        residents: Who may become a parent.
        weights: (residents,) how likely each is, up to a factor; above 0.
        crossover: Probability of two parents.
        rng: Of this ask.
    """
    if not residents:
        return Brief(number, "create")
    wanted = 2 if len(residents) > 1 and rng.random() < crossover else 1
    chosen = rng.choice(len(residents), wanted, replace=False, p=weights / weights.sum())
    return Brief(number, "cross" if wanted == 2 else "mutate", tuple(residents[index] for index in chosen))


def ranked(count: int, pressure: float) -> FloatArray:
    """Return the weights of `count` residents in order of rank: (1 - r / n) ** pressure."""
    weights: FloatArray = (1.0 - np.arange(count) / max(count, 1)) ** pressure
    return weights


def values_of(record: Record, objectives: Sequence[str]) -> tuple[float, ...]:
    """Return the values of a record's objectives, the most important first."""
    return tuple(record.evaluation.measures[name] for name in objectives)


@lru_cache(maxsize=8192)
def code_size(source: str) -> int:
    """Return how large a heuristic is: the nodes of its syntax tree, whatever its names and layout."""
    return len(trees.nodes(trees.parse(source)))


def octaves(value: float) -> int:
    """Return the bin of a positive number, in steps of half an octave."""
    return math.floor(2.0 * math.log2(max(value, 1e-9)))


def check_share(**settings: float) -> None:
    """Raise ValueError unless every setting is between 0 and 1."""
    for name, value in settings.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")


def check_pressure(pressure: float) -> None:
    """Raise ValueError unless ranks can be weighed with it."""
    if not 0.0 <= pressure <= STEEPEST:
        raise ValueError(f"pressure must be between 0 and {STEEPEST}, not {pressure}")


def check_count(least: int, **settings: int) -> None:
    """Raise ValueError unless every setting is a whole number of at least `least`."""
    for name, value in settings.items():
        if not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value}")
