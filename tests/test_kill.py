"""A real process, killed at random moments and resumed until it is done, leaves the archive of one left alone."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evolve.archive import Archive, RunState

KILLS = 22
EVALUATIONS = 160
RECIPE = f"""
name = "killed"
seed = 3
deterministic = true
width = 6
[problem]
kind = "jobshop"
[evaluator]
workers = 2
[budget]
evaluations = {EVALUATIONS}
"""


def start(command: list[str], archive: Path) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-m", "evolve", *command, "--archive", str(archive), "--progress", "jsonl", "--json"]
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(command: list[str], archive: Path) -> None:
    process = start(command, archive)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors


def fingerprint(archive: Path) -> list[tuple[object, ...]]:
    with Archive(str(archive), read_only=True) as store:
        run = store.run("killed")
        records = sorted(store.records(run), key=lambda record: record.number)
        assert sorted(store.candidates(run)) == [record.number for record in records]
        return [
            (
                record.number,
                record.candidate.operator,
                record.candidate.parents,
                record.candidate.source,
                record.evaluation.status,
                record.evaluation.per_instance,
            )
            for record in records
        ]


def count(archive: Path, table: str) -> int:
    """Return the number of rows of a table in a sound database; 0 before there is one."""
    if not archive.exists():
        return 0
    with sqlite3.connect(archive) as look:
        assert look.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in look.execute("SELECT name FROM sqlite_master")}
        assert not tables or {"run", "evaluation", "alembic_version"} <= tables, "made as a whole or not at all"
        return int(look.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) if tables else 0


def children_of(pid: int) -> list[int]:
    """Return the processes below one, as the kernel lists them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry.name), *children_of(int(entry.name))]
    return found


def gone(pids: list[int], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for leftover processes in /proc")
def test_a_run_killed_at_random_moments_ends_as_one_that_was_let_alone(tmp_path: Path) -> None:
    recipe, alone, killed = tmp_path / "recipe.toml", tmp_path / "alone.db", tmp_path / "killed.db"
    recipe.write_text(RECIPE)
    finish(["run", str(recipe)], alone)
    rng = random.Random(1)
    command = ["run", str(recipe)]
    for _ in range(KILLS):
        process = start(command, killed)
        assert process.stderr is not None
        # After the records of earlier rounds, which a resumed process repeats, some new ones; now and then none at all.
        for _ in range(count(killed, "evaluation") + rng.choice([0, 0, 1, 3, 6, 9])):
            assert process.stderr.readline()
        time.sleep(rng.uniform(0.0, 0.15))
        below = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert gone(below), "the sandbox outlives the run"
        command = ["resume", "killed"] if count(killed, "run") else ["run", str(recipe)]
    with Archive(str(killed), read_only=True) as store:
        assert store.state(store.run("killed")) is RunState.KILLED
        assert 0 < len(store.records(store.run("killed"))) < EVALUATIONS
    finish(["resume", "killed"], killed)
    assert fingerprint(killed) == fingerprint(alone)


def test_the_first_interrupt_drains_and_the_run_can_be_resumed(tmp_path: Path) -> None:
    recipe, archive = tmp_path / "recipe.toml", tmp_path / "a.db"
    recipe.write_text(RECIPE.replace(str(EVALUATIONS), "60"))
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = start(["resume"] if archive.exists() else ["run", str(recipe)], archive)
        assert process.stderr is not None
        for _ in range(6 if code == 130 else 26):
            assert process.stderr.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == code
        assert "evolve resume killed" in errors
        with Archive(str(archive), read_only=True) as store:
            assert store.state(store.run("killed")) is RunState.INTERRUPTED
    finish(["resume"], archive)
    with Archive(str(archive), read_only=True) as store:
        assert len(store.records(store.run("killed"))) == 60


def test_the_second_interrupt_stops_at_once(tmp_path: Path) -> None:
    recipe, archive = tmp_path / "recipe.toml", tmp_path / "a.db"
    recipe.write_text(RECIPE)
    process = start(["run", str(recipe)], archive)
    assert process.stderr is not None
    for _ in range(5):
        assert process.stderr.readline()
    below = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert gone(below)
    with Archive(str(archive), read_only=True) as store:
        assert store.state(store.run("killed")) is RunState.INTERRUPTED
