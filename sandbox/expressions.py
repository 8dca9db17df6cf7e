"""The language of heuristics, below the level of the module: statements and expressions of a function."""

import ast
import math
from dataclasses import dataclass, field

from sandbox import allowed
from sandbox.rejected import Rejected, rejected

MOST_LOOPS = 4
MOST_ELEMENTS = 64
MOST_INTEGER = 1 << 53
MOST_EXPONENT = 16
MOST_SHIFT = 62
MOST_DIMENSIONS = 3

RESERVED = allowed.BUILTINS | {"all", "any", "math", "np", "reversed"}

ADVICE = {
    "AsyncFor": "use an ordinary loop", "AsyncFunctionDef": "write `def`", "AsyncWith": "leave it out",
    "Await": "leave it out", "ClassDef": "write functions", "Delete": "leave it out",
    "Dict": "use an array or a list with integer indices", "DictComp": "use an array or a list",
    "FormattedValue": "texts are not available", "GeneratorExp": "use a list comprehension",
    "Global": "pass values as arguments", "JoinedStr": "texts are not available",
    "Match": "use `if` and `elif`", "MatMult": "write `np.sum(a * b)` or a loop",
    "NamedExpr": "assign on a line of its own", "Nonlocal": "pass values as arguments",
    "Raise": "return a value instead", "Set": "use a list or a boolean array", "SetComp": "use a list",
    "Starred": "name every item", "Try": "test the condition with `if` beforehand",
    "TryStar": "test the condition with `if` beforehand", "With": "leave it out",
    "Yield": "return a list or an array", "YieldFrom": "return a list or an array",
}  # fmt: skip
_SPELLED = {
    "ClassDef": "class", "Dict": "dict", "DictComp": "dict", "GeneratorExp": "generator expression",
    "JoinedStr": "f-string", "MatMult": "operator @", "NamedExpr": "operator :=", "Starred": "* before a value",
    "Expr": "a statement without effect", "Match": "match", "Delete": "del", "SetComp": "set",
}  # fmt: skip

_PLAIN: tuple[type[ast.AST], ...] = (
    ast.Assign, ast.AugAssign, ast.For, ast.While, ast.If, ast.Return, ast.Pass, ast.Break, ast.Continue, ast.Assert,
    ast.Expr, ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Subscript, ast.Slice, ast.List, ast.Tuple,
    ast.ListComp, ast.comprehension, ast.arguments, ast.arg, ast.expr_context, ast.boolop, ast.operator, ast.unaryop,
    ast.cmpop,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean in a top-level function.

    Attributes:
        functions: The module's functions.
        names: Variables and the module's constants.
        local_functions: Inner functions and lambdas that have a name.
        inner: This is the body of an inner function or a lambda.
    """

    functions: frozenset[str]
    names: frozenset[str]
    local_functions: frozenset[str] = field(default_factory=frozenset)
    inner: bool = False


def short(name: str) -> str:
    """Return a name as a message can show it."""
    return name if len(name) <= 60 else name[:60] + "..."


def check_name(node: ast.AST, name: str) -> None:
    """Refuse the names that Python itself uses."""
    if "__" in name:
        raise rejected(node, f"the name {short(name)} with two underscores", "rename it")


def spelled(node: ast.AST) -> str:
    """Return what people call a kind of node."""
    name = type(node).__name__
    return _SPELLED.get(name, name.lower())


class Checker:
    """Checks the nodes of one function; every method raises `Rejected` at the first that is not available."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._loops = 0

    def check_header(self, node: ast.FunctionDef) -> None:
        """Check decorators, parameters and default values."""
        arguments = node.args
        check_name(node, node.name)
        if node.decorator_list:
            raise rejected(node, "decorators are not available", "leave it out, the function is compiled anyway")
        self.check_arguments(node, arguments)
        for default in arguments.defaults:
            if not isinstance(default, ast.Constant | ast.UnaryOp):
                raise rejected(default, "a default value is computed", "write a number")
            self.check(default)

    def check_arguments(self, node: ast.AST, arguments: ast.arguments) -> None:
        """Check the kinds of parameters."""
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise rejected(node, "special parameters (*, / or **) are not available", "name every parameter")

    def check(self, node: ast.AST) -> None:
        """Check a node and everything below it."""
        match node:
            case ast.Name():
                self._name(node)
            case ast.Attribute():
                self._attribute(node)
            case ast.Call():
                self._call(node)
            case ast.Constant():
                _constant(node)
            case ast.BinOp() | ast.AugAssign():
                _operation(node)
                self._children(node)
            case ast.FunctionDef() | ast.Lambda():
                self._inner(node)
            case ast.For() | ast.While() | ast.ListComp():
                self._loop(node)
            case ast.List(elements) | ast.Tuple(elements) if len(elements) > MOST_ELEMENTS:
                raise rejected(node, f"more than {MOST_ELEMENTS} elements", "use a formula, not a table")
            case _ if isinstance(node, _PLAIN):
                self._children(node)
            case _:
                advice = ADVICE.get(type(node).__name__, "write it with numbers, arrays, loops and conditions")
                raise rejected(node, f"{spelled(node)} is not available", advice)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.check(child)

    def _loop(self, node: ast.For | ast.While | ast.ListComp) -> None:
        depth = len(node.generators) if isinstance(node, ast.ListComp) else 1
        self._loops += depth
        if self._loops > MOST_LOOPS:
            raise rejected(node, f"loops are nested more than {MOST_LOOPS} deep", "use fewer nested loops")
        self._children(node)
        self._loops -= depth

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Del):
            raise rejected(node, "del is not available", "leave it out")
        if node.id in self._scope.names or (node.id in self._scope.local_functions and isinstance(node.ctx, ast.Store)):
            return
        if node.id in self._scope.functions | self._scope.local_functions | RESERVED:
            raise rejected(node, f"{short(node.id)} is used as a value", "call it")
        raise rejected(node, f"the name {short(node.id)} is not defined", "use the parameters, `math` and `np`")

    def _attribute(self, node: ast.Attribute) -> None:
        match node:
            case ast.Attribute(ast.Name("math"), name, ast.Load()):
                self._member(node, "math", name, allowed.MATH_VALUES, allowed.MATH)
            case ast.Attribute(ast.Name("np"), name, ast.Load()):
                self._member(node, "np", name, allowed.NUMPY_VALUES, allowed.NUMPY)
            case ast.Attribute(value, name, ast.Load()) if name in allowed.ATTRIBUTES:
                self.check(value)
            case ast.Attribute(_, name, ast.Load()) if name in allowed.METHODS:
                raise rejected(node, f".{name} is used as a value", f"call it: `.{name}()`")
            case _:
                raise _unknown_attribute(node)

    def _member(
        self, node: ast.Attribute, module: str, name: str, values: frozenset[str], functions: frozenset[str]
    ) -> None:
        if name in values:
            return
        if name in functions:
            raise rejected(node, f"{module}.{name} is used as a value", "call it")
        raise _unknown_attribute(node)

    def _call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(name) if name in allowed.BUILTINS | self._scope.functions:
                pass
            case ast.Name(name) if name in self._scope.local_functions:
                if self._scope.inner:
                    raise rejected(node, "an inner function calls another", "move it to module level")
            case ast.Name(name):
                raise rejected(node, f"{short(name)} is not a function here", "use `math`, `np`, or define it")
            case ast.Attribute(ast.Name("math"), name) if name in allowed.MATH:
                pass
            case ast.Attribute(ast.Name("np"), name) if name in allowed.NUMPY:
                _arguments(node, name)
                _dimensions(node)
            case ast.Attribute(ast.Name("math" | "np")) as function:
                raise _unknown_attribute(function)
            case ast.Attribute(value, name) if name in allowed.METHODS:
                self.check(value)
            case ast.Attribute() as function:
                raise _unknown_attribute(function)
            case _:
                raise rejected(node, "a computed function is called", "call functions by their names")
        for argument in node.args:
            self.check(argument)
        self._keywords(node)

    def _keywords(self, node: ast.Call) -> None:
        own = isinstance(node.func, ast.Name) and node.func.id in self._scope.functions | self._scope.local_functions
        for keyword in node.keywords:
            if keyword.arg is None or (not own and keyword.arg not in allowed.KEYWORDS):
                advice = "leave it out" if keyword.arg != "default" else "test for an empty list with `if` beforehand"
                raise rejected(node, f"the keyword {short(keyword.arg or '**')} is not available", advice)
            if keyword.arg == "key" and not own:
                self._key(node, keyword.value)
            else:
                self.check(keyword.value)

    def _key(self, node: ast.Call, value: ast.expr) -> None:
        match node.func, value:
            case ((ast.Name("sorted") | ast.Attribute(_, "sort")), ast.Lambda()):
                self.check(value)
            case ((ast.Name("sorted") | ast.Attribute(_, "sort")), ast.Name(name)) if name in self._scope.functions:
                pass
            case _:
                advice = "use `sorted(values, key=lambda v: ...)`, or a loop that keeps the best"
                raise rejected(node, "this key is not available", advice)

    def _inner(self, node: ast.FunctionDef | ast.Lambda) -> None:
        if self._scope.inner:
            raise rejected(node, "functions are nested more than two deep", "move the inner one to module level")
        inner = Checker(Scope(self._scope.functions, self._scope.names, self._scope.local_functions, inner=True))
        inner._loops = self._loops
        if isinstance(node, ast.FunctionDef):
            inner.check_header(node)
            for item in node.body:
                inner.check(item)
        else:
            inner.check_arguments(node, node.args)
            if node.args.defaults:
                raise rejected(node, "default values of a lambda are not available", "use the variable itself")
            inner.check(node.body)


def _unknown_attribute(node: ast.Attribute) -> Rejected:
    inner = node
    while isinstance(inner.value, ast.Attribute):
        inner = inner.value
    module = inner.value.id + "." if isinstance(inner.value, ast.Name) and inner.value.id in ("np", "math") else ""
    name = short(inner.attr if module else node.attr)
    advice = "use arithmetic, a loop, or another function of `math` or `np`"
    if name == "random":
        advice = "results must repeat, so there is no chance; derive variety from the inputs"
    return rejected(node, f"{module or '.'}{name} is not available", advice)


def _constant(node: ast.Constant) -> None:
    match node.value:
        case bool() | None:
            return
        case int(value) if abs(value) <= MOST_INTEGER:
            return
        case float(value) if math.isfinite(value):
            return
        case int() | float():
            raise rejected(node, "the number is too large", "use at most 2**53, or `math.inf`")
        case str() | bytes():
            raise rejected(node, "texts are not available", "use numbers")
        case complex():
            raise rejected(node, "complex numbers are not available", "use two numbers")
    if node.value is not Ellipsis:
        raise rejected(node, "this constant is not available", "use numbers")


def _operation(node: ast.BinOp | ast.AugAssign) -> None:
    right = node.right if isinstance(node, ast.BinOp) else node.value
    match node.op, right:
        case ast.MatMult(), _:
            raise rejected(node, "operator @ is not available", ADVICE["MatMult"])
        case ast.Pow(), ast.Constant(int(value)) if value > MOST_EXPONENT:
            raise rejected(node, f"an integer exponent above {MOST_EXPONENT}", f"write it as {min(value, 999)}.0")
        case ((ast.LShift() | ast.RShift()), ast.Constant(int(value))) if 0 <= value <= MOST_SHIFT:
            return
        case ((ast.LShift() | ast.RShift()), _):
            raise rejected(node, "a shift by something else than a small number", "multiply or divide")


def _arguments(node: ast.Call, name: str) -> None:
    most = allowed.MOST_ARGUMENTS.get(name, len(node.args))
    if len(node.args) > most:
        advice = "nest the calls; a result is not written into an argument"
        raise rejected(node, f"np.{name} takes at most {most} arguments", advice)


def _dimensions(node: ast.Call) -> None:
    for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
        many = isinstance(argument, ast.Tuple) and len(argument.elts) > MOST_DIMENSIONS
        if many and isinstance(node.func, ast.Attribute) and node.func.attr in ("full", "ones", "reshape", "zeros"):
            raise rejected(node, f"arrays have at most {MOST_DIMENSIONS} dimensions", "use fewer")
