"""Judging: eval, bench, export, check."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from evaluators.base import Status
from evolve import contract, render, render_results, settings
from evolve.archive import Archive
from evolve.commands.arguments import find, read, seconds_of, split_of, write
from evolve.commands.objects import bench_json, evaluation_json
from evolve.errors import NothingValid
from evolve.exact import job_shop_for_cp_sat, with_cp_sat
from evolve.export import heuristic_in
from evolve.parts import problem_of
from evolve.report import Bench
from evolve.report import bench as bench_of
from evolve.reporting.bench import picture
from evolve.run import judging, workshop
from evolve.settings import Settings, SettingsError
from evolve.terminal import err, say
from problems.base import Problem, Split


def _of_problem(problem: str, changes: Sequence[str]) -> tuple[Settings, Problem]:
    chosen = settings.checked({"problem": {"kind": problem}}, changes)
    return chosen, problem_of(chosen)


def evaluate(file: Path, problem: str, split: str, changes: Sequence[str], as_json: bool) -> None:
    """Judge one heuristic."""
    chosen, made = _of_problem(problem, changes)
    source, on = heuristic_in(read(file)), split_of(split)
    with judging(chosen, made) as judge:
        evaluation = judge(source, on)
    data = {"file": str(file), "split": str(on), **evaluation_json(evaluation)}
    data["per_instance"] = {name: dict(values) for name, values in evaluation.per_instance.items()}

    def print_verdict() -> None:
        page = render.console()
        page.print(
            f"{file}: {evaluation.status}" + (f", {evaluation.message}" if evaluation.message else ""), markup=False
        )
        for name, value in evaluation.measures.items():
            page.print(f"  mean {name} on {len(evaluation.per_instance)} {on} instances: {value:.3f}", highlight=False)

    say(data, as_json, print_verdict)
    if evaluation.status is not Status.OK:
        raise NothingValid(f"{file} is not a valid heuristic for {made.name}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bench is to be of.

    Attributes:
        given: Files, or archived candidates as RUN:NUMBER.
        split: Name of the split.
        instances: Instance files to judge on instead.
        changes: Overrides of settings.
        cp_sat: Time of CP-SAT for each instance, such as "1s"; None leaves it out.
    """

    problem: str
    given: Sequence[str]
    split: str
    instances: Sequence[Path]
    changes: Sequence[str]
    cp_sat: str | None = None


def bench(wanted: Wanted, archive: str, plot: Path | None, groups: bool, as_json: bool) -> None:
    """Compare the published heuristics and the given ones."""
    files = [f"problem.files={[str(path.resolve()) for path in wanted.instances]}"] if wanted.instances else []
    chosen, made = _of_problem(wanted.problem, [*wanted.changes, *files])
    on = split_of(wanted.split)
    seconds = seconds_of(wanted.cp_sat, "--cp-sat") if wanted.cp_sat is not None else None
    shop = job_shop_for_cp_sat(made, seconds) if seconds is not None else None
    given = {name: _source(name, made, archive, on) for name in wanted.given}
    with judging(chosen, made) as judge, err.status("judging") as status:
        table = bench_of(made, dict(made.seeds) | given, judge, on, lambda name: status.update(f"judging {name}"))
        if shop is not None and seconds is not None:
            table = with_cp_sat(table, shop, seconds, status.update)
    mine = next((name for name in given if name not in table.failures), None)
    if plot is not None and table.rows:
        write(plot, str(picture(table, mine)) + "\n")
    data = bench_json(table, mine) | {"plot": str(plot) if plot else None}
    say(data, as_json, lambda: _print_table(table, mine, groups))
    if not table.rows:
        raise NothingValid(f"no heuristic is valid on {on}")


def _source(given: str, problem: Problem, archive: str, split: Split) -> str:
    """Return the source of a file or an archived candidate; that a candidate meets the test split is archived."""
    if Path(given).is_file() or ":" not in given:
        return heuristic_in(read(Path(given)))
    with Archive(archive, create=False) as store:
        run, _, own, record = find(store, given)
        if own.name != problem.name:
            raise SettingsError(f"{given} is a heuristic for {own.name}, not for {problem.name}")
        if split is Split.TEST:
            store.log(run, "test opened", {"candidate": record.number, "moment": time.time()})
    return record.candidate.source


def _print_table(table: Bench, mine: str | None, groups: bool) -> None:
    page = render.console()
    page.print(render.bench_table(table, mine, page.width))
    if table.rows:
        page.print()
        page.print(render_results.statistics_table(table, mine))
    if groups and table.rows:
        page.print()
        page.print(render_results.groups_table(table))


def check(problem: str, as_json: bool) -> None:
    """Check that a problem keeps the contract."""
    with err.status("checking"):
        findings = _findings(problem)

    def show() -> None:
        for finding in findings:
            mark = ("ok     ", "green") if finding.kept else ("broken ", "red")
            detail = f": {finding.detail}" if finding.detail else ""
            render.console().print(Text.assemble(mark, finding.clause, detail))

    rows = [{"clause": finding.clause, "kept": finding.kept, "detail": finding.detail} for finding in findings]
    say({"problem": problem, "findings": rows}, as_json, show)
    if broken := [finding.clause for finding in findings if not finding.kept]:
        raise NothingValid(f"{problem} does not keep the contract: {', '.join(broken)}")


def _findings(problem: str) -> list[contract.Finding]:
    try:
        chosen, made = _of_problem(problem, [])
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001  # the problem's own code may raise anything; it is reported as the finding
        return [contract.raised(error)]
    return list(contract.check(made, lambda: contract.fresh(chosen.problem.kind), lambda: workshop(chosen, made)))
