"""A small installable package around an exported module."""

import re
from pathlib import Path

from problems.base import Problem

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = "A heuristic for {problem}, with the program that schedules with it"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["numpy>=2"]
{licence}
[project.optional-dependencies]
numba = ["numba>=0.60"]
test = ["pytest"]

[tool.hatch.build.targets.wheel]
only-include = ["{name}.py"]
"""
TEST = '''\
"""The module comes out as it did when it was written."""

import {name}


def test_the_embedded_cases_come_out_as_expected() -> None:
    assert {name}.PROGRAM.failures() == []
'''
BARE_TEST = '''\
"""The module can be imported and holds the heuristic."""

import {name}


def test_the_heuristic_is_a_function() -> None:
    assert callable({name}.{entry})
'''
README = """\
# {name}

A heuristic for {problem}, found by search and verified on published and generated instances. What it is, how good it
is, and where it is from is told at the beginning of `{name}.py`.

    pip install .            # or `pip install .[numba]`, which is much faster
{use}
Tests: `pip install .[test] && pytest`.
"""
USE = """\
    python -m {name} instance.txt
    python -m {name} --self-test
"""


def module_name(path: Path) -> str:
    """Return the name of the module that a file or folder stands for."""
    name = re.sub(r"\W", "_", path.stem.lower(), flags=re.ASCII).strip("_") or "rule"
    return f"rule_{name}" if name[0].isdecimal() else name


def package_files(name: str, text: str, problem: Problem, licence: str) -> dict[str, str]:
    """Return the files of a package by their place in its folder.

    Args:
        name: Of the module.
        text: The module.
        problem: The problem.
        licence: What the user chose; empty if nothing.
    """
    quoted = licence.replace("\\", "\\\\").replace('"', '\\"')
    drives = problem.driver() is not None
    test = TEST if drives else BARE_TEST
    return {
        f"{name}.py": text,
        "pyproject.toml": PYPROJECT.format(
            name=name, problem=problem.name, licence=f'license = {{ text = "{quoted}" }}\n' if licence else ""
        ),
        "README.md": README.format(name=name, problem=problem.name, use=USE.format(name=name) if drives else ""),
        f"tests/test_{name}.py": test.format(name=name, entry=problem.entry),
    }
