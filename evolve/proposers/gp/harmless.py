"""Which expressions can be dropped or moved without anyone noticing."""

import ast

from evolve.proposers.gp.syntax import callee, constant

HARMLESS = frozenset(["abs", "max", "min", "float", "np.abs", "np.maximum", "np.minimum"])


def is_harmless(node: ast.expr) -> bool:
    """Return whether an expression surely neither raises nor does anything but have a value."""
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return is_harmless(left) and is_harmless(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return is_harmless(left) and is_harmless(right) and bool(constant(right) or _at_least_one(right))
        case ast.UnaryOp(operand=operand):
            return is_harmless(operand)
        case ast.BoolOp(values=values):
            return all(is_harmless(value) for value in values)
        case ast.Compare(left=left, comparators=comparators):
            return is_harmless(left) and all(is_harmless(value) for value in comparators)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return is_harmless(test) and is_harmless(body) and is_harmless(orelse)
        case ast.Call(args=arguments, keywords=[]):
            return callee(node) in HARMLESS and all(is_harmless(argument) for argument in arguments)
    return False


def _at_least_one(node: ast.expr) -> bool:
    """Return whether an expression is a guarded denominator, `max(e, c)` with c > 0."""
    return (
        callee(node) == "max"
        and isinstance(node, ast.Call)
        and any((constant(part) or 0.0) > 0.0 for part in node.args)
    )
