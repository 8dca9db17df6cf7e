"""The two streams: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console

SCHEMA_VERSION = 1
"""Of the objects that --json prints."""

out = Console()
err = Console(stderr=True)


def say(data: dict[str, Any], as_json: bool, show: Callable[[], None]) -> None:
    """Print a result for a program or for a person."""
    if as_json:
        sys.stdout.write(json.dumps({"schema_version": SCHEMA_VERSION} | data, allow_nan=False) + "\n")
    else:
        show()
