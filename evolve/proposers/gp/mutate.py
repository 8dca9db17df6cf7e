"""Changes to one program: to a subtree, a name, an operator, a constant; growing and shrinking alike.

Each takes a program, changes it in place and says what it did, or returns None when it found nothing to change.
"""

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evolve.proposers.gp.grow import Grower, guard
from evolve.proposers.gp.kinds import BOOL, FLOAT, fits
from evolve.proposers.gp.program import Program
from evolve.proposers.gp.sites import Role, Site
from evolve.proposers.gp.syntax import binary, call, callee, clone, constant, number, pick, rounded, same, weight, words

SUMS = (ast.Add, ast.Sub, ast.Mult)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
EXTREMES = ("max", "min", "np.maximum", "np.minimum")


@dataclass(frozen=True, slots=True)
class Edit:
    """What was done to a program: the operator, and one line in words."""

    operator: str
    idea: str


Change = Callable[[Program, np.random.Generator], Edit | None]


def replace(program: Program, rng: np.random.Generator) -> Edit | None:
    """Put a random expression in place of one of about the same size or larger."""
    site = _any(program, rng, Role.VALUE, Role.DENOMINATOR)
    if site is None:
        return None
    grower = Grower(program, rng)
    if site.role is Role.DENOMINATOR:
        new: ast.expr | None = grower.denominator(site.scope) if site.wanted == FLOAT else None
    else:
        new = grower.expression(site.wanted, site.scope, pick(rng, (0, 0, 0, 1, 1, 2)))
    return _put(site, new, "mutate")


def point(program: Program, rng: np.random.Generator) -> Edit | None:
    """Change one operator, one comparison, or one name."""
    sites = [site for site in program.sites if site.role is Role.VALUE and _turned(site.node, rng) is not None]
    leaves = [
        site for site in program.sites if isinstance(site.node, ast.Name | ast.Subscript) and site.wanted == FLOAT
    ]
    if leaves and (not sites or rng.random() < 0.5):
        site = pick(rng, leaves)
        grower = Grower(program, rng)
        bare = site.role is Role.DENOMINATOR
        return _put(site, grower.denominator(site.scope) if bare else grower.leaf(site.scope), "mutate")
    if not sites:
        return None
    site = pick(rng, sites)
    return _put(site, _turned(site.node, rng), "mutate")


def constants(program: Program, rng: np.random.Generator) -> Edit | None:
    """Change one number, or several at once by less: by a factor, in sign, or to a rounder one."""
    sites = [site for site in program.sites if site.wanted.ndim == 0 and constant(site.node) is not None]
    if rng.random() < 0.8:  # what only guards a denominator seldom matters
        sites = [site for site in sites if site.role is Role.VALUE]
    if not sites:
        return None
    chosen = [pick(rng, sites)] if rng.random() < 0.6 else [site for site in sites if rng.random() < 0.5]
    spread = 0.7 if len(chosen) == 1 else 0.25
    told = []
    for site in chosen:
        old = constant(site.node) or 0.0
        new = _nudged(float(old), rng, spread, signed=site.role is not Role.VALUE)
        if new != old:
            site.put(number(new))
            told.append(f"{old:g} to {new:g}")
    return Edit("constants", f"change the constant {', '.join(told[:4])}") if told else None


def insert(program: Program, rng: np.random.Generator) -> Edit | None:
    """Wrap an expression: add, subtract, multiply or divide by a term, bound it, or make it depend on a condition."""
    site = _any(program, rng, Role.VALUE)
    if site is None:
        return None
    grower = Grower(program, rng)
    if site.wanted == BOOL:
        other = grower.condition(site.scope)
        connective = ast.And() if rng.random() < 0.5 else ast.Or()
        return _put(site, ast.BoolOp(connective, [site.node, other]), "insert", f"join {words(other)} to {{old}}")
    if site.wanted == FLOAT:
        term = grower.term(site.scope)
        return _put(site, wrapped(site, term, grower), "insert", f"bring {words(term)} into {{old}}")
    if site.wanted.base == "float":
        other_array = grower.expression(site.wanted, site.scope, 1)
        operator = pick(rng, SUMS)
        joined = other_array and binary(site.node, operator, grower.scaled(other_array))
        return _put(site, joined, "insert", "wrap {old} into {new}")
    return None


def wrapped(site: Site, term: ast.expr, grower: Grower) -> ast.expr:
    """Return the scalar expression of a site, combined with a term.

    Within an expression mostly by a sum, which can be small against it; the result as a whole, whose size is arbitrary,
    more often by a product.
    """
    node, rng = site.node, grower.rng
    sums, products = (0.4, 0.4) if site.root else (0.68, 0.14)
    chance = rng.random()
    if chance < sums:
        return binary(node, ast.Add if rng.random() < 0.5 else ast.Sub, grower.scaled(term))
    if chance < sums + products:
        if rng.random() < 0.5:
            return binary(node, ast.Mult, term)
        return binary(node, ast.Div, guard(term, rng))
    if chance < sums + products + 0.05:
        return call("max" if rng.random() < 0.5 else "min", node, term)
    if chance < sums + products + 0.1:
        return ast.IfExp(grower.condition(site.scope), node, term)
    weighted = binary(number(weight(rng)), ast.Mult, clone(node))
    return ast.IfExp(grower.condition(site.scope), node, weighted) if site.root else weighted


def shrink(program: Program, rng: np.random.Generator) -> Edit | None:
    """Put a part of an expression in place of the whole, or drop an `if`."""
    branches = [slot for slot in program.slots if isinstance(slot.body[slot.index], ast.If) and len(slot.body) > 1]
    if branches and rng.random() < 0.3:
        slot = pick(rng, branches)
        return Edit("mutate", f"drop {words(slot.body.pop(slot.index))}")
    parts = [
        (whole, part)
        for whole in program.sites
        if whole.role is Role.VALUE
        for part in ast.walk(whole.node)
        if isinstance(part, ast.expr) and part is not whole.node and constant(part) is None
        if fits(program.kinds(part), whole.wanted) and _is_operand(part, whole)
    ]
    if not parts:
        return None
    whole, part = pick(rng, parts)
    return _put(whole, part, "mutate", "cut {old} down to {new}")


def _is_operand(part: ast.expr, whole: Site) -> bool:
    """Return whether a part may replace the whole: whole arrays stay computed, so that no memory is shared."""
    return whole.wanted.ndim == 0 or not isinstance(part, ast.Name)


def _any(program: Program, rng: np.random.Generator, *roles: Role) -> Site | None:
    sites = [site for site in program.sites if site.role in roles]
    return pick(rng, sites) if sites else None


def _put(site: Site, new: ast.expr | None, operator: str, idea: str = "replace {old} by {new}") -> Edit | None:
    """Put an expression at a site, unless it is there already."""
    old = site.node
    if new is None or same(old, new):
        return None
    edit = Edit(operator, idea.format(old=words(old), new=words(new)))
    site.put(new)
    return edit


def _turned(node: ast.expr, rng: np.random.Generator) -> ast.expr | None:
    """Return an expression with another operator; None when it has none that can be changed."""
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as operator, right=right):
            return binary(left, pick(rng, [other for other in SUMS if not isinstance(operator, other)]), right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return binary(left, ast.Mult, right)
        case ast.Compare(left=left, ops=[operator], comparators=comparators) if isinstance(operator, COMPARISONS):
            others = [other for other in COMPARISONS if not isinstance(operator, other)]
            return ast.Compare(left, [pick(rng, others)()], comparators)
        case ast.BoolOp(op=ast.And(), values=values):
            return ast.BoolOp(ast.Or(), values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return ast.BoolOp(ast.And(), values)
        case ast.Call(args=arguments) if callee(node) in EXTREMES:
            return call(EXTREMES[EXTREMES.index(callee(node)) ^ 1], *arguments)
    return None


def _nudged(value: float, rng: np.random.Generator, spread: float, signed: bool) -> float:
    """Return another number near a number; of the same sign where that is required."""
    chance = rng.random()
    if value == 0.0:
        return weight(rng) if signed or chance < 0.5 else -weight(rng)
    if chance < 0.1 and not signed:
        return -value
    if chance < 0.2:
        return rounded(value, 1)
    return rounded(value * math.exp(spread * float(rng.standard_normal())))
