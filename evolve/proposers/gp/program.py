"""A heuristic as a syntax tree that can be varied: read from source, and written back."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from evolve.proposers.gp.infer import Kinds
from evolve.proposers.gp.kinds import FLOAT, INT, Kind
from evolve.proposers.gp.sites import Site, Sites, Slot
from evolve.proposers.gp.syntax import constant, size
from sandbox import trees

IMPORTS = {"math": "import math", "np": "import numpy as np"}
BUILTINS = frozenset(
    [
        "abs",
        "min",
        "max",
        "sum",
        "len",
        "range",
        "enumerate",
        "zip",
        "round",
        "int",
        "float",
        "bool",
        "sorted",
        "pow",
        "divmod",
        "tuple",
        "list",
        "reversed",
        "any",
        "all",
    ]
)


class Unreadable(ValueError):
    """The source is not Python, or does not define the entry function."""


@dataclass(frozen=True, slots=True)
class Form:
    """What every heuristic of a problem has in common.

    Attributes:
        entry: Name of the entry function.
        parameters: The kinds of its parameters.
        result: The kind of what it returns.
        familiar: Positions of the parameters that the published heuristics read, once for each that does.
    """

    entry: str
    parameters: tuple[Kind | None, ...]
    result: Kind | None
    familiar: tuple[int, ...] = ()


class Program:
    """One heuristic. `tree` may be changed in place; after `read` the rest tells what it then consists of.

    Attributes:
        tree: The module, without imports and docstrings; math and NumPy are known as `math` and `np`.
        entry: The entry function in it.
        form: What it must keep to.
        parameters: Names of the entry function's parameters.
    """

    def __init__(self, tree: ast.Module, entry: ast.FunctionDef, form: Form) -> None:
        self.tree = tree
        self.entry = entry
        self.form = form
        self.parameters = [argument.arg for argument in entry.args.args]
        self._kinds: Kinds | None = None
        self._found: Sites | None = None
        self._outside: dict[str, Kind | None] = {}
        for statement in tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=identifier)], value=value):
                    number = constant(value)
                    self._outside[identifier] = None if number is None else INT if isinstance(number, int) else FLOAT
                case ast.FunctionDef(name=identifier) if statement is not entry:
                    self._outside[identifier] = None

    def read(self) -> None:
        """Forget what is known of the tree, because it was changed."""
        self._kinds = self._found = None

    @property
    def kinds(self) -> Kinds:
        """The kinds of the entry function's names and expressions."""
        if self._kinds is None:
            self._kinds = Kinds(self.entry, self._given())
        return self._kinds

    @property
    def sites(self) -> list[Site]:
        """The places that hold an expression, in the order of the text."""
        return self._places().sites

    @property
    def slots(self) -> list[Slot]:
        """The places before a statement."""
        return self._places().slots

    @property
    def sound(self) -> bool:
        """Whether every name that the entry function reads is surely assigned."""
        return all(identifier in BUILTINS for identifier in self._places().undefined)

    @property
    def size(self) -> int:
        """The number of statements and expressions."""
        return size(self.tree)

    def fixed(self, identifier: str) -> bool:
        """Return whether the entry function must not assign a name: its parameters, and what the module defines."""
        return identifier in self.parameters or identifier in self._outside

    def fresh(self, stem: str) -> str:
        """Return a name that the program does not use yet."""
        used = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)} | set(self.parameters)
        return next(name for name in (f"{stem}{number}" for number in range(1, len(used) + 2)) if name not in used)

    def text(self) -> str:
        """Return the code without its imports: equal for programs that differ in layout and comments only."""
        return ast.unparse(self.tree)

    def _places(self) -> Sites:
        if self._found is None:
            self._found = Sites(self.kinds, self.form.result)
            given = {identifier: self.kinds.names[identifier] for identifier in self._given()}
            self._found.block(self.entry.body, given)
        return self._found

    def _given(self) -> dict[str, Kind | None]:
        return self._outside | dict(zip(self.parameters, self.form.parameters, strict=True))


def read(source: str, form: Form) -> Program:
    """Return the program of a source text.

    Raises:
        Unreadable: It is not Python, or does not define the entry function with the right number of parameters.
    """
    tree = trees.parse(canonical(source))
    entries = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == form.entry]
    if not entries or len(entries[-1].args.args) != len(form.parameters):
        raise Unreadable(f"the source does not define {form.entry} with {len(form.parameters)} parameters")
    return Program(tree, entries[-1], form)


def source_of(text: str) -> str:
    """Return a program's text with the imports that it needs."""
    imports = [line for module, line in IMPORTS.items() if re.search(rf"\b{module}\.", text)]
    return "".join(f"{line}\n" for line in imports) + ("\n\n" if imports else "") + text + "\n"


@lru_cache(maxsize=4096)
def canonical(source: str) -> str:
    """Return the text of a source without imports, comments and docstrings, with math and NumPy as `math` and `np`.

    Raises:
        Unreadable: It is not Python.
    """
    try:
        tree = trees.parse(source)
        return ast.unparse(_Canonical(tree).visit(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"the source cannot be parsed: {error}") from error


class _Canonical(ast.NodeTransformer):
    """Removes imports and docstrings, and calls math and NumPy by the names `math` and `np` everywhere."""

    def __init__(self, tree: ast.Module) -> None:
        self.aliases: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.aliases[alias.asname or alias.name] = _short(alias.name)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.aliases[alias.asname or alias.name] = f"{_short(node.module)}.{alias.name}"
        self.aliases = {alias: target for alias, target in self.aliases.items() if alias != target}

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant):
            return None
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.aliases:
            return node
        module, _, attribute = self.aliases[node.id].rpartition(".")
        return (
            ast.Attribute(ast.Name(module, ast.Load()), attribute, ast.Load())
            if module
            else ast.Name(attribute, node.ctx)
        )


def _short(module: str) -> str:
    return "np" if module == "numpy" else module
