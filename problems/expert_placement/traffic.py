"""Loads of experts from seeds: how many tokens each expert of each layer serves, window by window.

A window is a pure function of its traffic and its number, so the window that a placement is judged on can be made
where the placement is judged, and nowhere else. Draws are the raw bits of PCG64, which NumPy does not change, and
loads are whole tokens, so a window is the same on every machine.

The family "trace" has the shape of the 12 windows of the ADRS benchmark (2025): a noisy first window, steady ones,
and another domain from window 9 on; its figures are fitted to the balance that published heuristics reach there.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TOKENS: Final = 2**19
"""Tokens that pass each layer in one window."""
TRACE_WINDOWS: Final = 12
SWITCH: Final = 9
"""The window of a trace from which on another domain is asked about."""
ALIKE: Final = 0.55
"""Correlation of the log loads of the two domains of a trace."""
TIDE_WINDOWS: Final = 12
"""How many windows a swing between two domains takes."""


class Family(StrEnum):
    """How loads come about."""

    TRACE = "trace"  # log-normal, steady until the domain changes
    ZIPF = "zipf"  # falling with the rank, steady
    WALK = "walk"  # log-normal, wandering
    TIDE = "tide"  # log-normal, swinging between two domains


@dataclass(frozen=True, slots=True)
class Traffic:
    """What loads are made from.

    Attributes:
        family: How they come about.
        layers: Number of layers.
        experts: Number of experts in each layer.
        picks: How many experts serve each token.
        spread: Standard deviation of log loads; for "zipf" the exponent.
        seed: Any text; another one brings other loads throughout.
    """

    family: Family
    layers: int
    experts: int
    picks: int
    spread: float
    seed: str

    def window(self, number: int) -> FloatArray:
        """Return (layers, experts) the tokens that each expert serves in a window, whole numbers, from window 0 on."""
        level = _base(self) + _shift(self, number) + _noise(self, number) * _normal(self, f"noise {number}")
        share = np.exp(level)
        share /= share.sum(axis=1, keepdims=True)
        expected = np.minimum(TOKENS * self.picks * share, TOKENS)  # an expert serves a token at most once
        counted = expected + np.sqrt(expected) * _normal(self, f"count {number}")
        return np.asarray(np.clip(np.rint(counted), 0.0, float(TOKENS)), np.float64)


def _base(traffic: Traffic) -> FloatArray:
    """Return (layers, experts) log loads before any change."""
    drawn = _normal(traffic, "base")
    if traffic.family is Family.ZIPF:
        rank = np.argsort(np.argsort(drawn, axis=1), axis=1)
        return np.asarray(-traffic.spread * np.log(1.0 + rank))
    return np.asarray(_deviation(traffic) * drawn)


def _deviation(traffic: Traffic) -> FloatArray:
    """Return (layers, 1) standard deviations of log loads."""
    return np.asarray(np.maximum(traffic.spread + 0.15 * _normal(traffic, "deviation")[:, :1], 0.0))


def _shift(traffic: Traffic, number: int) -> FloatArray:
    """Return (layers, experts) how far log loads have moved from the base."""
    match traffic.family:
        case Family.TRACE if number >= SWITCH:
            fresh = _deviation(traffic) * _normal(traffic, "switch")
            return np.asarray((ALIKE - 1.0) * _base(traffic) + np.sqrt(1.0 - ALIKE**2) * fresh)
        case Family.WALK:
            steps = [0.3 * 0.9 ** (number - step) * _normal(traffic, f"step {step}") for step in range(number + 1)]
            return np.asarray(np.sum(steps, axis=0))
        case Family.TIDE:
            return np.asarray(0.7 * np.cos(2.0 * np.pi * number / TIDE_WINDOWS) * _normal(traffic, "tide"))
    return np.zeros((traffic.layers, traffic.experts))


def _noise(traffic: Traffic, number: int) -> float:
    """Return the standard deviation of log loads that lasts for one window only."""
    if traffic.family is Family.TRACE and (number == 0 or number >= SWITCH):
        return 0.3 if number else 0.5
    return 0.14


def _normal(traffic: Traffic, purpose: str) -> FloatArray:
    """Return (layers, experts) standard normal draws, by the method of Box and Muller (1958)."""
    digest = hashlib.sha256(f"{traffic.seed} {purpose}".encode()).digest()
    bits = np.random.PCG64(int.from_bytes(digest[:16])).random_raw((2, traffic.layers, traffic.experts))
    radius, angle = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(np.sqrt(-2.0 * np.log(radius)) * np.cos(2.0 * np.pi * angle))
