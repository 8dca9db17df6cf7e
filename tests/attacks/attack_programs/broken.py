"""Programs that are no heuristics."""

from attack_programs.program import ERROR, KILLED, MEMORY, OK, REJECTED, TIMEOUT, module, numba

# Past the static check, importing and showing a wrong line ask for files, which the second phase forbids.
PROGRAMS = [
    module("a syntax error", "def f(x)\n    return x", KILLED, REJECTED),
    module("an indentation error", "def f(x):\nreturn x", KILLED, REJECTED),
    module("a bracket left open", "def f(x):\n    return (x", KILLED, REJECTED),
    module("a null character", "def f(x):\n    return '\0'", ERROR, REJECTED),
    module("a lone surrogate", "def f(x):\n    return '\ud800'", ERROR, REJECTED),
    module("a text that reads backwards", "def f(x):\n    return x  # \u202e }", OK, OK),
    module("brackets in brackets", "def f(x):\n    return " + "(" * 5000 + "x" + ")" * 5000, ERROR, REJECTED),
    module("minus signs", "def f(x):\n    return " + "-" * 15_000 + "x", MEMORY, MEMORY),
    module("a long sum", "def f(x):\n    return " + " + ".join(["x"] * 3900), ERROR, REJECTED),
    module("an error in the module", "1 / 0\n\ndef f(x):\n    return x", ERROR, REJECTED),
    module("a loop in the module", "while True:\n    pass\n\ndef f(x):\n    return x", TIMEOUT, TIMEOUT),
    module("no import at all", "import torch\n\ndef f(x):\n    return x", KILLED, REJECTED),
    module("an answer in prose", "I think that shortest first is best.", KILLED, REJECTED),
    module("an answer in a fence", "```python\ndef f(x):\n    return x\n```", KILLED, REJECTED),
    module("a class", "class Rule:\n    def f(self, x):\n        return x", OK, OK),
    numba("nothing", "def g(x):\n    return x", REJECTED),
    numba("an unknown name", "return x + unknown", REJECTED),
    numba("a text as the answer", "return 'x'", REJECTED),
    numba("an array as the answer", "return np.zeros(3)", REJECTED, checked=REJECTED),
    numba("nothing as the answer", "y = x", REJECTED, ERROR, checked=REJECTED),
    numba("the wrong number of parameters", "def f(x, y):\n    return x + y", REJECTED, checked=REJECTED),
    numba("types that do not fit", "a = [1.0]\nreturn a + x", REJECTED, checked=REJECTED),
    numba("a missing attribute", "return x.size", REJECTED, checked=REJECTED),
]
