"""The tutorial, carried out: its files are written, its commands run, and what it says they print is compared."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from evolve.cli import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "your_own_problem.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
SHORTER = ("--max-time 20s", "--max-evaluations 20")
"""What the clock would end, and what ends it here: as many candidates on any machine."""


def run(command: str, folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    program, *arguments = shlex.split(command.replace(*SHORTER), comments=True)
    assert program == "evolve"
    ended = subprocess.run(
        [sys.executable, "-m", "evolve", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    printed: list[str] = []
    for language, name, content in BLOCKS:
        if name:
            (tmp_path / name).write_text(content, encoding="utf-8")
        elif language == "sh":
            printed = [
                line.rstrip() for command in content.splitlines() for line in run(command, tmp_path).splitlines()
            ]
        else:
            assert language == "text"
            assert [line for line in content.splitlines() if line not in printed] == []
    assert "def priority(" in (tmp_path / "rule.py").read_text(encoding="utf-8")


def test_the_problem_of_the_tutorial_has_less_than_a_hundred_lines() -> None:
    (problem,) = [content for language, name, content in BLOCKS if name == "machines.py"]
    assert len(problem.splitlines()) < 100
    assert max(map(len, problem.splitlines())) <= 120


def test_the_run_of_the_tutorial_is_the_one_that_is_shortened_here() -> None:
    assert TEXT.count(SHORTER[0]) == 1


@pytest.mark.parametrize("command", re.findall(r"`(evolve [^`]+)`", TEXT))
def test_every_command_in_its_sentences_exists_with_its_options(command: str) -> None:
    _, name, *rest = shlex.split(command)
    subcommand = get_command(app).commands[name]  # type: ignore[attr-defined]
    subcommand.make_context(name, list(rest), resilient_parsing=False).close()
