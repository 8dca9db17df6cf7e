"""From the text of a heuristic to native code that a simulator can call."""

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numba.core.boxing  # noqa: F401  # on first use otherwise, when a fenced process can open no file any more
import numpy as np
from numba import njit
from numba.core import compiler, sigutils
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from problems.base import Heuristic
from sandbox import trees

FILENAME = "<heuristic>"
NOTHING: Mapping[str, Any] = {}


class CompileError(ValueError):
    """The heuristic does not compile to the problem's signature; the message says why, with the line."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled heuristic.

    Attributes:
        address: Where its native code begins.
        keep: What holds the code in memory.
    """

    address: Heuristic
    keep: Any


def plain(source: str, entry: str, given: Mapping[str, Any] = NOTHING) -> Callable[..., Any]:
    """Return the heuristic as a Python function whose helper functions are compiled with bounds checks.

    Args:
        source: Source text that has passed the static check.
        entry: The name of its function.
        given: Further names that the source may use, and what they stand for.
    """
    scope: dict[str, Any] = {"math": math, "np": np, **given}
    exec(compile(source, FILENAME, "exec"), scope)
    for node in trees.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name != entry:
            scope[node.name] = njit(boundscheck=True, error_model="python")(scope[node.name])
    function = scope.get(entry)
    if not isinstance(function, FunctionType):
        raise CompileError(f"the source does not define a function named {entry}")
    return function


def compile_heuristic(source: str, entry: str, signature: str, given: Mapping[str, Any] = NOTHING) -> Compiled:
    """Compile a heuristic to native code with Numba's calling convention, without Python wrappers.

    Bounds are checked and division by zero raises, as in Python.

    Args:
        source: Source text that has passed the static check.
        entry: The name of its function.
        signature: Numba signature with explicit types.
        given: Further names that the source may use, and what they stand for; what is called must be compiled.

    Raises:
        CompileError: It does not compile to that signature.
    """
    parameters, result = sigutils.normalize_signature(signature)
    flags: Any = compiler.Flags()
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.nrt = flags.boundscheck = True
    flags.error_model = "python"
    typing_context, target_context = cpu_target.typing_context, cpu_target.target_context
    try:
        function = plain(source, entry, given)
        if function.__code__.co_argcount != len(parameters):
            raise CompileError(f"{entry} must take {len(parameters)} arguments, not {function.__code__.co_argcount}")
        compiled = compiler.compile_extra(
            typing_context, target_context, function, parameters, result, flags, locals={}
        )
    except NumbaError as error:
        raise CompileError(_shorten(str(error))) from None
    address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return Compiled(address, compiled)


def _shorten(message: str) -> str:
    """Return the sentence of a Numba error that says what is wrong, and the line of the source.

    Such an error is a stack of paragraphs; what is wrong comes first, behind a line that names the compiler's pass.
    """
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", message).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("Failed in")] or lines
    call = next((line for line in said[1:3] if line.startswith(">>>")), "")
    told = re.sub(r" for '\$.*", "", f"{said[0]} {call}")
    where = re.findall(rf'File "{FILENAME}", line (\d+)', message)
    return told.strip()[:500] + (f" (line {where[-1]})" if where else "")
