"""Carrying a run out with the parts that its settings describe."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluators.base import Evaluator
from evaluators.cached import CachedEvaluator
from evaluators.local import LocalEvaluator
from evaluators.racing import RacingEvaluator
from evolve.archive import Archive, Run, RunState
from evolve.candidate import Cost, Insight
from evolve.llm.kept import answered, forget, owed
from evolve.loop import Loop, Spent
from evolve.parts import Publish, means_of, parts_of
from evolve.search.watched import Watched
from evolve.settings import Budget, Settings
from problems.base import Problem


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


def spent_on(archive: Archive, run: Run) -> Cost:
    """Return what was spent on a run: on candidates, on answers that are on their way, and on explanations."""
    archived = archive.candidates(run)
    explained = [Cost(**event.detail["cost"]) for event in archive.events(run) if event.kind == "explained"]
    costs = [*(candidate.cost for candidate in archived.values()), *explained]
    return sum(costs, owed(folder_of(archive, run), archived.keys()))


def folder_of(archive: Archive, run: Run) -> Path:
    """Return the folder for a run's prompts and answers that are on their way, beside the archive."""
    beside = archive.path or Path("runs") / "server"
    return beside.with_name(f"{beside.name}.calls") / f"{run.name}-{int(run.created)}"


@contextmanager
def workshop(settings: Settings, problem: Problem) -> Iterator[LocalEvaluator]:
    """Provide what judges heuristics and hands out their solutions, and end its processes afterwards.

    Raises:
        sandbox.SandboxUnavailable: No fence can be set up here.
    """
    local = LocalEvaluator(
        problem, settings.problem.kind, settings.problem.arguments, **settings.evaluator.model_dump()
    )
    try:
        yield local
    finally:
        local.close()


def _racing(settings: Settings, problem: Problem, local: LocalEvaluator) -> RacingEvaluator | None:
    """Return what judges in stages, if anything is to be stopped early."""
    race = settings.race
    if not race.duplicates and not race.error:
        return None
    return RacingEvaluator(local, problem, error=race.error, rank=race.rank, duplicates=race.duplicates)


@contextmanager
def judging(settings: Settings, problem: Problem) -> Iterator[Evaluator]:
    """Provide the evaluator of a run, and end its processes afterwards.

    Raises:
        sandbox.SandboxUnavailable: No fence can be set up here.
    """
    with workshop(settings, problem) as local:
        yield CachedEvaluator(local)


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
    folder = folder_of(archive, run)
    spent = spent_on(archive, run)
    closing = threading.Event()
    means = means_of(settings, spent, closing, folder)
    parts = parts_of(settings, means, _publisher(archive, run))
    with workshop(settings, parts.problem) as local, parts.tuner or nullcontext():
        racing = _racing(settings, parts.problem, local)
        evaluate = racing or CachedEvaluator(local)
        archive.begin(run, force=force)
        state = RunState.INTERRUPTED
        try:
            loop = Loop(
                archive,
                run,
                Watched(parts.search, racing.tell) if racing else parts.search,
                parts.proposer,
                evaluate,
                seed=settings.seed,
                width=settings.under_way,
                judges=settings.evaluator.workers + 1,  # one more waits for its turn, so that no worker does
                deterministic=settings.deterministic,
                enough=_enough(settings.budget, archive.seconds_spent(run)),
                stop=stop,
                first=len(parts.problem.seeds),
                closing=closing,
                overdue=_overdue(settings.budget, archive.seconds_spent(run)),
                answered=answered(folder),
                now=racing.now if racing else None,
                local=parts.local,
            )
            with loop:
                yield Session(parts.problem, loop, evaluate)
            if not stop.is_set():
                state = RunState.FINISHED
        finally:
            forget(folder, archive.candidates(run).keys())
            archive.log(run, "ended", {"state": state})


def _publisher(archive: Archive, run: Run) -> Publish:
    """Return a function that archives insights, unless an earlier session of the run has."""
    known = max((event.detail["told"] for event in archive.events(run) if event.kind == "insights"), default=0)

    def publish(told: int, insights: Sequence[Insight]) -> None:
        if told > known:
            archive.log(run, "insights", {"told": told, "insights": [asdict(insight) for insight in insights]})

    return publish


def _overdue(budget: Budget, before: float) -> Callable[[], bool]:
    """Return a function that tells whether the time is over."""
    end = time.monotonic() - before + budget.seconds if budget.seconds is not None else math.inf
    return lambda: time.monotonic() >= end


def _enough(budget: Budget, before: float) -> Callable[[Spent], bool]:
    """Return a function that tells whether the budget is used up."""
    overdue = _overdue(budget, before)

    def enough(spent: Spent) -> bool:
        used = (
            (spent.asked, budget.evaluations),
            (spent.calls, budget.calls),
            (spent.cost.usd, budget.usd),
            (spent.cost.tokens, budget.tokens),
        )
        return overdue() or any(limit is not None and amount >= limit for amount, limit in used)

    return enough
