"""Everything that can be taken out of a heuristic, one at a time: terms, factors, branches, constants."""

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sandbox import Rejected, check_source, trees

CHOOSING = frozenset(("min", "max", "np.minimum", "np.maximum", "math.fmin", "math.fmax"))
LONGEST = 60
"""Characters of a removed text that are told."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a node stands in the text; it stays the same when something else is cut out of its tree."""

    kind: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A heuristic with one thing taken out.

    Attributes:
        what: "term", "factor", "branch", "constant", ...
        removed: What was taken out, as text.
        at: Where it was done.
        choice: Which of the ways to shorten the node there it is.
        source: The heuristic without it; passes the static check.
    """

    what: str
    removed: str
    at: Position
    choice: int
    source: str


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to shorten a node."""

    what: str
    removed: str
    put: ast.AST | list[ast.stmt]


def plain_form(source: str, entry: str) -> str:
    """Return a heuristic in the layout that cuts are made in: no comment, no docstring, one statement per line.

    Raises:
        Rejected: It does not pass the static check.
    """
    return ast.unparse(trees.parse(check_source(source, entry))) + "\n"


def cuts(source: str, entry: str) -> list[Cut]:
    """Return every different heuristic that has one thing less and still passes the static check.

    Args:
        source: A heuristic in plain form.
        entry: Name of its function.
    """
    tree = trees.parse(source)
    known = {source}
    found = []
    # A constant that is an operand goes with its operation; there is no need to set it to 0 or 1 as well.
    operands = {operand for node in trees.nodes(tree) for operand in _operands(node)}
    for node in trees.nodes(tree):
        if isinstance(node, ast.Constant) and node in operands:
            continue
        for choice, way in enumerate(_ways(node, entry)):
            at = _position(node)
            text = _text(_put(tree, at, way.put), entry)
            if text is not None and text not in known:
                known.add(text)
                found.append(Cut(way.what, way.removed, at, choice, text))
    return found


def combined(source: str, chosen: Sequence[Cut], entry: str, fits: Callable[[str], bool]) -> str:
    """Return a heuristic with as many cuts made one after the other as fit together.

    Args:
        source: What the cuts were made in.
        chosen: Cuts in the order in which they are tried.
        entry: Name of its function.
        fits: Whether a text will do.
    """
    tree, best = trees.parse(source), source
    for cut in chosen:
        node = next((node for node in trees.nodes(tree) if _has_position(node) and _position(node) == cut.at), None)
        ways = list(_ways(node, entry)) if node is not None else []
        if cut.choice >= len(ways):
            continue  # what it was about went with another cut
        shorter = _put(tree, cut.at, ways[cut.choice].put)
        text = _text(shorter, entry)
        if shorter is not None and text is not None and size(text) < size(best) and fits(text):
            tree, best = shorter, text
    return best


def size(source: str) -> tuple[int, int]:
    """Return how large a heuristic is: the nodes of its syntax tree, then the characters of its text."""
    return len(trees.nodes(trees.parse(source))), len(source)


def _text(tree: ast.Module | None, entry: str) -> str | None:
    if tree is None:
        return None
    try:
        return plain_form(ast.unparse(tree), entry)
    except Rejected:
        return None


def _has_position(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt | ast.expr)


def _position(node: ast.AST) -> Position:
    assert isinstance(node, ast.stmt | ast.expr), "only these are shortened"
    return Position(type(node).__name__, node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)


class _Putting(ast.NodeTransformer):
    def __init__(self, at: Position, put: ast.AST | list[ast.stmt]) -> None:
        self.at, self.put = at, put

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if _has_position(node) and _position(node) == self.at:
            return copy.deepcopy(self.put)
        result: ast.AST = self.generic_visit(node)
        return result


def _put(tree: ast.Module, at: Position, put: ast.AST | list[ast.stmt]) -> ast.Module | None:
    """Return a copy of a tree with something else at one place; None if a block would be empty."""
    result = _Putting(at, put).visit(copy.deepcopy(tree))
    assert isinstance(result, ast.Module), "a module has no position and is not replaced"
    ast.fix_missing_locations(result)
    blocks = (node for node in trees.nodes(result) if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.While))
    return None if any(not block.body for block in blocks) else result


def _ways(node: ast.AST, entry: str) -> Iterator[_Way]:
    """Yield the ways to shorten a node."""
    match node:
        case ast.stmt():
            yield from _shorter_statement(node, entry)
        case ast.BinOp(left, operator, right):
            yield from _shorter_operation(left, operator, right)
        case ast.BoolOp(operator, values):
            for index, value in enumerate(values):
                rest = [*values[:index], *values[index + 1 :]]
                yield _Way("condition", _told(value), rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest))
        case ast.IfExp(test, body, orelse):
            yield _Way("branch", f"else {_told(orelse)}", body)
            yield _Way("branch", f"{_told(body)} if {_told(test)}", orelse)
        case ast.Call(function, [argument], []):
            yield _Way("function", f"{_told(function)}()", argument)
        case ast.Call(function, arguments, []) if ast.unparse(function) in CHOOSING:
            for index, argument in enumerate(arguments):
                rest = [*arguments[:index], *arguments[index + 1 :]]
                what = "constant" if _is_number(argument) else "argument"
                yield _Way(what, _told(argument), rest[0] if len(rest) == 1 else ast.Call(function, rest, []))
        case ast.Constant(int() | float() as value) if not isinstance(value, bool):
            for plain in (0, 1):
                if value not in (0, 1):
                    yield _Way("constant", f"{value:g}, {plain} instead", ast.Constant(type(value)(plain)))


def _operands(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.BinOp(left, _, right):
            return [left, right]
        case ast.Call(function, arguments) if ast.unparse(function) in CHOOSING:
            return arguments
    return []


def _shorter_operation(left: ast.expr, operator: ast.operator, right: ast.expr) -> Iterator[_Way]:
    negative = ast.UnaryOp(ast.USub(), right)
    inverse = ast.BinOp(ast.Constant(1.0), ast.Div(), right)
    match operator:
        case ast.Add() | ast.Sub():
            rest: ast.expr = right if isinstance(operator, ast.Add) else negative
            yield _Way(_kind("term", right), _told(right), left)
            yield _Way(_kind("term", left), _told(left), rest)
        case ast.Mult() | ast.Div():
            yield _Way(_kind("factor", right), ("/ " if isinstance(operator, ast.Div) else "") + _told(right), left)
            if isinstance(operator, ast.Mult):
                yield _Way(_kind("factor", left), _told(left), right)
            elif not _is_number(left):
                yield _Way("factor", _told(left), inverse)
        case ast.Pow():
            yield _Way(_kind("exponent", right), f"** {_told(right)}", left)
        case _:
            yield _Way(_kind("operand", right), _told(right), left)


def _shorter_statement(node: ast.stmt, entry: str) -> Iterator[_Way]:
    match node:
        case ast.If(test, body, orelse):
            yield _Way("branch", f"if {_told(test)}: {_told(body[0])}", orelse)
            yield _Way("condition", f"if {_told(test)}", body)
            if orelse:
                yield _Way("branch", f"else: {_told(orelse[0])}", ast.If(test, body, []))
        case ast.For(_, _, body):
            yield _Way("loop", f"{_told(node)}", [])
        case ast.While(test):
            yield _Way("loop", f"while {_told(test)}", [])
        case ast.AugAssign(_, ast.Add() | ast.Sub(), value):
            yield _Way(_kind("term", value), _told(node), [])
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            yield _Way("statement", _told(node), [])
        case ast.FunctionDef(name) if name != entry:
            yield _Way("helper function", name, [])


def _kind(what: str, removed: ast.expr) -> str:
    return "constant" if _is_number(removed) else what


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def _told(node: ast.AST) -> str:
    """Return the first line of a node's text, shortened."""
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
