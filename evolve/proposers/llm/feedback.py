"""What the numbers say about a heuristic, in sentences for a prompt."""

from collections.abc import Iterable, Mapping, Sequence

from evaluators.base import Status
from evolve.candidate import Knowledge, Record
from evolve.insights import told
from evolve.proposers.llm.places import Places
from evolve.proposers.llm.quoting import one_line, quoted
from problems.base import Problem

PUBLISHED, GROUPS, WEAKEST, TRIED, FAILURES, IDEAS = 6, 6, 5, 8, 3, 12
"""How many lines of each kind a prompt holds at most."""
LONGEST_ERROR = 600


class Feedback:
    """Tells how heuristics did on the training instances.

    Args:
        problem: Gives the objective and the instances.
    """

    def __init__(self, problem: Problem) -> None:
        self.objective = problem.objectives[0]
        self._places = Places(problem)

    def score(self, record: Record) -> str:
        """Return the value of a record, with the objective's name."""
        return f"{self.objective} {number(self.value(record))}"

    def value(self, record: Record) -> float:
        """Return the value of a record that is OK."""
        return record.evaluation.measures[self.objective]

    def leader(self, knowledge: Knowledge) -> str:
        """Return the best published heuristic and the best of the run; empty while nothing is judged."""
        parts = []
        if knowledge.baselines:
            parts.append(f"The best published heuristic is {self._line(knowledge.baselines[0])}.")
        if knowledge.best:
            best = knowledge.best[0]
            parts.append(f"The best of this run is {self._line(best)}: {self.idea(best)}.")
        return " ".join(parts)

    def published(self, knowledge: Knowledge) -> str:
        """Return the values of the best published heuristics."""
        shown = knowledge.baselines[:PUBLISHED]
        return section(
            f"Mean {self.objective} of the best published heuristics on the training instances",
            [f"{named(record)}: {number(self.value(record))}" for record in shown],
        )

    def ideas(self, knowledge: Knowledge) -> str:
        """Return the ideas that exist."""
        lines = [f"{self._line(record)}: {self.idea(record)}" for record in knowledge.best[:IDEAS]]
        return section("Ideas that exist already, the best first", lines)

    def groups(self, record: Record, knowledge: Knowledge) -> str:
        """Return in which groups a record is furthest behind what is known, and where it is ahead."""
        others = [*knowledge.baselines, *knowledge.best]
        names = self._common([record, *others])
        mine = self._places.by_group(self._values(record), names)
        rivals = [
            (other, self._places.by_group(self._values(other), names))
            for other in others
            if other.number != record.number
        ]
        if not rivals or len(mine) < 2:
            return ""
        lead = {group: min(rivals, key=lambda rival, group=group: rival[1][group]) for group in mine}  # type: ignore[misc]
        behind = sorted(mine, key=lambda group: lead[group][1][group] - mine[group])
        shown = behind if len(behind) <= GROUPS else [*behind[: GROUPS - 2], *behind[-2:]]
        lines = [
            f"{group}: {number(mine[group])}; best other: {named(lead[group][0])}, {number(lead[group][1][group])}"
            for group in shown
        ]
        return section(f"Mean {self.objective} by group, from furthest behind to furthest ahead", lines)

    def weakest(self, record: Record, knowledge: Knowledge) -> str:
        """Return where a record is furthest behind the best published heuristic, and else where it is worst."""
        baselines = [other for other in knowledge.baselines if other.number != record.number]
        names = self._common([record, *baselines])
        values = self._values(record)
        best: dict[str, tuple[float, str]] = {}
        for other in baselines:
            theirs = self._values(other)
            for name in names:
                if name not in best or theirs[name] < best[name][0]:
                    best[name] = theirs[name], named(other)
        behind = {name: max(values[name] - best[name][0], 0.0) if best else 0.0 for name in names}
        names.sort(key=lambda name: (-behind[name], -values[name]))
        lines = [f"{self._at(record, name)}" + _against(best.get(name)) for name in names[:WEAKEST]]
        return section("Its weakest instances", lines)

    def tried(self, record: Record, knowledge: Knowledge) -> str:
        """Return what was made from a record so far."""
        before = self.value(record)
        lines = [f"{named(child)}: {self._gain(child, before)}; {self.idea(child)}" for child in knowledge.tried]
        return section(f"What was made from {named(record)} already, the newest first", lines[:TRIED])

    def wins(self, first: Record, second: Record) -> str:
        """Return on which instances and in which groups each of two records is better."""
        names = self._common([first, second])
        mine, theirs = self._values(first), self._values(second)
        ahead = sum(mine[name] < theirs[name] for name in names)
        behind = sum(mine[name] > theirs[name] for name in names)
        total = (
            f"{named(first)} is better on {ahead} of {len(names)} instances, {named(second)} on {behind}, "
            f"and {len(names) - ahead - behind} are equal"
        )
        means = self._places.by_group(mine, names), self._places.by_group(theirs, names)
        order = sorted(means[0], key=lambda group: means[0][group] - means[1][group])
        half = GROUPS // 2
        shown = order if len(order) <= GROUPS else [*order[:half], *order[-half:]]
        lines = [f"group {group}: {number(means[0][group])} against {number(means[1][group])}" for group in shown]
        names.sort(key=lambda name: mine[name] - theirs[name])
        few = dict.fromkeys([*names[:2], *names[-2:]])
        lines += [f"{self._at(first, name)} against {number(theirs[name])}" for name in few]
        return section(f"Where each is better: {named(first)} against {named(second)}", [total, *lines])

    def error(self, record: Record) -> str:
        """Return why a record failed."""
        evaluation = record.evaluation
        message = one_line(self._places.neutral(evaluation.message), LONGEST_ERROR)
        return f"{one_line(evaluation.cause, 80)} ({evaluation.status}): {quoted(message, LONGEST_ERROR)}"

    def failures(self, knowledge: Knowledge) -> str:
        """Return how recent answers failed, each cause once."""
        causes = {record.evaluation.cause: record for record in reversed(knowledge.failures)}
        newest = sorted(causes.values(), key=lambda record: -record.number)[:FAILURES]
        return section("How recent answers failed; do not repeat this", [self._failure(record) for record in newest])

    def insights(self, knowledge: Knowledge) -> str:
        """Return what helped and what hurt in the run."""
        return section("What changes against a parent did in this run", list(map(told, knowledge.insights)))

    def idea(self, record: Record) -> str:
        """Return the idea of a record as a quotation."""
        return quoted(self._places.neutral(record.candidate.idea)) if record.candidate.idea else "no idea was noted"

    def _line(self, record: Record) -> str:
        return f"{named(record)}, {self.score(record)}"

    def _gain(self, child: Record, before: float) -> str:
        if child.evaluation.status is not Status.OK:
            return self._failure(child) if child.evaluation.status.failed else self._stopped(child)
        gain = before - self.value(child)
        verdict = f"better by {number(gain)}" if gain > 0 else f"worse by {number(-gain)}" if gain < 0 else "equal"
        return f"{self.score(child)}, {verdict}"

    def _stopped(self, record: Record) -> str:
        return f"no value, {record.evaluation.cause}: {self._places.neutral(record.evaluation.message)}"

    def _failure(self, record: Record) -> str:
        message = self._places.neutral(record.evaluation.message)
        return f"failed, {one_line(record.evaluation.cause, 80)}: {quoted(message, 160)}"

    def _at(self, record: Record, name: str) -> str:
        """Return how a record did on an instance, and the instance's reference."""
        place = self._places[name]
        measures = record.evaluation.per_instance[name]
        others = ", ".join(f"{key} {number(value)}" for key, value in measures.items() if key != self.objective)
        return (
            f"{place.label} (reference {number(place.reference.value)}, {place.reference.kind}): "
            f"{self.objective} {number(measures[self.objective])}" + (f", {others}" if others else "")
        )

    def _values(self, record: Record) -> Mapping[str, float]:
        return {name: measures[self.objective] for name, measures in record.evaluation.per_instance.items()}

    def _common(self, records: Iterable[Record]) -> list[str]:
        """Return the training instances that all records were judged on, in their order."""
        first, *others = (record.evaluation.per_instance for record in records)
        return [name for name in first if name in self._places and all(name in other for other in others)]


def named(record: Record) -> str:
    """Return what a record is called in a prompt."""
    if record.candidate.operator == "seed":
        return f"{one_line(record.candidate.idea, 60)} (published)"
    return f"candidate {record.number}"


def number(value: float) -> str:
    """Return a number with four digits."""
    return f"{value:.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"


def section(title: str, lines: Sequence[str]) -> str:
    """Return a list under a heading; empty without lines."""
    return "\n".join([f"## {title}", *(f"- {line}" for line in lines)]) if lines else ""


def _against(best: tuple[float, str] | None) -> str:
    return f"; {best[1]} reaches {number(best[0])}" if best else ""
