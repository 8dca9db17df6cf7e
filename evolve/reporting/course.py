"""The part of a report that tells how the search went: its progress and its population."""

from collections import Counter
from collections.abc import Sequence

from evaluators.base import Status
from evolve.archive.listing import Line, steps
from evolve.dashboard.palette import EVOLVED, MUTED, PUBLISHED
from evolve.reporting.charts import COLORS, Cloud, Curve, Level, progress, scatter
from evolve.reporting.html import Html, figure, joined, section, table, tag
from evolve.reporting.story import Story
from problems.base import Split

MOST_POINTS = 1500
"""Points of a chart; of more candidates some are left out, evenly."""
COMMON = 5
"""Operators that have a colour of their own."""


def went(story: Story) -> Html:
    """Return the best value so far by evaluations, dollars and time."""
    objective = story.objective
    found = steps(story.listed, objective, story.moments)
    if not found:
        return Html()
    y_axis = f"best {objective} on train"
    count = len(story.listed)
    by_evaluations = _curve([(step.evaluations, step.value) for step in found], count)
    divisor, unit = (60.0, "minutes") if story.seconds > 180 else (1.0, "seconds")
    by_time = _curve([(step.seconds / divisor, step.value) for step in found], story.seconds / divisor)
    charts = [
        figure(progress("by evaluations", ("candidates judged", y_axis), [by_evaluations], _levels(story))),
        figure(progress("by time", (f"working {unit}", y_axis), [by_time], _levels(story), height=240)),
    ]
    dollars = _dollars(story)
    spent = max(dollars.values(), default=0.0)
    if spent > 0.0:
        by_cost = _curve([(dollars[step.number], step.value) for step in found], spent)
        charts.append(figure(progress("by cost", ("dollars", y_axis), [by_cost], _levels(story), height=240)))
    else:
        charts.append(tag("p", "No chart by dollars: nothing was paid for in this run.", "note"))
    last = found[-1]
    told = (
        f"The last improvement on train was candidate {last.number}, after {last.evaluations:,} of {count:,} "
        f"candidates. The search sees train only."
    )
    return section("How the search went", tag("p", told), *charts)


def _curve(points: Sequence[tuple[float, float]], end: float) -> Curve:
    return Curve("best so far, on train", EVOLVED, [*points, (end, points[-1][1])])


def _levels(story: Story) -> list[Level]:
    """Return the best published heuristic on train, and the references, which are at 0 by definition."""
    levels = []
    if gain := story.gains.get(Split.TRAIN):
        levels.append(Level(f"best published, {story.known}: {gain.theirs:.2f}", PUBLISHED, gain.theirs))
    kinds = sorted({str(instance.reference.kind) for instance in story.problem.instances(Split.TRAIN)})
    return [*levels, Level(f"{' or '.join(kinds)}: 0", MUTED, 0.0)]


def _dollars(story: Story) -> dict[int, float]:
    """Return what had been paid when each candidate was judged, by number."""
    found, total = {}, 0.0
    for record in story.records:
        total += record.candidate.cost.usd
        found[record.number] = total
    return found


def population(story: Story) -> Html:
    """Return all valid candidates as points, and what each operator has brought."""
    valid = [line for line in story.listed if line.status is Status.OK]
    thinned = valid[:: -(-len(valid) // MOST_POINTS)]
    place = {line.number: position for position, line in enumerate(story.listed, start=1)}
    over_time, over_size = [], []
    for (name, lines), color in zip(_kinds(thinned).items(), (PUBLISHED, EVOLVED, *COLORS[2:]), strict=False):
        values = [line.measures[story.objective] for line in lines]
        over_time.append(Cloud(name, color, list(zip((place[line.number] for line in lines), values, strict=True))))
        over_size.append(Cloud(name, color, list(zip((line.characters for line in lines), values, strict=True))))
    y_axis = f"{story.objective} on train"
    told = f"{len(valid):,} of {len(story.listed):,} candidates were judged in full and are valid"
    told += f"; {len(thinned):,} of them are drawn" if len(thinned) < len(valid) else ""
    return section(
        "The population",
        tag("p", f"{told}. The worst tenth lies on the upper edge."),
        figure(scatter("candidates as they came", ("candidates judged", y_axis), over_time, height=260)),
        figure(scatter("candidates by size", ("characters of code", y_axis), over_size, height=260)),
        _operators(story),
    )


def _kinds(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return lines by how they came about: published first, then the common operators, then all others together."""
    counts = Counter(line.operator for line in lines if line.operator != "seed")
    common = [operator for operator, _ in counts.most_common(COMMON)]
    found: dict[str, list[Line]] = {"published": [], **{operator: [] for operator in common}}
    for line in lines:
        name = "published" if line.operator == "seed" else line.operator if line.operator in common else "others"
        found.setdefault(name, []).append(line)
    return {name: inside for name, inside in found.items() if inside}


def _operators(story: Story) -> Html:
    values = {line.number: line.measures[story.objective] for line in story.listed if line.status is Status.OK}
    led = {step.number for step in steps(story.listed, story.objective, story.moments)}
    rows: dict[str, list[int]] = {}
    for line in story.listed:
        row = rows.setdefault(line.operator, [0, 0, 0, 0])
        before = [values[parent] for parent in line.parents if parent in values]
        value = values.get(line.number)
        row[0] += 1
        row[1] += value is not None
        row[2] += value is not None and bool(before) and value < min(before)
        row[3] += line.number in led
    cells = [[name, *(f"{count:,}" for count in row)] for name, row in rows.items()]
    columns = [
        "operator",
        "candidates",
        "judged in full",
        "better than their best parent",
        "best of the run when judged",
    ]
    return joined(table(columns, cells, "tnnnn"))
