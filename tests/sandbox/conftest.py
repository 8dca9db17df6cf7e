import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Fence, Limits

sys.path.insert(0, str(Path(__file__).parent))  # the fence imports its target by name

LIMITS = Limits(compile_cpu_seconds=8, run_cpu_seconds=1, wall_seconds=30, output_bytes=1 << 20)


@pytest.fixture(scope="session")
def compiling() -> Iterator[Fence]:
    with Fence("sandbox_tasks:compiling", limits=LIMITS) as fence:
        yield fence


@pytest.fixture(scope="session")
def anything() -> Iterator[Fence]:
    limits = Limits(compile_cpu_seconds=1, run_cpu_seconds=1, wall_seconds=30, output_bytes=1 << 20)
    with Fence("sandbox_tasks:anything", limits=limits) as fence:
        yield fence


@pytest.fixture(autouse=True)
def no_descriptor_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test, of failures too, gives back what it opened; fences shared by tests are opened before."""
    for name in ("compiling", "anything"):
        if name in request.fixturenames:
            request.getfixturevalue(name)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    yield
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after <= before
