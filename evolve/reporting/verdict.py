"""The part of a report that says whether the winner is better, and how sure that is."""

from evolve.dashboard.palette import EVOLVED, MUTED
from evolve.render import p_text
from evolve.render_results import interval_text
from evolve.report import Bench
from evolve.reporting.charts import Mean, means
from evolve.reporting.html import Html, figure, joined, minus, section, table, tag
from evolve.reporting.leads import leads
from evolve.reporting.story import Story
from evolve.shift import Evolved, by_evolved, evolved
from evolve.statistics import Comparison, interval
from problems.base import Split

WORDS = {"better": "better than", "worse": "worse than", "not distinguishable": "not distinguishable from"}
WHERE = {
    Evolved.GROUP: "in the groups that it was evolved on",
    Evolved.SIZE: "in other families, of sizes that it was evolved on,",
    Evolved.NOTHING: "in groups and sizes that it was not evolved on",
}
VERSUS = ("difference", "95 %", "win/tie/loss", "p", "verdict")


def headline(story: Story) -> Html:
    """Return the verdict in a sentence."""
    if not story.found:
        told = (
            f"The run has found nothing better: on validation the published heuristic {story.name} beats all it made."
        )
        return tag("p", told, "verdict")
    against = story.bench.against(story.name)
    if story.rival not in against:
        message = story.bench.failures.get(story.name, "there is nothing to compare it with")
        return tag("p", f"No verdict on {story.name}: {message}.", "verdict")
    versus = against[story.rival]
    means = {row.name: row.mean for row in story.bench.rows}
    count = sum(map(len, story.bench.groups.values()))
    told = (
        f"On {count} test instances, {story.name} is {WORDS[versus.verdict]} the best published heuristic, "
        f"{story.rival}: mean {story.objective} {means[story.name]:.2f} against {means[story.rival]:.2f}, "
        f"a difference of {minus(f'{versus.difference:+.2f}')} (95 % interval "
        f"{minus(interval_text(versus.interval, True))}); "
        f"{versus.wins} wins, {versus.ties} ties, {versus.losses} losses; Wilcoxon p = {p_text(versus.corrected)}."
    )
    return tag("p", told, f"verdict {versus.verdict}" if versus.verdict in ("better", "worse") else "verdict")


def _cells(versus: Comparison) -> list[str]:
    counts = f"{versus.wins}/{versus.ties}/{versus.losses}"
    difference = f"{versus.difference:+.2f}"
    return [difference, interval_text(versus.interval, True), counts, p_text(versus.corrected), versus.verdict]


def compared(story: Story) -> Html:
    """Return the winner beside every published heuristic on the test split."""
    against = story.bench.against(story.name)
    names = [name for group in story.bench.groups.values() for name in group]
    wins = story.bench.wins(names)
    rows = []
    for row in story.bench.rows:
        cells = [row.name, f"{row.mean:.2f}", interval_text(interval(list(row.values.values()))), str(wins[row.name])]
        cells.append(f"{row.milliseconds:.0f}")
        rows.append([*cells, *(_cells(against[row.name]) if row.name in against else [""] * 5)])
    mine = next((index for index, row in enumerate(story.bench.rows) if row.name == story.name), None)
    columns = ["heuristic", f"mean {story.objective}", "95 %", "best on", "ms", *VERSUS]
    invalid = joined(*(tag("p", f"{name} is not valid: {told}") for name, told in story.bench.failures.items()))
    drawing = means(
        "test: difference to each published heuristic, 95 % intervals; left of 0 is better",
        f"{story.name} minus the other, mean {story.objective}",
        [Mean(name, versus.difference, versus.interval, EVOLVED if versus.verdict == "better" else MUTED)
         for name, versus in against.items()],
        zero=True,
    )  # fmt: skip
    return section(
        "Is it better?",
        tag(
            "p",
            "Every heuristic schedules the same test instances, so differences are taken instance by instance; "
            f"negative ones speak for {story.name}. Intervals are bootstrap intervals of the mean (bias-corrected and "
            f"accelerated); p is Wilcoxon's signed-rank test after Holm's correction for {len(against)} comparisons. "
            "A verdict needs both: p below 0.05 and an interval that leaves out 0.",
        ),
        table(columns, rows, "wnnnnnnnnw", mine),
        invalid,
        figure(drawing) if against else "",
        _by_group(story),
    )


def _by_group(story: Story) -> Html:
    if not _comparable(story.bench, story.name, story.rival):
        return Html()
    trained = {instance.group for instance in story.problem.instances(Split.TRAIN)}
    rows = {row.name: row for row in story.bench.rows}
    found = []
    for group, versus in story.bench.by_group(story.name, story.rival).items():
        pair = [f"{rows[name].groups[group]:.2f}" for name in (story.name, story.rival)]
        found.append(
            [f"{group} ({len(story.bench.groups[group])})", *pair, *_cells(versus), str(evolved(group, trained))]
        )
    kinds = story.bench.by_group(story.name, story.rival, by_evolved(story.bench.groups, trained))
    told = [
        f"{WHERE[Evolved(kind)]} it is {versus.verdict} ({minus(f'{versus.difference:+.2f}')})"
        for kind, versus in kinds.items()
    ]
    columns = ["group", story.name, story.rival, *VERSUS, "evolved on"]
    return joined(
        tag("h3", f"{story.name} by group, against {story.rival}"),
        table(columns, found, "-nnnnnnww"),
        tag("p", f"Small groups seldom allow a verdict. Taken together, {'; '.join(told)}.", "note"),
    )


def _comparable(bench: Bench, first: str, second: str) -> bool:
    return {first, second} <= {row.name for row in bench.rows}


def shifted(story: Story) -> Html:
    """Return how the winner does under settings that it was not evolved under."""
    if not story.shifts:
        return Html()
    rows = []
    for shift in story.shifts:
        others = [row for row in shift.bench.rows if row.name != story.name]
        mine = next((row for row in shift.bench.rows if row.name == story.name), None)
        if mine is None or not others:
            rows.append([shift.setting, "", "", *[""] * 4, "not valid"])
            continue
        versus = shift.bench.against(story.name)[others[0].name]
        rows.append([f"{shift.setting}, {len(mine.values)} instances", f"{mine.mean:.2f}",
                     f"{others[0].mean:.2f} ({others[0].name})", *_cells(versus)])  # fmt: skip
    columns = ["setting", story.name, "best published", *VERSUS]
    return section(
        "Elsewhere",
        tag(
            "p",
            "The same heuristic under settings of the problem that it was not evolved under, on their test "
            "instances, against the published heuristic that is best there.",
        ),
        table(columns, rows, "tnnnnnnw"),
    )


def curse(story: Story) -> Html:
    """Return what is left of the gain on instances that had no part in the choice."""
    meaning = {
        Split.TRAIN: "chosen among all candidates here: too good to be true",
        Split.VALIDATION: "chosen among the finalists here: still a little too good",
        Split.TEST: "had no part in any choice",
    }
    rows = []
    for split, gain in story.gains.items():
        cells = [f"{gain.mine:.2f}", f"{gain.theirs:.2f}", f"{gain.versus.difference:+.2f}"]
        rows.append([str(split), *cells, interval_text(gain.versus.interval, True), meaning[split]])
    if not story.found:
        return Html()
    opened = sum(event.kind == "test opened" for event in story.events)
    times = "once" if opened == 1 else f"{opened} times"
    return section(
        "Is it luck?",
        tag(
            "p",
            "The best of many is partly the luckiest. So the winner is chosen in three steps, each on fresh "
            "instances: the finalists on train, the winner on validation, the verdict on test. "
            f"Compared with {story.known}, the best published heuristic on train:",
        ),
        table(["split", story.name, story.known, "difference", "95 %", ""], rows, "wnnnn-"),
        tag(
            "p",
            f"The test split was opened {times} for this run, each time noted in the archive: see "
            "the end of this report.",
            "note",
        ),
        leads(story),
    )
