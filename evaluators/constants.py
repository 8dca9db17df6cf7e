"""The numeric constants of a heuristic: lifted out of its text, and put back with other values."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sandbox import trees

READER = "lifted_constant"
"""What stands for a constant in a lifted text: a call of this with the constant's position."""
SMALLEST, LARGEST = 1e-6, 1e6
"""Beyond these a number guards a division or stands for infinity; it is no setting."""
MOST = 100
"""Constants that are tuned at once."""
DIGITS = 4
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
GUARDS = ("max", "min")


@dataclass(frozen=True, slots=True)
class Lifted:
    """A heuristic whose constants are read from elsewhere.

    Attributes:
        source: The text, in which `lifted_constant(k)` stands for constant k.
        values: The constants as they were, in the order of the text.
    """

    source: str
    values: tuple[float, ...]


@lru_cache(maxsize=1024)
def lift(source: str, integers: bool = True) -> Lifted:
    """Return a heuristic with its constants lifted.

    Floats are lifted, but for 0 and what is very small or very large. Integers are lifted where they are added,
    multiplied or compared by size; that such a one may be a float is for the compiler to say. What is part of the
    structure stays: whatever is compared for equality, indices, ranges, and what keeps a divisor from zero with `max`.

    Args:
        source: Source text that has passed the static check.
        integers: Whether integers are lifted too.
    """
    tree = trees.parse(source)
    found = list(_constants(tree, integers))
    if not found or READER in source:
        return Lifted(source, ())
    places = {id(node): position for position, node in enumerate(found)}
    values = tuple(float(node.value) for node in found)  # type: ignore[arg-type]
    return Lifted(_text(_Reading(places).visit(tree)), values)


def written(value: float, digits: int = DIGITS) -> float:
    """Return a constant as it is written down: rounded to so many digits."""
    return float(f"{value:.{digits}g}")


def put_back(lifted: str, values: Sequence[float]) -> str:
    """Return the text of a lifted heuristic with these constants, rounded to `DIGITS` digits.

    Args:
        lifted: What `lift` made.
        values: Of each constant, finite.
    """
    return _text(_Writing(values).visit(trees.parse(lifted)))


def _constants(tree: ast.AST, integers: bool) -> Iterator[ast.Constant]:
    """Yield the nodes that are settings, in the order of the text."""
    stack: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while stack:
        node, arithmetic, divisor = stack.pop()
        match node:
            case ast.Constant(value):
                kinds = (float, int) if integers and arithmetic else (float,)
                if isinstance(value, kinds) and not isinstance(value, bool) and SMALLEST <= abs(value) <= LARGEST:
                    yield node
                continue
            case ast.Subscript():  # an index stays what it is
                stack.append((node.value, False, divisor))
                continue
            case ast.Call(ast.Name("range")):
                continue
            case ast.Compare() if not all(isinstance(operator, ORDER) for operator in node.ops):
                continue  # what must be equal is no setting
        inside = isinstance(node, ast.BinOp) and isinstance(node.op, ARITHMETIC)
        inside = inside or isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and arithmetic)
        guards = divisor and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GUARDS
        for child in reversed(list(ast.iter_child_nodes(node))):
            if guards and isinstance(child, ast.Constant):
                continue  # it keeps a divisor from zero
            below = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and child is node.right
            stack.append((child, inside, divisor or below))


class _Reading(ast.NodeTransformer):
    """Puts a call of the reader in place of each constant."""

    def __init__(self, places: dict[int, int]) -> None:
        self.places = places

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if id(node) not in self.places:
            return node
        return ast.Call(ast.Name(READER, ast.Load()), [ast.Constant(self.places[id(node)])], [])


class _Writing(ast.NodeTransformer):
    """Puts a number in place of each call of the reader."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = [written(value) for value in values]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == READER and isinstance(node.args[0], ast.Constant):
            value = self.values[int(node.args[0].value)]  # type: ignore[arg-type]
            return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0.0 else ast.Constant(value)
        self.generic_visit(node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        inner = node.operand
        twice = isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub) and isinstance(node.op, ast.USub)
        return inner.operand if twice and isinstance(inner, ast.UnaryOp) else node


def _text(tree: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
