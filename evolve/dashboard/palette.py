"""The colours: the same thing has the same one everywhere.

After the palette of Okabe and Ito (2008), Color Universal Design, whose hues stay apart for every kind of colour
blindness; darkened so that a line has a contrast of 3.4 or more on the light and on the dark background.
"""

EVOLVED = "#2b7bba"
"""What the run has found."""

PUBLISHED = "#c77700"
"""The published heuristics it is compared with."""

MUTED = "#7a7f87"
"""What only leads the eye."""
