"""What was changed between two heuristics, told from their syntax trees."""

import ast
from dataclasses import dataclass

from sandbox import trees

POWERS = frozenset(("exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "pow", "power", "sqrt", "square"))
CONSTRUCTS = (
    "branches",
    "helper functions",
    "loops",
    "divisions",
    "exponentials, logarithms or powers",
    "comparisons with a constant",
    "products of two parameters",
    "uses of min or max",
)
LONGEST_NAME = 60
LONGER, SHORTER = 1.25, 0.8
"""From which ratio of sizes on a heuristic counts as longer or shorter."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a heuristic consists of.

    Attributes:
        reads: Names of the parameters that it reads, sorted.
        counts: How often it has each of `CONSTRUCTS`.
        size: Number of its statements and expressions.
    """

    reads: tuple[str, ...]
    counts: tuple[int, ...]
    size: int


def profile(source: str, entry: str = "") -> Profile | None:
    """Return what a heuristic consists of; None where the text does not define it.

    Args:
        entry: Name of the function; if empty, it is the last one.
    """
    try:
        tree = trees.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and entry in ("", node.name)]
    if not functions:
        return None
    nodes = trees.nodes(tree)
    own = {node.id for node in trees.nodes(functions[-1]) if isinstance(node, ast.Name)}
    parameters = {argument.arg for argument in functions[-1].args.args}
    counts = [0] * len(CONSTRUCTS)
    for node in nodes:
        for construct in _constructs(node, parameters):
            counts[construct] += 1
    counts[1] -= 1  # the heuristic itself is no helper
    size = sum(isinstance(node, ast.stmt | ast.expr) for node in nodes)
    return Profile(tuple(sorted(parameters & own)), tuple(counts), size)


def changes(before: Profile, after: Profile) -> list[str]:
    """Return what the second has, reads or is that the first does not."""
    found = [f"reads {name[:LONGEST_NAME]}" for name in after.reads if name not in before.reads]
    found += [f"no longer reads {name[:LONGEST_NAME]}" for name in before.reads if name not in after.reads]
    for construct, was, now in zip(CONSTRUCTS, before.counts, after.counts, strict=True):
        if now != was:
            found.append(f"has {'more' if now > was else 'fewer'} {construct}")
    if after.size >= LONGER * before.size:
        found.append("is at least a quarter longer")
    elif after.size <= SHORTER * before.size:
        found.append("is at least a fifth shorter")
    return found


def _constructs(node: ast.AST, parameters: set[str]) -> list[int]:
    """Return the indices of the constructs that a node is an instance of."""
    match node:
        case ast.If() | ast.IfExp():
            return [0]
        case ast.FunctionDef():
            return [1]
        case ast.For() | ast.While() | ast.ListComp():
            return [2]
        case ast.BinOp(_, ast.Div() | ast.FloorDiv() | ast.Mod()):
            return [3]
        case ast.BinOp(_, ast.Pow()):
            return [4]
        case ast.Call(ast.Attribute(_, name)) if name in POWERS:
            return [4]
        case ast.Call(ast.Name("pow")):
            return [4]
        case ast.Compare(left, _, others) if any(_is_number(part) for part in (left, *others)):
            return [5]
        case ast.BinOp(left, ast.Mult(), right) if _reads(left, parameters) and _reads(right, parameters):
            return [6]
        case ast.Call(ast.Name("min" | "max")) | ast.Call(ast.Attribute(_, "min" | "max" | "minimum" | "maximum")):
            return [7]
    return []


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def _reads(node: ast.expr, parameters: set[str]) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id in parameters for inner in trees.nodes(node))
