"""Changes to the source of a heuristic, for a model that only pretends: small sensible ones, and bad ones."""

import ast
import copy
import random
from collections.abc import Callable

from sandbox import trees

Change = Callable[[ast.Module, "ast.Module | None", random.Random], str]
"""Changes the first tree in place, with the help of a second one where there is one; returns what it did in a few
words, empty if it finds nothing to change."""

FACTORS = (0.5, 0.8, 1.25, 2.0)
WEIGHTS = (0.1, 0.25, 0.5, 1.0, 2.0)
OPPOSITES: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


def parsed(code: str) -> ast.Module | None:
    """Return the tree of a source that defines a function; None if it does not."""
    try:
        tree = trees.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if any(isinstance(node, ast.FunctionDef) for node in tree.body) else None


def scale(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Make a constant larger or smaller."""
    numbers = [node for node in ast.walk(_entry(tree)) if isinstance(node, ast.Constant) and type(node.value) is float]
    if not (numbers := [node for node in numbers if node.value]):
        return ""
    chosen = rng.choice(numbers)
    before = float(str(chosen.value))
    chosen.value = before * rng.choice(FACTORS)
    return f"the constant {before:g} becomes {chosen.value:g}"


def replace_name(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Let an argument that is calculated with give way to another."""
    known = _numbers(tree) | (_numbers(mate) if mate else set())
    arguments = {argument.arg for argument in _entry(tree).args.args}
    used = [node for node in _operands(_entry(tree)) if node.id in arguments]
    if not used or len(known & arguments) < 2:
        return ""
    chosen = rng.choice(used)
    before = chosen.id
    chosen.id = rng.choice(sorted((known & arguments) - {before}))
    return f"{chosen.id} takes the place of {before}"


def turn_operator(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Turn plus into minus, times into divided by, or back."""
    found = [node for node in ast.walk(_entry(tree)) if isinstance(node, ast.BinOp) and type(node.op) in OPPOSITES]
    if not found:
        return ""
    chosen = rng.choice(found)
    chosen.op = OPPOSITES[type(chosen.op)]()
    if isinstance(chosen.op, ast.Div):
        chosen.right = ast.Call(ast.Name("max"), [chosen.right, ast.Constant(1.0)], [])
    return f"an operator is turned: {ast.unparse(chosen)}"


def blend(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Add what another heuristic returns, weighted."""
    if mate is None or not (inner := _formula(mate)) or not (ends := _returns(_entry(tree))):
        return ""
    if [a.arg for a in _entry(mate).args.args] != [a.arg for a in _entry(tree).args.args]:
        return ""
    weight, end = rng.choice(WEIGHTS), rng.choice(ends)
    assert end.value is not None, "only returns with a value are looked at"
    end.value = _sum(end.value, weight, copy.deepcopy(inner))
    _add_imports(tree, mate)
    return f"{weight:g} times {ast.unparse(inner)} is added"


def add_term(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Add one argument, weighted."""
    known = _numbers(tree) | (_numbers(mate) if mate else set())
    names = sorted(known & {argument.arg for argument in _entry(tree).args.args})
    if not names or not (ends := _returns(_entry(tree))):
        return ""
    name, weight, end = rng.choice(names), rng.choice(WEIGHTS) * rng.choice((1, -1)), rng.choice(ends)
    assert end.value is not None, "only returns with a value are looked at"
    end.value = _sum(end.value, weight, ast.Name(name))
    return f"{weight:g} times {name} is added"


def return_nothing(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Treat all alternatives as equal."""
    _entry(tree).body = [ast.Return(ast.Constant(0.0))]
    return "all are equal"


def return_unknown(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Use a name that nobody has defined."""
    _entry(tree).body.insert(0, ast.Return(ast.Name("best_of_all")))
    return "the best of all goes first"


def rename(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Define another function than was asked for."""
    _entry(tree).name = "improved"
    return "a better name"


def loop(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Never end."""
    _entry(tree).body.insert(0, ast.While(ast.Constant(True), [ast.Pass()], []))
    return "patience is rewarded"


def leave(tree: ast.Module, mate: ast.Module | None, rng: random.Random) -> str:
    """Change nothing."""
    return "it is perfect as it is"


def _entry(tree: ast.Module) -> ast.FunctionDef:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)][-1]


def _returns(function: ast.FunctionDef) -> list[ast.Return]:
    return [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]


def _formula(tree: ast.Module) -> ast.expr | None:
    """Return what a heuristic of a single statement returns."""
    body = _entry(tree).body
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def _operands(function: ast.FunctionDef) -> list[ast.Name]:
    """Return the names that are calculated with, and so are numbers."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.BinOp():
                found += [node.left, node.right]
            case ast.UnaryOp(op=ast.USub()):
                found.append(node.operand)
            case ast.Return(value=ast.Name() as value):
                found.append(value)
    return [node for node in found if isinstance(node, ast.Name)]


def _numbers(tree: ast.Module) -> set[str]:
    return {node.id for node in _operands(_entry(tree))}


def _sum(first: ast.expr, weight: float, second: ast.expr) -> ast.expr:
    return ast.BinOp(first, ast.Add(), ast.BinOp(ast.Constant(weight), ast.Mult(), second))


def _add_imports(tree: ast.Module, mate: ast.Module) -> None:
    present = {ast.unparse(node) for node in tree.body}
    needed = [node for node in mate.body if isinstance(node, ast.Import) and ast.unparse(node) not in present]
    tree.body[:0] = needed
