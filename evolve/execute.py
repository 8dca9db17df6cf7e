"""Carrying a run out for a user at a terminal: signals, progress, and what comes after the last candidate."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from rich.console import Console

from evaluators.base import Evaluator
from evolve.archive import Archive, Run
from evolve.candidate import Record
from evolve.options import naming
from evolve.progress import Tally, display, note
from evolve.progress_style import Style
from evolve.report import Bench, bench, judged_on, winner
from evolve.run import session
from evolve.settings import Settings
from problems.base import Problem, Split


class Interrupted(Exception):
    """The user ended the run; it can be resumed.

    Attributes:
        code: The exit code that belongs to the signal.
        now: The user does not want to wait for anything.
    """

    def __init__(self, code: int, *, now: bool = False) -> None:
        super().__init__(f"interrupted with exit code {code}")
        self.code = code
        self.now = now


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        winner: The finalist that is best on the validation split; None if no candidate is valid.
        bench: Winner and published heuristics on the test split; None if that was not asked for.
    """

    run: Run
    tally: Tally
    winner: Record | None
    bench: Bench | None


@contextmanager
def _signals(stop: threading.Event, style: Style, console: Console, go_on: str) -> Iterator[list[int]]:
    """Let the first signal set `stop` and the second raise KeyboardInterrupt; yield the exit codes they ask for."""
    codes: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        codes.append(128 + number)
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        note(
            style,
            console,
            f"stopping when what is being written and judged is archived; once more to stop now.\nTo go on: {go_on}",
        )

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield codes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def execute(
    archive: Archive,
    run: Run,
    settings: Settings,
    style: Style,
    console: Console,
    *,
    test: bool = False,
    force: bool = False,
) -> Outcome:
    """Carry out a run until a budget ends it, choose the winner on validation and, if asked, open the test split.

    Args:
        archive: Keeps the run.
        run: The run.
        settings: How it is carried out.
        style: How progress is shown.
        console: Where it is shown.
        test: Open the test split.
        force: Begin even if another process seems to work on the run.

    Raises:
        Interrupted: The user ended it; everything that was answered or judged is archived.
    """
    stop = threading.Event()
    with _signals(stop, style, console, f"evolve resume {run.name}{naming(archive.url)}") as codes:
        try:
            with display(style, console) as shown:
                shown.phase("preparing the sandbox")
                with session(archive, run, settings, stop, force=force) as work:
                    objective = work.problem.objectives[0]
                    restored = len(archive.records(run))
                    tally = Tally(objective, settings.budget, archive.seconds_spent(run), lambda: work.records.writing)
                    for record in work.records:
                        tally.add(record, fresh=tally.records >= restored)
                        shown.update(tally, record)
                    if stop.is_set():
                        raise Interrupted(codes[0])

                    def phase(name: str) -> None:
                        if stop.is_set():
                            raise Interrupted(codes[0])
                        shown.phase(name)

                    chosen = winner(archive, run, work.evaluate, objective, phase)
                    table = None
                    if test and chosen:
                        table = tested(archive, run, chosen, work.problem, work.evaluate, phase)
        except KeyboardInterrupt:
            raise Interrupted(codes[0] if codes else 128 + signal.SIGINT, now=True) from None
    return Outcome(run, tally, chosen, table)


def name_of(record: Record) -> str:
    """Return what a table calls a candidate: a seed by its name, another by its number."""
    return record.candidate.idea if record.candidate.operator == "seed" else f"candidate {record.number}"


def tested(
    archive: Archive,
    run: Run,
    chosen: Record,
    problem: Problem,
    evaluate: Evaluator,
    phase: Callable[[str], None],
) -> Bench:
    """Return a candidate beside every seed on the test split; the opening is noted in the archive.

    It is judged anew, as they are: an archived verdict may be one of an earlier version of the problem.

    Args:
        phase: Called with what is done next.
    """
    name, sources = name_of(chosen), dict(problem.seeds)
    if name not in sources:
        phase(f"testing {name}")
        judged_on(archive, run, chosen, evaluate, Split.TEST)
        sources[name] = chosen.candidate.source
    return bench(problem, sources, evaluate, Split.TEST, lambda name: phase(f"testing {name}"))
