"""Which kind each expression of a function has, as far as that can be told without running it.

A small inference over the whole function: a name has one kind, the join of everything that is assigned to it.
"""

import ast
from collections.abc import Iterator

from evolve.proposers.gp.kinds import BOOL, FLOAT, INT, Kind, Scope, join, of_type
from evolve.proposers.gp.syntax import callee, dotted

ROUNDS = 4

TO_FLOAT = frozenset(
    [
        "math.sqrt",
        "math.exp",
        "math.expm1",
        "math.log",
        "math.log1p",
        "math.log2",
        "math.log10",
        "math.sin",
        "math.cos",
        "math.tan",
        "math.atan",
        "math.atan2",
        "math.tanh",
        "math.pow",
        "math.hypot",
        "math.fabs",
        "float",
        "np.sqrt",
        "np.exp",
        "np.expm1",
        "np.log",
        "np.log1p",
        "np.log2",
        "np.tanh",
        "np.sin",
        "np.cos",
    ]
)
TO_INT = frozenset(
    ["math.floor", "math.ceil", "math.trunc", "int", "len", "np.argmin", "np.argmax", "np.size", "np.count_nonzero"]
)
TO_BOOL = frozenset(
    ["bool", "math.isfinite", "math.isnan", "math.isinf", "np.any", "np.all", "any", "all", "np.isfinite", "np.isnan"]
)
JOINED = frozenset(
    [
        "max",
        "min",
        "abs",
        "np.abs",
        "np.maximum",
        "np.minimum",
        "np.copy",
        "np.cumsum",
        "np.sort",
        "np.ascontiguousarray",
    ]
)
REDUCED = frozenset(["sum", "np.sum", "np.max", "np.min", "np.prod"])
AVERAGED = frozenset(["np.mean", "np.std", "np.var", "np.median"])
FILLED = frozenset(["np.zeros", "np.ones", "np.full", "np.empty"])
LIKE = frozenset(["np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like"])
METHODS = {"sum": "np.sum", "max": "np.max", "min": "np.min", "prod": "np.prod", "mean": "np.mean", "std": "np.std"}
METHODS |= {
    "argsort": "np.argsort",
    "argmin": "np.argmin",
    "argmax": "np.argmax",
    "copy": "np.copy",
    "cumsum": "np.cumsum",
}


class Kinds:
    """The kinds of a function's names, and on demand of its expressions.

    Args:
        function: The function, as it is now.
        given: Kinds of the parameters and of the names it takes from outside.
    """

    def __init__(self, function: ast.FunctionDef, given: Scope) -> None:
        self.names: dict[str, Kind | None] = dict(given)
        self.counters: dict[str, None] = {}
        self._memo: dict[int, tuple[ast.expr, Kind | None]] = {}  # holds the nodes, so that no id is used twice
        assignments = list(_assignments(function.body))
        for number in range(ROUNDS):
            before = dict(self.names)
            for target, value in assignments:
                self._assign(target, value, last=number == ROUNDS - 1)
            self._memo.clear()
            if self.names == before:
                break

    def __call__(self, node: ast.expr) -> Kind | None:
        """Return the kind of an expression of the function; None when it cannot be told."""
        found = self._memo.get(id(node))
        if found is None:
            found = self._memo[id(node)] = (node, self._of(node))
        return found[1]

    def _assign(self, target: ast.expr, value: ast.expr | Kind | None, last: bool) -> None:
        if isinstance(target, ast.Tuple):
            parts: list[ast.expr | Kind | None] = [None] * len(target.elts)
            if isinstance(value, ast.Tuple) and len(value.elts) == len(parts):
                parts = list(value.elts)
            elif isinstance(value, ast.Attribute) and value.attr == "shape":
                parts = [INT] * len(parts)
            for inner, part in zip(target.elts, parts, strict=True):
                self._assign(inner, part, last)
        elif isinstance(target, ast.Name):
            kind = self(value) if isinstance(value, ast.expr) else value
            if value is INT:
                self.counters[target.id] = None
            if kind is not None or last:
                self.names[target.id] = join(self.names[target.id], kind) if target.id in self.names else kind

    def _of(self, node: ast.expr) -> Kind | None:
        match node:
            case ast.Constant(value=value):
                return {bool: BOOL, int: INT, float: FLOAT}.get(type(value))
            case ast.Name(id=identifier):
                return self.names.get(identifier)
            case ast.BinOp(left=left, op=operator, right=right):
                return arithmetic(self(left), operator, self(right))
            case ast.UnaryOp(op=ast.Not()):
                return BOOL
            case ast.UnaryOp(operand=operand):
                return join(self(operand), INT)
            case ast.BoolOp(values=values):
                return BOOL if all(self(value) == BOOL for value in values) else None
            case ast.Compare(left=left, comparators=[right]):
                kind = join(self(left), self(right))
                return kind and Kind("bool", kind.ndim)
            case ast.Compare():
                return BOOL
            case ast.IfExp(body=body, orelse=orelse):
                return join(self(body), self(orelse))
            case ast.Subscript(value=value, slice=index):
                return self._element(value, index)
            case ast.Attribute(value=value, attr=attribute):
                return self._attribute(node, value, attribute)
            case ast.Call():
                return self._call(node)
        return None

    def _element(self, value: ast.expr, index: ast.expr) -> Kind | None:
        if isinstance(value, ast.Attribute) and value.attr == "shape":
            return INT
        array = self(value)
        if array is None or array.ndim == 0:
            return None
        axes = index.elts if isinstance(index, ast.Tuple) else [index]
        left = array.ndim
        for axis in axes:
            if isinstance(axis, ast.Slice):
                continue
            if self(axis) != INT:
                return (
                    Kind(array.base, 1) if array.ndim == 1 and self(axis) in (Kind("int", 1), Kind("bool", 1)) else None
                )
            left -= 1
        return Kind(array.base, left) if left >= 0 else None

    def _attribute(self, node: ast.expr, value: ast.expr, attribute: str) -> Kind | None:
        if dotted(node) in ("math.pi", "math.e", "math.inf", "np.pi", "np.inf", "np.e"):
            return FLOAT
        if attribute in ("size", "ndim"):
            return INT
        return self(value) if attribute == "T" else None

    def _call(self, node: ast.Call) -> Kind | None:
        function, arguments = callee(node), list(node.args)
        if not function and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            function, arguments = METHODS[node.func.attr], [node.func.value, *arguments]
        if not arguments or any(keyword.arg != "dtype" for keyword in node.keywords):
            return None
        return self._result(function, arguments, node.keywords)

    def _result(self, function: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Kind | None:
        if function in FILLED | LIKE or function == "np.arange":
            return self._new(function, arguments, keywords)
        first = self(arguments[0])
        if function == "np.where" and len(arguments) == 3:
            return join(join(self(arguments[1]), self(arguments[2])), first)
        if function == "round":
            return FLOAT if len(arguments) == 2 else INT
        if function in TO_INT:
            return INT if len(arguments) == 1 else None
        if first is None:
            return BOOL if function in TO_BOOL else None
        if function in TO_FLOAT:
            return Kind("float", first.ndim)
        if function in TO_BOOL:
            return Kind("bool", first.ndim if function in ("np.isfinite", "np.isnan") else 0)
        if function in JOINED:
            kind: Kind | None = first
            for argument in arguments[1:]:
                kind = join(kind, self(argument))
            return kind
        if function == "np.argsort":
            return Kind("int", first.ndim)
        if len(arguments) == 1 and first.ndim:
            if function in REDUCED:
                return Kind(first.base)
            if function in AVERAGED:
                return FLOAT
        return None

    def _new(self, function: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Kind | None:
        position = 2 if "full" in function else 1
        base = "float"
        if function == "np.arange":
            kinds = [self(argument) for argument in arguments]
            return Kind("int", 1) if not keywords and all(kind == INT for kind in kinds) else None
        if keywords or len(arguments) > position:
            element = of_type(keywords[0].value if keywords else arguments[position])
            if element is None:
                return None
            base = element.base
        elif "full" in function:
            filling = self(arguments[1])
            base = filling.base if filling else base
        shape = arguments[0]
        if function in LIKE:
            like = self(shape)
            return like and Kind(base if keywords or "full" in function else like.base, like.ndim)
        return Kind(base, len(shape.elts) if isinstance(shape, ast.Tuple) else 1)


def arithmetic(left: Kind | None, operator: ast.operator, right: Kind | None) -> Kind | None:
    """Return the kind of an arithmetic expression."""
    kind = join(left, right)
    if kind is None:
        return None
    if isinstance(operator, ast.Div):
        return Kind("float", kind.ndim)
    if isinstance(operator, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod):
        return Kind("int", kind.ndim) if kind.base == "bool" else kind
    return kind if isinstance(operator, ast.Pow) and kind.base == "float" else None


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr | Kind | None]]:
    """Yield what is assigned where, in order; a kind or None in place of a value that is not written out."""
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield target, value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case ast.AugAssign(target=ast.Name() as target, op=operator, value=value):
                yield target, ast.BinOp(ast.Name(target.id, ast.Load()), operator, value)
            case ast.If(body=inner, orelse=orelse) | ast.While(body=inner, orelse=orelse):
                yield from _assignments([*inner, *orelse])
            case ast.For(target=target, iter=source, body=inner, orelse=orelse):
                yield target, INT if callee(source) == "range" else None
                yield from _assignments([*inner, *orelse])
