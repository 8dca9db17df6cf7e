"""Rewrites what people naturally write into the subset, before it is checked.

Nothing is made available here: the check looks at the rewritten tree.
"""

import ast
from typing import TypeVar

from sandbox import allowed, trees
from sandbox.rejected import rejected

Member = tuple[str, str]
"""A module's canonical name and a member of it; the empty module stands for the builtins."""

_MODULES = {"math": "math", "numpy": "np"}
_GATHERING = frozenset(("sum", "max", "min", "sorted", "list"))
_N = TypeVar("_N", bound=ast.AST)


def normal(tree: ast.Module) -> ast.Module:
    """Return the rewritten tree; nodes keep their line numbers.

    Raises:
        Rejected: It imports something else, or assigns to what it imported.
    """
    imports = _Imports()
    imports.visit(tree)
    lines = _module_imports(tree)
    result = _Rewriter(imports).visit_Module(tree)
    _import_what_is_used(result, lines)
    return ast.fix_missing_locations(result)


class _Imports(ast.NodeVisitor):
    """Collects what names mean because of the imports, wherever they stand."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.members: dict[str, Member] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name in _MODULES:
                self.modules[name] = _MODULES[alias.name]
            elif alias.name == "numba":
                self.modules[name] = "numba"
            elif alias.name not in allowed.IGNORED_MODULES:
                raise _not_importable(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            if module in _MODULES and alias.name != "*":
                self.members[alias.asname or alias.name] = (_MODULES[module], alias.name)
            elif module == "numba" and alias.name == "prange":
                self.members[alias.asname or alias.name] = ("", "range")
            elif module not in allowed.IGNORED_MODULES or node.level:
                raise _not_importable(node, f"{module or '.'} {alias.name}")


def _not_importable(node: ast.stmt, name: str) -> Exception:
    return rejected(node, f"import of {name[:60]} is not available", "use `import math` and `import numpy as np` only")


def _at(node: ast.AST, new: _N) -> _N:
    return ast.copy_location(new, node)


def _member(node: ast.AST, module: str, name: str) -> ast.expr:
    if not module:
        return _at(node, ast.Name(name, ast.Load()))
    return _at(node, ast.Attribute(_at(node, ast.Name(module, ast.Load())), name, ast.Load()))


class _Rewriter(ast.NodeTransformer):
    def __init__(self, imports: _Imports) -> None:
        self._imports = imports

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = [item for item in node.body if not _is_main_guard(item)]
        for item in node.body:
            if isinstance(item, ast.Assign | ast.AnnAssign) and isinstance(item.value, ast.List):
                item.value = _at(item.value, ast.Tuple(item.value.elts, ast.Load()))
        self.generic_visit(node)
        return node

    def visit_Import(self, _node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [item for item in node.decorator_list if not self._is_numba(item)]
        self.generic_visit(node)
        _fill(node)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        _fill(node)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        _fill(node)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        _fill(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self._must_not_bind(node, node.arg)
        node.annotation = node.type_comment = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(_at(node, ast.Assign([node.target], node.value)))

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.msg = None
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Store):
            self._must_not_bind(node, node.id)
        elif node.id in self._imports.modules:
            return _at(node, ast.Name(self._imports.modules[node.id], node.ctx))
        elif node.id in self._imports.members:
            return _renamed(_member(node, *self._imports.members[node.id]))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and (node.value.id, node.attr) == ("numba", "prange"):
            return _member(node, "", "range")
        return _renamed(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords = [_typed(item) for item in node.keywords]
        match node:
            case ast.Call(ast.Name("float"), [ast.Constant(str(text))], []) if text.lower() in allowed.INFINITIES:
                return _infinity(node, allowed.INFINITIES[text.lower()])
            case ast.Call(ast.Name("any" | "all" as name), [values], []):
                return _at(node, ast.Call(_member(node, "np", name), [_array(values)], []))
            case ast.Call(ast.Name("reversed"), [values], []):
                return _backwards(node, values)
            case ast.Call(ast.Name("list"), [ast.GeneratorExp() as values], []):
                return _list(values)
            case ast.Call(ast.Name(name), [values, *_]) if name in _GATHERING:
                node.args[0] = _list(values)
            case ast.Call(ast.Attribute(ast.Name("np"), name), [values, *_]) if name in allowed.NUMPY_REDUCERS:
                node.args[0] = _array(values)
            case ast.Call(ast.Attribute(ast.Name("np"), "array"), [values, *_]):
                node.args[0] = _list(values)
        return node

    def _is_numba(self, decorator: ast.expr) -> bool:
        match decorator.func if isinstance(decorator, ast.Call) else decorator:
            case ast.Attribute(ast.Name(module), name):
                return self._imports.modules.get(module) == "numba" and name in allowed.DECORATORS
            case ast.Name(name):
                return name in allowed.DECORATORS
        return False

    def _must_not_bind(self, node: ast.AST, name: str) -> None:
        if name in self._imports.modules or name in self._imports.members:
            raise rejected(node, f"{name} is the name of something imported", "rename the variable")


def _fill(node: ast.FunctionDef | ast.For | ast.While | ast.If) -> None:
    if not node.body:
        node.body = [_at(node, ast.Pass())]


def _is_main_guard(node: ast.stmt) -> bool:
    match node:
        case ast.If(ast.Compare(ast.Name("__name__"))):
            return True
    return False


def _renamed(node: ast.expr) -> ast.expr:
    match node:
        case ast.Attribute(ast.Name("np"), name) if name in allowed.NUMPY_RENAMED:
            node.attr = allowed.NUMPY_RENAMED[name]
    return node


def _typed(keyword: ast.keyword) -> ast.keyword:
    match keyword:
        case ast.keyword("dtype", ast.Name(name) | ast.Constant(str(name))) if name in allowed.TYPES:
            keyword.value = _member(keyword.value, "np", allowed.TYPES[name])
    return keyword


def _infinity(node: ast.Call, name: str) -> ast.expr:
    value = _member(node, "math", name.lstrip("-"))
    return _at(node, ast.UnaryOp(ast.USub(), value)) if name.startswith("-") else value


def _list(values: ast.expr) -> ast.expr:
    match values:
        case ast.GeneratorExp(element, generators):
            return _at(values, ast.ListComp(element, generators))
    return values


def _array(values: ast.expr) -> ast.expr:
    values = _list(values)
    if isinstance(values, ast.List | ast.ListComp):
        return _at(values, ast.Call(_member(values, "np", "array"), [values], []))
    return values


def _backwards(node: ast.Call, values: ast.expr) -> ast.expr:
    match values:
        case ast.Call(ast.Name("range"), [stop], []):
            return _range(node, stop, ast.Constant(0))
        case ast.Call(ast.Name("range"), [start, stop], []):
            return _range(node, stop, start)
        case ast.Call(ast.Name("range" | "zip" | "enumerate")):
            return node
    back = ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1)))
    return _at(node, ast.Subscript(values, back, ast.Load()))


def _range(node: ast.Call, stop: ast.expr, start: ast.expr) -> ast.expr:
    def before(value: ast.expr) -> ast.expr:
        return ast.BinOp(value, ast.Sub(), ast.Constant(1))

    step = ast.UnaryOp(ast.USub(), ast.Constant(1))
    return _at(node, ast.Call(ast.Name("range", ast.Load()), [before(stop), before(start), step], []))


def _module_imports(tree: ast.Module) -> dict[str, int]:
    """Return the lines on which math and numpy are imported at module level."""
    lines: dict[str, int] = {}
    for item in tree.body:
        names = [item.module or ""] if isinstance(item, ast.ImportFrom) else []
        names += [alias.name for alias in item.names] if isinstance(item, ast.Import) else []
        lines |= {_MODULES[name]: item.lineno for name in names if name in _MODULES}
    return lines


def _import_what_is_used(tree: ast.Module, lines: dict[str, int]) -> None:
    """Import in place, or else at the end, where no line moves: functions look globals up when they are compiled."""
    used = {node.id for node in trees.nodes(tree) if isinstance(node, ast.Name)}
    first = [_import(name, lines[name]) for name in ("math", "np") if name in used and name in lines]
    last = [_import(name, 0) for name in ("math", "np") if name in used and name not in lines]
    tree.body = [*sorted(first, key=lambda item: item.lineno), *tree.body, *last]


def _import(name: str, line: int) -> ast.Import:
    alias = ast.alias("numpy", "np") if name == "np" else ast.alias(name)
    return ast.Import([alias], lineno=line, col_offset=0)
