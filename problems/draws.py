"""Draws: a problem's generated instances once more, from the same distribution and with none in common.

What a search has chosen among many candidates looks better than it is on the instances that it chose by. How good it is
shows on others of the same kind, which nothing was chosen by. Draw 0 are the train and validation instances that
searches and finalists are judged on, draws 1, 2, ... others of the same families, groups, sizes and numbers. The test
split is the same in every draw.
"""

import inspect
from typing import Final

from problems.base import Problem, Split

SEEDS: Final = 1000
"""How many indices a draw has where some bring nothing usable and are left out."""


def checked(draw: int) -> int:
    """Return a draw.

    Raises:
        ValueError: It is none.
    """
    if type(draw) is not int or draw < 0:
        raise ValueError(f"draw must be a whole number from 0, not {draw!r}")
    return draw


def drawn(split: Split, draw: int) -> int:
    """Return the draw that a split's instances are of."""
    return 0 if split is Split.TEST else draw


def indices(count: int, draw: int) -> range:
    """Return the indices of a draw's instances, `count` in each; those of draw 0 begin at 1."""
    return range(count * draw + 1, count * (draw + 1) + 1)


def has_draws(problem: Problem) -> bool:
    """Return whether a problem can be made with other draws of its train instances: whether it takes `draw`."""
    return "draw" in inspect.signature(type(problem)).parameters
