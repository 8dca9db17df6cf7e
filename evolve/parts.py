"""The parts of a run, made from its settings."""

import difflib
import inspect
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluators.probes import DEVIATION
from evaluators.tuner import Tuner
from evolve import settings as recipes
from evolve.candidate import Cost, Insight
from evolve.llm.ledger import Ledger
from evolve.proposers.base import Means, Proposer
from evolve.proposers.llm.proposer import Llm
from evolve.proposers.seeds import Seeds
from evolve.proposers.tune import Tune
from evolve.search.bandit import Bandit
from evolve.search.base import Search
from evolve.search.informed import Informed
from evolve.search.seeded import Seeded
from evolve.search.tuning import Tuning
from evolve.settings import Budget, Part, Settings, SettingsError
from problems.base import Problem
from problems.draws import has_draws
from problems.plugins import UnknownPart, load


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


AFRESH, TUNED = 1, 2
"""Which further draw leaders are measured on again, and which one constants are tuned on."""
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


def redrawn(settings: Settings, problem: Problem, further: int) -> Settings | None:
    """Return settings whose train instances are another draw; None if the problem has one only.

    Args:
        settings: Of the run.
        problem: The run's.
        further: `AFRESH` or `TUNED`.
    """
    if not has_draws(problem):
        return None
    draw = settings.problem.arguments.get("draw", 0) + further
    return recipes.checked(settings.model_dump(mode="json"), [f"problem.draw={draw}"])


def _tuner(settings: Settings, problem: Problem) -> Tuner | None:
    """Return who tunes constants, if somebody is to.

    Where more train instances can be drawn, it is on others than candidates are judged on: the verdict on train is then
    no flattery.
    """
    if not settings.tune.every:
        return None
    if drawn := redrawn(settings, problem, TUNED):
        settings, problem = drawn, problem_of(drawn)
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
