"""What a page has computed when the user asks for it: always in the sandbox, never in the page's own process."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import streamlit as st

from evaluators.base import Evaluation, Status, Workshop
from evolve.archive import Run
from evolve.candidate import Candidate, Record
from evolve.dashboard import reading
from evolve.execute import name_of
from evolve.export import ExportMismatch, Unverified, ancestors, export
from evolve.report import Bench, bench
from evolve.run import workshop
from evolve.statistics import row
from problems.base import InvalidSolution, Picture, Problem, Split
from sandbox import SandboxUnavailable

KEPT = 64


class NotMade(RuntimeError):
    """It could not be computed; the message says why and what to do."""


@contextmanager
def _opened(run: Run) -> Iterator[tuple[Problem, Workshop]]:
    problem = reading.problem(run)
    try:
        with workshop(reading.settings(run), problem) as judge:
            yield problem, judge
    except SandboxUnavailable as error:
        raise NotMade(f"{error}. `evolve doctor` says what this machine lacks.") from error


def pictures(run: Run, sources: Sequence[str], split: Split, index: int) -> list[Picture | str]:
    """Return for each heuristic a picture of the solution that it makes of an instance, or why it makes none.

    Args:
        index: Position of the instance in its split.

    Raises:
        NotMade: There is no sandbox.
    """
    return _pictures(run, run.settings, tuple(sources), split, index)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _pictures(_run: Run, settings: str, sources: tuple[str, ...], split: Split, index: int) -> list[Picture | str]:
    found: list[Picture | str] = []
    with _opened(_run) as (problem, judge):
        instance = problem.instances(split)[index]
        for source in sources:
            try:
                solution = judge.solutions(source, split, [index])[instance.name]
            except InvalidSolution as error:
                found.append(f"makes no schedule of {instance.name}: {error}")
            else:
                found.append(problem.picture(instance, solution))
    return found


def table(run: Run, record: Record, evaluation: Evaluation, split: Split) -> Bench:
    """Return a candidate beside all published heuristics on a split.

    Args:
        evaluation: The candidate's archived verdict there.

    Raises:
        NotMade: There is no sandbox.
    """
    published = _published(run, run.settings, split)
    name, instances = name_of(record), reading.problem(run).instances(split)
    if any(entry.name == name for entry in published.rows) or evaluation.status is not Status.OK:
        return published
    mine = row(name, evaluation, instances, published.objective)
    return replace(published, rows=sorted([*published.rows, mine], key=lambda entry: entry.mean))


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _published(_run: Run, settings: str, split: Split) -> Bench:
    with _opened(_run) as (problem, judge):
        return bench(problem, problem.seeds, judge, split)


def module(run: Run, record: Record, archived: Mapping[Split, Evaluation], candidates: Mapping[int, Candidate]) -> str:
    """Return a candidate as the text of a module of its own, after that very text was judged again.

    Args:
        archived: Its verdicts by split; the text must repeat each on every instance.
        candidates: All of the run by number, for its ancestors.

    Raises:
        NotMade: It does not repeat them, or there is no sandbox.
    """
    with _opened(run) as (problem, judge), tempfile.TemporaryDirectory() as folder:
        try:
            line = ancestors(candidates, record.candidate)
            written = export(run, record, archived, problem, judge, Path(folder) / "rule.py", ancestors=line)
        except (ExportMismatch, Unverified) as error:
            raise NotMade(f"{error}.") from error
        return written.path.read_text(encoding="utf-8")
