"""What a user's signals do at the end of a run; the search itself is interrupted in tests/test_kill.py."""

import io
import os
import signal
from pathlib import Path

import pytest
from rich.console import Console

from evaluators.base import Evaluation, Evaluator, Status
from evolve import execute as module
from evolve import settings
from evolve.archive import Archive, RunState
from evolve.execute import Interrupted, execute
from evolve.progress_style import Style
from evolve.report import Bench
from problems.base import Problem, Split
from problems.jobshop import JobShop

TABLE = {
    "name": "tiny",
    "problem": {"kind": "jobshop", "families": ["uniform"], "sizes": ["6x6"], "sets": ["FT"]},
    "budget": {"evaluations": 17},
    "evaluator": {"workers": 1},
}


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


def carried_out(archive: Archive, style: Style = Style.NONE, out: io.StringIO | None = None) -> module.Outcome:
    chosen = settings.checked(dict(TABLE))
    run = archive.create_run("tiny", settings.dump(chosen), "1")
    return execute(archive, run, chosen, style, Console(file=out or io.StringIO()), test=True)


@pytest.mark.parametrize("split", [Split.VALIDATION, Split.TEST])
def test_an_interrupt_after_the_search_ends_the_run_too(
    archive: Archive, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    original = module.winner if split is Split.VALIDATION else module.bench

    def interrupting(*arguments, **options):
        progress = arguments[-1]

        def interrupt(name: str) -> None:
            asked.append(name)
            os.kill(os.getpid(), signal.SIGINT)
            progress(name)

        return original(*arguments[:-1], interrupt, **options)

    monkeypatch.setattr(module, "winner" if split is Split.VALIDATION else "bench", interrupting)
    with pytest.raises(Interrupted) as caught:
        carried_out(archive)
    assert (caught.value.code, caught.value.now) == (130, False)
    assert len(asked) == 1
    assert archive.state(archive.run("tiny")) is RunState.INTERRUPTED


def test_a_winner_that_fails_on_test_is_told_and_nothing_breaks(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = Evaluation(Status.TIMEOUT, message="took too long", cause="cpu limit")
    original, seeds = module.bench, {**JobShop.seeds}

    def bench(problem: Problem, sources: dict[str, str], evaluate: Evaluator, *rest: object) -> Bench:
        def failing(source: str, split: Split = Split.TRAIN) -> Evaluation:
            return failure if source == "the winner's" else evaluate(source, split)

        return original(
            problem, {name: sources[name] if name in seeds else "the winner's" for name in sources}, failing, *rest
        )

    monkeypatch.setattr(module, "bench", bench)
    monkeypatch.setattr(module, "name_of", lambda record: "the winner")
    outcome = carried_out(archive)
    assert outcome.bench is not None
    assert outcome.bench.failures == {"the winner": "timeout: took too long"}
    assert outcome.bench.against("the winner") == {}
    from evolve.render import bench_table

    page = io.StringIO()
    Console(file=page, width=120).print(bench_table(outcome.bench, "the winner"))
    assert "the winner is not valid: timeout" in page.getvalue()


@pytest.mark.parametrize("style", [Style.RICH, Style.PLAIN])
def test_progress_tells_what_is_being_done(archive: Archive, style: Style) -> None:
    shown = io.StringIO()
    outcome = carried_out(archive, style, shown)
    assert outcome.winner is not None
    text = shown.getvalue()
    assert "best gap, train" in text
    assert "failures" in text
    if style is Style.PLAIN:
        assert "preparing the sandbox" in text
        assert text.count("judging") == text.count("testing") == 1
