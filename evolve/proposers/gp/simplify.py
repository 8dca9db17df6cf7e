"""Less code for the same results: shorter expressions, no dead code, no unused and no single-use locals.

Results are the same bit for bit (a zero may change its sign) wherever every intermediate value is finite. Nothing is
dropped that could have raised.
"""

import ast
from collections import Counter
from collections.abc import Iterator

from evolve.proposers.gp.expressions import shortened
from evolve.proposers.gp.harmless import is_harmless
from evolve.proposers.gp.program import Program
from evolve.proposers.gp.syntax import names, same

PASSES = 12


def simplify(program: Program) -> bool:
    """Simplify a program in place as far as it goes; return whether anything changed."""
    return _simplify(program, exact=True)


def tidy(program: Program) -> None:
    """Clear away what a change left behind: local names stay, and numbers that were combined are rounded."""
    _simplify(program, exact=False)


def _simplify(program: Program, exact: bool) -> bool:
    first = before = _dump(program.entry.body)
    for _ in range(PASSES):
        body = [shortened(statement, program.kinds, exact) for statement in program.entry.body]
        program.entry.body = _block(body)
        program.entry.body = _block(_without_unused(program.entry))
        if exact:
            _inline(program)
        after = _dump(program.entry.body)
        if after == before:
            break
        program.read()
        before = after
    return before != first


def _block(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements without those that do nothing; a `pass` when nothing is left."""
    kept: list[ast.stmt] = []
    for statement in body:
        kept += _needed(statement)
        if kept and isinstance(kept[-1], ast.Return | ast.Break | ast.Continue):
            break
    while len(kept) > 1 and _is_idle(kept[-2], kept[-1]):
        del kept[-2]
    return kept or [ast.Pass()]


def _needed(statement: ast.stmt) -> list[ast.stmt]:
    match statement:
        case ast.Pass():
            return []
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Name(id=source)) if target == source:
            return []
        case ast.For() | ast.While():
            statement.body = _block(statement.body)
        case ast.If():
            return _decided(statement)
    return [statement]


def _decided(node: ast.If) -> list[ast.stmt]:
    """Return what an `if` comes to."""
    if isinstance(node.test, ast.Constant):
        return _real(_block(node.body if node.test.value else node.orelse))
    node.body = _block(node.body)
    node.orelse = _real(_block(node.orelse))
    if not _real(node.body):
        if not node.orelse:
            return [] if is_harmless(node.test) else [node]
        node.test, node.body, node.orelse = ast.UnaryOp(ast.Not(), node.test), node.orelse, []
    if node.orelse and _dump(node.body) == _dump(node.orelse) and is_harmless(node.test):
        return node.body
    return [node]


def _is_idle(first: ast.stmt, last: ast.stmt) -> bool:
    """Return whether `first` returns on a condition what `last` returns anyway."""
    return (
        isinstance(first, ast.If)
        and not first.orelse
        and len(first.body) == 1
        and isinstance(last, ast.Return)
        and same(first.body[0], last)
        and is_harmless(first.test)
    )


def _real(body: list[ast.stmt]) -> list[ast.stmt]:
    return [statement for statement in body if not isinstance(statement, ast.Pass)]


def _dump(body: list[ast.stmt]) -> list[str]:
    return [ast.dump(statement) for statement in body]


def _without_unused(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return a function's statements without assignments to local names that are never read."""
    assigned = [node for node in _statements(function.body) if isinstance(node, ast.Assign | ast.AugAssign)]
    if not assigned:
        return function.body
    read = {node.id for statement in function.body for node in names(statement)}
    kept = [node for node in assigned if not _is_droppable(node)]
    read |= {node.target.id for node in kept if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)}
    unused = [node for node in assigned if _is_droppable(node) and read.isdisjoint(_targets(node))]
    return [_Dropping(unused).visit(statement) for statement in function.body] if unused else function.body


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.For | ast.While):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)


def _targets(node: ast.Assign | ast.AugAssign) -> list[str]:
    """Return the names that a statement assigns."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _is_droppable(node: ast.Assign | ast.AugAssign) -> bool:
    """Return whether a statement does nothing but assign to names, and cannot raise."""
    count = len(node.targets) if isinstance(node, ast.Assign) else 1
    raising = isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add | ast.Sub | ast.Mult)
    return len(_targets(node)) == count and not raising and is_harmless(node.value)


class _Dropping(ast.NodeTransformer):
    """Puts `pass` in place of statements."""

    def __init__(self, dropped: list[ast.Assign | ast.AugAssign]) -> None:
        self.dropped = dropped

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        return ast.Pass() if node in self.dropped else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        return ast.Pass() if node in self.dropped else node


def _inline(program: Program) -> None:
    """Move what is assigned to a name into the next statement, where that is the only one to read the name."""
    uses = Counter(node.id for node in ast.walk(program.entry) if isinstance(node, ast.Name))
    for inner in ast.walk(program.entry):
        for field in ("body", "orelse"):
            body = inner.__dict__.get(field)
            if isinstance(body, list):
                body[:] = _inlined(program, body, uses)


def _inlined(program: Program, body: list[ast.stmt], uses: Counter[str]) -> list[ast.stmt]:
    kept = list(body)
    for index in range(len(kept) - 2, -1, -1):
        match kept[index], kept[index + 1]:
            case ast.Assign(targets=[ast.Name(id=local)], value=value), (
                ast.Assign() | ast.AugAssign() | ast.Return() | ast.If()
            ) as after:
                kind = program.kinds(value)
                if (
                    uses[local] == 2
                    and kind is not None
                    and kind.ndim == 0
                    and is_harmless(value)
                    and _moved(local, value, after)
                ):
                    del kept[index]
    return kept


def _moved(local: str, value: ast.expr, after: ast.stmt) -> bool:
    """Put a value in place of a name where a statement is the first to evaluate it; return whether it was there."""
    field = "test" if isinstance(after, ast.If) else "value"
    if isinstance(after, ast.If | ast.Assign | ast.AugAssign | ast.Return):
        before = after.__dict__[field]
        if before is None or any(isinstance(inner, ast.ListComp | ast.Lambda) for inner in ast.walk(before)):
            return False
        after.__dict__[field] = _Substitution(local, value).visit(before)
        return after.__dict__[field] is value or any(inner is value for inner in ast.walk(after.__dict__[field]))
    return False


class _Substitution(ast.NodeTransformer):
    """Puts a value in place of a name that is read."""

    def __init__(self, local: str, value: ast.expr) -> None:
        self.local = local
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.value if node.id == self.local and isinstance(node.ctx, ast.Load) else node
