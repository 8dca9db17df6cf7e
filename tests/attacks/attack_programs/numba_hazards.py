"""What compiled code can do to its own process; as Python these programs would be harmless.

Where memory is touched that is not theirs, any ending will do as long as nobody else notices.
"""

# ruff: noqa: E501 - a program per line

from attack_programs.program import ERROR, KILLED, MEMORY, OK, REJECTED, TIMEOUT, numba

_ANY = (OK, ERROR, KILLED, MEMORY)
_DOUBLING = "\n".join(f"t{i + 1} = (t{i}, t{i})" for i in range(18))
_INLINING = "\n".join(f"g{i + 1} = lambda v: g{i}(v) + g{i}(v + 1.0)" for i in range(14))

PROGRAMS = [
    numba("read past the end by flat", "a = np.zeros(3)\nreturn a.flat[10 ** 6]", *_ANY),
    numba("write past the end by flat", "a = np.zeros(3)\na.flat[10 ** 9] = 1.0\nreturn 0.0", *_ANY),
    numba("stride past the end", "return np.lib.stride_tricks.as_strided(np.zeros(2), (9,), (1 << 40,))[8]", *_ANY),
    # Adding in place does not compare the sizes. The child reads its own memory until there is none.
    numba("add in place past the end", "a = np.zeros(3 * 10 ** 7)\na += np.ones(3)\nreturn a.sum()", KILLED, checked=KILLED),
    numba("write past the end through a result", "a = np.zeros(3)\nreturn np.add(np.ones(3 * 10 ** 7), 1.0, a)[0]", *_ANY),
    numba("show old memory", "return np.empty(1000).sum()", OK, checked=OK),  # becomes np.zeros
    numba("show an address", "return float(np.zeros(3).ctypes.data)", OK, REJECTED),
    numba("use chance", "return np.random.random()", KILLED),
    numba("print", "print(x)\nreturn x", OK),
    numba("recurse with a signature", "def f(x):\n    if x < 0.0:\n        return 0.0\n    return f(x + 1.0)", REJECTED, KILLED),
    numba("recurse in two functions", "def g(x):\n    return h(x) if x > 0.0 else 1.0\n\ndef h(x):\n    return g(x + 1.0)\n\ndef f(x):\n    return g(x)", REJECTED, KILLED),
    numba("double a tuple", f"t0 = (x, x)\n{_DOUBLING}\nreturn t18[0][0][0]" + "[0]" * 15, TIMEOUT, MEMORY, REJECTED, KILLED),
    numba("inline without end", f"g0 = lambda v: v + 1.0\n{_INLINING}\nreturn g14(x)", TIMEOUT, MEMORY, REJECTED),
    numba("catch every error", "try:\n    a = np.zeros(3)\n    return a[7]\nexcept Exception:\n    return 1.0", OK),
    numba("read past the end", "a = np.zeros(3)\nreturn a[int(x) + 9]", ERROR, checked=ERROR),
    numba("write past the end", "a = np.zeros(3)\na[int(x) + 9] = 1.0\nreturn a[0]", ERROR, checked=ERROR),
    numba("read before the start", "a = np.zeros(3)\nreturn a[-4 - int(x)]", ERROR, checked=ERROR),
    numba("divide by zero", "return 1.0 / (x - x)", ERROR, checked=ERROR),
    numba("divide an integer by zero", "return 1 // int(x - x)", ERROR, checked=ERROR),
    numba("take the least of nothing", "return np.zeros(0).min()", ERROR, checked=ERROR),
    numba("pop from an empty list", "a = [x]\na.pop()\nreturn a.pop()", ERROR, checked=ERROR),
    numba("allocate a terabyte", "return np.zeros(10 ** 13)[0]", MEMORY, checked=MEMORY),
    numba("allocate a negative size", "return np.zeros(-int(x) - 5)[0]", ERROR, checked=ERROR),
    numba("count up to a terabyte", "return float(np.bincount(np.array([10 ** 12]))[0])", MEMORY, ERROR, checked=MEMORY),
    numba("grow a list", "a = [x]\nwhile x > 0:\n    a.append(x)\nreturn a[0]", MEMORY, TIMEOUT, checked=MEMORY),
    numba("loop without end", "y = 0.0\nwhile y < 1.0:\n    y = y * 1.0\nreturn y", TIMEOUT, checked=TIMEOUT),
    numba("fail an assertion", "assert x < 0\nreturn x", ERROR, checked=ERROR),
    numba("reach outside the compiler", "return float(open(SECRET).read())", REJECTED),
    numba("reach for an operating system function", "return float(__import__('os').getpid())", REJECTED),
]  # fmt: skip
