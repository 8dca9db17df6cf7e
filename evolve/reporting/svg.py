"""Pictures as SVG text: shapes, text and scales, with nothing in them that a browser would fetch or run."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from evolve.render import plain

INK, GRID, PAPER = "#23272e", "#e3e6ea", "#ffffff"
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
NARROW, BROAD, BOLD = 6.7, 8.6, 1.08
"""Widths of small and capital letters of 12 pixels, and by how much bold ones are wider."""


def escaped(text: str) -> str:
    """Return a text that came from outside as it may stand in HTML and SVG, attributes included."""
    return escape(plain(text), quote=True)


def width_of(text: str, bold: bool = False) -> float:
    """Return about how wide a text of 12 pixels is."""
    width = sum(BROAD if letter.isupper() or letter in "+%@mw" else NARROW for letter in text)
    return width * BOLD if bold else width


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels.

    Attributes:
        low: The value at `begin`.
        high: The value at `end`; above `low`.
        begin: In pixels.
        end: In pixels; may be below `begin`.
    """

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value lies, in pixels."""
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self, count: int = 5) -> list[float]:
        """Return about so many round values within the scale."""
        raw = (self.high - self.low) / count
        unit = 10.0 ** floor(log10(raw))
        step = next(factor * unit for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * unit >= raw * 0.999)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def shown(value: float, ticks: Sequence[float]) -> str:
    """Return the value of a tick with as many digits as tell it from its neighbours."""
    gap = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    digits = next((digits for digits in range(6) if abs(gap * 10**digits - round(gap * 10**digits)) < 1e-6), 6)
    return f"{value:,.{digits}f}"


class Drawing:
    """Collects shapes; its text is a complete SVG element.

    Args:
        width: In pixels.
        height: In pixels.
        title: What the picture shows, for those who cannot see it.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []

    def __str__(self) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img" font-family="{FONT}" font-size="12">'
        )
        paper = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
        return "\n".join([head, f"<title>{escaped(self.title)}</title>", paper, *self._parts, "</svg>"])

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float = 1.0, dash: str = "") -> None:
        """Draw a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"{dashed} '
            'stroke-linejoin="round"/>'
        )

    def area(self, points: Sequence[tuple[float, float]], color: str) -> None:
        """Fill a polygon, so that what is behind can be seen."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polygon points="{path}" fill="{color}" fill-opacity="0.15"/>')

    def dot(self, x: float, y: float, color: str, radius: float = 3.5, hint: str = "", opacity: float = 1.0) -> None:
        """Draw a disc; `hint` is shown by a browser under the pointer."""
        inside = f"<title>{escaped(hint)}</title>" if hint else ""
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{color}" fill-opacity="{opacity:g}">{inside}'
            "</circle>"
        )

    def ring(self, x: float, y: float, color: str) -> None:
        """Draw a small circle that is empty inside."""
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{PAPER}" stroke="{color}" stroke-width="1.8"/>'
        )

    def text(
        self, x: float, y: float, text: str, *, anchor: str = "start", color: str = INK, bold: bool = False
    ) -> None:
        """Write a text; `anchor` is start, middle or end."""
        weight = ' font-weight="600"' if bold else ""
        # A rim of paper keeps a text legible where it crosses a line.
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{weight} '
            f'stroke="{PAPER}" stroke-width="3" paint-order="stroke">{escaped(text)}</text>'
        )

    def place(self, inner: "Drawing", x: float, y: float) -> None:
        """Put another drawing into this one."""
        self._parts.append(f'<g transform="translate({x:g} {y:g})">{"".join(inner._parts)}</g>')
