"""The ways to show progress, apart from the code that does, so that --help need not load it."""

from enum import StrEnum


class Style(StrEnum):
    """How progress is shown."""

    AUTO = "auto"  # rich on a terminal, plain otherwise
    RICH = "rich"
    PLAIN = "plain"
    JSONL = "jsonl"
    NONE = "none"
