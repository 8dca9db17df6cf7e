"""Looking at what is archived: runs, show."""

import difflib
import logging
from dataclasses import replace

from rich.text import Text

from evolve import render, settings
from evolve.archive import Archive, Run, UnknownRun, listing
from evolve.archive.listing import Glance
from evolve.candidate import Record
from evolve.commands.arguments import find
from evolve.commands.objects import record_json
from evolve.parts import problem_of
from evolve.terminal import say
from problems.base import Problem, Split

logger = logging.getLogger(__name__)


def runs(archive: str, as_json: bool) -> None:
    """List the runs; one whose problem cannot be loaded any more has no scores."""
    with Archive(archive, read_only=True) as store:
        every = store.runs()
        objectives = [_objective(run) for run in every]
        glances = [_glance(store, run, objective) for run, objective in zip(every, objectives, strict=True)]
    data = [
        {
            "run": run.name,
            "created": run.created,
            "state": str(glance.state),
            "candidates": glance.judged + len(glance.waiting),
            "judged": glance.judged,
            "failures": dict(glance.causes),
            "best": glance.best.measures[objective] if glance.best and objective else None,
            "best_seed": glance.best_seed.measures[objective] if glance.best_seed and objective else None,
            "objective": objective,
            "usd": glance.usd,
            "seconds": glance.seconds,
        }
        for run, glance, objective in zip(every, glances, objectives, strict=True)
    ]
    say({"runs": data}, as_json, lambda: render.console().print(render.runs_table(every, glances, objectives)))


def _objective(run: Run) -> str | None:
    """Return the measure that decides in a run; None if its problem cannot be loaded."""
    try:
        return problem_of(settings.restore(run.settings)).objectives[0]
    except Exception as error:  # noqa: BLE001  # the problem's file may raise anything; the table shows that it is missing
        logger.debug("the problem of run %s cannot be loaded: %s", run.name, error)
        return None


def _glance(store: Archive, run: Run, objective: str | None) -> Glance:
    listed = listing.lines(store, run)
    if objective is not None:
        return listing.glance(store, run, listed, objective)
    judged = {line.number for line in listed}
    failed = listing.glance(store, run, [line for line in listed if line.status.failed], "")
    waiting = [number for number in failed.waiting if number not in judged]
    return replace(failed, judged=len(listed), waiting=waiting)


def show(reference: str, against: str | None, archive: str, as_json: bool) -> None:
    """Show a candidate, or how it differs from another."""
    with Archive(archive, read_only=True) as store:
        run, _, problem, record = find(store, reference)
        change = _diff(store, run, problem, record, against) if against is not None else None
        explained = [event.detail for event in store.events(run) if event.kind == "explained"]
        said = [detail["text"] for detail in explained if detail["candidate"] == record.number]
        validated = store.records(run, Split.VALIDATION, record.number)
    view = render.record_view(record, run.name, {Split.VALIDATION: validated[0].evaluation} if validated else {})
    page = render.console()

    def print_both() -> None:
        page.print(view, soft_wrap=True)
        if change is not None:
            page.print(Text(render.plain(change)) if change else Text("no difference"))
        for text in said:
            page.print()
            page.print(Text(render.plain(text.strip())))

    data = {"run": run.name, **record_json(record), "diff": change, "explanations": said}
    data["validation"] = dict(validated[0].evaluation.measures) if validated else None
    say(data, as_json, print_both)


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
