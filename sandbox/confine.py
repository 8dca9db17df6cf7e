"""What a child gives up before it sees the source: the order matters, and nothing here can be undone.

In the warm process: foreign signals' settings, privileges, the unprivileged user if started as root.
In the child: session, descriptors, Landlock, resource limits, and the two system call filters.
"""

import contextlib
import math
import os
import resource
import signal
import sys
from dataclasses import dataclass

from sandbox import kernel, landlock
from sandbox.limits import Limits
from sandbox.seccomp import Filter, Phase

RESULT = 3
NOBODY = 65534
STACK_BYTES = 8 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of the kernel, as the warm process prepared them.

    Attributes:
        filters: The system call filters; None if the kernel has none.
        ruleset: Descriptor of the Landlock rule set, or -1.
        status: Descriptor of /proc/self/statm of the warm process, or -1.
    """

    filters: dict[Phase, Filter] | None
    ruleset: int
    status: int


def default_signals() -> None:
    """Give every signal its default action; a parent may have ignored or blocked the ones that end a child."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def prepare() -> Layers:
    """Open what the children need; called once in the warm process."""
    if sys.platform != "linux":
        return Layers(None, -1, -1)
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
    return Layers(_filters(), _ruleset(), os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC))


def _filters() -> dict[Phase, Filter] | None:
    try:
        return {phase: Filter(phase) for phase in Phase}
    except OSError:
        return None


def _ruleset() -> int:
    try:
        return landlock.ruleset()
    except OSError:
        return -1


def drop_privileges() -> None:
    """Become nobody if this is root, and undebuggable; tolerated where the container does not allow it."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
        with contextlib.suppress(OSError):
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    if sys.platform == "linux":
        kernel.control(kernel.PR_SET_DUMPABLE, 0)


def leave(warm: int) -> None:
    """Make the forked process a session of its own that dies with the warm process.

    Args:
        warm: Process id of the warm process.
    """
    os.setsid()
    if sys.platform == "linux":
        kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != warm:
        os._exit(1)


def address_space(layers: Layers) -> int:
    """Return the size of the address space in bytes, as the warm process sees it before a fork; 0 if unknown."""
    if layers.status < 0:
        return 0
    return int(os.pread(layers.status, 64, 0).split()[0]) * _PAGE


def compile_phase(layers: Layers, limits: Limits, result: int, space: int) -> None:
    """Give up everything but compiling and writing to descriptor `RESULT`.

    Args:
        layers: What `prepare` returned.
        limits: The limits of the call.
        result: Write end of the result pipe.
        space: What `address_space` returned.
    """
    # Landlock first: once the descriptors are limited to four, its own would be one too many.
    if layers.ruleset >= 0:
        landlock.restrict(layers.ruleset)
    _keep_only(result)
    _limit(limits, space)
    signal.setitimer(signal.ITIMER_PROF, limits.compile_cpu_seconds)
    if layers.filters is not None:
        layers.filters[Phase.COMPILE].install()


def run_phase(layers: Layers, limits: Limits) -> None:
    """Give up compiling too; from here on the time limit cannot be moved."""
    signal.setitimer(signal.ITIMER_PROF, limits.run_cpu_seconds)
    if layers.filters is not None:
        layers.filters[Phase.RUN].install()


def _keep_only(result: int) -> None:
    os.dup2(result, RESULT, inheritable=False)
    try:
        kernel.call("close_range", RESULT + 1, 0x7FFFFFFF, 0)
    except OSError:
        os.closerange(RESULT + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def cpu_ceiling(limits: Limits) -> int:
    """Return the CPU seconds at which the kernel ends a child whatever its timer says.

    The timer of each phase is exact but the first phase may reset it; this limit is whole seconds and final.
    """
    return math.ceil(limits.compile_cpu_seconds + limits.run_cpu_seconds) + 1


def _limit(limits: Limits, space: int) -> None:
    ceiling = cpu_ceiling(limits)
    wanted = {
        resource.RLIMIT_CPU: (ceiling, ceiling + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NPROC: (0, 0),
        resource.RLIMIT_NOFILE: (RESULT + 1, RESULT + 1),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_STACK: (STACK_BYTES, STACK_BYTES),
    }
    if sys.platform == "linux":
        # macOS accepts this limit and does not keep it.
        wanted[resource.RLIMIT_AS] = (space + limits.memory_bytes, space + limits.memory_bytes)
    for kind, (soft, hard) in wanted.items():
        _, most = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))


def holds(layers: Layers, limits: Limits) -> bool:
    """Return whether a forbidden system call ends a confined child; proves the filters instead of believing them."""
    if layers.filters is None:
        return False
    space = address_space(layers)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            compile_phase(layers, limits, writer, space)
            run_phase(layers, limits)
            os.getuid()
        finally:
            os._exit(0)
    os.close(reader)
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS
