"""How two source texts differ."""

import difflib


def difference(before: str, after: str, first: str, second: str) -> str:
    """Return the change from one source text to another as a unified diff.

    Args:
        first: Name of the one before.
        second: Name of the one after.
    """
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), first, second, lineterm="")
    return "\n".join(lines) or "The code is the same."
