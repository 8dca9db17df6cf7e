"""What an exported module does apart from scheduling: compiling where it can, testing itself, and its command line.

Nothing here runs in the program itself: the linker gathers it into every module that is exported.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from problems.base import AnyArray, Arrays

NUMBA_REQUIRED = False
"""Whether this module refuses to work without numba, because it would decide differently."""


def _compiler() -> Callable[[Any], Any] | None:
    """Return what compiles functions as the heuristic was compiled when it was judged; None to leave them as they are.

    Raises:
        ImportError: There is no numba, and it is required.
    """
    off = os.environ.get("RULE_NUMBA") == "0" or (__name__ == "__main__" and "--no-numba" in sys.argv)
    if not off:
        try:
            from numba import njit
        except ImportError:
            pass
        else:
            made: Callable[[Any], Any] = njit(boundscheck=True, error_model="python")
            return made
    if NUMBA_REQUIRED:
        raise ImportError("this heuristic decides differently without numba: install numba, and do not turn it off")
    return None


COMPILER = _compiler()


def compiled(function: Any) -> Any:
    """Return a function as numba compiles it, or as it is where numba is not installed or turned off."""
    return COMPILER(function) if COMPILER else function


def rule(function: Any) -> Any:
    """Return a rule compiled, or else one that is given plain floats: NumPy's do not raise on a division by zero."""
    if COMPILER:
        return COMPILER(function)
    return lambda *told: function(*map(float, told))


class Case(NamedTuple):
    """A small instance, with what is known to come out.

    Attributes:
        text: The instance.
        objective: Of the solution.
        solution: Its arrays, as lists.
    """

    text: str
    objective: float
    solution: Mapping[str, Any]


@dataclass(frozen=True)
class Program:
    """What a module can do; see the functions of these names in it.

    Attributes:
        measure: What `objective` returns.
        cases: What `self_test` replays.
    """

    read: Callable[[str, str], Mapping[str, AnyArray]]
    solve: Callable[[Arrays], Mapping[str, AnyArray]]
    objective: Callable[[Arrays, Arrays], float]
    show: Callable[[Arrays, Arrays], str]
    measure: str
    cases: Sequence[Case]

    def failures(self) -> list[str]:
        """Return what comes out differently from what is known, a sentence for each case."""
        found = []
        for number, case in enumerate(self.cases, start=1):
            instance = self.read(case.text, f"case {number}")
            with np.errstate(all="ignore"):
                solution = self.solve(instance)
            value = self.objective(instance, solution)
            if value != case.objective:
                found.append(f"case {number}: {self.measure} {value!r}, expected {case.objective!r}")
            elif {name: array.tolist() for name, array in solution.items()} != case.solution:
                found.append(f"case {number}: another solution of the same {self.measure}")
        return found

    def told(self, path: Path, as_json: bool) -> str:
        """Return objective and solution of the instance in a file, as text or as one JSON object."""
        instance = self.read(path.read_text(encoding="utf-8"), str(path))
        with np.errstate(all="ignore"):
            solution = self.solve(instance)
        value = self.objective(instance, solution)
        if as_json:
            lists = {name: array.tolist() for name, array in solution.items()}
            return json.dumps({"instance": str(path), self.measure: value, **lists})
        return f"{self.measure} {value:g}\n{self.show(instance, solution)}"


def main(program: Program, arguments: Sequence[str] | None = None) -> int:
    """Schedule the instances named on the command line, or test the module; return the exit code."""
    parser = argparse.ArgumentParser(description=f"Schedules instances and prints {program.measure} and solution.")
    parser.add_argument("instances", nargs="*", type=Path, help="files, each with an instance")
    parser.add_argument("--self-test", action="store_true", help="replay the embedded cases")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each instance")
    parser.add_argument("--no-numba", action="store_true", help="do not compile, even where numba is installed")
    chosen = parser.parse_args(arguments)
    if not chosen.instances and not chosen.self_test:
        parser.error("name an instance, or use --self-test")
    if chosen.self_test:
        failures = program.failures()
        sys.stdout.write("".join(f"{failure}\n" for failure in failures))
        sys.stdout.write(f"{len(program.cases) - len(failures)} of {len(program.cases)} cases come out as expected\n")
        if failures:
            return 1
    for path in chosen.instances:
        try:
            sys.stdout.write(program.told(path, chosen.json) + "\n")
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{path}: {error}\n")
            return 2
    return 0
