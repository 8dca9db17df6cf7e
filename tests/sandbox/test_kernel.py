import re
from pathlib import Path

import pytest

from sandbox import kernel

HEADERS = {
    "x86_64": [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")],
    "aarch64": [Path("/usr/include/asm-generic/unistd.h")],
}


@pytest.mark.parametrize("machine", kernel.MACHINES)
def test_the_numbers_of_the_calls_are_those_of_the_kernel_headers(machine):
    found = [path for path in HEADERS[machine] if path.exists()]
    if not found:
        pytest.skip(f"no kernel headers for {machine} here")
    text = found[0].read_text()
    numbers = {name: int(value) for name, value in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", text, re.M)}
    # In the generic header newfstatat has the name it has on 32 bits too.
    numbers.setdefault("newfstatat", numbers.get("fstatat", -1))
    assert {name: numbers.get(name) for name in kernel.MACHINES[machine].calls} == kernel.MACHINES[machine].calls


def test_a_refused_call_raises_the_error_of_the_kernel():
    with pytest.raises(OSError, match="close_range: Invalid argument"):
        kernel.call("close_range", 5, 4, 0)


def test_a_machine_without_a_table_says_so(monkeypatch):
    monkeypatch.setattr(kernel, "MACHINE", None)
    with pytest.raises(OSError, match="no table of system calls"):
        kernel.call("getpid")
