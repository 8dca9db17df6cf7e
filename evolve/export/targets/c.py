"""A rule as C: a header and a source, written from the syntax tree of its heuristic.

Only what C can express with the same result is taken; anything else is refused by name. Numbers are doubles throughout,
sums and products are computed in the order of the source, and a division by zero is told to the caller.
"""

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Never

from evolve.export.targets import WrongTarget
from evolve.export.targets.c_support import SUPPORT
from problems.base import Problem


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _names(
    """acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh erf erfc exp expm1 fabs floor fmod hypot log log10
    log1p log2 pow sin sinh sqrt tan tanh trunc"""
)
NUMPY = _names("arctan ceil cos exp expm1 fabs floor log log10 log1p log2 sin sqrt tan tanh trunc")
RENAMED = {"arctan": "atan", "abs": "fabs", "absolute": "fabs"}
VALUES = {"inf": "INFINITY", "nan": "NAN", "pi": "3.141592653589793", "e": "2.718281828459045",
          "tau": "6.283185307179586"}  # fmt: skip
LARGEST_WHOLE = 2**53
MOST_SQUARINGS = 64
_COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_OPERATED = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_KEYWORDS = _names(
    """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while fault value
    main errno signal"""
)


class NotInC(WrongTarget):
    """A construct that C cannot express with the same result; the message names it and its line."""


@dataclass(frozen=True, slots=True)
class Sources:
    """A rule in C.

    Attributes:
        header: Text of the header.
        source: Text of the source, which includes it.
    """

    header: str
    source: str


def in_c(problem: Problem, source: str, name: str, about: str) -> Sources:
    """Return a rule as C.

    Args:
        problem: Whose rule it is.
        source: The heuristic, with math and np imported or not.
        name: Of the files, without ending.
        about: What the comment of the header says.

    Raises:
        NotInC: The rule uses something else, or is no rule of numbers.
    """
    numbers = re.fullmatch(r"float64\((float64(?:, float64)*)\)", problem.signature)
    if numbers is None:
        raise NotInC(f"heuristics of {problem.name} do not take and return numbers alone")
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    translated = [_Function(node, functions).text() for node in functions]
    constants = [_constant(node) for node in tree.body if isinstance(node, ast.Assign)]
    others = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.Assign | ast.Import)]
    for node in others:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            _refuse(node, f"{type(node).__name__} at the top")
    entry = next(node for node in functions if node.name == problem.entry)
    parameters = [f"double {_named(entry, argument.arg)}" for argument in entry.args.args]
    head = f"int evolved_{problem.entry}(\n    {_listed([*parameters, 'double *value'])})"
    given = ", ".join(_named(entry, argument.arg) for argument in entry.args.args)
    guard = re.sub(r"\W", "_", f"{name}_H").upper()
    comment = "\n".join(f" * {line}".rstrip() for line in about.replace("*/", "* /").split("\n"))
    header = (
        f"/*\n{comment}\n *\n * Compile with -ffp-contract=off, or sums of products may be rounded otherwise.\n */\n\n"
        f"#ifndef {guard}\n#define {guard}\n\n"
        "/* Writes the value of the rule; of several alternatives the one of the largest value is to be chosen, the\n"
        "   first of equals. Returns 0, or 1 if the rule divides by zero; then the value has no meaning. */\n"
        f"{head};\n\n#endif\n"
    )
    body = "\n\n".join([f'#include "{name}.h"\n\n#include <math.h>', *constants, SUPPORT.strip(), *translated])
    return Sources(header, f"{body}\n\n{head}\n{{\n    int fault = 0;\n    *value = rule_{problem.entry}({given}, "
                           "&fault);\n    return fault;\n}\n")  # fmt: skip


def _listed(parameters: Sequence[str]) -> str:
    return textwrap.fill(", ".join(parameters), 112, subsequent_indent="    ", break_long_words=False)


def _refuse(node: ast.AST, what: str) -> Never:
    raise NotInC(f"line {getattr(node, 'lineno', 0)}: {what} cannot be written in C with the same result")


def _constant(node: ast.Assign) -> str:
    match node:
        case ast.Assign([ast.Name(name)], ast.Constant(int() | float() as value)):
            return f"static const double {_named(node, name)} = {_number(node, value)};"
        case ast.Assign([ast.Name(name)], ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value))):
            return f"static const double {_named(node, name)} = -{_number(node, value)};"
    _refuse(node, "a constant that is no number")


def _named(node: ast.AST, name: str) -> str:
    if not name.isascii():
        _refuse(node, f"the name {name}")
    return f"{name}_" if name in _KEYWORDS or name in FUNCTIONS else name


def _number(node: ast.AST, value: float) -> str:
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        _refuse(node, f"the number {value}")
    return repr(float(value))


class _Function:
    """One function; its variables are declared at its beginning."""

    def __init__(self, node: ast.FunctionDef, functions: Sequence[ast.FunctionDef]) -> None:
        self._node = node
        self._counts: Mapping[str, int] = {each.name: len(each.args.args) for each in functions}
        self._parameters = [argument.arg for argument in node.args.args]
        if node.args.defaults or node.args.kwonlyargs or node.args.vararg or node.args.kwarg or node.args.posonlyargs:
            _refuse(node, "a parameter with a default")

    def text(self) -> str:
        stored = {item.id for item in ast.walk(self._node) if isinstance(item, ast.Name) and
                  isinstance(item.ctx, ast.Store)}  # fmt: skip
        own = sorted(stored - set(self._parameters))
        given = [f"double {_named(self._node, name)}" for name in self._parameters]
        lines = [f"static double rule_{self._node.name}(\n    {_listed([*given, 'int *fault'])})", "{"]
        lines += [f"    double {', '.join(f'{_named(self._node, name)} = 0.0' for name in own)};"] if own else []
        lines += [f"    (void){name};" for name in (*(_named(self._node, each) for each in self._parameters), "fault")]
        for item in self._node.body:
            lines += self._statement(item, 1)
        if not _returns(self._node.body):
            _refuse(self._node, "a function that may end without a value")
        return "\n".join([*lines, "}"])

    def _statement(self, node: ast.stmt, depth: int) -> list[str]:
        indent = "    " * depth
        match node:
            case ast.Return(ast.expr() as value):
                return [f"{indent}return {self._value(value)};"]
            case ast.Assign([ast.Name(name)], value):
                return [f"{indent}{_named(node, name)} = {self._value(value)};"]
            case ast.AugAssign(ast.Name(name), operator, value):
                left = ast.copy_location(ast.Name(name, ast.Load()), node)
                whole = ast.copy_location(ast.BinOp(left, operator, value), node)
                return [f"{indent}{_named(node, name)} = {self._value(whole)};"]
            case ast.If(test, body, orelse):
                lines = [f"{indent}if ({self._truth(test)}) {{"]
                for item in body:
                    lines += self._statement(item, depth + 1)
                lines += [f"{indent}}} else {{"] if orelse else []
                for item in orelse:
                    lines += self._statement(item, depth + 1)
                return [*lines, f"{indent}}}"]
            case ast.Expr(ast.Constant(str())) | ast.Pass():
                return []
        _refuse(node, {"For": "a for loop", "While": "a while loop"}.get(type(node).__name__, type(node).__name__))

    def _value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(bool(value)):
                return "1.0" if value else "0.0"
            case ast.Constant(int() | float() as value):
                return _number(node, value)
            case ast.Name(name):
                return _named(node, name)
            case ast.Attribute(ast.Name("math" | "np"), name) if name in VALUES:
                return VALUES[name]
            case ast.UnaryOp(ast.USub(), value):
                return f"(-{self._value(value)})"
            case ast.UnaryOp(ast.UAdd(), value):
                return self._value(value)
            case ast.BinOp():
                return self._operation(node)
            case ast.IfExp(test, body, orelse):
                return f"({self._truth(test)} ? {self._value(body)} : {self._value(orelse)})"
            case ast.Compare() | ast.UnaryOp(ast.Not()):
                return f"({self._truth(node)} ? 1.0 : 0.0)"
            case ast.Call(ast.Name(name), arguments, []) if name in self._counts:
                if len(arguments) != self._counts[name]:
                    _refuse(node, f"a call of {name} with other arguments")
                return f"rule_{name}({''.join(f'{self._value(each)}, ' for each in arguments)}fault)"
            case ast.Call(ast.Name("max" | "min" as name), [first, *others], []) if others:
                text = self._value(first)
                for other in others:
                    text = f"evolved_{name}({text}, {self._value(other)})"
                return text
            case ast.Call(ast.Name("abs"), [value], []):
                return f"fabs({self._value(value)})"
            case ast.Call(ast.Name("float"), [value], []):
                return self._value(value)
            case ast.Call(ast.Name("int"), [value], []):
                return f"trunc({self._value(value)})"
            case ast.Call(ast.Name("round"), [value], []):
                return f"nearbyint({self._value(value)})"
            case ast.Call(ast.Attribute(ast.Name("math" | "np" as module), name), arguments, []):
                known = FUNCTIONS if module == "math" else NUMPY | RENAMED.keys()
                if name in known:
                    return f"{RENAMED.get(name, name)}({', '.join(map(self._value, arguments))})"
        _refuse(node, ast.unparse(node)[:60])

    def _operation(self, node: ast.BinOp) -> str:
        left, right = self._value(node.left), self._value(node.right)
        if type(node.op) in _OPERATED:
            return f"({left} {_OPERATED[type(node.op)]} {right})"
        match node.op, node.right:
            case ast.Div(), ast.Constant(int() | float() as value) if value:
                return f"({left} / {right})"
            case ast.Div(), _:
                return f"evolved_divided({left}, {right}, fault)"
            case ast.Mod(), _:
                return f"evolved_remainder({left}, {right}, fault)"
            case ast.FloorDiv(), _:
                return f"evolved_floored({left}, {right}, fault)"
            case ast.Pow(), ast.Constant(bool()):
                pass
            case ast.Pow(), ast.Constant(int(exponent)) if 0 <= exponent <= MOST_SQUARINGS:
                return f"evolved_power({left}, {exponent})"
            case ast.Pow(), ast.Constant(int()) | ast.UnaryOp(_, ast.Constant(int())):
                pass
            case ast.Pow(), _:
                return f"pow({left}, {right})"
        _refuse(node, ast.unparse(node)[:60])

    def _truth(self, node: ast.expr) -> str:
        match node:
            case ast.BoolOp(operator, values):
                joint = " && " if isinstance(operator, ast.And) else " || "
                return f"({joint.join(map(self._truth, values))})"
            case ast.UnaryOp(ast.Not(), value):
                return f"!({self._truth(value)})"
            case ast.Compare(left, operators, rights):
                return self._compared(node, [left, *rights], operators)
        return f"({self._value(node)} != 0.0)"

    def _compared(self, node: ast.expr, values: Sequence[ast.expr], operators: Sequence[ast.cmpop]) -> str:
        # A value between two comparisons is written twice, which changes nothing: no function has an effect.
        texts = [self._value(value) for value in values]
        parts = []
        for index, operator in enumerate(operators):
            if type(operator) not in _COMPARED:
                _refuse(node, ast.unparse(node)[:60])
            parts.append(f"({texts[index]} {_COMPARED[type(operator)]} {texts[index + 1]})")
        return parts[0] if len(parts) == 1 else f"({' && '.join(parts)})"


def _returns(body: Sequence[ast.stmt]) -> bool:
    match body[-1]:
        case ast.Return():
            return True
        case ast.If(_, inner, orelse) if orelse:
            return _returns(inner) and _returns(orelse)
    return False
