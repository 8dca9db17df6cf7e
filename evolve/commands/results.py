"""Results: report, compare, ablate."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.text import Text

from evaluators.base import Status
from evolve import render, render_results
from evolve.ablation import Ablating, Ablation
from evolve.archive import Archive
from evolve.commands.arguments import find, write
from evolve.commands.objects import bench_json, comparison_json, interval_json
from evolve.comparison import SHARES, Contest, contest
from evolve.cuts import size
from evolve.errors import NothingValid
from evolve.execute import name_of
from evolve.reporting.contest import picture
from evolve.reporting.page import report as page_of
from evolve.reporting.story import gather
from evolve.run import judging
from evolve.terminal import err, say


def report(name: str, output: Path, shifts: Sequence[str], archive: str, as_json: bool) -> None:
    """Write the report of a run."""
    with Archive(archive, create=False) as store, err.status("reading") as status:
        story = gather(store, store.run(name), shifts, status.update)
    write(output, page_of(story))
    versus = story.bench.against(story.name).get(story.rival)
    data = {
        "run": story.run.name,
        "file": str(output),
        "winner": story.winner.number,
        "against": {"name": story.rival, **comparison_json(versus)} if versus else None,
        "bench": bench_json(story.bench, story.name),
        "groups": {
            group: comparison_json(each) for group, each in story.bench.by_group(story.name, story.rival).items()
        }
        if versus
        else None,
        "shifts": [{"setting": shift.setting, "bench": bench_json(shift.bench, story.name)} for shift in story.shifts],
    }

    def show() -> None:
        page = render.console()
        if versus is not None:
            page.print(render.verdict(story.bench, story.name))
        page.print(f"report of run {story.run.name} written to {output}", markup=False, highlight=False, soft_wrap=True)

    say(data, as_json, show)


def ablate(reference: str, output: Path | None, archive: str, as_json: bool) -> None:
    """Take a candidate apart; what was found is kept as an event of the run."""
    with Archive(archive, create=False) as store:
        run, chosen, problem, record = find(store, reference)
        if record.evaluation.status is not Status.OK:
            raise NothingValid(f"candidate {record.number} is not valid: {record.evaluation.message}")
        with judging(chosen, problem) as evaluate, err.status("judging") as status:
            found = Ablating(problem, evaluate, chosen.evaluator.workers, status.update)(record.candidate.source)
        detail = _ablation_json(found)
        store.log(run, "ablated", {"candidate": record.number, **detail})
    if output is not None:
        write(output, found.smallest)
    view = render_results.ablation_view(found, name_of(record), problem.objectives[0])
    sources = {"source": found.source, "file": str(output) if output else None}
    say(
        {"run": run.name, "candidate": record.number, **detail, **sources},
        as_json,
        lambda: render.console().print(view),
    )


def _ablation_json(found: Ablation) -> dict[str, object]:
    return {
        "train": found.value,
        "parts": [
            {
                "line": part.cut.at.line,
                "column": part.cut.at.column,
                "what": part.cut.what,
                "removed": part.cut.removed,
                "against": comparison_json(part.comparison) if part.comparison else None,
                "message": part.message,
                "verdict": part.verdict,
            }
            for part in found.parts
        ],
        "nodes": [size(found.source)[0], size(found.smallest)[0]],
        "smallest": found.smallest,
        "smallest_against": comparison_json(found.trained),
        "validation": comparison_json(found.validated) if found.validated else None,
    }


def compare(names: Sequence[str], plot: Path | None, archive: str, as_json: bool) -> None:
    """Compare the strategies of runs."""
    with Archive(archive, read_only=True) as store, err.status("reading"):
        made = contest(store, [store.run(name) for name in dict.fromkeys(names)])
    if plot is not None:
        write(plot, str(picture(made)) + "\n")
    say(_contest_json(made) | {"plot": str(plot) if plot else None}, as_json, lambda: _show_contest(made))


def _contest_json(made: Contest) -> dict[str, object]:
    levels = [
        {
            "strategy": strategy,
            "axis": axis,
            "used": level.used,
            "values": list(level.values),
            "mean": level.mean,
            "interval": interval_json(level.interval),
        }
        for axis, budget in made.budgets.items()
        for strategy in made.strategies
        for share in SHARES
        if (level := made.level(strategy, axis, share * budget)) is not None
    ]
    duels = [
        {
            "axis": duel.axis,
            "used": duel.used,
            "first": duel.first,
            "second": duel.second,
            **asdict(duel.versus),
            "interval": interval_json(duel.versus.interval),
            "verdict": duel.versus.verdict,
        }
        for duel in made.duels
    ]
    runs = [{"run": each.run, "strategy": each.strategy, "used": dict(each.ends)} for each in made.courses]
    return {"objective": made.objective, "runs": runs, "budgets": dict(made.budgets), "levels": levels, "duels": duels}


def _show_contest(made: Contest) -> None:
    page = render.console()
    for axis, budget in made.budgets.items():
        page.print(Text(f"best {made.objective} on train so far, by {axis}: mean over runs", style="italic"))
        page.print(render_results.levels_table(made, axis, [share * budget for share in SHARES]))
        for duel in made.duels:
            if duel.axis == axis:
                page.print(render_results.duel_text(duel))
        page.print()
