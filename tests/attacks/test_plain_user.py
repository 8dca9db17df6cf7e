"""The attacks once more as an ordinary user, whose processes share one user id with the fence."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

USER = 54321
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def run(python: str, *arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)])
    return subprocess.run(
        [python, *arguments],
        user=USER,
        group=USER,
        extra_groups=[],
        cwd=ROOT,
        env={"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def usable_python(home: Path) -> str:
    """Return an interpreter that an ordinary user may run with our packages, or skip the test."""
    names = [sys.executable, shutil.which("python3", path=os.defpath), shutil.which("python3")]
    for name in filter(None, names):
        try:
            if run(name, "-c", "import numba, pytest, sandbox", home=home).returncode == 0:
                return name
        except PermissionError:
            continue
    pytest.skip("no Python here that another user may run")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A directory that anybody may write to; those of pytest are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.timeout(1200)
def test_every_attack_has_its_ending_when_started_as_an_ordinary_user(open_folder):
    python = usable_python(open_folder)
    tests = [str(HERE / "test_attacks.py"), str(HERE.parent / "sandbox" / "test_fence.py")]
    options = ["-p", "no:cacheprovider", f"--basetemp={open_folder / 'base'}", "-k", "past or without or fence"]
    done = run(python, "-m", "pytest", *options, *tests, home=open_folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
