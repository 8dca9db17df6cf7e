"""How much of what a search has gained on train is left on fresh instances.

The best of many candidates is partly the luckiest one on the instances that it was chosen by. What had no part in the
choice tells how much of its lead is luck.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

from evaluators.base import Evaluation, Evaluator, Status
from evolve.archive import Archive, Run, listing
from evolve.archive.listing import Step
from evolve.candidate import Record
from evolve.report import FINALISTS, judged_on
from evolve.statistics import Comparison, Interval, compare
from problems.base import Problem, Split


@dataclass(frozen=True, slots=True)
class Incumbent:
    """A candidate that a search found and that was the best of its run for a while.

    How far it is ahead of what is published is a mean over instances, above 0 where it is better: see `lead`.

    Attributes:
        evaluations: How many candidates had been judged when it was, this one included.
        train: How far it is ahead there: the largest of many, and so more likely too large than too small.
        fresh: How far on instances that had no part in its rise; None if one of the two is not valid there.
        interval: Of that; None where there are too few instances.
    """

    number: int
    evaluations: int
    train: float
    fresh: float | None
    interval: Interval | None

    @property
    def left(self) -> float | None:
        """The share of its lead on train that is left on fresh instances; None where there is none to be left of."""
        return self.fresh / self.train if self.fresh is not None and self.train > 0.0 else None


def lead(problem: Problem, mine: Evaluation, theirs: Evaluation) -> Comparison:
    """Return by how much one heuristic is ahead of another, instance by instance: above 0 where the first is better.

    It is in percent of the measure `problem.absolute`, so that references cancel out, and in the unit of the objective
    where there is none.
    """
    measure = problem.absolute or problem.objectives[0]
    pairs = [(theirs.per_instance[name][measure], values[measure]) for name, values in mine.per_instance.items()]
    if problem.absolute:
        pairs = [(100.0, 100.0 * value / other) for other, value in pairs]
    return compare([other for other, _ in pairs], [value for _, value in pairs])


def remeasured(
    archive: Archive,
    run: Run,
    problem: Problem,
    known: Record,
    draw: int | None,
    judging: Callable[[], AbstractContextManager[Evaluator]],
    progress: Callable[[str], None] = lambda name: None,
    *,
    also: int | None = None,
) -> list[Incumbent]:
    """Return how far incumbents of a run are ahead on fresh instances, from the first to the last.

    Where there are more than `FINALISTS`, only so many are measured, spread evenly. What was found is archived as an
    event of the run, and the next time it is read there.

    Args:
        archive: Keeps the run.
        run: The run.
        problem: The run's.
        known: The published heuristic that is best on train.
        draw: Which draw's train instances are the fresh ones; None takes the validation instances.
        judging: Provides the evaluator of the problem with that draw; called only if there is something to judge.
        progress: Called with what is done next.
        also: Number of a candidate that is measured with them, whether it ever led or not.
    """
    steps = _chosen(archive, run, problem.objectives[0], also)
    asked = {"draw": draw, "against": known.number, "candidates": [step.number for step in steps]}
    for event in archive.events(run):
        if event.kind == "remeasured" and asked.items() <= event.detail.items():
            return [_restored(**each) for each in event.detail["incumbents"]]
    if not steps:
        return []
    progress("preparing fresh instances")
    with judging() as evaluate:

        def judge(record: Record, what: str) -> Evaluation:
            progress(f"measuring {what} afresh")
            if draw is None:
                return judged_on(archive, run, record, evaluate, Split.VALIDATION)
            return evaluate(record.candidate.source, Split.TRAIN)

        theirs, found = judge(known, known.candidate.idea), []
        for position, step in enumerate(steps, start=1):
            (record,) = archive.records(run, number=step.number)
            mine = judge(record, f"incumbent {position} of {len(steps)}")
            train = lead(problem, record.evaluation, known.evaluation).difference
            fresh = lead(problem, mine, theirs) if mine.status is theirs.status is Status.OK else None
            span = (fresh.difference, fresh.interval) if fresh else (None, None)
            found.append(Incumbent(step.number, step.evaluations, train, *span))
    archive.log(run, "remeasured", {**asked, "incumbents": [asdict(each) for each in found]})
    return found


def _chosen(archive: Archive, run: Run, objective: str, also: int | None) -> list[Step]:
    """Return at most `FINALISTS` of the moments at which a candidate that is not published became the best.

    The one at which another one was judged is among them.
    """
    listed = listing.lines(archive, run)
    every = listing.steps(listed, objective, dict.fromkeys((line.number for line in listed), 0.0))
    steps = [step for step in every if step.operator != "seed"]
    count = min(FINALISTS, len(steps))
    chosen = [steps[round(index * (len(steps) - 1) / max(count - 1, 1))] for index in range(count)]
    for position, line in enumerate(listed, start=1):
        if line.number == also and also not in {step.number for step in chosen}:
            chosen.append(Step(line.number, line.operator, position, 0.0, line.measures[objective]))
    return sorted(chosen, key=lambda step: step.evaluations)


def _restored(*, interval: Mapping[str, float] | None, **rest: Any) -> Incumbent:
    return Incumbent(**rest, interval=Interval(**interval) if interval else None)
