"""An empty Landlock rule set: no path may be opened, no TCP port used, no process outside signalled."""

import ctypes
import os
import struct

from sandbox import kernel

_VERSION_FLAG = 1
_FILES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
_TCP, _SCOPES = 0x3, 0x3


def version() -> int:
    """Return the version of the kernel's interface.

    Raises:
        OSError: Landlock is not built in, or not switched on.
    """
    return kernel.call("landlock_create_ruleset", 0, 0, _VERSION_FLAG)


def ruleset() -> int:
    """Return a descriptor of the strictest rule set this kernel knows.

    Raises:
        OSError: Landlock is not available.
    """
    abi = version()
    fields = [_FILES[min(abi, max(_FILES))], _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0]
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    attributes = ctypes.create_string_buffer(struct.pack("@QQQ", *fields), 24)
    descriptor = kernel.call("landlock_create_ruleset", ctypes.addressof(attributes), size, 0)
    os.set_inheritable(descriptor, False)
    return descriptor


def restrict(descriptor: int) -> None:
    """Confine this process for good; it must have no_new_privs."""
    kernel.call("landlock_restrict_self", descriptor, 0)
