"""Everything that a report tells, gathered before a word of it is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from evaluators.base import Evaluation, Evaluator, Status
from evolve import settings as recipes
from evolve.afresh import Incumbent, remeasured
from evolve.archive import Archive, Event, Run, RunState, listing
from evolve.archive.listing import Line
from evolve.candidate import Record
from evolve.errors import NothingValid
from evolve.execute import name_of, tested
from evolve.parts import AFRESH, problem_of, redrawn
from evolve.report import Bench, bench, best, judged_on, winner
from evolve.run import judging
from evolve.settings import Settings
from evolve.shift import Shift
from evolve.statistics import Comparison, compare
from problems.base import Problem, Split


@dataclass(frozen=True, slots=True)
class Gain:
    """What the winner has gained over the heuristic that was the best published one on train, on one split.

    Attributes:
        mine: Mean of the winner.
        theirs: Mean of the other.
        versus: The winner against the other, instance by instance.
    """

    mine: float
    theirs: float
    versus: Comparison


@dataclass(frozen=True, slots=True)
class Story:
    """What a report tells.

    Attributes:
        records: All that were judged, in that order.
        listed: The same as lines.
        moments: Working seconds at which each was judged, by number.
        seconds: Working seconds in all.
        winner: The finalist that is best on validation.
        name: As tables call it.
        bench: It and the published heuristics on the test split.
        rival: The best of the others there; empty without one.
        gains: Over the heuristic `known`, by split.
        known: Name of the best published heuristic on train.
        incumbents: Those measured afresh.
        draw: Which draw of the problem they were measured on; None if it has none and it was on validation.
        shifts: Benches under other settings.
        events: What happened to the run.
    """

    run: Run
    settings: Settings
    problem: Problem
    state: RunState
    records: Sequence[Record]
    listed: Sequence[Line]
    moments: Mapping[int, float]
    seconds: float
    winner: Record
    name: str
    bench: Bench
    rival: str
    gains: Mapping[Split, Gain]
    known: str
    incumbents: Sequence[Incumbent]
    draw: int | None
    shifts: Sequence[Shift]
    events: Sequence[Event]

    @property
    def found(self) -> bool:
        """Whether the winner was found by the run, and is not a published heuristic."""
        return self.winner.candidate.operator != "seed"

    @property
    def objective(self) -> str:
        """The measure that decides."""
        return self.bench.objective


def gather(
    archive: Archive,
    run: Run,
    shifts: Sequence[str],
    progress: Callable[[str], None] = lambda name: None,
) -> Story:
    """Return what there is to tell about a run; opens its test split, and archives every verdict it needs.

    Args:
        archive: Keeps the run.
        run: The run.
        shifts: Settings, as "problem.key=value", under each of which the winner is tested too.
        progress: Called with what is done next.

    Raises:
        NothingValid: No candidate is valid.
        evolve.settings.SettingsError: A setting is not one.
    """
    settings = recipes.restore(run.settings)
    shifted = [recipes.checked(settings.model_dump(mode="json"), [shift]) for shift in shifts]
    problem = problem_of(settings)
    for other in shifted:
        problem_of(other)
    objective = problem.objectives[0]
    with judging(settings, problem) as evaluate:
        chosen = winner(archive, run, evaluate, objective, progress)
        if chosen is None:
            raise NothingValid(f"run {run.name} has no valid candidate to report on: see `evolve runs` for the causes")
        records = archive.records(run)
        table = tested(archive, run, chosen, problem, evaluate, progress)
        published = best([record for record in records if record.candidate.operator == "seed"], objective)
        gains = _gains(archive, run, chosen, published, table, evaluate) if published else {}
    drawn = redrawn(settings, problem, AFRESH)
    draw = drawn.problem.arguments["draw"] if drawn else None
    judged = partial(judging, drawn or settings, problem_of(drawn) if drawn else problem)
    found = chosen.number if chosen.candidate.operator != "seed" else None
    incumbents = remeasured(archive, run, problem, published, draw, judged, progress, also=found) if published else []
    benches = [Shift(text, _under(other, chosen, progress)) for text, other in zip(shifts, shifted, strict=True)]
    listed, events = listing.lines(archive, run), archive.events(run)
    return Story(
        run=run,
        settings=settings,
        problem=problem,
        state=archive.state(run),
        records=records,
        listed=listed,
        moments=listing.moments(events, listed),
        seconds=archive.seconds_spent(run),
        winner=chosen,
        name=name_of(chosen),
        bench=table,
        rival=next((row.name for row in table.rows if row.name != name_of(chosen)), ""),
        gains=gains,
        known=published.candidate.idea if published else "",
        incumbents=incumbents,
        draw=draw,
        shifts=benches,
        events=events,
    )


def _gains(
    archive: Archive, run: Run, chosen: Record, published: Record, table: Bench, evaluate: Evaluator
) -> dict[Split, Gain]:
    objective, found = table.objective, {}
    for split in (Split.TRAIN, Split.VALIDATION):
        pair = [judged_on(archive, run, record, evaluate, split) for record in (chosen, published)]
        if all(evaluation.status is Status.OK for evaluation in pair):
            found[split] = _gain(*(_values(evaluation, objective) for evaluation in pair))
    rows = {row.name: row.values for row in table.rows}
    if name_of(chosen) in rows and published.candidate.idea in rows:
        found[Split.TEST] = _gain(rows[name_of(chosen)], rows[published.candidate.idea])
    return found


def _values(evaluation: Evaluation, objective: str) -> dict[str, float]:
    return {name: measures[objective] for name, measures in evaluation.per_instance.items()}


def _gain(mine: Mapping[str, float], theirs: Mapping[str, float]) -> Gain:
    pairs = [(mine[name], theirs[name]) for name in mine]
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return Gain(sum(first) / len(first), sum(second) / len(second), compare(first, second))


def _under(settings: Settings, chosen: Record, progress: Callable[[str], None]) -> Bench:
    """Return the winner beside the published heuristics under other settings of the problem."""
    problem = problem_of(settings)
    sources = dict(problem.seeds) | {name_of(chosen): chosen.candidate.source}
    with judging(settings, problem) as evaluate:
        return bench(problem, sources, evaluate, Split.TEST, lambda name: progress(f"testing {name} elsewhere"))
