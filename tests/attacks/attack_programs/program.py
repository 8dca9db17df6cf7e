"""What an attack is.

A program finds these names when it runs as plain Python: SECRET (path of a readable file), DROP (a directory that
anybody may write to), PORT and UDP (of listening sockets on loopback), BYSTANDER, PARENT and WARM (process ids).
"""

import textwrap
from dataclasses import dataclass

from sandbox import Ending

OK, REJECTED, ERROR, TIMEOUT, MEMORY, KILLED = Ending


@dataclass(frozen=True)
class Program:
    """A source and the endings it must get.

    Attributes:
        checked: Ending through the static check; what passes it is compiled and run.
        running: Endings it may get as plain Python in the second phase, without the static check.
        compiling: The same in the first phase.
        compiled: Endings it may get compiled by numba, without the static check; then it does not run as Python.
    """

    name: str
    source: str
    checked: Ending = REJECTED
    running: frozenset[Ending] = frozenset()
    compiling: frozenset[Ending] = frozenset()
    compiled: frozenset[Ending] = frozenset()


def python(name: str, body: str, run: Ending = KILLED, compile: Ending = KILLED, checked: Ending = REJECTED) -> Program:
    """Return a program whose body stands in `f(x)`."""
    return module(name, "def f(x):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    "), run, compile, checked)


def module(
    name: str, source: str, run: Ending = KILLED, compile: Ending = KILLED, checked: Ending = REJECTED
) -> Program:
    """Return a program that is a whole module."""
    return Program(name, source, checked, frozenset([run]), frozenset([compile]))


def numba(name: str, body: str, *compiled: Ending, checked: Ending = REJECTED) -> Program:
    """Return a program that numba compiles even without the static check."""
    source = body if body.startswith("def ") else "def f(x):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return Program(name, source, checked, compiled=frozenset(compiled))


def raw(name: str, number: int, arguments: str = "0, 0, 0, 0, 0, 0", run: Ending = KILLED) -> Program:
    """Return a program that makes a system call by its number on x86_64."""
    return python(name, f"ctypes.CDLL(None).syscall({number}, {arguments})", run, run)
