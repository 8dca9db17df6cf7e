"""The part of a report that shows the winner: its code, where it came from, what its parts are worth."""

import difflib
from collections.abc import Sequence

from evaluators.base import Status
from evolve.archive.listing import IDEA, ancestors
from evolve.candidate import Record
from evolve.cuts import size
from evolve.render import p_text
from evolve.render_results import interval_text
from evolve.reporting.html import Html, code, difference, joined, section, table, tag
from evolve.reporting.story import Story
from evolve.statistics import Interval

LONGEST_LINE = 24
"""Generations of a lineage that are listed; of a longer one those that brought something."""
PARTS = 30
"""Parts of a heuristic that are listed."""


def winner(story: Story) -> Html:
    """Return the winner's code and how it came about."""
    candidate = story.winner.candidate
    made = candidate.operator + (f" of {', '.join(map(str, candidate.parents))}" if candidate.parents else "")
    lines, nodes = len(candidate.source.strip().splitlines()), size(candidate.source)[0]
    whence = f"made by {candidate.proposer}: {made}" if story.found else "a published heuristic"
    told = [tag("p", f"{story.name}, {whence}; {lines} lines, {nodes} nodes.")]
    if candidate.idea and story.found:
        told.append(tag("p", f"Its idea: {candidate.idea}"))
    return section("The winner", *told, code(candidate.source), _change(story), _lineage(story), _parts(story))


def _change(story: Story) -> Html:
    """Return the change from the main parent."""
    parents = story.winner.candidate.parents
    parent = next((record for record in story.records if parents and record.number == parents[0]), None)
    if parent is None:
        return Html()
    lines = difflib.unified_diff(
        parent.candidate.source.splitlines(), story.winner.candidate.source.splitlines(), n=1, lineterm=""
    )
    return joined(tag("h3", f"What was changed in its main parent, candidate {parent.number}"),
                  difference(list(lines)[2:]))  # fmt: skip


def _lineage(story: Story) -> Html:
    line = [each.number for each in ancestors(story.listed, story.winner.number)]
    if not line:
        return Html()
    by_number = {record.number: record for record in story.records}
    chain = [by_number[number] for number in [*reversed(line), story.winner.number]]
    values = [_value(record, story.objective) for record in chain]
    kept = _telling(values)
    rows = []
    for index in kept:
        record, value = chain[index], values[index]
        before = values[index - 1] if index else None
        gained = f"{value - before:+.2f}" if value is not None and before is not None else ""
        rows.append([str(record.number), record.candidate.operator, record.candidate.proposer,
                     _shortened(record.candidate.idea), "–" if value is None else f"{value:.2f}", gained])  # fmt: skip
    columns = ["candidate", "operator", "by", "idea", f"{story.objective}, train", "change"]
    left_out = f" {len(chain) - len(kept)} generations are left out." if len(kept) < len(chain) else ""
    return joined(
        tag("h3", "How it came about"),
        tag("p", f"The line of its main parents, {len(chain)} generations from the first.{left_out}", "note"),
        table(columns, rows, "nwwtnn"),
    )


def _telling(values: Sequence[float | None]) -> list[int]:
    """Return the indices of the generations that are listed: all, or in a long line those better than all before."""
    if len(values) <= LONGEST_LINE:
        return list(range(len(values)))
    kept, least = [], float("inf")
    for index, value in enumerate(values):
        if index in (0, len(values) - 1) or (value is not None and value < least):
            kept.append(index)
        least = least if value is None else min(least, value)
    return kept[-LONGEST_LINE:]


def _shortened(idea: str) -> str:
    return idea if len(idea) <= IDEA else f"{idea[: IDEA - 1]}…"


def _value(record: Record, objective: str) -> float | None:
    return record.evaluation.measures[objective] if record.evaluation.status is Status.OK else None


def _parts(story: Story) -> Html:
    """Return what the winner's parts are worth, if `evolve ablate` has found that out."""
    known = [event.detail for event in story.events if event.kind == "ablated"]
    found = next((each for each in reversed(known) if each["candidate"] == story.winner.number), None)
    if found is None:
        command = f"evolve ablate {story.run.name}:{story.winner.number}"
        return tag("p", f"What each part of it is worth: {command}, and then this report again.", "note")
    rows = []
    for part in found["parts"][:PARTS]:
        versus = part["against"]
        numbers = ["", "", ""]
        if versus:
            span = Interval(*versus["interval"]) if versus["interval"] else None
            numbers = [f"{versus['difference']:+.3f}", interval_text(span, True), p_text(versus["corrected"])]
        rows.append([part["what"], part["removed"], *numbers, part["verdict"]])
    fresh = found["validation"]
    before, after = found["nodes"]
    told = f"The smallest found that is not significantly worse has {after} nodes instead of {before}"
    told += f"; on validation it differs by {fresh['difference']:+.2f}: {fresh['verdict']}." if fresh else "."
    return joined(
        tag("h3", "What its parts are worth"),
        tag("p", f"Each part is taken out alone; the difference in mean {story.objective} on train is what it was "
                 "worth.", "note"),
        table(["part", "taken out", "difference", "95 %", "p", ""], rows, "wtnnnw"),
        tag("p", told),
        code(found["smallest"]),
    )  # fmt: skip
