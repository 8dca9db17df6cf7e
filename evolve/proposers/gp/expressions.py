"""Shorter expressions of the same value: constant folding, neutral operands, equal branches.

Values are the same bit for bit (a zero may change its sign) wherever every intermediate value is finite. Nothing is
dropped that could have raised.
"""

import ast
import math
import operator
from collections.abc import Callable

from evolve.proposers.gp.harmless import is_harmless
from evolve.proposers.gp.infer import Kinds
from evolve.proposers.gp.kinds import BOOL, FLOAT
from evolve.proposers.gp.syntax import binary, call, callee, constant, number, rounded, same

LARGEST = 2**53
FOLDED: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARED: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}


def shortened(statement: ast.stmt, kinds: Kinds, exact: bool) -> ast.stmt:
    """Return a statement, changed in place, with shorter expressions of the same value.

    Args:
        statement: A statement of a function.
        kinds: The kinds of that function.
        exact: Whether the value of an operation on two numbers keeps all its digits.
    """
    changed: ast.stmt = _Expressions(kinds, exact).visit(statement)
    return changed


class _Expressions(ast.NodeTransformer):
    """Rewrites expressions in place, from the leaves up."""

    def __init__(self, kinds: Kinds, exact: bool) -> None:
        self.kinds = kinds
        self.exact = exact

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = constant(node.left), constant(node.right)
        if left is not None and right is not None:
            return _folded(node, left, right, self.exact)
        kinds = self.kinds(node.left), self.kinds(node.right)
        if left is not None and kinds[1] == FLOAT:
            return _neutral_left(node, left)
        if right is not None and kinds[0] == FLOAT:
            return _neutral_right(node, right)
        if kinds == (FLOAT, FLOAT):
            return _paired(node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        inner = node.operand
        if isinstance(node.op, ast.Not):
            return self._opposite(node, inner)
        if not isinstance(node.op, ast.USub) or self.kinds(inner) != FLOAT:
            return node
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            return inner.operand
        if constant(inner) == 0:
            return inner
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
            return binary(inner.right, ast.Sub, inner.left)
        return node

    def _opposite(self, node: ast.UnaryOp, inner: ast.expr) -> ast.expr:
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not) and self.kinds(inner.operand) == BOOL:
            return inner.operand
        if isinstance(inner, ast.Constant) and isinstance(inner.value, bool):
            return ast.Constant(not inner.value)
        if isinstance(inner, ast.Compare) and len(inner.ops) == 1 and type(inner.ops[0]) in OPPOSITE:
            return ast.Compare(inner.left, [OPPOSITE[type(inner.ops[0])]()], inner.comparators)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) != 1 or type(node.ops[0]) not in COMPARED:
            return node
        left, right = constant(node.left), constant(node.comparators[0])
        if left is not None and right is not None:
            return ast.Constant(COMPARED[type(node.ops[0])](left, right))
        if same(node.left, node.comparators[0]) and self.kinds(node.left) == FLOAT and is_harmless(node.left):
            return ast.Constant(isinstance(node.ops[0], ast.LtE | ast.GtE))
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if self.kinds(node) != BOOL:
            return node
        deciding = isinstance(node.op, ast.Or)
        kept: list[ast.expr] = []
        for value in node.values:
            if isinstance(value, ast.Constant) and isinstance(value.value, bool):
                if value.value is not deciding:
                    continue
                kept.append(value)
                break
            if not any(same(value, other) for other in kept):
                kept.append(value)
        if not kept:
            return ast.Constant(not deciding)
        if len(kept) == 1:
            return kept[0]
        return ast.BoolOp(node.op, kept)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        if same(node.body, node.orelse) and is_harmless(node.test):
            return node.body
        if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
            return ast.IfExp(node.test.operand, node.orelse, node.body)
        if isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
            return self._extreme(node, node.test)
        return node

    def _extreme(self, node: ast.IfExp, test: ast.Compare) -> ast.expr:
        """Return `max(a, b)` for `a if a > b else b`, and the like."""
        left, right = test.left, test.comparators[0]
        if self.kinds(left) != FLOAT or self.kinds(right) != FLOAT:
            return node
        greater = isinstance(test.ops[0], ast.Gt | ast.GtE)
        if not greater and not isinstance(test.ops[0], ast.Lt | ast.LtE):
            return node
        if same(node.body, left) and same(node.orelse, right):
            return call("max" if greater else "min", left, right)
        if same(node.body, right) and same(node.orelse, left):
            return call("min" if greater else "max", left, right)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        function, arguments = callee(node), node.args
        if function == "abs" and len(arguments) == 1:
            inner = arguments[0]
            value = constant(inner)
            if value is not None:
                return number(abs(value))
            if callee(inner) == "abs":
                return inner
            if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub) and self.kinds(inner.operand) == FLOAT:
                return call("abs", inner.operand)
        if function in ("max", "min") and len(arguments) == 2:
            return self._bounded(node, function, arguments)
        return node

    def _bounded(self, node: ast.Call, function: str, arguments: list[ast.expr]) -> ast.expr:
        left, right = constant(arguments[0]), constant(arguments[1])
        if left is not None and right is not None and type(left) is type(right):
            return number(max(left, right) if function == "max" else min(left, right))
        if same(*arguments):
            return arguments[0]
        for inner, other in (arguments, arguments[::-1]):
            if isinstance(inner, ast.Call) and callee(inner) == function and len(inner.args) == 2:
                if any(same(part, other) for part in inner.args):
                    return inner
                if (folded := self._nested(function, inner.args, constant(other))) is not None:
                    return folded
        return node

    def _nested(self, function: str, inner: list[ast.expr], bound: float | None) -> ast.expr | None:
        """Return `max(e, 3.0)` for `max(max(e, 2.0), 3.0)`."""
        if bound is None:
            return None
        for part, other in (inner, inner[::-1]):
            value = constant(other)
            if value is not None and type(value) is type(bound):
                return call(function, part, number(max(value, bound) if function == "max" else min(value, bound)))
        return None


def _folded(node: ast.BinOp, left: float, right: float, exact: bool) -> ast.expr:
    """Return the value of an operation on two numbers, unless that raises or is not exact."""
    function = FOLDED.get(type(node.op))
    if function is None or (isinstance(node.op, ast.Div) and right == 0):
        return node
    value = function(left, right)
    if not exact and isinstance(value, float):
        value = rounded(value, 6)
    return number(value) if math.isfinite(value) and abs(value) < LARGEST else node


def _neutral_left(node: ast.BinOp, left: float) -> ast.expr:
    match node.op:
        case ast.Add() if left == 0:
            return node.right
        case ast.Sub() if left == 0:
            return ast.UnaryOp(ast.USub(), node.right)
        case ast.Mult() if left == 1:
            return node.right
        case ast.Mult() if left == -1:
            return ast.UnaryOp(ast.USub(), node.right)
        case ast.Mult() | ast.Div() if left == 0 and is_harmless(node):
            return ast.Constant(0.0)
    return node


def _neutral_right(node: ast.BinOp, right: float) -> ast.expr:
    match node.op:
        case ast.Add() | ast.Sub() if right == 0:
            return node.left
        case ast.Mult() | ast.Div() if right == 1:
            return node.left
        case ast.Mult() | ast.Div() if right == -1:
            return ast.UnaryOp(ast.USub(), node.left)
        case ast.Mult() if right == 0 and is_harmless(node):
            return ast.Constant(0.0)
        case ast.Add() if right < 0:
            return binary(node.left, ast.Sub, number(-right))
        case ast.Sub() if right < 0:
            return binary(node.left, ast.Add, number(-right))
    return node


def _paired(node: ast.BinOp) -> ast.expr:
    """Return the simpler form of an operation on two floats, at least one of them no number."""
    left, right = node.left, node.right
    if isinstance(node.op, ast.Sub) and same(left, right) and is_harmless(left):
        return ast.Constant(0.0)
    left_inner = left.operand if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub) else None
    right_inner = right.operand if isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub) else None
    match node.op:
        case ast.Add() if right_inner is not None:
            return binary(left, ast.Sub, right_inner)
        case ast.Sub() if right_inner is not None:
            return binary(left, ast.Add, right_inner)
        case ast.Add() if left_inner is not None:
            return binary(right, ast.Sub, left_inner)
        case ast.Mult() | ast.Div() if left_inner is not None and right_inner is not None:
            return ast.BinOp(left_inner, node.op, right_inner)
    return node
