"""The language of heuristics at the level of the module: functions, constants, and what names mean."""

import ast
from collections.abc import Sequence

from sandbox import trees
from sandbox.expressions import ADVICE, RESERVED, Checker, Scope, check_name, short, spelled
from sandbox.rejected import Rejected, rejected

MOST_FUNCTIONS = 12
MOST_NUMBERS = 160


def check(tree: ast.Module, entry: str) -> None:
    """Check a tree of bounded size and depth.

    Raises:
        Rejected: At the first construct that is not available.
    """
    functions = [item for item in tree.body if isinstance(item, ast.FunctionDef)]
    names = [item.name for item in functions]
    for item in functions:
        if names.count(item.name) > 1 or item.name in RESERVED:
            raise rejected(item, f"the name {short(item.name)} is taken", "rename the function")
    if len(functions) > MOST_FUNCTIONS:
        raise Rejected(0, f"more than {MOST_FUNCTIONS} functions", "use fewer")
    constants = _check_constants(tree.body, frozenset(names))
    if entry not in names:
        raise Rejected(0, f"there is no function named {entry}", f"define `def {entry}(...)` at module level")
    _check_numbers(tree)
    for item in functions:
        _check_function(item, frozenset(names), constants, item.name == entry)


def _check_constants(body: Sequence[ast.stmt], functions: frozenset[str]) -> frozenset[str]:
    constants: set[str] = set()
    for item in body:
        match item:
            case ast.FunctionDef() | ast.Import():
                continue
            case ast.Assign([ast.Name(name)], value):
                if name in constants | functions | RESERVED:
                    raise rejected(item, f"the name {short(name)} is taken", "rename the constant")
                check_name(item, name)
                Checker(Scope(functions, frozenset(constants))).check(value)
                _check_is_constant(value)
                constants.add(name)
            case _:
                advice = ADVICE.get(type(item).__name__, "put it into the function, or leave it out")
                raise rejected(item, f"{spelled(item)} is not available at module level", advice)
    return frozenset(constants)


def _check_is_constant(value: ast.expr) -> None:
    for node in trees.nodes(value):
        match node:
            case ast.Call(ast.Attribute(ast.Name("np"), "array")) | ast.Call(ast.Attribute(ast.Name("math"))):
                continue
            case ast.Lambda():
                raise rejected(node, "a lambda at module level", "write `def`")
            case ast.Call() | ast.ListComp():
                raise rejected(node, "a module constant is computed", "write numbers, or compute it in the function")


def _check_numbers(tree: ast.Module) -> None:
    numbers = [node for node in trees.nodes(tree) if isinstance(node, ast.Constant)]
    if len(numbers) > MOST_NUMBERS:
        raise rejected(numbers[MOST_NUMBERS], f"more than {MOST_NUMBERS} numbers", "use a formula, not a table")


def _stored(below: Sequence[ast.AST]) -> set[str]:
    return {node.id for node in below if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _named_functions(node: ast.FunctionDef, below: Sequence[ast.AST]) -> set[str]:
    names = {item.name for item in below if isinstance(item, ast.FunctionDef) and item is not node}
    for item in below:
        match item:
            case ast.Assign([ast.Name(name)], ast.Lambda()):
                names.add(name)
    return names


def _check_function(node: ast.FunctionDef, functions: frozenset[str], constants: frozenset[str], entry: bool) -> None:
    below = trees.nodes(node)
    variables = _stored(below) | {item.arg for item in below if isinstance(item, ast.arg)}
    local_functions = _named_functions(node, below)
    places: dict[str, ast.AST] = {}
    for item in below:
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            places.setdefault(item.id, item)
    for name in sorted(variables | local_functions):
        check_name(places.get(name, node), name)
        if name in RESERVED | functions:
            raise rejected(places.get(name, node), f"the name {short(name)} is taken", "rename the variable")
    checker = Checker(Scope(functions, frozenset(variables | constants) - local_functions, frozenset(local_functions)))
    checker.check_header(node)
    for item in node.body:
        checker.check(item)
    if entry:
        _check_parameters(node, below)


def _check_parameters(node: ast.FunctionDef, below: Sequence[ast.AST]) -> None:
    """Refuse writing into what the heuristic is given, where it is plain to see; the types refuse the rest."""
    given = {item.arg for item in node.args.args} - _stored(below)
    for item in below:
        match item:
            case ast.Subscript(ast.Name(name), _, ast.Store()) if name in given:
                raise rejected(item, f"{name} is given and cannot be changed", f"write `own = {name}.copy()` first")
