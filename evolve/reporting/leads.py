"""The part of a report that says how much of what the search has gained on train is left on fresh instances."""

from evolve.dashboard.palette import EVOLVED, PUBLISHED
from evolve.render_results import interval_text
from evolve.reporting.charts import Cloud, Curve, Level, progress
from evolve.reporting.html import Html, figure, joined, table, tag
from evolve.reporting.story import Story
from evolve.reporting.svg import Drawing


def leads(story: Story) -> Html:
    """Return how far candidates that led the search are ahead of the best published heuristic, on train and afresh."""
    if not story.incumbents:
        return Html()
    where = "on validation" if story.draw is None else "on fresh instances"
    unit = f"percent of {story.problem.absolute}" if story.problem.absolute else story.objective
    rows = [
        [
            f"candidate {each.number}",
            f"{each.evaluations:,}",
            f"{each.train:+.2f}",
            "not valid" if each.fresh is None else f"{each.fresh:+.2f}",
            interval_text(each.interval, True),
            "–" if each.left is None else f"{each.left:.0%}" if each.left > 0.0 else "nothing",
        ]
        for each in story.incumbents
    ]
    columns = ["", "candidates judged", "ahead on train", f"ahead {where}", "95 %", "left"]
    return joined(
        tag("h3", "What is left of a lead"),
        tag("p", f"{_afresh(story)} How far they are ahead of {story.known} there, and how far on train, is told in "
                 f"{unit}, as a mean over instances.{_winner(story, where)}"),
        table(columns, rows, "wnnnnn"),
        figure(_chart(story, where, unit)),
    )  # fmt: skip


def _afresh(story: Story) -> str:
    count = len(story.incumbents)
    led = f"{count} candidates, which led the search at some time or won," if count > 1 else "The candidate that won"
    were = "were" if count > 1 else "was"
    if story.draw is None:
        return (
            f"{led} {were} measured once more on validation, since {story.problem.name} has no draws of "
            "its train instances: it does not take the setting draw. The winner was chosen there, so for it these "
            "instances are not quite fresh."
        )
    return (
        f"{led} {were} measured once more, on instances like those of train that no search, no choice of a "
        f"winner and no test has seen: draw {story.draw} of the problem."
    )


def _winner(story: Story, where: str) -> str:
    each = next((each for each in story.incumbents if each.number == story.winner.number), None)
    if each is None or each.fresh is None or each.left is None:
        return ""
    told = f" Of the {each.train:.2f} by which the winner, {story.name}, is ahead on train, "
    if each.fresh <= 0.0:
        return f"{told}nothing is left {where}."
    if each.left >= 1.0:
        return f"{told}nothing is lost {where}: {each.fresh:.2f}."
    return f"{told}{each.fresh:.2f} are left {where}: {each.left:.0%}."


def _chart(story: Story, where: str, unit: str) -> Drawing:
    trained = [(float(each.evaluations), each.train) for each in story.incumbents]
    rings = [(float(each.evaluations), each.fresh) for each in story.incumbents if each.fresh is not None]
    return progress(
        "ahead of the best published heuristic, by evaluations",
        ("candidates judged", f"ahead, {unit}"),
        [Curve("the leader then, on train", EVOLVED, [*trained, (float(len(story.listed)), trained[-1][1])])],
        [Level(f"best published on train, {story.known}: 0", PUBLISHED, 0.0)],
        [Cloud(f"the same {where}", EVOLVED, rings)] if rings else [],
        height=260,
    )
