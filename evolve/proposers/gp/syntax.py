"""Short words for building, copying and reading syntax trees."""

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

MODULES = ("math", "np")
T = TypeVar("T")

LOAD = ast.Load()


def name(identifier: str) -> ast.Name:
    """Return a name that is read."""
    return ast.Name(identifier, LOAD)


def number(value: float) -> ast.expr:
    """Return a constant; a negative one as the parser would, behind a minus sign."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def assign(identifier: str, value: ast.expr) -> ast.Assign:
    """Return an assignment; `ast.unparse` asks it for a line number."""
    return ast.Assign([ast.Name(identifier, ast.Store())], value, lineno=0)


def binary(left: ast.expr, operator: type[ast.operator], right: ast.expr) -> ast.BinOp:
    """Return an arithmetic expression."""
    return ast.BinOp(left, operator(), right)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """Return a call of a builtin, or of a function of math or np given as "math.sqrt"."""
    module, _, attribute = function.rpartition(".")
    callee = ast.Attribute(name(module), attribute, LOAD) if module else name(attribute)
    return ast.Call(callee, list(arguments), [])


def callee(node: ast.AST) -> str:
    """Return what is called, as "max" or "math.sqrt"; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return dotted(node.func)


def dotted(node: ast.AST) -> str:
    """Return "max" for a name and "math.pi" for an attribute of math or np; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MODULES:
        return f"{node.value.id}.{node.attr}"
    return ""


def constant(node: ast.AST) -> float | int | None:
    """Return the value of a number written in the source, with its sign; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def clone(node: ast.expr) -> ast.expr:
    """Return a copy that shares nothing."""
    return copy.deepcopy(node)


def same(left: ast.AST, right: ast.AST) -> bool:
    """Return whether two trees are the same code."""
    return ast.dump(left) == ast.dump(right)


def size(node: ast.AST) -> int:
    """Return the number of statements and expressions in a tree."""
    return sum(isinstance(inner, ast.expr | ast.stmt) for inner in ast.walk(node))


def names(node: ast.AST) -> Iterator[ast.Name]:
    """Return the names that a tree reads, in order, without math and np."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) and inner.id not in MODULES:
            yield inner


def words(node: ast.AST, limit: int = 60) -> str:
    """Return the code of a tree on one line, cut to a length."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """Return one of the choices, each with the same probability."""
    return choices[int(rng.random() * len(choices))]


def rounded(value: float, digits: int = 3) -> float:
    """Return a number rounded to significant digits, so that it is short to read and the same on every machine."""
    return float(f"{value:.{digits}g}")


def weight(rng: np.random.Generator) -> float:
    """Return a random factor between 0.05 and 20, as likely below 1 as above."""
    return rounded(20.0 ** (2.0 * rng.random() - 1.0), 2)
