"""Refuses what makes the compiler's work grow without bound: recursion, and tuples that double.

The type of a tuple lists the types of its items. `b = (a, a)`, `c = (b, b)` and so on, or `a + a`, doubles that type
with every line; sixteen lines take numba many seconds and more than a gigabyte.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from sandbox import trees
from sandbox.rejected import rejected

MOST_ITEMS = 256
MOST_PASSES = 5


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, an array or a loop's range over items of one kind."""

    item: "Kind"


Kind: TypeAlias = "tuple[Kind, ...] | ListOf | None"
"""What a value is, as far as tuples go: a tuple of kinds, a list, or None for a number and whatever else."""

_RESULT = "return"  # a keyword, so no variable has this name
_TUPLES: Mapping[str, int] = {"shape": 3, "nonzero": 3, "where": 3, "divmod": 2}
_RELEVANT = (
    ast.Assign, ast.AugAssign, ast.For, ast.comprehension, ast.Return, ast.Lambda, ast.Call, ast.BinOp, ast.Tuple,
    ast.Attribute,
)  # fmt: skip


def check(tree: ast.Module) -> None:
    """Check a tree that has passed the check of the subset.

    Raises:
        Rejected: A function calls itself, perhaps through others, or the types of tuples grow too large.
    """
    functions = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
    below = [(item.name if isinstance(item, ast.FunctionDef) else "", trees.nodes(item)) for item in tree.body]
    _check_recursion(functions, dict(below))
    relevant = [(function, node) for function, nodes in below for node in nodes if isinstance(node, _RELEVANT)]
    if not any(_makes_tuples(node) for _, node in relevant):
        return
    analysis = _Analysis(functions)
    for _ in range(MOST_PASSES):
        if not analysis.rises(relevant):
            return
    raise rejected(tree, "tuples are passed through too many variables, or grow", "use lists or arrays")


def _makes_tuples(node: ast.AST) -> bool:
    match node:
        case ast.Tuple():
            return True
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)) | ast.Attribute(_, name):
            return name in _TUPLES or name in ("zip", "enumerate")
    return False


def _check_recursion(functions: Mapping[str, ast.FunctionDef], below: Mapping[str, Sequence[ast.AST]]) -> None:
    used = {name: {node.id for node in below[name] if isinstance(node, ast.Name)} for name in functions}
    waiting = {name: names & functions.keys() for name, names in used.items()}
    while ready := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in ready:
            del waiting[name]
    for name in waiting:
        raise rejected(functions[name], f"{name[:60]} is recursive", "use a loop")


def _size(kind: Kind) -> int:
    if isinstance(kind, tuple):
        return 1 + sum(map(_size, kind))
    return _size(kind.item) if isinstance(kind, ListOf) else 1


def _either(one: Kind, other: Kind) -> Kind:
    """Return a kind that is at least as large as both."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(_either(*pair) for pair in zip_longest(one, other))
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        return ListOf(_either(one.item, other.item))
    return max(one, other, key=_size)


def _join(kinds: Iterable[Kind]) -> Kind:
    joined: Kind = None
    for kind in kinds:
        joined = _either(joined, kind)
    return joined


def _item(kind: Kind) -> Kind:
    return _join(kind) if isinstance(kind, tuple) else kind.item if isinstance(kind, ListOf) else None


class _Analysis:
    """Raises what is known of the variables, pass by pass, until nothing rises."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self._functions = functions
        self._variables: dict[tuple[str, str], Kind] = {}  # by function, "" for the module, and name
        self._known: dict[int, Kind] = {}  # of this pass, by identity of the node

    def rises(self, relevant: Sequence[tuple[str, ast.AST]]) -> bool:
        """Do one pass over nodes, each with the name of its function; return whether anything rose."""
        before = dict(self._variables)
        self._known.clear()
        for function, node in relevant:
            self._visit(function, node)
        return self._variables != before

    def _visit(self, function: str, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets, value):
                for target in targets:
                    self._assign(function, target, self._kind(function, value))
            case ast.AugAssign(ast.Name() as target, operator, value):
                kinds = self._kind_of(function, target), self._kind(function, value)
                self._assign(function, target, self._bounded(value, _operation(operator, *kinds, value)))
            case ast.For(target, values) | ast.comprehension(target, values):
                self._assign(function, target, _item(self._kind(function, values)))
            case ast.Return(ast.expr() as value) | ast.Lambda(_, value):
                self._raise(function, _RESULT, self._kind(function, value))
            case ast.Call(ast.Name(name), arguments, keywords) if name in self._functions:
                parameters = [item.arg for item in self._functions[name].args.args]
                for parameter, argument in zip(parameters, arguments, strict=False):
                    self._raise(name, parameter, self._kind(function, argument))
                for keyword in keywords:
                    self._raise(name, keyword.arg or "", self._kind(function, keyword.value))
            case ast.Call(ast.Attribute(ast.Name(name), "append" | "insert"), [*_, value]):
                self._raise(function, name, ListOf(self._kind(function, value)))
            case ast.Call(ast.Attribute(ast.Name(name), "extend"), [value]):
                self._raise(function, name, self._kind(function, value))
            case ast.expr():
                self._kind(function, node)

    def _raise(self, function: str, name: str, kind: Kind) -> None:
        key = function, name
        self._variables[key] = _either(self._variables.get(key), kind)

    def _assign(self, function: str, target: ast.AST, kind: Kind) -> None:
        match target:
            case ast.Name(name):
                self._raise(function, name, kind)
            case ast.Tuple(elements) | ast.List(elements):
                exact = isinstance(kind, tuple) and len(kind) == len(elements)
                parts = kind if exact and isinstance(kind, tuple) else (_item(kind),) * len(elements)
                for element, part in zip(elements, parts, strict=True):
                    self._assign(function, element, part)
            case ast.Subscript(ast.Name(name)) if kind is not None:
                self._raise(function, name, ListOf(kind))

    def _kind(self, function: str, node: ast.expr) -> Kind:
        if id(node) not in self._known:
            self._known[id(node)] = self._bounded(node, self._kind_of(function, node))
        return self._known[id(node)]

    def _bounded(self, node: ast.expr, kind: Kind) -> Kind:
        if _size(kind) > MOST_ITEMS:
            raise rejected(node, "tuples are nested or joined too often", "use lists or arrays")
        return kind

    def _all(self, function: str, nodes: Iterable[ast.expr]) -> Iterable[Kind]:
        return [self._kind(function, node) for node in nodes]

    def _kind_of(self, function: str, node: ast.expr) -> Kind:
        match node:
            case ast.Tuple(elements):
                return tuple(self._all(function, elements))
            case ast.List(elements):
                return ListOf(_join(self._all(function, elements)))
            case ast.ListComp(element):
                return ListOf(self._kind(function, element))
            case ast.Name(name):
                return _either(self._variables.get((function, name)), self._variables.get(("", name)))
            case ast.BinOp(left, operator, right):
                return _operation(operator, self._kind(function, left), self._kind(function, right), right)
            case ast.IfExp(_, body, orelse):
                return _join(self._all(function, (body, orelse)))
            case ast.BoolOp(_, values):
                return _join(self._all(function, values))
            case ast.Subscript(value, index):
                return _at(self._kind(function, value), index)
            case ast.Attribute(_, "shape"):
                return (None,) * _TUPLES["shape"]
            case ast.Call():
                return self._call(function, node)
        return None

    def _call(self, function: str, node: ast.Call) -> Kind:
        match node:
            case ast.Call(ast.Name("zip"), arguments):
                return ListOf(tuple(map(_item, self._all(function, arguments))))
            case ast.Call(ast.Name("enumerate"), [value, *_]):
                return ListOf((None, _item(self._kind(function, value))))
            case ast.Call(ast.Name("list" | "sorted"), [value, *_]):
                return ListOf(_item(self._kind(function, value)))
            case ast.Call(ast.Name("tuple"), [value, *_]) | ast.Call(ast.Attribute(value, "copy")):
                return self._kind(function, value)
            case ast.Call(ast.Name("max" | "min"), [value]) | ast.Call(ast.Attribute(value, "pop")):
                return _item(self._kind(function, value))
            case ast.Call(ast.Name("max" | "min"), values):
                return _join(self._all(function, values))
            case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in _TUPLES:
                return (None,) * _TUPLES[name] if name != "where" or len(node.args) == 1 else None
            case ast.Call(ast.Name(name)) if name in self._functions:
                return self._variables.get((name, _RESULT))
            case ast.Call(ast.Name(name)) if (function, name) in self._variables:
                # A named lambda has no result of its own here; it shares that of the function around it.
                return self._variables.get((function, _RESULT))
        return None


def _operation(operator: ast.operator, left: Kind, right: Kind, factor: ast.expr) -> Kind:
    match operator, left, right, factor:
        case ast.Add(), tuple(), tuple(), _:
            return left + right
        case ast.Add(), _, _, _:
            return _either(left, right)
        case ast.Mult(), tuple(), _, _:
            raise rejected(factor, "a tuple is repeated", "use a list or an array")
        case ast.Mult(), _, tuple(), _:
            raise rejected(factor, "a tuple is repeated", "use a list or an array")
        case ast.Mult(), ListOf(), _, _:
            return left
        case ast.Mult(), _, ListOf(), _:
            return right
    return None


def _at(kind: Kind, index: ast.expr) -> Kind:
    match index:
        case ast.Slice():
            return kind
        case ast.Constant(int(number)) if isinstance(kind, tuple) and number < len(kind):
            return kind[number]
    return _item(kind)
