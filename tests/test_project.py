"""What the project promises about itself: the set-up script, the lock, the README."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from evolve.cli import app
from evolve.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def dev(folder: Path, *arguments: str, python: str | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)} | ({"PYTHON": python} if python else {})
    command = ["sh", str(folder / "dev"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("dev", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def fake_python(folder: Path, version_is_old: int, has_venv: int) -> str:
    script = folder / "fakepython"
    script.write_text(
        '#!/bin/sh\ncase "$*" in\n  *version_info*) exit '
        + str(version_is_old)
        + ' ;;\n  --version) echo "Python 3.9.2" ;;\n'
        "  *ensurepip*) exit " + str(has_venv) + " ;;\nesac\n"
    )
    script.chmod(0o755)
    return str(script)


def test_an_old_python_is_named_in_one_line(copy: Path) -> None:
    result = dev(copy, "demo", python=fake_python(copy, 1, 0))
    assert result.returncode == 2
    assert result.stderr == "dev: Python 3.9.2 is too old: install Python 3.11 or newer, or set PYTHON to one\n"


def test_a_python_without_venv_is_told_in_one_line_what_to_install(copy: Path) -> None:
    result = dev(copy, "demo", python=fake_python(copy, 0, 1))
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "apt-get install python3-venv" in result.stderr


def test_a_missing_python_is_named_in_one_line(copy: Path) -> None:
    result = dev(copy, "demo", python="no-such-python")
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)


def test_an_unknown_command_lists_those_there_are(copy: Path) -> None:
    result = dev(copy, "dmeo")
    assert result.returncode == 2
    assert "./dev demo" in result.stderr


def test_nothing_is_installed_when_nothing_has_changed(copy: Path) -> None:
    binaries = copy / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").write_text("#!/bin/sh\n")
    (binaries / "evolve").write_text('#!/bin/sh\necho "evolve $*"\n')
    for name in ("python", "evolve"):
        (binaries / name).chmod(0o755)
    content = (copy / "pyproject.toml").read_bytes() + (copy / "requirements.lock").read_bytes()
    checksum = subprocess.run(["cksum"], input=content, capture_output=True, check=True).stdout.decode().strip()
    (copy / ".venv" / "stamp").write_text(f"{checksum} {copy}\n")
    result = dev(copy, "evolve", "runs", "--json", python="no-such-python")
    assert (result.returncode, result.stdout) == (0, "evolve runs --json\n")
    (copy / "pyproject.toml").write_text("changed")
    assert dev(copy, "evolve", "runs", python="no-such-python").returncode == 2


def test_the_lock_pins_every_package_with_hashes_and_no_address() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert len(pins) > 50
    assert all(re.match(r"[a-z0-9][a-z0-9._-]*==\S+( ; .*)? \\$", pin) for pin in pins)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines if line not in pins)


def test_no_tracked_file_names_an_index_or_a_host_to_download_from() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    telltale = re.compile("py" + r"pi\.org|pythonhosted" + r"\.org|index-" + "url|registry" + r"\.npmjs")
    for name in listed.stdout.split():
        if (ROOT / name).is_file():
            text = (ROOT / name).read_text(encoding="utf-8", errors="ignore").replace("--no-emit-index-url", "")
            assert not telltale.search(text), name


def readme_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("evolve ", "./dev "))]


@pytest.mark.parametrize("command", readme_commands())
def test_every_command_in_the_readme_exists_with_its_options(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "./dev":
        assert arguments[0] in {"demo", "test"}
        return
    name, *rest = arguments
    subcommand = get_command(app).commands[name]  # type: ignore[attr-defined]
    subcommand.make_context(name, list(rest), resilient_parsing=False).close()


def test_the_recipe_in_the_readme_is_valid() -> None:
    import tomllib

    (recipe,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert Settings.model_validate(tomllib.loads(recipe)).deterministic


def test_every_recipe_in_runs_is_valid() -> None:
    recipes = sorted((ROOT / "runs").glob("*.toml"))
    assert recipes
    for recipe in recipes:
        command = [sys.executable, "-m", "evolve", "run", str(recipe), "--dry-run", "--json"]
        subprocess.run(command, check=True, capture_output=True)
