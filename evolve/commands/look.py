"""Looking at what is archived: runs, show."""

import difflib

from rich.text import Text

from evolve import render, settings
from evolve.archive import Archive, Run, UnknownRun, listing
from evolve.candidate import Record
from evolve.cli import say
from evolve.commands.arguments import find
from evolve.commands.objects import record_json
from evolve.run import problem_of
from problems.base import Problem


def runs(archive: str, as_json: bool) -> None:
    """List the runs."""
    with Archive(archive, read_only=True) as store:
        every = store.runs()
        objectives = [problem_of(settings.restore(run.settings)).objectives[0] for run in every]
        glances = [
            listing.glance(store, run, listing.lines(store, run), objective)
            for run, objective in zip(every, objectives, strict=True)
        ]
    data = [
        {
            "run": run.name,
            "created": run.created,
            "state": str(glance.state),
            "candidates": glance.judged + len(glance.waiting),
            "judged": glance.judged,
            "failures": dict(glance.causes),
            "best": glance.best.measures[objective] if glance.best else None,
            "best_seed": glance.best_seed.measures[objective] if glance.best_seed else None,
            "objective": objective,
            "usd": glance.usd,
            "seconds": glance.seconds,
        }
        for run, glance, objective in zip(every, glances, objectives, strict=True)
    ]
    say({"runs": data}, as_json, lambda: render.console().print(render.runs_table(every, glances, objectives)))


def show(reference: str, against: str | None, archive: str, as_json: bool) -> None:
    """Show a candidate, or how it differs from another."""
    with Archive(archive, read_only=True) as store:
        run, _, problem, record = find(store, reference)
        change = _diff(store, run, problem, record, against) if against is not None else None
    view = render.record_view(record, run.name, problem.objectives[0])
    page = render.console()

    def print_both() -> None:
        page.print(view)
        if change is not None:
            page.print(Text(change) if change else Text("no difference"))

    say({"run": run.name, **record_json(record), "diff": change}, as_json, print_both)


def _diff(store: Archive, run: Run, problem: Problem, record: Record, against: str) -> str:
    """Return the change from another source text to a candidate's, as a unified diff."""
    if against == "parent":
        if not record.candidate.parents:
            raise UnknownRun(f"candidate {record.number} has no parent: it is a {record.candidate.operator}")
        against = f"{run.name}:{record.candidate.parents[0]}"
    other = problem.seeds.get(against)
    source = other if other is not None else find(store, against)[3].candidate.source
    mine = record.candidate.source
    lines = difflib.unified_diff(
        source.splitlines(), mine.splitlines(), against, f"{run.name}:{record.number}", lineterm=""
    )
    return "\n".join(lines)
