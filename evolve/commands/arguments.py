"""What the words on the command line stand for."""

import re
from pathlib import Path

from evolve import settings
from evolve.archive import Archive, Run, UnknownRun
from evolve.candidate import Record
from evolve.errors import NothingValid
from evolve.report import chosen_best
from evolve.run import problem_of
from evolve.settings import Settings, SettingsError
from problems.base import Problem, Split

TIME_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def overrides(
    evaluations: int | None, time: str | None, usd: float | None, seed: int | None, workers: int | None
) -> list[str]:
    """Return the settings that options stand for.

    Raises:
        SettingsError: The time is not one.
    """
    changes = {"budget.evaluations": evaluations, "budget.usd": usd, "seed": seed, "evaluator.workers": workers}
    if time is not None:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", time)
        if match is None or not float(match[1]):
            raise SettingsError(f"--max-time takes a time such as 90s, 10m or 2h, not {time!r}")
        changes["budget.seconds"] = float(match[1]) * TIME_UNITS[match[2]]
    return [f"{key}={value}" for key, value in changes.items() if value is not None]


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
