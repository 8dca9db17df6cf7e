"""The report of a run: one page, complete in itself, fit for print."""

import time

from evolve.candidate import Cost
from evolve.reporting import course, ledger, origin, verdict
from evolve.reporting.html import Html, joined, page, tag, tiles
from evolve.reporting.story import Story
from evolve.spending import dollars


def report(story: Story) -> str:
    """Return the report as HTML text that loads nothing from anywhere."""
    title = f"{story.problem.name}: run {story.run.name}"
    begun = time.strftime("%Y-%m-%d", time.gmtime(story.run.created))
    return page(
        f"evolve, {title}",
        joined(
            tag("h1", title),
            tag("p", f"begun {begun}, {story.state}; search {story.settings.search.kind}, proposer "
                     f"{story.settings.proposer.kind}, seed {story.settings.seed}", "under"),
            verdict.headline(story),
            _figures(story),
            verdict.compared(story),
            verdict.shifted(story),
            verdict.curse(story),
            course.went(story),
            course.population(story),
            origin.winner(story),
            ledger.failures(story),
            ledger.cost(story),
            ledger.repeat(story),
            tag("footer", "Lower is better everywhere; in a mean, each instance has equal weight."),
        ),
    )  # fmt: skip


def _figures(story: Story) -> Html:
    means = {row.name: row.mean for row in story.bench.rows}
    failed = sum(record.evaluation.status.failed for record in story.records)
    spent = sum((record.candidate.cost for record in story.records), Cost())
    shown = [(f"{means[name]:.2f}", f"{name}, {story.objective} on test") for name in (story.name, story.rival)
             if name in means]  # fmt: skip
    return tiles([
        *shown,
        (f"{len(story.records):,}", f"candidates, {failed:,} of them failed"),
        (ledger.duration(story.seconds), "working time"),
        (dollars(spent) if spent.tokens else "$0", "paid to models"),
    ])  # fmt: skip
