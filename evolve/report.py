"""The numbers that the command line and the dashboard show."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from evaluators.base import Evaluation, Evaluator, Status
from evolve.archive import Archive, Run, listing
from evolve.archive.listing import Line
from evolve.candidate import Record
from evolve.statistics import Comparison, Row, compare, family, row
from problems.base import Problem, Split

FINALISTS = 12


def best(records: Sequence[Record], objective: str) -> Record | None:
    """Return the OK record with the smallest value of a measure; of equals the first."""
    valid = [record for record in records if record.evaluation.status is Status.OK]
    return min(valid, key=lambda record: (record.evaluation.measures[objective], record.number), default=None)


def chosen_best(archive: Archive, run: Run, objective: str) -> Record | None:
    """Return what "best" means to a user: the finalist that is best on validation.

    As long as no finalist was judged there, it is the best on train. Its evaluation is the one on train either way.
    """
    listed = listing.lines(archive, run)
    validated = {record.number: record.evaluation for record in archive.records(run, Split.VALIDATION)}
    valid = {number for number, evaluation in validated.items() if evaluation.status is Status.OK}
    finalists = [line.number for line in ranked(listed, objective) if line.number in valid][:FINALISTS]
    if finalists:
        number = min(finalists, key=lambda number: (validated[number].measures[objective], number))
    elif (leader := listing.best(listed, objective)) is not None:
        number = leader.number
    else:
        return None
    return archive.records(run, number=number)[0]


def ranked(listed: Sequence[Line], objective: str) -> list[Line]:
    """Return the OK lines, the best on train first, one per value of the objective: of equals the shortest."""
    chosen: dict[float, Line] = {}
    valid = [line for line in listed if line.status is Status.OK]
    for line in sorted(valid, key=lambda each: (each.measures[objective], each.characters)):
        chosen.setdefault(line.measures[objective], line)
    return list(chosen.values())


def judged_on(archive: Archive, run: Run, record: Record, evaluate: Evaluator, split: Split) -> Evaluation:
    """Return a record's verdict on another split: the archived one, or a new one, which is then archived.

    Opening the test split is noted in the archive every time.
    """
    if split is Split.TEST:
        archive.log(run, "test opened", {"candidate": record.number, "moment": time.time()})
    if known := archive.records(run, split, record.number):
        return known[0].evaluation
    evaluation = evaluate(record.candidate.source, split)
    try:
        archive.judge(run, record.number, evaluation, split)
    except IntegrityError:  # another process was first
        return archive.records(run, split, record.number)[0].evaluation
    return evaluation


def winner(
    archive: Archive,
    run: Run,
    evaluate: Evaluator,
    objective: str,
    progress: Callable[[str], None] = lambda name: None,
) -> Record | None:
    """Return the finalist that is best on validation; None without an OK record. The verdicts are archived.

    Finalists are the best on train that are valid on validation, where a rule is audited too.

    Args:
        progress: Called with what is done next.
    """
    judged: list[tuple[float, int, Record]] = []
    for line in ranked(listing.lines(archive, run), objective):
        progress(f"judging finalist {len(judged) + 1} of {FINALISTS} on validation")
        (record,) = archive.records(run, number=line.number)
        evaluation = judged_on(archive, run, record, evaluate, Split.VALIDATION)
        if evaluation.status is Status.OK:
            judged.append((evaluation.measures[objective], record.number, record))
        if len(judged) == FINALISTS:
            break
    return min(judged)[2] if judged else None


@dataclass(frozen=True, slots=True)
class Bench:
    """Heuristics side by side on the instances of one split.

    Attributes:
        groups: The names of the instances in each group, in order.
        rows: One for each heuristic that is valid on every instance, the best first.
        failures: Message of each heuristic that is not, by name.
    """

    problem: str
    split: Split
    objective: str
    groups: Mapping[str, Sequence[str]]
    rows: Sequence[Row]
    failures: Mapping[str, str]

    def against(self, name: str) -> dict[str, Comparison]:
        """Compare one heuristic with every other, instance by instance; empty if it is not valid on every instance.

        The p-values are corrected for the number of the others.
        """
        values = {entry.name: list(entry.values.values()) for entry in self.rows}
        if name not in values:
            return {}
        mine = values.pop(name)
        return family({other: compare(mine, theirs) for other, theirs in values.items()})

    def by_group(
        self, name: str, other: str, groups: Mapping[str, Sequence[str]] | None = None
    ) -> dict[str, Comparison]:
        """Compare two heuristics in each group of instances; the p-values are corrected for the number of groups.

        Args:
            groups: The names of the instances in each group; None takes the bench's own.
        """
        rows = {entry.name: entry.values for entry in self.rows}
        mine, theirs = rows[name], rows[other]
        found = {
            group: compare([mine[key] for key in names], [theirs[key] for key in names])
            for group, names in (self.groups if groups is None else groups).items()
        }
        return family(found)

    def wins(self, names: Sequence[str]) -> dict[str, int]:
        """Return on how many of these instances each heuristic is as good as the best."""
        best = {name: min(entry.values[name] for entry in self.rows) for name in names}
        return {entry.name: sum(entry.values[name] == best[name] for name in names) for entry in self.rows}


def bench(
    problem: Problem,
    sources: Mapping[str, str],
    evaluate: Evaluator,
    split: Split,
    progress: Callable[[str], None] = lambda name: None,
) -> Bench:
    """Judge heuristics on the instances of a split.

    Args:
        sources: Source texts by name.
        progress: Called with the name of each heuristic before it is judged.
    """
    instances = problem.instances(split)
    objective = problem.objectives[0]
    rows, failures = [], {}
    for name, source in sources.items():
        progress(name)
        evaluation = evaluate(source, split)
        if evaluation.status is Status.OK:
            rows.append(row(name, evaluation, instances, objective))
        else:
            failures[name] = f"{evaluation.status}: {evaluation.message}"
    groups: dict[str, list[str]] = {}
    for instance in instances:
        groups.setdefault(instance.group, []).append(instance.name)
    return Bench(problem.name, split, objective, groups, sorted(rows, key=lambda entry: entry.mean), failures)
