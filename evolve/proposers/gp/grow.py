"""Random expressions of a wanted kind, from the names that can be read at a place.

The forms are bounded: what is divided by cannot be zero, and nothing grows faster than a product. Grown by depth as in
Koza (1992), Genetic Programming, section 6.2; typed as in Montana (1995), Strongly Typed Genetic Programming.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.proposers.gp.kinds import BOOL, FLOAT, INT, Kind, Scope, fits
from evolve.proposers.gp.program import Program
from evolve.proposers.gp.sites import Role
from evolve.proposers.gp.syntax import binary, call, clone, name, names, number, pick, weight

ONE = 1.0
FAMILIAR = 0.4
"""How often a parameter is drawn from those that the published heuristics read, rather than from all alike."""


@dataclass(frozen=True, slots=True)
class Element:
    """An index that the program uses, such as `i` or `i, j`, and the number of dimensions it takes away."""

    index: ast.expr
    axes: int


class Grower:
    """Writes random expressions for one program.

    Args:
        program: Whose names, denominators and indices may be used.
        rng: All randomness.
    """

    def __init__(self, program: Program, rng: np.random.Generator) -> None:
        self.rng = rng
        self.program = program
        divisors = [site.node for site in program.sites if site.role is Role.DENOMINATOR]
        self.divisors = [node.id for node in divisors if isinstance(node, ast.Name)]
        self.elements = _elements(program)
        parameters = program.parameters
        self.familiar = [parameters[position] for position in program.form.familiar]

    def expression(self, wanted: Kind, scope: Scope, depth: int) -> ast.expr | None:
        """Return a random expression of a kind, or None when nothing of the kind can be made from the names."""
        if wanted == BOOL:
            return self.condition(scope, depth)
        if wanted == FLOAT:
            return self._float(scope, depth)
        if wanted.base == "float":
            return self._array(wanted, scope, max(depth, 1))
        if wanted == INT:
            return self._position(scope)
        if wanted == Kind("int", 1):
            keys = self._array(Kind("float", 1), scope, max(depth, 1))
            return keys and call("np.argsort", keys)
        return None

    def leaf(self, scope: Scope) -> ast.expr:
        """Return a scalar of the scope, an element of an array, or, where there is neither, a constant."""
        scalars = [identifier for identifier, kind in scope.items() if kind == FLOAT]
        scalars += [identifier for identifier in scope if self._counts(identifier, scope)]
        arrays = self._reachable(scope)
        if arrays and (not scalars or self.rng.random() < 0.5):
            identifier, element = pick(self.rng, arrays)
            return ast.Subscript(name(identifier), clone(element.index), ast.Load())
        if not scalars:
            return number(weight(self.rng))
        familiar = [identifier for identifier in self.familiar if identifier in scalars]
        return name(pick(self.rng, familiar if familiar and self.rng.random() < FAMILIAR else scalars))

    def term(self, scope: Scope) -> ast.expr:
        """Return a small building block: a leaf, a ratio, a product or a difference of leaves."""
        chance = self.rng.random()
        first = self.leaf(scope)
        if chance < 0.5:
            return first
        if chance < 0.8:
            return binary(first, ast.Div, self.denominator(scope))
        if chance < 0.86:
            return binary(first, ast.Mult, self.leaf(scope))
        return binary(first, ast.Sub, self.scaled(self.leaf(scope)))

    def scaled(self, node: ast.expr) -> ast.expr:
        """Return an expression, most of the time times a random weight."""
        return node if self.rng.random() < 0.35 else binary(number(weight(self.rng)), ast.Mult, node)

    def denominator(self, scope: Scope) -> ast.expr:
        """Return what can be divided by: a name that the program divides by, or a guarded leaf."""
        known = [identifier for identifier in self.divisors if identifier in scope]
        if known and self.rng.random() < 0.3:
            return name(pick(self.rng, known))
        return guard(self.leaf(scope), self.rng)

    def condition(self, scope: Scope, depth: int = 1) -> ast.expr:
        """Return a random condition."""
        if depth > 1 and self.rng.random() < 0.2:
            connective = ast.And() if self.rng.random() < 0.5 else ast.Or()
            return ast.BoolOp(connective, [self.condition(scope), self.condition(scope)])
        flags = [identifier for identifier, kind in scope.items() if kind == BOOL]
        if flags and self.rng.random() < 0.2:
            return name(pick(self.rng, flags))
        comparison = ast.Lt() if self.rng.random() < 0.5 else ast.Gt()
        return ast.Compare(self.leaf(scope), [comparison], [self.scaled(self.leaf(scope))])

    def _float(self, scope: Scope, depth: int) -> ast.expr:
        if depth <= 0:
            return self.leaf(scope) if self.rng.random() < 0.85 else number(weight(self.rng))
        chance = self.rng.random()
        if chance < 0.1:
            return self._reduced(scope) or self.leaf(scope)
        first, second = self._float(scope, depth - 1), self._float(scope, depth - 1)
        if chance < 0.3:
            return binary(first, ast.Add, self.scaled(second))
        if chance < 0.5:
            return binary(first, ast.Sub, self.scaled(second))
        if chance < 0.65:
            return binary(first, ast.Mult, second)
        if chance < 0.82:
            return binary(first, ast.Div, guard(second, self.rng))
        if chance < 0.92:
            return call("max" if self.rng.random() < 0.5 else "min", first, second)
        if chance < 0.96:
            return ast.IfExp(self.condition(scope), first, second)
        return call("math.sqrt", call("abs", first))

    def _reduced(self, scope: Scope) -> ast.expr | None:
        """Return the mean, sum or extreme of an array of the scope."""
        arrays = [
            identifier
            for identifier, kind in scope.items()
            if kind is not None and kind.ndim == 1 and kind.base != "bool"
        ]
        if not arrays:
            return None
        return call(pick(self.rng, ("np.mean", "np.max", "np.min", "np.sum")), name(pick(self.rng, arrays)))

    def _array(self, wanted: Kind, scope: Scope, depth: int) -> ast.expr | None:
        """Return an element-wise expression; never a bare name, whose memory might be another's."""
        arrays = [identifier for identifier, kind in scope.items() if fits(kind, wanted)]
        if not arrays:
            return None
        first: ast.expr = name(pick(self.rng, arrays))
        second: ast.expr = name(pick(self.rng, arrays)) if self.rng.random() < 0.7 else self._factor(scope)
        if depth > 1:
            first = self._array(wanted, scope, depth - 1) or first
        chance = self.rng.random()
        if chance < 0.3:
            return binary(first, ast.Add, self.scaled(second))
        if chance < 0.5:
            return binary(first, ast.Sub, self.scaled(second))
        if chance < 0.65:
            return binary(first, ast.Mult, second)
        if chance < 0.8:
            return binary(first, ast.Div, guard(second, self.rng, "np."))
        return call("np.maximum" if self.rng.random() < 0.5 else "np.minimum", first, second)

    def _factor(self, scope: Scope) -> ast.expr:
        scalars = [identifier for identifier, kind in scope.items() if kind == FLOAT]
        return name(pick(self.rng, scalars)) if scalars and self.rng.random() < 0.5 else number(weight(self.rng))

    def _position(self, scope: Scope) -> ast.expr | None:
        keys = self._array(Kind("float", 1), scope, 1)
        return keys and call("np.argmin" if self.rng.random() < 0.5 else "np.argmax", keys)

    def _counts(self, identifier: str, scope: Scope) -> bool:
        """Return whether a name is an integer that means an amount: not the counter of a loop, nor a local index."""
        return scope[identifier] == INT and identifier in self.program.parameters

    def _reachable(self, scope: Scope) -> list[tuple[str, Element]]:
        """Return the arrays of the scope with each index that makes a scalar of them."""
        return [
            (identifier, element)
            for identifier, kind in scope.items()
            if kind is not None and kind.ndim and kind.base != "bool"
            for element in self.elements
            if element.axes == kind.ndim and all(used.id in scope for used in names(element.index))
        ]


def guard(node: ast.expr, rng: np.random.Generator, module: str = "") -> ast.expr:
    """Return an expression that is never zero: `max(e, 1.0)` or `abs(e) + 1.0`; `np.maximum` for arrays."""
    if rng.random() < 0.6:
        return call("np.maximum" if module else "max", node, number(ONE))
    return binary(call(f"{module}abs", node), ast.Add, number(ONE))


def _elements(program: Program) -> Sequence[Element]:
    """Return the indices that the program reads single elements with, each once."""
    found: dict[str, Element] = {}
    if not any(kind and kind.ndim for kind in program.kinds.names.values()):
        return []
    for node in ast.walk(program.entry):
        if not isinstance(node, ast.Subscript) or isinstance(node.value, ast.Attribute):
            continue
        array = program.kinds(node.value)
        axes = len(node.slice.elts) if isinstance(node.slice, ast.Tuple) else 1
        result = program.kinds(node) if isinstance(node.ctx, ast.Load) else None
        if array is not None and result is not None and result.ndim == 0 and array.ndim == axes:
            found.setdefault(ast.dump(node.slice), Element(node.slice, axes))
    return list(found.values())
