"""Finding parts by name: entry points, or a class in a file."""

import difflib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any


class UnknownPart(LookupError):
    """No part of this name is installed, or the file does not define it."""


def names(group: str) -> list[str]:
    """Return the names of the installed parts of an entry-point group such as "evolve.problems"."""
    return sorted({point.name for point in entry_points(group=group)})


def load(group: str, name: str) -> Any:
    """Return the class behind a name.

    Args:
        group: The entry-point group.
        name: A name listed in the group, or "path/to/file.py:Class".

    Raises:
        UnknownPart: Neither names a part; the message lists what there is.
    """
    path, _, attribute = name.rpartition(":")
    if path.endswith(".py"):
        return _from_file(Path(path), attribute)
    for point in entry_points(group=group, name=name):
        return point.load()
    known = names(group)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known) or 'none'}"
    raise UnknownPart(f"no {group.rpartition('.')[2].removesuffix('s')} is called {name!r}: {hint}")


def _from_file(path: Path, attribute: str) -> Any:
    if not path.is_file():
        raise UnknownPart(f"{path}: no such file")
    module_name = f"plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UnknownPart(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, attribute):
        raise UnknownPart(f"{path} does not define {attribute!r}")
    return getattr(module, attribute)
