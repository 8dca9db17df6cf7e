import errno
import struct
from collections.abc import Sequence

import pytest

from sandbox.kernel import MACHINES, Machine
from sandbox.seccomp import ALLOW, ERRNO, KILL_PROCESS, RULES, Phase, program

COMPILE, RUN = Phase.COMPILE, Phase.RUN
PROT_RW, PROT_RX, PROT_RWX = 3, 5, 7
MAP_PRIVATE, MAP_SHARED, MAP_FIXED, MAP_ANONYMOUS = 2, 1, 0x10, 0x20


def decide(code: bytes, audit: int, number: int, arguments: Sequence[int] = ()) -> int:
    """Run a BPF program as the kernel does; only the instructions that filters use."""
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<iIQ6Q", number, audit, 0, *(value & (1 << 64) - 1 for value in padded))
    accumulator = position = 0
    while True:
        operation, if_true, if_false, constant = struct.unpack_from("<HBBI", code, 8 * position)
        position += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, constant)
            case 0x54:
                accumulator &= constant
            case 0x15:
                position += if_true if accumulator == constant else if_false
            case 0x35:
                position += if_true if accumulator >= constant else if_false
            case 0x06:
                return constant
            case _:
                raise AssertionError(f"instruction {operation:#x} is not for filters")


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
@pytest.mark.parametrize(
    ("phase", "name", "arguments", "action"),
    [
        (COMPILE, "mmap", (0, 4096, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS), ALLOW),
        (COMPILE, "mmap", (0, 4096, PROT_RX, MAP_PRIVATE | MAP_ANONYMOUS), KILL_PROCESS),  # executable memory
        (COMPILE, "mmap", (0, 4096, PROT_RW, MAP_SHARED | MAP_ANONYMOUS), KILL_PROCESS),  # shared memory
        (COMPILE, "mmap", (0, 4096, PROT_RW, MAP_PRIVATE), KILL_PROCESS),  # a file
        (COMPILE, "mmap", (0, 4096, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), KILL_PROCESS),
        (COMPILE, "mmap", (0, 4096, PROT_RW | 1 << 40, MAP_PRIVATE | MAP_ANONYMOUS), KILL_PROCESS),  # upper half
        (COMPILE, "mprotect", (0, 4096, PROT_RX), ALLOW),
        (COMPILE, "mprotect", (0, 4096, PROT_RW), ALLOW),
        (COMPILE, "mprotect", (0, 4096, PROT_RWX), KILL_PROCESS),
        (COMPILE, "mprotect", (0, 4096, PROT_RX | 1 << 33), KILL_PROCESS),
        (RUN, "mprotect", (0, 4096, PROT_RX), KILL_PROCESS),  # no new code while it runs
        (COMPILE, "write", (3,), ALLOW),
        (RUN, "write", (3,), ALLOW),
        (RUN, "write", (4,), KILL_PROCESS),
        (RUN, "write", (1 << 32 | 3,), ALLOW),  # the kernel takes the lower half, which is 3
        (RUN, "write", (-1,), KILL_PROCESS),
        (COMPILE, "openat", (), ERRNO | errno.ENOENT),
        (RUN, "openat", (), KILL_PROCESS),
        (COMPILE, "futex", (0, 129), ALLOW),  # wake
        (COMPILE, "futex", (0, 128), KILL_PROCESS),  # wait: a way to sleep
        (COMPILE, "seccomp", (1, 0), ALLOW),
        (COMPILE, "seccomp", (1, 8), KILL_PROCESS),  # a listener for system calls
        (RUN, "seccomp", (1, 0), KILL_PROCESS),
        (COMPILE, "setitimer", (2,), ALLOW),
        (COMPILE, "setitimer", (0,), KILL_PROCESS),
        (RUN, "setitimer", (2,), KILL_PROCESS),  # the time limit cannot be moved
        (RUN, "tgkill", (), ERRNO | errno.EPERM),
        (RUN, "exit_group", (), ALLOW),
    ],
)
def test_a_call_gets_the_action_it_must_get(machine, phase, name, arguments, action):
    code = program(RULES[phase], machine)
    assert decide(code, machine.audit, machine.calls[name], arguments) == action


@pytest.mark.parametrize("phase", Phase)
def test_a_foreign_architecture_is_killed(phase):
    intel, arm = MACHINES["x86_64"], MACHINES["aarch64"]
    code = program(RULES[phase], intel)
    assert decide(code, intel.audit, intel.calls["exit_group"]) == ALLOW
    assert decide(code, arm.audit, intel.calls["exit_group"]) == KILL_PROCESS
    assert decide(code, 0x40000003, 1) == KILL_PROCESS  # i386, where 1 is exit


def test_the_x32_numbers_are_killed():
    machine = MACHINES["x86_64"]
    code = program(RULES[COMPILE], machine)
    assert decide(code, machine.audit, 0x40000000 | machine.calls["munmap"]) == KILL_PROCESS


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
@pytest.mark.parametrize("phase", Phase)
def test_what_no_rule_names_is_killed(machine: Machine, phase):
    code = program(RULES[phase], machine)
    named = {machine.calls[rule.name] for rule in RULES[phase] if rule.name in machine.calls}
    assert {decide(code, machine.audit, number) for number in set(range(600)) - named} == {KILL_PROCESS}


def test_running_allows_nothing_that_compiling_forbids():
    compile_rules = set(RULES[COMPILE])
    assert set(RULES[RUN]) < compile_rules
