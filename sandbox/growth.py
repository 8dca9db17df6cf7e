"""Refuses what makes the compiler's work grow without bound: recursion, and tuples that double.

The type of a tuple lists the types of its items. `b = (a, a)`, `c = (b, b)` and so on, or `a + a`, doubles that type
with every line; sixteen lines take numba many seconds and more than a gigabyte.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from math import prod
from typing import TypeAlias

from sandbox import trees
from sandbox.rejected import rejected

MOST_ITEMS = 256
MOST_NESTING = 6
MOST_PASSES = 5

Nest: TypeAlias = tuple[int, ...]
"""How tuples and lists nest in a value: the length of a tuple, or 0 for a list, from outside in; empty for a number.

Where several values meet, it is the largest of each; so it bounds the type from above.
"""

_NUMBER: Nest = ()
_LIST = 0
_RESULT = "return"  # a keyword, so no variable has this name
_TUPLES: Mapping[str, Nest] = {"shape": (3,), "nonzero": (3,), "where": (3,), "divmod": (2,)}
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


def _join(nests: Iterable[Nest]) -> Nest:
    joined = _NUMBER
    for nest in nests:
        joined = tuple(max(pair) for pair in zip_longest(joined, nest, fillvalue=0))
    return joined


class _Analysis:
    """Raises what is known of the variables, pass by pass, until nothing rises."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self._functions = functions
        self._variables: dict[tuple[str, str], Nest] = {}  # by function, "" for the module, and name
        self._known: dict[int, Nest] = {}  # of this pass, by identity of the node

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
                    self._assign(function, target, self._nest(function, value))
            case ast.AugAssign(ast.Name() as target, operator, value):
                operation = ast.copy_location(ast.BinOp(target, operator, value), node)
                self._assign(function, target, self._nest_of(function, operation))
            case ast.For(target, values) | ast.comprehension(target, values):
                self._assign(function, target, self._nest(function, values)[1:])
            case ast.Return(ast.expr() as value) | ast.Lambda(_, value):
                self._raise(function, _RESULT, self._nest(function, value))
            case ast.Call(ast.Name(name), arguments, keywords) if name in self._functions:
                parameters = [item.arg for item in self._functions[name].args.args]
                for parameter, argument in zip(parameters, arguments, strict=False):
                    self._raise(name, parameter, self._nest(function, argument))
                for keyword in keywords:
                    self._raise(name, keyword.arg or "", self._nest(function, keyword.value))
            case ast.Call(ast.Attribute(ast.Name(name), "append" | "insert" | "extend"), [*_, value]):
                item = self._nest(function, value)
                self._raise(function, name, item if node.func.attr == "extend" else (_LIST, *item))  # type: ignore[attr-defined]
            case ast.expr():
                self._nest(function, node)

    def _raise(self, function: str, name: str, nest: Nest) -> None:
        key = function, name
        self._variables[key] = _join((self._variables.get(key, _NUMBER), nest))

    def _assign(self, function: str, target: ast.AST, nest: Nest) -> None:
        match target:
            case ast.Name(name):
                self._raise(function, name, nest)
            case ast.Tuple(elements) | ast.List(elements):
                for element in elements:
                    self._assign(function, element, nest[1:])
            case ast.Subscript(ast.Name(name)):
                self._raise(function, name, (_LIST, *nest) if nest else _NUMBER)

    def _nest(self, function: str, node: ast.expr) -> Nest:
        if id(node) not in self._known:
            self._known[id(node)] = self._bounded(node, self._nest_of(function, node))
        return self._known[id(node)]

    def _bounded(self, node: ast.expr, nest: Nest) -> Nest:
        if len(nest) > MOST_NESTING or prod(max(1, length) for length in nest) > MOST_ITEMS:
            raise rejected(node, "tuples are nested or joined too often", "use lists or arrays")
        return nest

    def _all(self, function: str, nodes: Iterable[ast.expr]) -> Nest:
        return _join(self._nest(function, node) for node in nodes)

    def _nest_of(self, function: str, node: ast.expr) -> Nest:
        match node:
            case ast.Tuple(elements):
                return (len(elements), *self._all(function, elements))
            case ast.List(elements):
                return (_LIST, *self._all(function, elements))
            case ast.ListComp(element):
                return (_LIST, *self._nest(function, element))
            case ast.Name(name):
                return _join((self._variables.get((function, name), _NUMBER), self._variables.get(("", name), _NUMBER)))
            case ast.BinOp(left, operator, right):
                return self._operation(node, operator, self._nest(function, left), self._nest(function, right))
            case ast.IfExp(_, body, orelse):
                return self._all(function, (body, orelse))
            case ast.BoolOp(_, values):
                return self._all(function, values)
            case ast.Subscript(value, index):
                nest = self._nest(function, value)
                return nest if isinstance(index, ast.Slice) else nest[1:]
            case ast.Attribute(_, "shape"):
                return _TUPLES["shape"]
            case ast.Call():
                return self._call(function, node)
        return _NUMBER

    def _operation(self, node: ast.expr, operator: ast.operator, left: Nest, right: Nest) -> Nest:
        lengths = [nest[0] for nest in (left, right) if nest]
        if isinstance(operator, ast.Mult) and any(lengths):
            raise rejected(node, "a tuple is repeated", "use a list or an array")
        if not isinstance(operator, ast.Add | ast.Mult) or not lengths:
            return _NUMBER
        return (0 if 0 in lengths else sum(lengths), *_join((left[1:], right[1:])))

    def _call(self, function: str, node: ast.Call) -> Nest:
        match node:
            case ast.Call(ast.Name("zip" | "enumerate" as name), arguments):
                items = _join(self._nest(function, argument)[1:] for argument in arguments)
                return (_LIST, 2 if name == "enumerate" else len(arguments), *items)
            case ast.Call(ast.Name("list" | "sorted"), [value, *_]):
                return (_LIST, *self._nest(function, value)[1:])
            case ast.Call(ast.Name("tuple"), [value, *_]):
                return self._nest(function, value)
            case ast.Call(ast.Name("max" | "min"), [value]) | ast.Call(ast.Attribute(value, "pop")):
                return self._nest(function, value)[1:]
            case ast.Call(ast.Attribute(value, "copy")):
                return self._nest(function, value)
            case ast.Call(ast.Name("max" | "min"), values):
                return self._all(function, values)
            case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in _TUPLES:
                return _TUPLES[name] if name != "where" or len(node.args) == 1 else _NUMBER
            case ast.Call(ast.Name(name)) if name in self._functions:
                return self._variables.get((name, _RESULT), _NUMBER)
            case ast.Call(ast.Name(name)) if (function, name) in self._variables:
                # A named lambda has no result of its own here; it shares that of the function around it.
                return self._variables.get((function, _RESULT), _NUMBER)
        return _NUMBER
