"""The colours: the same thing has the same one everywhere.

After the palette of Okabe and Ito (2008), Color Universal Design, whose hues stay apart for every kind of colour
blindness; darkened so that a line has a contrast of 3.4 or more on the light and on the dark background.
"""

from collections.abc import Sequence

EVOLVED = "#2b7bba"
"""What the run has found."""

PUBLISHED = "#c77700"
"""The published heuristics it is compared with."""

MUTED = "#7a7f87"
"""What only leads the eye."""

OTHER = "#00906b"
"""A second candidate beside the first."""

RUNS = (EVOLVED, "#b8608f", OTHER, "#9b6a2f", "#7d6bc4", MUTED)
"""Runs side by side; their lines differ in their dashes too."""

DASHES: Sequence[Sequence[int]] = ((1, 0), (8, 3), (3, 3), (10, 3, 3, 3), (1, 3), (6, 6))

OPERATORS = {
    "seed": PUBLISHED,
    "create": "#7d6bc4",
    "mutate": EVOLVED,
    "cross": OTHER,
    "simplify": "#9b6a2f",
    "repair": "#b8608f",
    "insert": "#b0603f",
    "shrink": "#7a7f87",
    "constants": "#4d889c",
    "tune": "#4d889c",
}
"""How a candidate came about; what is not here is muted. Shapes tell them apart too."""

SHAPES = {
    "seed": "diamond",
    "create": "square",
    "mutate": "circle",
    "cross": "cross",
    "simplify": "triangle-down",
    "repair": "triangle-up",
    "insert": "triangle-up",
    "shrink": "triangle-left",
    "constants": "triangle-right",
    "tune": "triangle-right",
}

BARS = (
    "#4c93c9",
    "#d98b1f",
    "#2aa784",
    "#c877a5",
    "#8f80cf",
    "#b58145",
    "#5fb3d9",
    "#c95f43",
    "#8fae3f",
    "#9aa0a8",
)
"""Groups of bars in a schedule, in turn: fills, which a line around them sets apart."""

SCALE = "viridis"
"""From good to bad in a map: its lightness grows evenly, so it reads without any colour too."""
