"""The stable part of every prompt of a run: byte-identical, so that providers cache it."""

import ast
from importlib.resources import files
from string import Template

from evolve.proposers.llm.quoting import fenced
from problems.base import Problem, Split
from sandbox import allowed, expressions, source, subset
from sandbox.limits import Limits

SHORT = 25
"""Lines that a heuristic may always have; more where published ones do."""
MOST_PUBLISHED = 6000
"""Characters of published code that are shown."""


def template(name: str) -> Template:
    """Return one of the templates beside this module."""
    return Template(files(__package__).joinpath("templates", f"{name}.md").read_text(encoding="utf-8"))


def system(problem: Problem) -> str:
    """Return what a model is told first: the problem, the function, the rules of the code, the form of an answer."""
    first = next(iter(problem.seeds.values()))
    types, result = _types(problem.signature)
    parameters = [argument.arg for argument in _entry(first, problem.entry).args.args]
    objective, *further = problem.objectives
    limits = Limits()
    return template("system").substitute(
        instances=len(problem.instances(Split.TRAIN)),
        statement=problem.statement.strip(),
        entry=problem.entry,
        count=len(parameters),
        result=result,
        arguments=_arguments(parameters, types),
        objective=objective,
        length=max(SHORT, *(text.count("\n") for text in problem.seeds.values())),
        further=f" Further measures, where it is equal: {', '.join(further)}." if further else "",
        builtins=_listed(allowed.BUILTINS),
        math_names=_listed(allowed.MATH | allowed.MATH_VALUES),
        numpy_names=_listed((allowed.NUMPY | allowed.NUMPY_VALUES) - allowed.NUMPY_TYPES),
        numpy_types=_listed(allowed.NUMPY_TYPES),
        methods=_listed(allowed.METHODS),
        attributes=_listed(allowed.ATTRIBUTES),
        characters=source.MOST_CHARACTERS,
        lines=source.MOST_LINES,
        nodes=source.MOST_NODES,
        functions=subset.MOST_FUNCTIONS,
        numbers=subset.MOST_NUMBERS,
        loops=expressions.MOST_LOOPS,
        exponent=expressions.MOST_EXPONENT,
        compile_seconds=f"{limits.compile_cpu_seconds:g}",
        run_seconds=f"{limits.run_cpu_seconds:g}",
        template=fenced(first),
        published=_published(problem),
    )


def _listed(names: frozenset[str]) -> str:
    return " ".join(sorted(names))


def _types(signature: str) -> tuple[list[str], str]:
    """Return the types of the parameters and of the result of a numba signature, which reads as a call."""
    call = ast.parse(signature.strip(), mode="eval").body
    if not isinstance(call, ast.Call):
        raise ValueError(f"{signature!r} is not a signature: it lists no parameters")
    return [ast.unparse(argument) for argument in call.args], ast.unparse(call.func)


def _arguments(parameters: list[str], types: list[str]) -> str:
    if len(set(types)) == 1:
        return f"{', '.join(parameters)} (all {types[0]})"
    return "\n".join(f"- {name}: {kind}" for name, kind in zip(parameters, types, strict=True))


def _entry(text: str, name: str) -> ast.FunctionDef:
    return next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name)


def _published(problem: Problem) -> str:
    """Return the published heuristics but the template, the shortest first, as far as there is room; all by name."""
    name, *others = problem.seeds
    head = ast.dump(_entry(problem.seeds[name], problem.entry).args)
    shown: list[tuple[str, str]] = []
    left: list[tuple[str, str]] = []
    room = MOST_PUBLISHED
    for other in sorted(others, key=lambda other: len(problem.seeds[other])):
        text = _body(problem.seeds[other], problem.entry, head)
        room -= len(text)
        (shown if room >= 0 else left).append((other, text))
    for texts in (shown, left):
        texts.sort(key=lambda entry: others.index(entry[0]))
    parts = [f"This one is called {name}."]
    if shown:
        parts.append("The others; where only a body is shown, the first line is the template's:")
        parts.append("\n".join(f"- {other}: `{text}`" for other, text in shown if "\n" not in text))
        parts += [f"{other}:\n{fenced(text, '')}" for other, text in shown if "\n" in text]
    if left:
        parts.append(f"Published too, without their code here: {', '.join(other for other, _ in left)}.")
    return "\n\n".join(filter(None, parts))


def _body(text: str, entry: str, head: str) -> str:
    """Return the body of a seed that consists of one function with the template's parameters, else all of its text."""
    tree = ast.parse(text)
    function = _entry(text, entry)
    alone = all(node is not None and isinstance(node, ast.Import | ast.FunctionDef) for node in tree.body)
    single = sum(isinstance(node, ast.FunctionDef) for node in tree.body) == 1
    if not alone or not single or ast.dump(function.args) != head:
        return text
    return "\n".join(ast.unparse(node) for node in function.body)
