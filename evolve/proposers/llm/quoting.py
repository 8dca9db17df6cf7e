"""Showing a model what others wrote, so that it stays data: ideas, code, and what the compiler said about them."""

import re
import unicodedata

LONGEST_CODE = 16_000
_SPACES = re.compile(r"\s+")
_QUOTES = re.compile('["`\u00ab\u00bb\u201c-\u201f\u2039\u203a\u2033\uff02]')
_TICKS = re.compile(r"`+")


def quoted(text: str, limit: int = 200) -> str:
    """Return a text as one line of at most `limit` characters, in quotation marks that it cannot close."""
    return f'"{one_line(text, limit)}"'


def one_line(text: str, limit: int = 200) -> str:
    """Return a text as one line of at most `limit` characters, without control characters and quotation marks."""
    visible = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    line = _QUOTES.sub("'", _SPACES.sub(" ", visible).strip())
    return line if len(line) <= limit else f"{line[: limit - 3].rstrip()}..."


def fenced(code: str, language: str = "python") -> str:
    """Return code in a fence longer than any that it holds, without control characters, and cut where it is endless."""
    kept = "".join(character for character in code if character in "\n\t" or unicodedata.category(character)[0] != "C")
    kept = kept[:LONGEST_CODE].strip("\n")
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(kept)), default=0))
    return f"{fence}{language}\n{kept}\n{fence}"
