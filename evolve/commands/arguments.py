"""What the words on the command line stand for."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evolve import settings
from evolve.archive import Archive, Run, UnknownRun
from evolve.candidate import Record
from evolve.errors import NothingValid
from evolve.parts import problem_of
from evolve.report import chosen_best
from evolve.settings import Settings, SettingsError
from problems.base import Problem, Split

TIME_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the options of a run say about its end; None where they say nothing."""

    evaluations: int | None = None
    time: str | None = None
    calls: int | None = None
    usd: float | None = None
    tokens: int | None = None

    def overrides(self) -> list[str]:
        """Return the settings that they stand for.

        Raises:
            SettingsError: The time is not one.
        """
        seconds = seconds_of(self.time, "--max-time") if self.time is not None else None
        if seconds == 0.0:
            raise SettingsError(f"--max-time takes a time such as 90s, 10m or 2h, not {self.time!r}")
        changes = {
            "evaluations": self.evaluations,
            "seconds": seconds,
            "calls": self.calls,
            "usd": self.usd,
            "tokens": self.tokens,
        }
        return [f"budget.{key}={value}" for key, value in changes.items() if value is not None]


def overrides(seed: int | None, workers: int | None, models: Sequence[str] | None = None) -> list[str]:
    """Return the settings that options stand for."""
    changes = [f"seed={seed}"] if seed is not None else []
    changes += [f"evaluator.workers={workers}"] if workers is not None else []
    return changes + (["proposer.kind=llm", f"proposer.models={json.dumps(list(models))}"] if models else [])


def seconds_of(time: str, option: str) -> float:
    """Return the seconds that a time such as "90s", "10m" or "2h" stands for.

    Raises:
        SettingsError: It is not a time; the message names the option.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", time)
    if match is None:
        raise SettingsError(f"{option} takes a time such as 90s, 10m or 2h, not {time!r}")
    return float(match[1]) * TIME_UNITS[match[2]]


def split_of(name: str) -> Split:
    """Return a split by its name.

    Raises:
        SettingsError: There is no such split.
    """
    try:
        return Split(name)
    except ValueError:
        raise SettingsError(f"--split is train, validation or test, not {name!r}") from None


def parse(reference: str) -> tuple[str, str]:
    """Return the run and the candidate that "NUMBER", "best", "RUN:NUMBER" or "RUN:best" name."""
    run, colon, candidate = reference.rpartition(":")
    return (run if colon else "last"), candidate


def find(archive: Archive, reference: str) -> tuple[Run, Settings, Problem, Record]:
    """Return the candidate that a reference names, with its run.

    Raises:
        UnknownRun: There is no such run or candidate.
        NothingValid: The best is asked for and no candidate is valid.
    """
    name, candidate = parse(reference)
    run = archive.run(name)
    chosen = settings.restore(run.settings)
    problem = problem_of(chosen)
    if candidate == "best":
        record = chosen_best(archive, run, problem.objectives[0])
        if record is None:
            raise NothingValid(f"run {run.name} has no valid candidate yet")
        return run, chosen, problem, record
    if not candidate.isdecimal():
        raise UnknownRun(f"{reference!r} is not a candidate: write a number, best, RUN:NUMBER or RUN:best")
    found = archive.records(run, number=int(candidate))
    if not found:
        raise UnknownRun(f"run {run.name} has no judged candidate {candidate}")
    return run, chosen, problem, found[0]


def read(path: Path) -> str:
    """Return the text of a file.

    Raises:
        SettingsError: It is not text.
        OSError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not a text file in UTF-8") from None


def write(path: Path, text: str) -> None:
    """Write a text to a file, and make the folders to it; a file that was there stays whole until the text is written.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
