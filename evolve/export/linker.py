"""Gathers the definitions that some functions of ours rest on into one text: there is no second version of them.

Names are followed through our own modules; what comes from elsewhere becomes an import. Three things are changed on the
way: a decorator of numba becomes `@compiled`, a call of a heuristic by its native address becomes a plain call, and
constants that follow from settings get their value.
"""

import ast
import re
import symtable
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

OURS = ("problems.", "evolve.")
COMPILED = "compiled"
PROVIDED = frozenset(("njit", COMPILED))
_REMARK = re.compile(r"  # (type: ignore|noqa|fmt:).*$", re.MULTILINE)
_CALL = '''\
@compiled
def {name}(_address, told):
    """Return what the heuristic returns."""
    return {result}
'''


class NotLinkable(RuntimeError):
    """A definition that cannot be part of a module of its own; a bug of ours, the message names it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported name is from.

    Attributes:
        module: The module; for a module that is imported itself, its name.
        name: What it is called there; empty if it is the module itself.
    """

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """A module of ours, by its top-level names.

    Attributes:
        definitions: The text of each, with the docstring below a constant.
        imports: Where the others are from.
    """

    definitions: Mapping[str, str]
    imports: Mapping[str, Origin]


@cache
def source_of(module: str) -> Source:
    """Return a module's definitions and imports; it is read and not run."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise NotLinkable(f"there is no module {module}")
    text = Path(spec.origin).read_text(encoding="utf-8")
    body = ast.parse(text).body
    lines = text.split("\n")
    definitions: dict[str, str] = {}
    imports: dict[str, Origin] = {}
    for index, node in enumerate(body):
        imports |= dict(_imported(node))
        for name in _defined(node):
            following = body[index + 1] if index + 1 < len(body) else None
            definitions[name] = _text(lines, node, following)
    return Source(definitions, imports)


def _imported(node: ast.stmt) -> Iterator[tuple[str, Origin]]:
    match node:
        case ast.Import(names):
            for alias in names:
                yield alias.asname or alias.name, Origin(alias.name, "")
        case ast.ImportFrom(str(module), names):
            for alias in names:
                yield alias.asname or alias.name, Origin(module, alias.name)


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return [name]
    return []


def _text(lines: list[str], node: ast.stmt, following: ast.stmt | None) -> str:
    """Return the text of a definition with decorators rewritten, and with the docstring that follows a constant."""
    end = node.end_lineno or node.lineno
    match following:
        case ast.Expr(ast.Constant(str())) if isinstance(node, ast.Assign | ast.AnnAssign):
            end = following.end_lineno or end
    begin = node.lineno
    head = []
    for decorator in node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []:
        own = "\n".join(lines[decorator.lineno - 1 : decorator.end_lineno])
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        head.append(f"@{COMPILED}" if isinstance(call, ast.Name) and call.id == "njit" else own)
    return _REMARK.sub("", "\n".join([*head, *lines[begin - 1 : end]])) + "\n"


def free_names(text: str) -> set[str]:
    """Return the global names that a definition refers to, its own among them."""
    top = symtable.symtable(text, "<definition>", "exec")
    found = {symbol.get_name() for symbol in top.get_symbols()}
    stack = list(top.get_children())
    while stack:
        table = stack.pop()
        stack += table.get_children()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return found


@dataclass(slots=True)
class Linker:
    """Gathers definitions, each after those that it rests on.

    Args:
        entry: Name of the heuristic, which calls by address become calls of.
        scalar: Whether it returns a number, and not an array.
        constants: Values of constants by name, in place of those in the text.

    Attributes:
        imports: Where names from elsewhere are from, by name.
        definitions: The texts by name, in order.
        calls: The names of those that call the heuristic.
        given: The names of the constants that have got their value.
    """

    entry: str
    scalar: bool
    constants: Mapping[str, object] = field(default_factory=dict)
    imports: dict[str, Origin] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    _origins: dict[str, str] = field(default_factory=dict)

    def add(self, module: str, name: str) -> str:
        """Gather a definition and all that it rests on, and return what it is called here.

        Raises:
            NotLinkable: Something cannot be followed.
        """
        source = source_of(module)
        if name in source.definitions:
            return self._define(module, name, source.definitions[name])
        if name in source.imports:
            return self._import(module, name, source.imports[name])
        return name  # a builtin

    def _define(self, module: str, name: str, text: str) -> str:
        here = name
        if source_of(self._origins.setdefault(here, module)).definitions[name] != text:
            here = f"{name}_of_{module.rpartition('.')[2]}"  # another module defines that name differently
            self._origins[here] = module
        if here in self.definitions or here in self.imports:
            return here
        text = self._changed(name, text)
        self.definitions[here] = text  # known from here on, so that functions may call each other
        if name not in self.calls:
            names = {other: self.add(module, other) for other in sorted(free_names(text) - PROVIDED - {name})}
            others = {other: new for other, new in (names | {name: here}).items() if new != other}
            text = renamed(text, others) if others else text
        del self.definitions[here]
        self.definitions[here] = text
        return here

    def _changed(self, name: str, text: str) -> str:
        match ast.parse(text).body:
            case [ast.Assign([ast.Name()], ast.Call(ast.Name("caller"))), *_]:
                self.calls.add(name)
                result = f"{self.entry}(*told)"
                return _CALL.format(name=name, result=f"1.0 * {result}" if self.scalar else result)
            case [ast.Assign([ast.Name()]) | ast.AnnAssign(), *rest] if name in self.constants:
                self.given.add(name)
                below = "".join(f"{ast.unparse(node)}\n" for node in rest)
                return f"{name} = {self.constants[name]!r}\n{below}"
        return text

    def _import(self, module: str, name: str, origin: Origin) -> str:
        if origin.module.split(".")[0] in ("numba", "llvmlite"):
            raise NotLinkable(f"{module} needs {name} of {origin.module}")
        if not origin.module.startswith(OURS):
            self.imports[name] = origin
            return name
        if origin.name != name:
            raise NotLinkable(f"{module} imports {origin.name or origin.module} as {name}")
        if name not in source_of(origin.module).definitions and name not in source_of(origin.module).imports:
            raise NotLinkable(f"{module} imports the module {origin.module}.{name}; import what is needed from it")
        return self.add(origin.module, name)

    def new_names(self, taken: Collection[str]) -> dict[str, str]:
        """Return new names of definitions whose name is taken."""
        return {name: f"simulated_{name}" for name in self.definitions if name in taken}

    def texts(self, taken: Collection[str], first: Collection[str]) -> tuple[str, str]:
        """Return all definitions; those whose name is taken have another one.

        Args:
            taken: Names that the heuristic defines.
            first: Names of definitions that come first, with all that they rest on.

        Returns:
            These, and the others.
        """
        others = self.new_names(taken)
        texts = {name: text if name in self.calls else renamed(text, others) for name, text in self.definitions.items()}
        last = max((list(texts).index(name) for name in first), default=-1) + 1
        return _spaced(list(texts.values())[:last]), _spaced(list(texts.values())[last:])


def _spaced(texts: Sequence[str]) -> str:
    """Return definitions with two empty lines around functions and classes."""
    parts = list(texts[:1])
    for before, text in pairwise(texts):
        small = not any(each.startswith(("def ", "class ", "@")) for each in (before, text))
        parts.append(text if small else f"\n\n{text}")
    return "".join(parts)


def import_lines(imports: Mapping[str, Origin]) -> list[str]:
    """Return import statements for names, the standard library first, sorted within each."""
    plain = []
    named: dict[str, list[tuple[str, str]]] = {}
    for name, origin in imports.items():
        if not origin.name:
            plain.append((origin.module, name))
        else:
            named.setdefault(origin.module, []).append((origin.name, name))
    lines = [f"import {module}" + (f" as {name}" if name != module else "") for module, name in sorted(plain)]
    for module, names in sorted(named.items()):
        listed = ", ".join(old + (f" as {name}" if old != name else "") for old, name in sorted(names))
        lines.append(f"from {module} import {listed}")
    inner = [line for line in lines if "numpy" not in line]
    outer = [line for line in lines if "numpy" in line]
    return [*inner, *([""] if inner and outer else []), *outer]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text in which variables, functions and parameters have other names; attributes keep theirs."""
    lines = [line.encode() for line in text.split("\n")]  # columns of a tree count bytes
    places = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(name) | ast.arg(name) | ast.keyword(str(name)) if name in names:
                places.add((node.lineno, node.col_offset, name))
            case ast.FunctionDef(name) if name in names:
                places.add((node.lineno, node.col_offset + len("def "), name))
            case ast.ClassDef(name) if name in names:
                places.add((node.lineno, node.col_offset + len("class "), name))
    for number, column, name in sorted(places, reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:column] + names[name].encode() + line[column + len(name.encode()) :]
    return b"\n".join(lines).decode()
