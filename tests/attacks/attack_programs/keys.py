"""Stealing keys: the environment, other processes, other calls."""

# ruff: noqa: E501 - a program per line

from attack_programs.program import OK, REJECTED, python, raw

PROGRAMS = [
    # The child has no environment, so reading it is no crime: nothing may come back.
    python(
        "read the environment",
        "return {'leak': np.frombuffer(repr(dict(os.environ)).encode(), np.int8)}", OK, OK,
    ),
    python(
        "read the environment with the C library",
        """
        get = ctypes.CDLL(None).getenv
        get.restype = ctypes.c_char_p
        return {'leak': np.frombuffer(get(b'EVOLVE_CANARY') or b'nothing', np.int8)}
        """, OK, OK,
    ),
    python(
        "search the memory for keys",
        """
        key = '-'.join(['canary', 'value'])
        texts = [value for value in gc.get_objects() if isinstance(value, (dict, list, tuple))]
        found = [item for value in texts for item in value if isinstance(item, str) and key in item]
        found += [item for value in texts if isinstance(value, dict) for item in value.values() if key in str(type(item) is str and item)]
        return {'leak': np.frombuffer(repr(found).encode(), np.int8)}
        """, OK, OK,
    ),
    python(
        "search the frames below",
        """
        frame, found = sys._getframe().f_back, []
        while frame:
            found += [value for value in frame.f_locals.values() if isinstance(value, (str, bytes))]
            frame = frame.f_back
        return {'leak': np.frombuffer(repr(found).encode(), np.int8)}
        """, OK, OK,
    ),
    python("read the own environment file", "open('/proc/self/environ', 'rb').read()", compile=REJECTED),
    python("read the environment of the parent", "open(f'/proc/{PARENT}/environ', 'rb').read()", compile=REJECTED),
    python("read the environment of the warm process", "open(f'/proc/{WARM}/environ').read()", compile=REJECTED),
    python("read the memory of the parent", "open(f'/proc/{PARENT}/mem', 'rb').read(1)", compile=REJECTED),
    python("read the command line of the parent", "open(f'/proc/{PARENT}/cmdline').read()", compile=REJECTED),
    raw("read the memory of the parent by a system call", 310, "PARENT, 0, 0, 0, 0, 0"),
    raw("write the memory of the warm process", 311, "WARM, 0, 0, 0, 0, 0"),
    raw("trace the parent", 101, "16, PARENT, 0, 0"),
    raw("read the kernel's key ring", 250, "0, -3, 0, 0, 0"),
    raw("take a descriptor of the parent", 438, "3, 0, 0"),
]  # fmt: skip
