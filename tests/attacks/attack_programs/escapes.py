"""Undoing what the child gave up."""

# ruff: noqa: E501 - a program per line

import platform

from attack_programs.program import ERROR, KILLED, OK, REJECTED, TIMEOUT, python, raw

# RW memory becomes executable in the first phase as it does for the compiler; what runs there is still filtered.
_MACHINE_CODE = """
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    page = libc.mmap(None, ctypes.c_size_t(4096), 3, 0x22, -1, ctypes.c_long(0))
    code = bytes.fromhex('{code}')
    ctypes.memmove(page, code, len(code))
    libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(4096), 5)
    ctypes.CFUNCTYPE(ctypes.c_int)(page)()
"""

PROGRAMS = [
    python("raise a limit", "resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))"),
    python("become root", "os.setuid(0)"),
    python("take back privileges", "ctypes.CDLL(None).prctl(38, 0, 0, 0, 0)"),
    python("be traced", "ctypes.CDLL(None).ptrace(0, 0, 0, 0)"),
    python("duplicate a descriptor", "os.dup(3)"),
    python("put a descriptor in place of the result", "os.dup2(1, 3)"),
    python("close the result", "os.close(3)"),
    python("make a pipe", "os.pipe()"),
    python("change the flags of the result", "fcntl.fcntl(3, fcntl.F_SETFL, os.O_NONBLOCK)"),
    python("write to a descriptor that is not open", "os.write(9, b'x')"),
    python("map executable memory", "mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)"),
    python("share memory", "mmap.mmap(-1, 4096)"),
    python("ignore the time limit", "signal.signal(signal.SIGPROF, signal.SIG_IGN)", ERROR, REJECTED),
    python("block the time limit", "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF])", ERROR, REJECTED),
    python(
        "switch the timer off and go on",
        """
        signal.setitimer(signal.ITIMER_PROF, 0)
        while True: pass
        """, KILLED, TIMEOUT,
    ),
    python(
        "ignore the signals that fail and go on",
        """
        for number in (signal.SIGPROF, signal.SIGXCPU, signal.SIGTERM):
            try: signal.signal(number, signal.SIG_IGN)
            except OSError: pass
        while True: pass
        """, TIMEOUT, TIMEOUT,
    ),
    # A second filter can only forbid more.
    python(
        "install a filter that allows everything",
        """
        allow = ctypes.create_string_buffer(bytes([6, 0, 0, 0, 0, 0, 255, 127]), 8)
        header = ctypes.create_string_buffer((1).to_bytes(8, 'little') + ctypes.addressof(allow).to_bytes(8, 'little'), 16)
        assert ctypes.CDLL(None).syscall(317, 1, 0, ctypes.byref(header)) == 0
        os.getuid()
        """,
    ),
    # Python code of the child belongs to the attacker; skipping the second filter leaves the first.
    python("skip the second filter", "sys.modules['sandbox.confine'].run_phase = lambda *_: None", OK, OK),
    python(
        "skip the second filter and open a file",
        """
        sys.modules['sandbox.confine'].run_phase = lambda *_: None
        open(SECRET)
        """, KILLED, REJECTED,
    ),
    python("crash", "ctypes.string_at(0)"),
    python("abort", "os.abort()"),
    python("trap", "ctypes.CDLL(None).syscall(200, 0, 5)"),
    raw("make a new user namespace", 272, "0x10000000"),
    raw("enter a namespace", 308, "3, 0"),
    raw("change the root", 161, "b'/tmp'"),
    raw("mount", 165, "b'x', b'/mnt', b'tmpfs', 0, 0"),
    raw("handle page faults", 323, "0"),
    raw("load a program into the kernel", 321, "5, 0, 0"),
    raw("open a performance counter", 298, "0, 0, -1, -1, 0"),
    raw("load a kernel module", 175, "0, 0, b''"),
    raw("restart the machine", 169, "0, 0, 0, 0"),
    raw("change the personality", 135, "0x0400000"),
    raw("run a file in memory", 322, "3, b'', 0, 0, 0x1000"),
    raw("make a rule set", 444, "0, 0, 1"),
    raw("use the numbers of another interface", 0x40000000 + 39),
    raw("use a number that does not exist", 100_000),
    raw("write to several descriptors at once", 275, "3, 0, 4, 0, 1, 0"),
    raw("read from the result", 0, "3, 0, 0"),
]  # fmt: skip

if platform.machine() == "x86_64":
    PROGRAMS += [
        python("run machine code", _MACHINE_CODE.format(code="b8660000000f05c3")),  # getuid
        python("run machine code of 32 bits", _MACHINE_CODE.format(code="b814000000cd80c3")),  # getpid, int 0x80
    ]
