"""Every page on a run that was really carried out."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from evolve.archive import Archive, Run, listing
from evolve.candidate import Record
from evolve.dashboard import sandboxed
from evolve.export import Exported, ExportMismatch
from evolve.report import chosen_best
from evolve.spending import yields
from sandbox import SandboxUnavailable
from tests.dashboard.conftest import PAGES
from tests.dashboard.looking import drawn, figures, fine, look, texts


@pytest.fixture(autouse=True)
def shown(real: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLVE_ARCHIVE", real)


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    return fine(button.click().run(timeout=120))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_a_real_run(page: str) -> None:
    app = fine(look(page, run="real"))
    assert app.dataframe or app.get("vega_lite_chart")
    assert "no run" not in texts(app)


def test_what_models_bring_is_what_the_command_line_says(real: str) -> None:
    table = next(
        frame.value for frame in fine(look("live", run="real")).dataframe if "Better than parents" in frame.value
    )
    with Archive(real, read_only=True) as archive:
        run = archive.run("real")
        told = yields(archive.records(run), "gap")
        light = listing.glance(archive, run, listing.lines(archive, run), "gap")
    assert [tuple(row) for row in table[["Model", "Operator", "Answers", "Flawed", "Tokens read"]].to_numpy()] == [
        (each.writer, each.operator, each.calls, each.flawed, each.cost.input_tokens) for each in told
    ]
    assert int(figures(look("live", run="real"))["Judged"]) == light.judged == 30


def test_two_schedules_are_built_in_the_sandbox_when_asked_for() -> None:
    app = fine(look("compare", first="real:15", second="real:0"))
    assert len(app.get("vega_lite_chart")) == 1
    press(app, "Build in the sandbox")
    first, second = (drawn(app, number) for number in (1, 2))
    for spec in (first, second):
        bars = spec["layer"][0]["data"]["values"]
        assert len(bars) == 15 * 15
        assert len({bar["group"] for bar in bars}) == len({bar["lane"] for bar in bars}) == 15
        ends = max(bar["end"] for bar in bars)
        assert f"makespan {ends:,.0f}" in {layer["mark"].get("text") for layer in spec["layer"]}
    # One time axis and one colour for each job, so that the two can be compared.
    for channel in ("x", "color"):
        assert first["layer"][0]["encoding"][channel]["scale"] == second["layer"][0]["encoding"][channel]["scale"]


def test_the_winner_is_tested_beside_the_published_rules(real: str) -> None:
    app = fine(look("winner", run="real"))
    with Archive(real, read_only=True) as archive:
        record = chosen_best(archive, archive.run("real"), "gap")
    assert app.title[0].value == f"Candidate {record.number}"
    assert "The test instances of this run were opened 1 time, last" in texts(app)
    press(app, "Judge the published heuristics in the sandbox")
    table = app.dataframe[-1].value
    assert len(table) >= 16
    assert list(table["Mean gap, %"]) == sorted(table["Mean gap, %"])
    assert "Wilcoxon" in texts(app)


def test_a_module_is_offered_once_it_was_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    def written(run: Run, record: Record, archived: object, problem: object, judge: object, path: Path, **_: object):
        path.write_text(record.candidate.source)
        return Exported(path, {})

    monkeypatch.setattr(sandboxed, "export", written)
    app = fine(look("winner", run="real"))
    assert not app.get("download_button")
    press(app, "Judge again and export")
    assert "Judged again: it repeats every archived number." in texts(app)
    assert "def priority" in app.code[-1].value
    assert app.get("download_button")


def test_a_module_that_does_not_repeat_its_numbers_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ExportMismatch("it decides differently on train-1")

    monkeypatch.setattr(sandboxed, "export", refused)
    app = press(fine(look("winner", run="real")), "Judge again and export")
    assert "it decides differently on train-1." in texts(app)
    assert not app.get("download_button")


def test_without_a_sandbox_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise SandboxUnavailable("no system call filters")

    monkeypatch.setattr(sandboxed, "workshop", closed)
    app = fine(look("candidate", run="real", candidate="20"))
    press(app, "Build in the sandbox")
    assert "no system call filters. `evolve doctor` says what this machine lacks." in texts(app)
    assert len(app.get("vega_lite_chart")) == 1


def test_a_heuristic_that_builds_nothing_is_a_sentence_beside_the_other(
    real: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = str(shutil.copy(real, tmp_path / "a.db"))
    with Archive(path) as archive:
        run, good = archive.run("real"), archive.records(archive.run("real"), number=3)[0]
        archive.propose(run, 99, replace(good.candidate, source="def priority(p):\n    return 1.0\n"))
        archive.judge(run, 99, good.evaluation)
    monkeypatch.setenv("EVOLVE_ARCHIVE", path)
    app = press(fine(look("compare", first="real:99", second="real:3")), "Build in the sandbox")
    assert "real:99 LWKR makes no schedule of train-uniform-15x15-1" in texts(app)
    assert len(app.get("vega_lite_chart")) == 2
