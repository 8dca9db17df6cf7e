"""Settings as the recipe that they can be run from again."""

import json
from collections.abc import Mapping

from evolve.settings import Settings


def recipe(settings: Settings) -> str:
    """Return settings as TOML text; what is not set is left out."""
    values = settings.model_dump(mode="json", exclude_none=True)
    plain = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if not isinstance(value, dict)]
    parts = ["\n".join(plain)]
    for name, table in values.items():
        if isinstance(table, dict) and table:
            parts.append("\n".join([f"[{_key(name)}]", *(f"{_key(key)} = {_value(table[key])}" for key in table)]))
    return "\n\n".join(parts) + "\n"


def _key(name: str) -> str:
    bare = name and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name)
    return name if bare else _value(name)


def _value(value: object) -> str:
    match value:
        case dict():
            inner: Mapping[str, object] = value
            return (
                "{"
                + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in inner.items() if each is not None)
                + "}"
            )
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case str():
            return json.dumps(value).replace("\x7f", "\\u007f")  # JSON leaves that one as it is, TOML does not take it
        case bool():
            return "true" if value else "false"
        case _:
            return repr(value)
