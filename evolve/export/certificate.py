"""What an exported module says about itself: what it is, where it is from, how good, and on what."""

import hashlib
import json
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from evaluators.base import Evaluation, Evaluator, Status
from evolve.archive import Run
from evolve.candidate import Candidate, Record
from evolve.statistics import Comparison, Interval, compare, interval, row
from problems.base import Problem, Split

WIDTH = 120
MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Certified:
    """How a candidate does on the instances of a split.

    Attributes:
        mean: Of the objective, over all instances.
        interval: Of the mean.
        groups: How many instances of each group there are.
        baseline: Name of the published heuristic of the smallest mean; empty if none is valid.
        baseline_mean: Its mean; of no meaning without a baseline.
        against: The candidate compared with it; None without a baseline.
    """

    mean: float
    interval: Interval | None
    groups: Mapping[str, int]
    baseline: str = ""
    baseline_mean: float = 0.0
    against: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a candidate is from.

    Attributes:
        run: Its run.
        record: The candidate.
        ancestors: Its ancestors by number, the nearest first; each is the first parent of the one before.
    """

    run: Run
    record: Record
    ancestors: Mapping[int, Candidate] = field(default_factory=dict)


def ancestors(candidates: Mapping[int, Candidate], candidate: Candidate) -> dict[int, Candidate]:
    """Return the line of first parents that a candidate is from, the nearest first."""
    found: dict[int, Candidate] = {}
    while candidate.parents and candidate.parents[0] in candidates and candidate.parents[0] not in found:
        number = candidate.parents[0]
        candidate = found[number] = candidates[number]
    return found


def certified(problem: Problem, evaluation: Evaluation, evaluate: Evaluator, split: Split) -> Certified:
    """Return how a candidate does on a split, beside the best of the published heuristics there."""
    objective, instances = problem.objectives[0], problem.instances(split)
    known = [instance for instance in instances if instance.name in evaluation.per_instance]
    mine = row("candidate", evaluation, known, objective)
    values = list(mine.values.values())
    groups: dict[str, int] = {}
    for instance in known:
        groups[instance.group] = groups.get(instance.group, 0) + 1
    theirs = []
    for name, source in problem.seeds.items():
        judged = evaluate(source, split)
        if judged.status is Status.OK:
            theirs.append(row(name, judged, known, objective))
    if not theirs:
        return Certified(mine.mean, interval(values), groups)
    best = min(theirs, key=lambda each: each.mean)
    against = compare(values, list(best.values.values()))
    return Certified(mine.mean, interval(values), groups, best.name, best.mean, against)


def docstring(
    problem: Problem,
    provenance: Provenance,
    numbers: Mapping[Split, Certified],
    usage: Sequence[str],
    licence: str,
) -> str:
    """Return the docstring of a module.

    Args:
        problem: The problem that its heuristic is for.
        provenance: Where the heuristic is from.
        numbers: How it does, by split.
        usage: Paragraphs on how to use it and how it was verified.
        licence: What the user chose; empty if nothing.
    """
    paragraphs = [
        f"A heuristic for {problem.name}: a function {problem.entry} and the program that schedules with it.",
        *usage,
        "What it is given and what it returns, as the task was stated:",
        textwrap.indent(problem.statement.strip(), "    "),
        _numbers(problem, numbers),
        _origin(provenance),
        f"Licence: {licence}" if licence else "Licence: none is stated.",
    ]
    filled = [part if part.startswith("    ") or "\n" in part else textwrap.fill(part, WIDTH) for part in paragraphs]
    return "\n\n".join(filled)


def _numbers(problem: Problem, numbers: Mapping[Split, Certified]) -> str:
    lines = [f"Certified {problem.objectives[0]}, the mean over all instances; lower is better:"]
    for split, found in numbers.items():
        count = sum(found.groups.values())
        told = f"{split}: {found.mean:.3f}{_between(found.interval)} on {count} instance{'' if count == 1 else 's'}"
        if found.against is not None:
            versus = found.against
            told += (
                f"; {found.baseline}, the best published heuristic there, has {found.baseline_mean:.3f}: "
                f"difference {versus.difference:+.3f}{_between(versus.interval)}, {versus.wins} wins, "
                f"{versus.ties} ties, {versus.losses} losses, {versus.verdict}"
            )
        groups = [f"{name} ({size})" for name, size in found.groups.items()]
        more = len(groups) - MOST_GROUPS
        listed = ", ".join(groups[:MOST_GROUPS]) + (f" and {more} more groups" if more > 0 else "")
        lines += [_item(told), textwrap.fill(f"instances: {listed}", WIDTH, initial_indent=" " * 4,
                                             subsequent_indent=" " * 6)]  # fmt: skip
    missing = [str(split) for split in Split if split not in numbers]
    if missing:
        lines.append(f"It was not judged on {' and '.join(missing)}.")
    return "\n".join(lines)


def _between(found: Interval | None) -> str:
    return f" (95 % interval {found.low:.3f} to {found.high:.3f})" if found else ""


def _origin(provenance: Provenance) -> str:
    run, record = provenance.run, provenance.record
    candidate = record.candidate
    writer = candidate.proposer or "an unnamed proposer"
    lines = [
        textwrap.fill(
            f"Origin: run {run.name}, started {_day(run.created)} with evolve {run.version}; candidate "
            f"{record.number}, {candidate.operator}, written by {writer}; exported {_day(time.time())} with evolve "
            f"{version('evolve-heuristics')}.",
            WIDTH,
        ),
        _item(f"settings of the run: sha256 {_hash(run.settings)}"),
        _item(f"source of the candidate: sha256 {_hash(candidate.source)}"),
    ]
    if candidate.transcript:
        lines.append(_item(f"prompt: sha256 {_hash(_prompt(candidate.transcript))}"))
    if candidate.idea:
        lines.append(_item(f"idea: {' '.join(candidate.idea.split())}"))
    if candidate.parents:
        lines.append(_item(f"parents: {', '.join(map(str, candidate.parents))}"))
    if provenance.ancestors:
        line = [f"{number} ({each.operator}, {each.proposer or 'unnamed'})" for number, each in
                provenance.ancestors.items()]  # fmt: skip
        lines.append(_item(f"lineage, by first parents: {', '.join(line)}"))
    return "\n".join(lines)


def _item(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False)


def _prompt(transcript: str) -> str:
    """Return the prompt of a transcript in one form; a transcript in another form as it is."""
    try:
        told = json.loads(transcript)
        return json.dumps({key: told[key] for key in ("system", "user")}, sort_keys=True)
    except (ValueError, KeyError, TypeError):
        return transcript


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
