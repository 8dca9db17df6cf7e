"""The text of an exported module: docstring, heuristic, simulator, command line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from evolve.export import heuristic, plain, runtime
from evolve.export.linker import Linker, NotLinkable, import_lines
from evolve.export.runtime import Case
from problems.base import Driver, Problem

COMPILING = ("COMPILER", "rule", "compiled")
PARTS = ("solve", "objective", "show", "read", "MEASURE")
PLAIN = {"math": "CompiledMath", "np": "CompiledNumpy", "raised": "compiled_power"}
"""What stands in, without numba, for what compiled code does differently."""
PROGRAM = ("Case", "Program", "main")
BEHIND = (
    "\n\n# What schedules with it: the simulator that it was found and certified with, generated from the same source."
)
BARE = "There is no simulator for {name} that a module can take along: this one holds the heuristic alone."


@dataclass(frozen=True, slots=True)
class Parts:
    """What a module is made of.

    Attributes:
        entry: Name of the heuristic's function.
        source: The heuristic, as it is printed.
        scalar: Whether it returns a number.
        driver: What it takes along; None if nothing.
        cases: What it tests itself with.
        adapters: Further definitions, as (module of ours, name).
        require_numba: Refuse to work without numba.
        constants: Values of constants of the adapters.
        usage: What the docstring says of the adapters.
    """

    entry: str
    source: str
    scalar: bool
    driver: Driver | None
    cases: Sequence[Case] = ()
    adapters: Sequence[tuple[str, str]] = ()
    require_numba: bool = False
    constants: Mapping[str, object] = field(default_factory=dict)
    usage: str = ""


def parts(problem: Problem, source: str) -> Parts:
    """Return what the module of a heuristic is made of, as yet without cases.

    Args:
        problem: The problem that it is for.
        source: Its text.
    """
    scalar = problem.signature.startswith(("float", "int")) and "[" not in problem.signature.partition("(")[0]
    return Parts(problem.entry, heuristic.printed(source, problem.entry), scalar, problem.driver())


def module_text(made: Parts, docstring: str) -> str:
    """Return the source of a module."""
    escaped = _printable(docstring).replace("\\", "\\\\").replace('"""', "'''")
    head = f'"""{escaped}\n"""\n'
    own = f"{heuristic.BEGIN}\n\n\n{made.source.strip()}\n\n\n{heuristic.END}\n"
    if made.driver is None:
        used = heuristic.names_used(made.source)
        imports = [line for name, line in (("math", "import math"), ("np", "import numpy as np")) if name in used]
        return "\n".join([head, *imports, "", own]) if imports else f"{head}\n{own}"
    constants = {**made.driver.constants, **made.constants, "NUMBA_REQUIRED": made.require_numba}
    linker = Linker(made.entry, made.scalar, constants)
    differing = heuristic.differing(made.source)
    for name in COMPILING:
        linker.add(runtime.__name__, name)
    stand_ins = [PLAIN[name] for name in sorted(differing)]
    for name in stand_ins:
        linker.add(plain.__name__, name)
    for name in PARTS:
        linker.add(made.driver.module, name)
    for module, name in made.adapters:
        linker.add(module, name)
    for name in PROGRAM:
        linker.add(runtime.__name__, name)
    if missing := constants.keys() - linker.given:
        raise NotLinkable(f"{made.driver.module} has no constant {', '.join(sorted(missing))}")
    taken = heuristic.names_in(made.source)
    before, after = linker.texts(taken, [*COMPILING, *stand_ins])
    used = heuristic.names_used(made.source)
    own_imports = {name: origin for name, origin in heuristic.IMPORTS.items() if name in used}
    imports = import_lines(linker.imports | own_imports)
    return "\n".join(
        [head, *imports, "", own, BEHIND.strip("\n"), "", "", before.rstrip(), "", "", _compiling(made, differing),
         "", "", after.rstrip(), "", "", *_ending(made, linker.new_names(taken))]
    )  # fmt: skip


def _compiling(made: Parts, differing: Collection[str]) -> str:
    """Return the lines that compile the functions of the heuristic; without numba they are left as they are."""
    lines = []
    for name in heuristic.functions_in(made.source):
        how = "rule" if name == made.entry and made.scalar else "compiled"
        lines.append(f"{name} = {how}({name})")
    if differing:
        lines.append("if not COMPILER:")
    for name in sorted(differing):
        lines.append(f"    {name} = {PLAIN[name]}" + ("" if name == "raised" else "()"))
    return "\n".join(lines)


def _ending(made: Parts, names: Mapping[str, str]) -> list[str]:
    """Return what follows all definitions: the cases, and the command line."""
    if made.driver is None:
        return []
    measure = names.get("MEASURE", "MEASURE")
    functions = ", ".join(names.get(name, name) for name in ("read", "solve", "objective", "show"))
    cases = [f"    Case(\n        {case.text!r},\n        {case.objective!r},\n        {dict(case.solution)!r},\n    ),"
             for case in made.cases]  # fmt: skip
    return [
        *("CASES = (", *cases, ")"),
        f"PROGRAM = Program({functions}, {measure}, CASES)",
        "",
        'if __name__ == "__main__":',
        "    raise SystemExit(main(PROGRAM))",
        "",
    ]


def _printable(text: str) -> str:
    return "".join(character for character in text if character == "\n" or character.isprintable())
