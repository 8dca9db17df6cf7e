"""Walking a syntax tree without recursion, and without the thousands of nodes that say load or store."""

import ast
from collections.abc import Iterator
from threading import Lock

_PARSING = Lock()
"""Two threads that parse at once can end in a SystemError: CPython 3.11 counts the depth of all its trees in one place
(issue 106905 of CPython)."""


def parse(text: str) -> ast.Module:
    """Return the syntax tree of a text; may be called from several threads.

    Raises:
        SyntaxError: It is not Python.
        ValueError: It holds what no source may.
        RecursionError: It is nested too deeply.
        MemoryError: Likewise, where the parser itself notices.
    """
    with _PARSING:
        return ast.parse(text)


def walk(tree: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Yield every node below and including one with its depth; lazily, so that a caller may stop at any size."""
    stack = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        depth += 1
        for name in reversed(node._fields):
            value = getattr(node, name, None)
            if isinstance(value, list):
                stack.extend((item, depth) for item in reversed(value) if isinstance(item, ast.AST))
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                stack.append((value, depth))


def nodes(tree: ast.AST) -> list[ast.AST]:
    """Return every node below and including one, in the order of the text."""
    return [node for node, _ in walk(tree)]
