"""Putting a run together from its settings, and carrying it out."""

import difflib
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from evaluators.base import Evaluator
from evaluators.cached import CachedEvaluator
from evaluators.local import LocalEvaluator
from evolve.archive import Archive, Run, RunState
from evolve.loop import Loop
from evolve.proposers.base import Proposer
from evolve.proposers.seeds import Seeds
from evolve.search.base import Search
from evolve.search.seeded import Seeded
from evolve.settings import Budget, Part, Settings, SettingsError
from problems.base import Problem
from problems.plugins import UnknownPart, load


@dataclass(frozen=True, slots=True)
class Session:
    """A run that is being carried out.

    Attributes:
        records: Iterate over it to let the run go on; see `evolve.loop.Loop`.
        evaluate: The run's evaluator, for judging its finalists.
    """

    problem: Problem
    records: Loop
    evaluate: Evaluator


def build(group: str, part: Part, *arguments: Any) -> Any:
    """Return the part that a table of the settings describes.

    Raises:
        SettingsError: There is no such part, or it does not take these arguments.
    """
    try:
        make = load(group, part.kind)
    except UnknownPart as error:
        raise SettingsError(str(error)) from error
    known = list(inspect.signature(make).parameters)[len(arguments) :]
    for key in part.arguments:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(known) or 'no settings'}"
            raise SettingsError(f"{part.kind} has no setting {key!r}: {hint}")
    try:
        return make(*arguments, **part.arguments)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{part.kind}: {error}") from error


def problem_of(settings: Settings) -> Problem:
    """Return the problem of a run.

    Raises:
        SettingsError: Its table is not valid.
        OSError: A file that it names cannot be read.
    """
    problem: Problem = build("evolve.problems", settings.problem)
    return problem


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run is made of, apart from the machine it runs on."""

    problem: Problem
    search: Search
    proposer: Proposer


def parts_of(settings: Settings) -> Parts:
    """Return the parts that settings describe; the seeds of the problem are asked for first.

    Raises:
        SettingsError: A part cannot be made from its table.
        OSError: A file that a table names cannot be read.
    """
    problem = problem_of(settings)
    search = Seeded(build("evolve.searches", settings.search, problem.objectives), len(problem.seeds))
    proposer = Seeds(problem.seeds, build("evolve.proposers", settings.proposer, problem))
    return Parts(problem, search, proposer)


@contextmanager
def judging(settings: Settings, problem: Problem) -> Iterator[Evaluator]:
    """Provide the evaluator of a run, and end its processes afterwards.

    Raises:
        sandbox.SandboxUnavailable: No fence can be set up here.
    """
    local = LocalEvaluator(
        problem, settings.problem.kind, settings.problem.arguments, **settings.evaluator.model_dump()
    )
    try:
        yield CachedEvaluator(local)
    finally:
        local.close()


@contextmanager
def session(
    archive: Archive, run: Run, settings: Settings, stop: threading.Event, *, force: bool = False
) -> Iterator[Session]:
    """Provide a run that goes on where the archive has left it.

    Args:
        stop: Set it to end the run early; what is under way is still archived.
        force: Begin even if another process seems to work on the run.

    Raises:
        SettingsError: A part cannot be made from its table.
        evolve.archive.RunBusy: Another process works on the run.
        sandbox.SandboxUnavailable: No fence can be set up here.
    """
    parts = parts_of(settings)
    with judging(settings, parts.problem) as evaluate:
        archive.begin(run, force=force)
        state = RunState.INTERRUPTED
        try:
            loop = Loop(
                archive,
                run,
                parts.search,
                parts.proposer,
                evaluate,
                seed=settings.seed,
                width=settings.under_way,
                deterministic=settings.deterministic,
                enough=_spent(settings.budget, archive.seconds_spent(run)),
                stop=stop,
            )
            with loop:
                yield Session(parts.problem, loop, evaluate)
            if not stop.is_set():
                state = RunState.FINISHED
        finally:
            archive.log(run, "ended", {"state": state})


def _spent(budget: Budget, before: float) -> Callable[[int, float], bool]:
    """Return a function of asks and dollars that tells whether the budget is used up."""
    begin = time.monotonic() - before

    def enough(asked: int, dollars: float) -> bool:
        return (
            (budget.evaluations is not None and asked >= budget.evaluations)
            or (budget.seconds is not None and time.monotonic() - begin >= budget.seconds)
            or (budget.usd is not None and dollars >= budget.usd)
        )

    return enough
