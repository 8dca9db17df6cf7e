"""Where a function can be varied: the places that hold an expression, and the places between statements.

Each place knows which names are surely assigned before it is reached, so that nothing undefined is ever put there.
"""

import ast
from dataclasses import dataclass
from enum import Enum, auto

from evolve.proposers.gp.infer import Kinds
from evolve.proposers.gp.kinds import BOOL, FLOAT, INT, Kind, Scope, fits
from evolve.proposers.gp.syntax import MODULES, callee, constant

PASSING = frozenset(
    ["max", "min", "abs", "np.abs", "np.maximum", "np.minimum", "np.cumsum", "np.tanh", "math.tanh", "math.atan"]
)
REDUCING = frozenset(
    ["np.argsort", "np.argmin", "np.argmax", "np.sum", "np.max", "np.min", "np.mean", "np.std", "np.median"]
)
PARTIAL = frozenset(
    [
        "math.sqrt",
        "math.log",
        "math.log1p",
        "math.log2",
        "math.log10",
        "math.exp",
        "math.expm1",
        "np.sqrt",
        "np.log",
        "np.log1p",
        "np.exp",
        "np.expm1",
    ]
)
"""Functions that are not defined, or not finite, for every argument."""
LARGER = frozenset(("max", "np.maximum"))
MAGNITUDE = frozenset(("abs", "np.abs"))


class Role(Enum):
    """What may be put at a site."""

    VALUE = auto()  # any expression of the wanted kind
    DENOMINATOR = auto()  # only what cannot be zero
    SCALE = auto()  # it is a positive number: only another one


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A place that holds an expression.

    Attributes:
        owner: The node whose field holds it.
        field: The field's name.
        index: The position in the field where that is a list; -1 otherwise.
        kind: The kind of what it holds.
        wanted: The kind that may be put there; an integer in a sum of floats may become a float.
        role: What may be put there.
        scope: The names that can be read there.
    """

    owner: ast.AST
    field: str
    index: int
    kind: Kind
    wanted: Kind
    role: Role
    scope: Scope

    @property
    def node(self) -> ast.expr:
        """The expression."""
        return held(self.owner, self.field, self.index)

    @property
    def root(self) -> bool:
        """Whether it is the whole value of a statement."""
        return isinstance(self.owner, ast.stmt)

    def put(self, node: ast.expr) -> None:
        """Put another expression there."""
        if self.index < 0:
            setattr(self.owner, self.field, node)
        else:
            getattr(self.owner, self.field)[self.index] = node


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A place in a list of statements, before the one at an index."""

    body: list[ast.stmt]
    index: int
    scope: Scope


def held(owner: ast.AST, field: str, index: int) -> ast.expr:
    """Return the expression in a field of a node, or at an index of it."""
    value = getattr(owner, field)
    node: ast.expr = value if index < 0 else value[index]
    return node


class Sites:
    """Finds the sites and slots of a function, and the names it reads without having assigned them.

    Args:
        kinds: The kinds of the function's expressions.
        result: The kind of what it returns.
        given: The names it can read from the start.
    """

    def __init__(self, kinds: Kinds, result: Kind | None) -> None:
        self.kinds = kinds
        self.result = result
        self.sites: list[Site] = []
        self.slots: list[Slot] = []
        self.undefined: list[str] = []
        self._scope: Scope = {}

    def block(self, body: list[ast.stmt], scope: Scope) -> Scope | None:
        """Visit statements in order; return what is assigned after them, or None when that is never reached."""
        after: Scope | None = scope
        for index, statement in enumerate(body):
            if after is None:
                break
            self.slots.append(Slot(body, index, after))
            self._scope = after
            after = self._visit(statement, after)
        return after

    def _visit(self, node: ast.stmt, scope: Scope) -> Scope | None:
        match node:
            case ast.Return(value=value):
                if value is not None:
                    self._value(node, value, self.result)
                return None
            case ast.Continue() | ast.Break():
                return None
            case ast.Assign(targets=targets, value=value):
                self._value(node, value, self._assigned(targets, value))
                return self._bind(targets, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._value(node, value, self._assigned([target], value))
                return self._bind([target], scope)
            case ast.AugAssign(target=target, value=value):
                self._read(target)
                if isinstance(target, ast.Name) and target.id not in scope:
                    self.undefined.append(target.id)
                self._value(node, value, self._assigned([target], value))
            case ast.If(test=test, body=body, orelse=orelse):
                self._read(test)
                self._site(node, "test", -1, BOOL)
                return _meet(self.block(body, scope), self.block(orelse, scope))
            case ast.For(target=target, iter=source, body=body):
                self._read(source)
                self.block(body, self._bind([target], scope))
            case ast.While(test=test, body=body):
                self._read(test)
                self.block(body, scope)
            case ast.Expr(value=value):
                self._read(value)
        return scope

    def _value(self, node: ast.stmt, value: ast.expr, wanted: Kind | None) -> None:
        self._read(value)
        self._site(node, "value", -1, wanted)

    def _assigned(self, targets: list[ast.expr], value: ast.expr) -> Kind | None:
        """Return the kind that may be assigned: an integer may be an index, and is left as it is."""
        kind = self.kinds(targets[0])
        return kind if len(targets) == 1 and kind not in (None, INT) and fits(self.kinds(value), kind) else None

    def _bind(self, targets: list[ast.expr], scope: Scope) -> Scope:
        after = dict(scope)
        for target in targets:
            self._read(target)
            for node in ast.walk(target):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    after[node.id] = self.kinds.names.get(node.id)
        return after

    def _read(self, node: ast.expr) -> None:
        """Note the names that an expression reads and that are not assigned there."""
        local: dict[str, None] = {}
        read: list[str] = []
        for inner in ast.walk(node):
            if isinstance(inner, ast.arg):
                local[inner.arg] = None
            elif isinstance(inner, ast.Name):
                if isinstance(inner.ctx, ast.Store):
                    local[inner.id] = None
                elif inner.id not in self._scope and inner.id not in MODULES:
                    read.append(inner.id)
        self.undefined += [identifier for identifier in read if identifier not in local]

    def _site(self, owner: ast.AST, field: str, index: int, wanted: Kind | None, role: Role = Role.VALUE) -> None:
        """Record the site of an expression and those within it; `wanted` is None where it must stay."""
        node = held(owner, field, index)
        kind = self.kinds(node)
        if kind is None or wanted is None or not fits(kind, wanted):
            wanted = None
        elif role is not Role.SCALE or (constant(node) or 0.0) > 0.0:
            self.sites.append(Site(owner, field, index, kind, wanted, role, self._scope))
        if constant(node) is None:
            if role is Role.VALUE:
                self._free(node, wanted)
            else:
                self._bound(node, role)

    def _free(self, node: ast.expr, wanted: Kind | None) -> None:
        """Visit what is within an expression that may take any value."""
        match node:
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
                self._site(node, "left", -1, self._operand(left, wanted))
                self._site(node, "right", -1, self._operand(right, wanted))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                self._site(node, "left", -1, self._operand(left, wanted))
                self._site(node, "right", -1, self._operand(right, wanted), Role.DENOMINATOR)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                self._site(node, "operand", -1, self._operand(operand, wanted))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._site(node, "operand", -1, self._operand(operand, BOOL))
            case ast.BoolOp(values=values):
                for index, value in enumerate(values):
                    self._site(node, "values", index, self._operand(value, BOOL))
            case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], comparators=[right]):
                self._site(node, "left", -1, self._operand(left, FLOAT))
                self._site(node, "comparators", 0, self._operand(right, FLOAT))
            case ast.IfExp(body=body, orelse=orelse):
                self._site(node, "test", -1, BOOL)
                self._site(node, "body", -1, self._operand(body, wanted))
                self._site(node, "orelse", -1, self._operand(orelse, wanted))
            case ast.Call(args=arguments):
                self._call(node, arguments, wanted)

    def _call(self, node: ast.Call, arguments: list[ast.expr], wanted: Kind | None) -> None:
        function = callee(node)
        for index, argument in enumerate(arguments):
            if function in PASSING:
                self._site(node, "args", index, self._operand(argument, wanted))
            elif function in REDUCING:
                self._site(node, "args", index, self._operand(argument, FLOAT))
            elif function in PARTIAL:
                self._site(node, "args", index, self._operand(argument, FLOAT), Role.SCALE)

    def _bound(self, node: ast.expr, role: Role) -> None:
        """Visit what is within an expression whose sign matters: constants, and what a guard makes harmless."""
        inner = guarded(node)
        if inner is not None and role is Role.DENOMINATOR and not is_safe(node):
            inner = None
        if inner is not None:
            self._site(*inner, self._operand(held(*inner), FLOAT))
        match node:
            case ast.BinOp():
                self._site(node, "left", -1, self._operand(node.left, FLOAT), Role.SCALE)
                self._site(node, "right", -1, self._operand(node.right, FLOAT), Role.SCALE)
            case ast.UnaryOp():
                self._site(node, "operand", -1, self._operand(node.operand, FLOAT), Role.SCALE)
            case ast.Call(args=arguments) if callee(node) in PASSING:
                for index, argument in enumerate(arguments):
                    if inner is None or inner[2] != index:
                        self._site(node, "args", index, self._operand(argument, FLOAT), Role.SCALE)

    def _operand(self, node: ast.expr, wanted: Kind | None) -> Kind | None:
        """Return the kind wanted of an operand, given the base that is wanted of the whole."""
        kind = self.kinds(node)
        if kind is None or (wanted is None and kind.base == "int"):
            return None
        return kind if wanted is None or kind.base == "bool" else Kind(wanted.base, kind.ndim)


def guarded(node: ast.expr) -> tuple[ast.AST, str, int] | None:
    """Return where `max(e, c)` with a number c > 0, or `abs(e)`, holds e; None for anything else."""
    function = callee(node)
    if isinstance(node, ast.Call) and function in MAGNITUDE and len(node.args) == 1:
        return node, "args", 0
    if isinstance(node, ast.Call) and function in LARGER and len(node.args) == 2:
        for index in (0, 1):
            if (constant(node.args[1 - index]) or 0.0) > 0.0:
                return node, "args", index
    return None


def is_safe(node: ast.expr) -> bool:
    """Return whether a denominator is surely not zero: `max(e, c)`, or `max(e, c) + c` or `abs(e) + c`, with c > 0."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return guarded(node.left) is not None and (constant(node.right) or 0.0) > 0.0
    return callee(node) in LARGER and guarded(node) is not None


def _meet(first: Scope | None, second: Scope | None) -> Scope | None:
    """Return what is assigned on both of two ways; a way that does not get here does not count."""
    if first is None or second is None:
        return second if first is None else first
    return {identifier: kind for identifier, kind in first.items() if identifier in second}
