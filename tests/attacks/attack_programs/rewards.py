"""Forging the result: a well-formed forgery is a claim like any other, which the caller checks."""

from attack_programs.program import ERROR, KILLED, MEMORY, OK, REJECTED, TIMEOUT, python

_FRAME = """
head = {head}
frame = b'A' + len(head).to_bytes(4, 'little') + head + {payload}
os.write(3, frame)
"""
_GOOD = _FRAME.format(head='b\'[["y", "float64", [1]]]\'', payload="bytes(8)")
_HUGE = _FRAME.format(head='b\'[["y", "float64", [1000000000000]]]\'', payload="bytes(8)")
_OBJECT = _FRAME.format(head='b\'[["y", "object", [1]]]\'', payload="bytes(8)")

PROGRAMS = [
    python("forge a result and end", _GOOD + "os._exit(0)", OK, OK),
    python("forge a result and go on", _GOOD, ERROR, ERROR),  # two results are none
    python("forge a result and crash", _GOOD + "ctypes.string_at(0)", KILLED, KILLED),
    python("forge a result and loop", _GOOD + "while True: pass", TIMEOUT, TIMEOUT),
    python("forge a result and fail", _GOOD + "os._exit(3)", ERROR, ERROR),
    python("forge a result of a terabyte", _HUGE + "os._exit(0)", ERROR, ERROR),
    python("forge a result of objects", _OBJECT + "os._exit(0)", ERROR, ERROR),
    python("send a pickle", "os.write(3, b'cos\\nsystem\\n(S\"id\"\\ntR.')\nos._exit(0)", ERROR, ERROR),
    python("send garbage", "os.write(3, bytes(range(256)))\nos._exit(0)", ERROR, ERROR),
    python("send half a head", "os.write(3, b'A\\x00')\nos._exit(0)", ERROR, ERROR),
    python("send a head that nests", "os.write(3, b'A\\x00\\xf0\\x00\\x00' + b'[' * 61440)\nos._exit(0)", ERROR, ERROR),
    python("flood the result", "while True: os.write(3, bytes(100000))", KILLED, KILLED),
    python("return too much", "return {'y': np.zeros(1 << 20)}", KILLED, KILLED),
    python("end without a result", "os._exit(0)", ERROR, ERROR),
    python("end the interpreter", "sys.exit(0)", ERROR, REJECTED),
    python("claim to be out of memory", "raise MemoryError", MEMORY, MEMORY),
    python("claim an error with a hostile text", "raise ValueError('\\x1b[2J\\u202e' * 9999)", ERROR, REJECTED),
    python("claim an error with a class of its own", "raise type('A' * 5000, (Exception,), {})", ERROR, REJECTED),
    python("return texts", "return {'y': np.array(['a'])}", ERROR, ERROR),
    python("return objects", "return {'y': np.array([object()])}", ERROR, ERROR),
    python("spoil numpy", "np.ascontiguousarray = None\nreturn {'y': np.ones(1)}", ERROR, ERROR),
    python("spoil the clock", "time.process_time = time.perf_counter = lambda: 0.0", OK, OK),
]
