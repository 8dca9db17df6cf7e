"""How much one call may use."""

import math
from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use; CPU time is the limit, wall time only the backstop of a stuck host.

    Attributes:
        compile_cpu_seconds: CPU time of the first phase.
        run_cpu_seconds: CPU time of the second phase, counted from its start.
        wall_seconds: Elapsed time of both phases together.
        memory_bytes: Growth of the address space above that of the warm process.
        output_bytes: Size of everything the child may write.
    """

    compile_cpu_seconds: float = 20.0
    run_cpu_seconds: float = 10.0
    wall_seconds: float = 120.0
    memory_bytes: int = 1024 * MEBIBYTE
    output_bytes: int = 16 * MEBIBYTE

    def __post_init__(self) -> None:
        for name in ("compile_cpu_seconds", "run_cpu_seconds", "wall_seconds"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a positive number of seconds, not {getattr(self, name)}")
        for name, least in (("memory_bytes", 16 * MEBIBYTE), ("output_bytes", 1024)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
