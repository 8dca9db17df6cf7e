"""Writes a tree as text with every statement on the line it came from, as far as it fits.

Messages about the text then name lines that its author knows.
"""

import ast
from collections.abc import Sequence


def text(tree: ast.Module) -> str:
    """Return the source of a tree of the subset of heuristics."""
    writer = _Writer()
    writer.block(tree.body, 0)
    return "\n".join(writer.lines) + "\n"


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def block(self, body: Sequence[ast.stmt], indent: int) -> None:
        for node in body:
            self._statement(node, indent)

    def _statement(self, node: ast.stmt, indent: int) -> None:
        match node:
            case ast.FunctionDef(body=body):
                self._suite(_header(node), node.lineno, body, indent)
            case ast.For(body=body) | ast.While(body=body) | ast.If(body=body):
                self._suite(_header(node), node.lineno, body, indent)
                self._otherwise(node, node.orelse, indent)
            case _:
                self._put(ast.unparse(node), node.lineno, indent)

    def _put(self, line: str, number: int, indent: int) -> None:
        while len(self.lines) + 1 < number:
            self.lines.append("")
        self.lines.append("    " * indent + line)

    def _suite(self, header: str, number: int, body: Sequence[ast.stmt], indent: int) -> None:
        here = max(number, len(self.lines) + 1)
        if body[0].lineno <= here and all(_is_simple(item) for item in body):
            self._put(f"{header} {'; '.join(map(ast.unparse, body))}", number, indent)
        else:
            self._put(header, number, indent)
            self.block(body, indent + 1)

    def _otherwise(self, node: ast.For | ast.While | ast.If, orelse: Sequence[ast.stmt], indent: int) -> None:
        match orelse:
            case []:
                return
            case [ast.If(body=body) as other] if isinstance(node, ast.If):
                self._suite("el" + _header(other), other.lineno, body, indent)
                self._otherwise(other, other.orelse, indent)
            case _:
                self._suite("else:", 0, orelse, indent)


def _is_simple(node: ast.stmt) -> bool:
    return not isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If)


def _header(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name, arguments):
            return f"def {name}({ast.unparse(arguments)}):"
        case ast.For(target, values):
            return f"for {ast.unparse(target)} in {ast.unparse(values)}:"
        case ast.While(test) | ast.If(test):
            return f"{'while' if isinstance(node, ast.While) else 'if'} {ast.unparse(test)}:"
    raise TypeError(f"{type(node).__name__} has no body")
