"""The Linux system calls that Python does not offer, by number and through `ctypes`."""

import ctypes
import os
import platform
import sys
from dataclasses import dataclass

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture as seccomp sees it.

    Attributes:
        audit: AUDIT_ARCH_* from linux/audit.h.
        calls: System call numbers by name, from the kernel's tables; only those named in this package.
    """

    audit: int
    calls: dict[str, int]


MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        {
            "write": 1, "open": 2, "stat": 4, "lstat": 6, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12,
            "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16, "writev": 20, "access": 21,
            "sched_yield": 24, "mremap": 25, "madvise": 28, "setitimer": 38, "getpid": 39, "exit": 60, "getcwd": 79,
            "readlink": 89, "gettid": 186, "futex": 202, "restart_syscall": 219, "clock_gettime": 228,
            "exit_group": 231, "tgkill": 234, "openat": 257, "newfstatat": 262, "readlinkat": 267, "faccessat": 269,
            "seccomp": 317, "getrandom": 318, "statx": 332, "close_range": 436, "faccessat2": 439,
            "landlock_create_ruleset": 444, "landlock_restrict_self": 446,
        },
    ),
    "aarch64": Machine(
        0xC00000B7,
        {
            "getcwd": 17, "ioctl": 29, "faccessat": 48, "openat": 56, "write": 64, "writev": 66, "readlinkat": 78,
            "newfstatat": 79, "exit": 93, "exit_group": 94, "futex": 98, "setitimer": 103, "clock_gettime": 113,
            "sched_yield": 124, "restart_syscall": 128, "tgkill": 131, "rt_sigaction": 134, "rt_sigprocmask": 135,
            "rt_sigreturn": 139, "getpid": 172, "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222,
            "mprotect": 226, "madvise": 233, "seccomp": 277, "getrandom": 278, "statx": 291, "close_range": 436,
            "faccessat2": 439, "landlock_create_ruleset": 444, "landlock_restrict_self": 446,
        },
    ),
}  # fmt: skip

MACHINE = MACHINES.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 1 << 32 else None
"""This machine; None where there is no table for it."""

_libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: int) -> int:
    """Make a system call and return its result.

    Raises:
        OSError: The kernel refuses it, or this machine has no table.
    """
    if MACHINE is None:
        raise OSError(38, f"no table of system calls for {sys.platform} on {platform.machine()}")
    result: int = _libc.syscall(*map(ctypes.c_long, (MACHINE.calls[name], *arguments)))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def control(option: int, value: int) -> None:
    """Call `prctl`.

    Raises:
        OSError: The kernel refuses it.
    """
    if _libc.prctl(*map(ctypes.c_ulong, (option, value, 0, 0, 0))) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl {option}: {os.strerror(error)}")
