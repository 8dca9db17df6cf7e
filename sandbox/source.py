"""The static check: is a text in the subset of Python that a heuristic may use?

It stands in front of the sandbox proper, rejects early what could not compile or run, and says what to write
instead. It never runs the text, and works on a bounded tree, so it neither fails nor hangs on any input.
"""

import ast
import re
import warnings

from sandbox import growth, layout, normalise, subset, trees
from sandbox.rejected import Rejected, rejected

MOST_CHARACTERS = 16_000
MOST_LINES = 400
MOST_IN_LINE = 1000
MOST_BRACKETS = 30
MOST_NODES = 2000
MOST_DEPTH = 50

_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff]"
)
_CHAIN = re.compile(r"(?:(?:[-+~]|\bnot\b|\blambda\b[^:\n]{0,40}:)[\s\\]*){60,}|\d{40,}")
_SHORTER = "write a shorter and simpler function"


def check_source(source: str, entry: str) -> str:
    """Return the source in its normal form, statements on their lines as far as they fit.

    Annotations, docstrings, comments and numba decorators are gone, imports are at module level and only there if
    used, generator expressions in calls have become lists. Two sources with equal normal trees are the same heuristic.

    Args:
        source: Any text.
        entry: Name of the function that it must define.

    Raises:
        Rejected: It is not a heuristic; the message names the line, the construct and what to write instead.
    """
    try:
        _check_text(source)
        tree = _parse(source)
        _check_size(tree)
        tree = normalise.normal(tree)
        _check_size(tree)
        subset.check(tree, entry)
        growth.check(tree)
        return layout.text(tree)
    except (RecursionError, MemoryError) as error:
        raise Rejected(0, "the program is nested too deeply", _SHORTER) from error


def _check_text(source: str) -> None:
    lines = source.split("\n")
    if len(source) > MOST_CHARACTERS:
        raise Rejected(0, f"the program is longer than {MOST_CHARACTERS} characters", _SHORTER)
    if len(lines) > MOST_LINES:
        raise Rejected(0, f"the program is longer than {MOST_LINES} lines", _SHORTER)
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_IN_LINE:
            raise Rejected(number, f"the line is longer than {MOST_IN_LINE} characters", "break it up")
        if _FORBIDDEN.search(line):
            raise Rejected(number, "the line holds an invisible character", "use plain text")
    if chain := _CHAIN.search(source):
        number = source.count("\n", 0, chain.start()) + 1
        raise Rejected(number, "a chain of operators or digits is too long", "use fewer")
    _check_brackets(lines)


def _check_brackets(lines: list[str]) -> None:
    # Brackets in comments and texts count too: parsing time grows with what the parser may take for nesting.
    depth = 0
    for number, line in enumerate(lines, 1):
        for character in line:
            if character in "([{":
                depth += 1
            elif character in ")]}":
                depth = max(0, depth - 1)
            if depth > MOST_BRACKETS:
                raise Rejected(number, f"brackets are nested more than {MOST_BRACKETS} deep", "use variables")


def _parse(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return trees.parse(source)
    except SyntaxError as error:
        raise Rejected(error.lineno or 0, f"not valid Python: {error.msg}", "correct the syntax") from error
    except ValueError as error:
        raise Rejected(0, "not valid Python", "use plain text") from error


def _check_size(tree: ast.Module) -> None:
    for number, (node, depth) in enumerate(trees.walk(tree)):
        if number >= MOST_NODES:
            raise Rejected(0, f"the program has more than {MOST_NODES} parts", _SHORTER)
        if depth > MOST_DEPTH:
            raise rejected(node, f"the expression is nested more than {MOST_DEPTH} deep", "use variables")
