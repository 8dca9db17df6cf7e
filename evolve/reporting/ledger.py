"""The part of a report that keeps the books: failures, cost, and what is needed to repeat the run."""

import platform
import time
from collections import Counter
from importlib.metadata import version

from evolve.reporting.html import Html, joined, section, table, tag
from evolve.reporting.recipe import recipe
from evolve.reporting.story import Story
from evolve.savings import Savings
from evolve.spending import dollars, total, yields
from problems.base import Split

CAUSES = 20
MESSAGE = 240
"""Causes of failures, and characters of a message, that are shown."""
LIBRARIES = ("numba", "numpy", "scipy")


def failures(story: Story) -> Html:
    """Return why candidates were not valid."""
    failed = [record for record in story.records if record.evaluation.status.failed]
    if not failed:
        return section("Failures", tag("p", f"None of {len(story.records):,} candidates has failed."))
    counts = Counter(record.evaluation.cause for record in failed)
    latest = {record.evaluation.cause: record for record in failed}
    rows = []
    for cause, count in counts.most_common(CAUSES):
        record = latest[cause]
        message = record.evaluation.message
        message = message if len(message) <= MESSAGE else f"{message[: MESSAGE - 1]}…"
        rows.append([cause, f"{count:,}", f"{count / len(story.records):.1%}", str(record.number), message])
    return section(
        "Failures",
        tag("p", f"{len(failed):,} of {len(story.records):,} candidates failed. They do not compete."),
        table(["cause", "count", "of all", "latest candidate", "its message"], rows, "-nnnt"),
    )


def cost(story: Story) -> Html:
    """Return what the run has cost, and what the models have brought for it."""
    computed = sum(record.evaluation.seconds for record in story.records)
    told = (
        f"{duration(story.seconds)} of working time, in which candidates ran for {duration(computed)} of CPU time in "
        f"the sandbox, {1000 * computed / max(len(story.records), 1):.0f} ms each."
    )
    saved = Savings(record.evaluation for record in story.records)
    if saved.causes:
        told += f" Stopped early: {saved}."
    found = yields(story.records, story.objective)
    if not found:
        return section("Cost", tag("p", f"{told} No model was asked and nothing was paid."))
    rows = []
    for each in [*found, total(found)]:
        counts = (each.calls, each.flawed, each.failed, each.better, each.improvements)
        tokens = (each.cost.input_tokens, each.cost.output_tokens)
        rows.append([each.writer, each.operator, *(f"{count:,}" for count in (*counts, *tokens)), dollars(each.cost)])
    columns = ["model", "operator", "answers", "flawed", "failed", "better", "best", "read", "written", "cost"]
    return section(
        "Cost",
        tag("p", told),
        table(columns, rows, "-wnnnnnnnn", len(rows) - 1),
        tag("p", "Flawed answers hold no heuristic; failed ones are not valid; better ones are better than their best "
                 "parent, best ones than all before. Read and written are tokens.", "note"),
    )  # fmt: skip


def repeat(story: Story) -> Html:
    """Return everything that is needed to repeat the run, and every opening of its test split."""
    sure = (
        "The run is deterministic: with the same versions it repeats bit for bit, on any number of workers."
        if story.settings.deterministic
        else "Which candidates meet depends on how long each took, so another run with this recipe ends elsewhere. "
        "Every candidate of this one is in the archive, with its verdicts."
    )
    sessions = sum(event.kind == "started" for event in story.events)
    if sessions > 1:
        sure += f" It was worked on in {sessions} sessions; a later one may have had another budget than the recipe's."
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    made = f"Made with evolve {story.run.version}; this report with evolve {version('evolve-heuristics')}, "
    made += f"Python {platform.python_version()}, {libraries}, {platform.machine()}."
    commands = f"evolve run {story.run.name}.toml\nevolve export {story.run.name}:{story.winner.number} -o rule.py"
    opened = [event for event in story.events if event.kind == "test opened"]
    moments = [[_moment(event.created), f"candidate {event.detail['candidate']}"] for event in opened]
    return section(
        "To repeat it",
        tag("p", f"{sure} {made}"),
        tag("p", f"The recipe, {story.run.name}.toml:"),
        tag("pre", recipe(story.settings)),
        tag("p", "Then, and to have the winner as a module of its own:"),
        tag("pre", commands),
        tag("h3", "Instances"),
        _instances(story),
        tag("h3", "Openings of the test split"),
        table(["moment (UTC)", "for"], moments, "w-")
        if moments
        else tag(
            "p", "It was never opened for a candidate of this run; published heuristics may be tested at any time."
        ),
    )


def _instances(story: Story) -> Html:
    rows = []
    for split in Split:
        instances = story.problem.instances(split)
        groups = dict.fromkeys(instance.group for instance in instances)
        kinds = Counter(f"{instance.reference.kind} ({instance.reference.source})" for instance in instances)
        told = "; ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        rows.append([str(split), str(len(instances)), ", ".join(groups), told])
    return joined(table(["split", "instances", "groups", "references"], rows, "wn--"))


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _moment(created: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(created))
