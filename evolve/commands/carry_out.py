"""Runs: demo, run, resume."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from evolve import render, settings
from evolve.archive import Archive, Run
from evolve.commands.export import exported_to
from evolve.commands.objects import outcome_json
from evolve.errors import NothingValid
from evolve.estimate import estimates, first_prompt, told
from evolve.execute import Outcome, execute, name_of
from evolve.export import Exported, Wishes
from evolve.llm.base import Unusable
from evolve.options import naming
from evolve.parts import Parts, means_of, parts_of
from evolve.progress import note
from evolve.progress_style import Style
from evolve.settings import Settings
from evolve.spending import dollars
from evolve.terminal import err, say
from problems.base import Split

BRIEF = Wishes(plain_seconds=1.0)
"""The demo is not to wait for long replays in plain Python; `evolve export` has the time."""
INTRODUCTION = (
    "Evolving a dispatching rule for the job shop by genetic programming: no model, no key.\n"
    "Every candidate is compiled to native code and judged in a sandbox.\n"
)


def demo(recipe: Path, changes: Sequence[str], archive: str, style: Style, output: Path, as_json: bool) -> None:
    """Carry out the demo: evolve, bench against the classic rules, export."""
    chosen = settings.load(recipe, changes)
    parts_of(chosen, means_of(chosen))
    note(style, err, INTRODUCTION)
    with Archive(archive) as store:
        run = _created(store, chosen)
        outcome = execute(store, run, chosen, style, err, test=True)
        exported = exported_to(store, run, chosen, outcome.winner, output, BRIEF) if outcome.winner else None
        say(outcome_json(store, outcome, exported), as_json, lambda: _show_outcome(store, outcome, exported))
    if outcome.winner is None:
        raise NothingValid("no candidate is valid: see `evolve runs` for the causes")


def run(recipe: Path, changes: Sequence[str], archive: str, style: Style, dry_run: bool, as_json: bool) -> None:
    """Start the run that a recipe describes."""
    chosen = settings.load(recipe, changes)
    parts = parts_of(chosen, means_of(chosen))
    if dry_run:
        _preview(chosen, parts, as_json)
        return
    with Archive(archive) as store:
        _carry_out(store, _created(store, chosen), chosen, style, as_json)


def resume(name: str, changes: Sequence[str], archive: str, style: Style, force: bool, as_json: bool) -> None:
    """Go on with a run; what is overridden holds for this process, the archived settings stay."""
    with Archive(archive, create=False) as store:
        run = store.run(name)
        chosen = settings.checked(settings.restore(run.settings).model_dump(mode="json"), changes)
        _carry_out(store, run, chosen, style, as_json, force=force)


def _preview(chosen: Settings, parts: Parts, as_json: bool) -> None:
    """Show what a run would begin with: its settings, and with models the first prompt and an estimate."""
    data: dict[str, object] = {"settings": chosen.model_dump(mode="json")}
    if parts.llm is None:
        say(data, as_json, lambda: render.console().print_json(settings.dump(chosen)))
        return
    prompt = first_prompt(parts.llm)
    found = estimates(chosen, parts.problem, parts.llm)
    data |= {"prompt": asdict(prompt), "estimates": [asdict(each) for each in found]}

    def show() -> None:
        page = render.console()
        page.print_json(settings.dump(chosen))
        for title, text in (("system", prompt.system), ("user", prompt.user)):
            page.rule(f"first prompt, {title}")
            page.print(text, markup=False, highlight=False, soft_wrap=True)
        page.rule("estimate")
        for line in map(told, found):
            page.print(line, markup=False, highlight=False, soft_wrap=True)

    say(data, as_json, show)


def _created(store: Archive, chosen: Settings) -> Run:
    return store.create_run(chosen.name, settings.dump(chosen), version("evolve-heuristics"))


def _carry_out(store: Archive, run: Run, chosen: Settings, style: Style, as_json: bool, *, force: bool = False) -> None:
    note(style, err, f"run {run.name} in {store.url}")
    if any(model.partition(":")[0] == "mailbox" for model in chosen.proposer.arguments.get("models", ())):
        letters = f"evolve mailbox next --run {run.name}{naming(store.url)} --wait 60s"
        note(style, err, f"Prompts wait for answers in the mailbox: {letters}")
    try:
        outcome = execute(store, run, chosen, style, err, force=force)
    except Unusable as error:
        raise Unusable(
            f"{error}. What was answered is archived: `evolve resume {run.name}{naming(store.url)}` goes on"
        ) from error
    if chosen.proposer.kind == "llm" and not outcome.tally.calls:
        note(style, err, "No model was asked: the budget leaves no room for a call (--dry-run tells what one may cost)")
    say(outcome_json(store, outcome, None), as_json, lambda: _show_outcome(store, outcome, None))
    if outcome.winner is None:
        raise NothingValid(f"run {run.name} has no valid candidate: see `evolve runs` for the causes")


def _show_outcome(store: Archive, outcome: Outcome, exported: Exported | None) -> None:
    page, winner, tally = render.console(), outcome.winner, outcome.tally
    if winner is None:
        return
    name, where, objective = outcome.run.name, naming(store.url), tally.objective
    if outcome.bench is not None:
        page.print()
        page.print(render.bench_table(outcome.bench, name_of(winner), page.width))
    (validated,) = store.records(outcome.run, Split.VALIDATION, winner.number)
    values = (
        f"{validated.evaluation.measures[objective]:.2f} there, {winner.evaluation.measures[objective]:.2f} on train"
    )
    page.print(
        f"\nThe rule, {name_of(winner)}, best of the finalists on validation ({objective} {values}):\n",
        highlight=False,
        soft_wrap=True,
    )
    page.print(render.code(winner.candidate.source, wrap=False), soft_wrap=True)
    if exported is not None:
        page.print(
            f"Written as a module, replayed from the file: {exported.path}\n",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if tally.calls:
        what = f"{tally.calls:,} answers of models: {dollars(tally.cost)}, {tally.cost.tokens:,} tokens"
        page.print(f"{what}; `evolve costs {name}{where}` tells what they brought\n", highlight=False, soft_wrap=True)
    page.print("Next:", highlight=False)
    since = " --diff parent" if winner.candidate.parents else ""
    commands = {
        f"evolve show {name}:{winner.number}{since}{where}": "where it came from",
        f"evolve resume {name} --max-time 10m{where}": "let the search go on",
        f"evolve app{where}": "browse the candidates",
    }
    width = max(map(len, commands))
    for command, what in commands.items():
        page.print(f"  {command:<{width}}  {what}", highlight=False, soft_wrap=True)
