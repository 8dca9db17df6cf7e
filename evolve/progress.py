"""What the user sees while a run goes on."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evaluators.base import Status
from evolve.candidate import Cost, Record
from evolve.progress_style import Style
from evolve.savings import Savings
from evolve.settings import Budget
from evolve.spending import dollars

PLAIN_SECONDS = 10.0
BAR = 60


class Tally:
    """What a run has come to so far, from the records told.

    Args:
        objective: The measure that decides.
        budget: What will end the run.
        spent: Wall seconds that earlier processes spent on it.
        writing: Returns how many candidates are being written.
    """

    def __init__(self, objective: str, budget: Budget, spent: float, writing: Callable[[], int] = lambda: 0) -> None:
        self.objective = objective
        self.budget = budget
        self.records = 0
        self.fresh = 0
        self.calls = 0
        self.cost = Cost()
        self.writing = writing
        self.failures: Counter[str] = Counter()
        self.savings = Savings()
        self.best: float | None = None
        self.best_number = 0
        self.best_seed: float | None = None
        self.best_seed_name = ""
        self._spent = spent
        self._begin = time.monotonic()

    def add(self, record: Record, *, fresh: bool = True) -> None:
        """Count a record; one restored from the archive does not count towards the rate."""
        self.records += 1
        self.fresh += fresh
        self.calls += record.candidate.by_model
        self.cost += record.candidate.cost
        evaluation = record.evaluation
        self.savings.add(evaluation)
        if evaluation.status is not Status.OK:
            if evaluation.status.failed:
                self.failures[evaluation.cause] += 1
            return
        value = evaluation.measures[self.objective]
        if self.best is None or value < self.best:
            self.best, self.best_number = value, record.number
        if record.candidate.operator == "seed" and (self.best_seed is None or value < self.best_seed):
            self.best_seed, self.best_seed_name = value, record.candidate.idea

    @property
    def seconds(self) -> float:
        """Wall seconds spent on the run by this and earlier processes."""
        return self._spent + time.monotonic() - self._begin

    @property
    def rate(self) -> float:
        """Candidates judged per second by this process."""
        return self.fresh / max(time.monotonic() - self._begin, 1e-9)

    @property
    def share(self) -> float | None:
        """How much of the budget is used, from 0 to 1; None without a budget."""
        parts = [
            used / limit
            for used, limit in (
                (self.records, self.budget.evaluations),
                (self.seconds, self.budget.seconds),
                (self.calls, self.budget.calls),
                (self.cost.usd, self.budget.usd),
                (self.cost.tokens, self.budget.tokens),
            )
            if limit
        ]
        return min(max(parts), 1.0) if parts else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated wall seconds until the budget is used up; None without one, or before it can be told."""
        left = [self.budget.seconds - self.seconds] if self.budget.seconds else []
        if self.budget.evaluations and self.fresh:
            left.append((self.budget.evaluations - self.records) / self.rate)
        return max(min(left), 0.0) if left else None

    def _spent_on_models(self) -> str:
        usd = f"{dollars(self.cost)}{_capped(self.budget.usd, '${:.2f}')}"
        tokens = f"{self.cost.tokens:,}{_capped(self.budget.tokens, '{:,}')} tokens"
        return f"{usd}, {tokens}" if self.cost.priced or self.budget.tokens else usd

    def facts(self) -> list[tuple[str, str]]:
        """Return what there is to tell, as labels and texts."""
        told = [("candidates", f"{self.records:,} ({self.rate:.1f}/s)")]
        if self.best is not None:
            told.append((f"best {self.objective}, train", f"{self.best:.2f} (candidate {self.best_number})"))
        if self.best_seed is not None:
            told.append(("best published rule", f"{self.best_seed:.2f} ({self.best_seed_name})"))
        causes = ", ".join(f"{count} {cause}" for cause, count in self.failures.most_common(4))
        told.append(("failures", f"{self.failures.total()}" + (f": {causes}" if causes else "")))
        if self.savings.causes:
            told.append(("stopped early", str(self.savings)))
        if self.calls:
            told.append(("answers", f"{self.calls:,}; {self.writing()} candidates are being written"))
            told.append(("cost", self._spent_on_models()))
        if (left := self.seconds_left) is not None:
            told.append(("time left", clock(left)))
        return told


def _capped(cap: float | None, form: str) -> str:
    return f" of {form.format(cap)}" if cap is not None else ""


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Display(Protocol):
    """Shows how far a run is; `update` is called after every record."""

    def update(self, tally: Tally, record: Record) -> None:
        """Show the state after a record."""
        ...

    def phase(self, name: str) -> None:
        """Show what is being done before the first record or after the last."""
        ...


class _Rich:
    """A table that goes on by itself while nothing is judged: answers may take minutes."""

    def __init__(self, console: Console) -> None:
        self._tally: Tally | None = None
        self._phase: RenderableType = Spinner("dots")
        self.live = Live(console=console, refresh_per_second=5, transient=False, get_renderable=self._render)

    def update(self, tally: Tally, record: Record) -> None:
        self._tally = tally
        self._phase = ""

    def phase(self, name: str) -> None:
        self._phase = Spinner("dots", name)

    def _render(self) -> RenderableType:
        return Group(self._searching(self._tally), self._phase) if self._tally else self._phase

    def _searching(self, tally: Tally) -> RenderableType:
        share = tally.share
        grid = Table.grid(padding=(0, 2))
        bar = ProgressBar(total=1.0, completed=share or 0.0, pulse=share is None, width=BAR)
        grid.add_row(Text("searching", style="dim"), bar)
        for label, text in tally.facts():
            grid.add_row(Text(label, style="dim"), Text(text))
        return grid


class _Plain:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = 0.0
        self._phase = ""

    def update(self, tally: Tally, record: Record) -> None:
        if time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            self._console.print(
                "; ".join(f"{label} {text}" for label, text in tally.facts()), highlight=False, soft_wrap=True
            )

    def phase(self, name: str) -> None:
        kind = name.partition(" ")[0]
        if kind != self._phase:  # one line for "judging ..." and one for "testing ...", not one for each candidate
            self._phase = kind
            self._console.print(f"{name} ...", highlight=False)


class _JsonLines:
    def update(self, tally: Tally, record: Record) -> None:
        evaluation = record.evaluation
        line = {
            "event": "record",
            "number": record.number,
            "operator": record.candidate.operator,
            "status": evaluation.status,
            "cause": evaluation.cause,
            "measures": dict(evaluation.measures),
            "best": tally.best,
            "seconds": round(tally.seconds, 3),
        }
        _write(line)

    def phase(self, name: str) -> None:
        _write({"event": "phase", "name": name})


def _write(line: Mapping[str, object]) -> None:
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


class _None:
    def update(self, tally: Tally, record: Record) -> None:
        pass

    def phase(self, name: str) -> None:
        pass


def note(style: Style, console: Console, text: str) -> None:
    """Tell the user something that is not progress, in the form of a style."""
    if style is Style.JSONL:
        _write({"event": "note", "text": text})
    elif style is not Style.NONE:
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def display(style: Style, console: Console) -> AbstractContextManager[Display]:
    """Provide the display of a style.

    Args:
        console: Where to show it; a console on standard error.
    """
    if style is Style.AUTO:
        style = Style.RICH if console.is_terminal else Style.PLAIN
    return _opened(style, console)


@contextmanager
def _opened(style: Style, console: Console) -> Iterator[Display]:
    if style is Style.RICH:
        shown = _Rich(console)
        with shown.live:
            yield shown
    elif style is Style.PLAIN:
        yield _Plain(console)
    elif style is Style.JSONL:
        yield _JsonLines()
    else:
        yield _None()
