"""The two filters of system calls: one while the source is compiled, a tighter one while it runs.

Each is a classic BPF program (linux/filter.h) over `struct seccomp_data`: the number, the architecture and the six
arguments. What no rule names ends the process with SIGSYS.
"""

import ctypes
import errno
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sandbox import kernel

SET_MODE_FILTER = 1
KILL_PROCESS, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x00050000

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_INSTRUCTION = struct.Struct("<HBBI")
_WORD = 0xFFFFFFFF

READ, WRITE, EXECUTE = 1, 2, 4
PRIVATE, ANONYMOUS, NORESERVE, STACK = 0x02, 0x20, 0x4000, 0x20000
FUTEX_WAKE_PRIVATE = 129
ITIMER_PROF = 2


class Phase(Enum):
    """The part of a call that a filter is for."""

    COMPILE = "compile"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Only:
    """A condition on one argument of a call: `argument & mask == value`, over all 64 bits."""

    argument: int
    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a system call; the first rule whose conditions hold decides."""

    name: str
    action: int = ALLOW
    conditions: tuple[Only, ...] = ()


# Most frequent first: a compilation maps and unmaps memory hundreds of thousands of times.
_MEMORY = (
    Rule(
        "mmap",
        conditions=(
            Only(2, ~(READ | WRITE), 0),
            Only(3, ~(NORESERVE | STACK), PRIVATE | ANONYMOUS),
        ),
    ),
    *map(Rule, ("munmap", "brk", "madvise", "mremap")),
)
# Descriptors 0, 1 and 2 are /dev/null, 3 is the result; the kernel ignores the upper half of the argument.
_OUTPUT = tuple(Rule(name, conditions=(Only(0, _WORD & ~3, 0),)) for name in ("write", "writev"))
# A single thread has nobody to wait for; waiting would only be a way to sleep.
_THREAD = (
    Rule("futex", conditions=(Only(1, _WORD, FUTEX_WAKE_PRIVATE),)),
    *map(Rule, ("clock_gettime", "sched_yield", "getpid", "gettid", "rt_sigreturn", "restart_syscall")),
    *map(Rule, ("exit", "exit_group")),
)
# `abort` gives up and crashes when these fail, which tells a crash from a forbidden call.
_ABORT = tuple(Rule(name, ERRNO | errno.EPERM) for name in ("rt_sigprocmask", "rt_sigaction", "tgkill"))
_COMPILER = (
    Rule("mprotect", conditions=(Only(2, ~(READ | WRITE), 0),)),
    Rule("mprotect", conditions=(Only(2, ~(READ | EXECUTE), 0),)),
    Rule("getcwd"),
    Rule("seccomp", conditions=(Only(0, _WORD, SET_MODE_FILTER), Only(1, ~0, 0))),
    Rule("setitimer", conditions=(Only(0, _WORD, ITIMER_PROF),)),
    *(
        Rule(name, ERRNO | errno.ENOENT)
        for name in (
            "open", "openat", "stat", "newfstatat", "lstat", "statx", "access", "faccessat", "faccessat2",
            "readlink", "readlinkat",
        )
    ),
    Rule("getrandom", ERRNO | errno.ENOSYS),
    Rule("ioctl", ERRNO | errno.ENOTTY),
)  # fmt: skip

RULES = {
    Phase.COMPILE: (*_MEMORY, *_OUTPUT, *_THREAD, *_ABORT, *_COMPILER),
    Phase.RUN: (*_MEMORY, *_OUTPUT, *_THREAD, *_ABORT),
}


def program(rules: Sequence[Rule], machine: kernel.Machine) -> bytes:
    """Return the BPF program of some rules; calls that the machine does not have are left out."""
    instructions = [
        _INSTRUCTION.pack(_LOAD, 0, 0, _ARCHITECTURE),
        _INSTRUCTION.pack(_EQUAL, 1, 0, machine.audit),
        _INSTRUCTION.pack(_RETURN, 0, 0, KILL_PROCESS),
        _INSTRUCTION.pack(_LOAD, 0, 0, _NUMBER),
        _INSTRUCTION.pack(_AT_LEAST, 0, 1, _X32),
        _INSTRUCTION.pack(_RETURN, 0, 0, KILL_PROCESS),
    ]
    for rule in rules:
        if rule.name in machine.calls:
            instructions += _block(machine.calls[rule.name], rule)
    instructions.append(_INSTRUCTION.pack(_RETURN, 0, 0, KILL_PROCESS))
    return b"".join(instructions)


def _block(number: int, rule: Rule) -> Iterator[bytes]:
    checks = [words for condition in rule.conditions for words in _words(condition)]
    reload = 1 if checks else 0
    yield _INSTRUCTION.pack(_EQUAL, 0, 3 * len(checks) + 1 + reload, number)
    for index, (offset, mask, value) in enumerate(checks):
        yield _INSTRUCTION.pack(_LOAD, 0, 0, offset)
        yield _INSTRUCTION.pack(_AND, 0, 0, mask)
        yield _INSTRUCTION.pack(_EQUAL, 0, 3 * (len(checks) - index - 1) + 1, value)
    yield _INSTRUCTION.pack(_RETURN, 0, 0, rule.action)
    if reload:
        yield _INSTRUCTION.pack(_LOAD, 0, 0, _NUMBER)


def _words(condition: Only) -> Iterator[tuple[int, int, int]]:
    offset = _ARGUMENTS + 8 * condition.argument
    for shift, where in ((0, offset), (32, offset + 4)):
        mask = condition.mask >> shift & _WORD
        if mask:
            yield where, mask, condition.value >> shift & _WORD


class Filter:
    """A program that is ready to be installed."""

    def __init__(self, phase: Phase) -> None:
        """Assemble the program of a phase.

        Raises:
            OSError: This machine has no table of system calls.
        """
        if kernel.MACHINE is None:
            raise OSError(errno.ENOSYS, "no table of system calls for this machine")
        code = program(RULES[phase], kernel.MACHINE)
        self._code = ctypes.create_string_buffer(code, len(code))
        header = struct.pack("@HP", len(code) // _INSTRUCTION.size, ctypes.addressof(self._code))
        self._header = ctypes.create_string_buffer(header, len(header))

    def install(self) -> None:
        """Confine this process for good; it must have no_new_privs.

        Raises:
            OSError: The kernel refuses.
        """
        kernel.call("seccomp", SET_MODE_FILTER, 0, ctypes.addressof(self._header))
