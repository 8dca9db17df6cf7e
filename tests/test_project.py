"""What the project promises about itself: the set-up script, the lock, the README."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.main import get_command

from evolve.cli import app
from evolve.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def dev(folder: Path, *arguments: str, python: str | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    environment |= {"PYTHON": python} if python else {}
    command = ["sh", str(folder / "dev"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("dev", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def fake_python(folder: Path, version_is_old: int = 0, has_venv: int = 0, makes_venv: int = 0) -> str:
    """Make an interpreter that notes its calls in "log", and that makes copies of itself as environments."""
    for name, text in {
        "fakepython": f"""#!/bin/sh
echo "$*" >>'{folder}/log'
case "$*" in
    *version_info*) exit {version_is_old} ;;
    --version) echo "Python 3.9.2" ;;
    *ensurepip*) exit {has_venv} ;;
    *base_prefix*) cat '{folder}/identity' ;;
    "-m venv"*)
        sleep 0.1
        [ {makes_venv} = 0 ] || exit {makes_venv}
        rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" && cp '{folder}/evolve' "$4/bin/evolve"
        ;;
esac
""",
        "evolve": '#!/bin/sh\necho "evolve $*"\n',
        "uv": "#!/bin/sh\n",
        "identity": "one\n",
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder / "fakepython")


def calls(folder: Path) -> list[str]:
    """Return what the fake interpreter has been asked since the last time."""
    log = folder / "log"
    asked = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return asked


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


def test_nothing_is_installed_when_nothing_has_changed_and_python_is_asked_once(copy: Path) -> None:
    python = fake_python(copy)
    first = dev(copy, "evolve", "runs", "--json", python=python)
    assert (first.returncode, first.stdout) == (0, "evolve runs --json\n")
    assert "setting up" in first.stderr
    calls(copy)
    for chosen in (python, None):
        again = dev(copy, "evolve", "runs", "--json", python=chosen)
        assert (again.returncode, again.stdout, again.stderr) == (0, "evolve runs --json\n", "")
        assert len(calls(copy)) == 1


def test_changed_dependencies_are_installed(copy: Path) -> None:
    dev(copy, "evolve", python=fake_python(copy))
    (copy / "pyproject.toml").write_text("changed")
    assert "setting up" in dev(copy, "evolve", python=fake_python(copy)).stderr


def test_another_python_makes_another_environment(copy: Path) -> None:
    python = fake_python(copy)
    dev(copy, "evolve", python=python)
    (copy / "identity").write_text("two\n")
    assert "setting up" in dev(copy, "evolve", python=python).stderr
    assert dev(copy, "evolve", python="no-such-python").returncode == 2


def test_an_environment_that_cannot_be_made_ends_the_set_up(copy: Path) -> None:
    python = fake_python(copy, makes_venv=7)
    result = dev(copy, "evolve", python=python)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith(f"dev: {copy}/.venv could not be made")
    assert calls(copy)[-1].startswith("-m venv")
    assert not (copy / ".venv.lock").exists()


def test_a_folder_that_cannot_be_written_to_is_named_in_one_line(copy: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path in copy.iterdir():
            shutil.copy(path, folder)
        Path(folder).chmod(0o555)
        other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        command = ["sh", f"{folder}/dev", "evolve"]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, **other)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert f"{folder} cannot be written to" in result.stderr


def test_two_set_ups_at_once_make_one_environment(copy: Path) -> None:
    python = fake_python(copy)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: dev(copy, "evolve", python=python), range(2)))
    assert [result.returncode for result in results] == [0, 0]
    assert sum(call.startswith("-m venv") for call in calls(copy)) == 1
    assert not (copy / ".venv.lock").exists()


def test_the_lock_of_a_dead_process_is_taken_over(copy: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    (copy / ".venv.lock").mkdir()
    (copy / ".venv.lock" / "pid").write_text(f"{gone.pid}\n")
    result = dev(copy, "evolve", python=fake_python(copy))
    assert (result.returncode, result.stdout) == (0, "evolve \n")
    assert not (copy / ".venv.lock").exists()


def test_the_script_finds_its_folder_through_a_link_and_whatever_cdpath_says(copy: Path) -> None:
    home, trap = copy / "home", copy / "trap" / "home"
    home.mkdir()
    trap.mkdir(parents=True)
    for name in ("dev", "pyproject.toml", "requirements.lock"):
        shutil.move(copy / name, home / name)
    (copy / "link").symlink_to("home/dev")
    environment = {"PATH": f"{copy}:{os.environ['PATH']}", "CDPATH": str(trap.parent), "PYTHON": fake_python(copy)}
    for script in ("home/dev", "link"):
        command = ["sh", script, "evolve"]
        result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stdout) == (0, "evolve \n")
    assert (home / ".venv" / "stamp").exists()
    assert not (trap / ".venv").exists()


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
