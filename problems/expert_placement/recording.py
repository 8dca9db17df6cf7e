"""Recorded loads of experts, from a NumPy file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
LARGEST = 2.0**53


class MalformedLoads(ValueError):
    """A file that does not hold loads; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Loads in a .npy file of shape (windows, layers, experts): tokens, or whatever else is proportional to work.

    A window is read when it is asked for, and no other with it.
    """

    path: str

    def shape(self) -> tuple[int, int, int]:
        """Return the numbers of windows, layers and experts.

        Raises:
            MalformedLoads: The file is not an array of three dimensions of numbers.
            OSError: It cannot be read.
        """
        windows, layers, experts = _mapped(self.path).shape
        return windows, layers, experts

    def window(self, number: int) -> FloatArray:
        """Return (layers, experts) the loads in a window.

        Raises:
            MalformedLoads: A load is negative, not finite or beyond 2**53, or a layer has none.
            OSError: The file cannot be read.
        """
        loads = np.array(_mapped(self.path)[number], np.float64, order="C")
        if not ((loads >= 0.0) & (loads <= LARGEST)).all():
            raise MalformedLoads(f"{self.path}, window {number}: a load is not between 0 and 2**53")
        if not loads.any(axis=1).all():
            raise MalformedLoads(f"{self.path}, window {number}: layer {loads.any(axis=1).argmin()} has no load")
        return loads


@cache
def _mapped(path: str) -> NDArray[np.generic]:
    """Return the array in a file without reading it."""
    try:
        loads = np.load(Path(path), mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise MalformedLoads(f"{path}: not a NumPy file of numbers; write it with np.save") from error
    if not isinstance(loads, np.ndarray) or loads.ndim != 3 or not loads.size or loads.dtype.kind not in "iuf":
        raise MalformedLoads(f"{path}: expected one array of numbers of shape (windows, layers, experts)")
    return loads
