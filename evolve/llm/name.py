"""The names of models."""

import re
from dataclasses import dataclass

NAMELESS = {"mailbox"}
"""Providers with one model, which needs no name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A model's name, taken apart.

    Attributes:
        provider: A name in the entry-point group, or "path/to/file.py:Class".
        model: As the provider names it; may hold colons and slashes.
    """

    provider: str
    model: str


def parsed(name: str) -> Name:
    """Return the parts of "provider:name".

    Raises:
        ValueError: A part is missing.
    """
    found = re.fullmatch(r"(?P<provider>[^:]+\.py:\w+|[^:]+)(?::(?P<model>.*))?", name.strip(), re.DOTALL)
    provider, model = (found["provider"], found["model"] or "") if found else ("", "")
    if not provider or not (model or provider in NAMELESS):
        raise ValueError(f"a model is named provider:name, such as openai-compatible:qwen3:8b, not {name!r}")
    return Name(provider, model)
