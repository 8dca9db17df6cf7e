"""Using up time, memory and other means."""

from attack_programs.program import ERROR, MEMORY, OK, REJECTED, TIMEOUT, python

PROGRAMS = [
    python("loop without end", "while True: pass", TIMEOUT, TIMEOUT, checked=TIMEOUT),
    # Compiled, the integers wrap instead.
    python("compute a huge power", "return 9 ** 9 ** 9", TIMEOUT, TIMEOUT, checked=OK),
    python("sort without end", "while True: sorted(range(10 ** 5))", TIMEOUT, TIMEOUT, checked=TIMEOUT),
    python("sleep", "time.sleep(1000)"),
    python("wait for a signal", "signal.pause()"),
    python("wait for nothing", "select.select([], [], [])"),
    python("wait for itself", "lock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
    python("allocate a terabyte", "return bytearray(10 ** 12)", MEMORY, MEMORY),
    python("allocate with numpy", "return np.ones(10 ** 10)", MEMORY, MEMORY),
    python("allocate bit by bit", "kept = []\nwhile True: kept.append(bytearray(10 ** 7))", MEMORY, MEMORY),
    python("double a list", "kept = [0]\nwhile True: kept += kept", MEMORY, MEMORY, checked=MEMORY),
    python("repeat a text", "return 'x' * 10 ** 12", MEMORY, MEMORY),
    python("recurse without end", "return f(x)", ERROR, REJECTED),
    python("recurse through the stack", "sys.setrecursionlimit(10 ** 9)\ng = lambda v: max([v], key=g)\ng(0)"),
    python("take all descriptors", "while True: os.dup(3)"),
    python("write to standard output", "while True: os.write(1, bytes(10 ** 6))", TIMEOUT, TIMEOUT),
]
