"""Putting a run together from its settings, and carrying it out."""

import difflib
import inspect
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluators.base import Evaluator
from evaluators.cached import CachedEvaluator
from evaluators.local import LocalEvaluator
from evaluators.probes import DEVIATION
from evaluators.racing import RacingEvaluator
from evaluators.tuner import Tuner
from evolve.archive import Archive, Run, RunState
from evolve.candidate import Cost, Insight
from evolve.llm.kept import answered, forget, owed
from evolve.llm.ledger import Ledger
from evolve.loop import Loop, Spent
from evolve.proposers.base import Means, Proposer
from evolve.proposers.llm.proposer import Llm
from evolve.proposers.seeds import Seeds
from evolve.proposers.tune import Tune
from evolve.search.bandit import Bandit
from evolve.search.base import Search
from evolve.search.informed import Informed
from evolve.search.seeded import Seeded
from evolve.search.tuning import Tuning
from evolve.search.watched import Watched
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
    """What a run is made of, apart from the machine it runs on.

    Attributes:
        local: Fills in while the proposer waits; None leaves the cores idle.
        llm: The proposer, where models write; else None.
        tuner: Tunes constants; None where nobody is to. To be used as a context, which ends its process.
    """

    problem: Problem
    search: Search
    proposer: Proposer
    local: Proposer | None
    llm: Llm | None
    tuner: Tuner | None


NOTHING = Cost()
NOWHERE = Path("runs")
Publish = Callable[[int, Sequence[Insight]], None]


def parts_of(settings: Settings, means: Means, publish: Publish = lambda told, insights: None) -> Parts:
    """Return the parts that settings describe; the seeds of the problem are asked for first.

    Args:
        means: What the run lends to its proposers; see `means_of`.
        publish: Told of what helps and what hurts, and after how many records, whenever that is summed up anew.

    Raises:
        SettingsError: A part cannot be made from its table.
        OSError: A file that a table names cannot be read.
    """
    problem = problem_of(settings)
    search: Search = build("evolve.searches", settings.search, problem.objectives)
    if DEVIATION in settings.search.arguments.get("axes", ()) and not settings.evaluator.probes:
        raise SettingsError(f"search.axes: {DEVIATION!r} is measured only with --set evaluator.probes=true")
    proposer: Proposer = build("evolve.proposers", settings.proposer, problem, means)
    local = build("evolve.proposers", settings.local, problem, means) if settings.local else None
    llm = proposer if isinstance(proposer, Llm) else None
    if llm is not None:
        try:
            llm.check()
        except (TypeError, ValueError) as error:
            raise SettingsError(f"llm: {error}") from error
        _check_caps(settings.budget, llm)
        search = Bandit(search, problem.objectives[0], llm.arms, learning=llm.learning)
    if tuner := _tuner(settings, problem):
        search = Tuning(search, problem.objectives[0], every=settings.tune.every, among=settings.tune.among)
        proposer = Tune(proposer, tuner)
        local = Tune(local, tuner) if local else None
    return Parts(
        problem,
        Seeded(Informed(search, problem.objectives[0], publish, entry=problem.entry), len(problem.seeds)),
        Seeds(problem.seeds, proposer),
        Seeds(problem.seeds, local) if local else None,
        llm,
        tuner,
    )


def _tuner(settings: Settings, problem: Problem) -> Tuner | None:
    """Return who tunes constants, if somebody is to."""
    if not settings.tune.every:
        return None
    return Tuner(
        problem,
        settings.problem.kind,
        settings.problem.arguments,
        trials=settings.tune.trials,
        instances=settings.tune.instances,
        workers=settings.evaluator.workers,
        isolation=settings.evaluator.isolation,
        cpu_seconds=settings.tune.cpu_seconds,
        memory_mb=settings.evaluator.memory_mb,
    )


def _check_caps(budget: Budget, proposer: Llm) -> None:
    """Raise SettingsError where dollars are capped and cannot be counted."""
    if budget.usd is None or budget.tokens is not None:
        return
    if unknown := proposer.unpriced:
        raise SettingsError(
            f"budget.usd cannot be kept: no price is known for {', '.join(unknown)}. Cap tokens too (--max-tokens), or "
            f'give the price in dollars per million tokens: --set \'proposer.prices={{"{unknown[0]}" = '
            "{input = 0.2, output = 0.8}}'"
        )


def means_of(
    settings: Settings, spent: Cost = NOTHING, stop: threading.Event | None = None, folder: Path = NOWHERE
) -> Means:
    """Return what a run lends to its proposers.

    Args:
        spent: What was spent on the run before.
        stop: Set when the run is to end.
        folder: For answers that are on their way to the archive.
    """
    stop = stop or threading.Event()
    return Means(stop, Ledger(settings.budget.usd, settings.budget.tokens, spent, stop), folder)


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
