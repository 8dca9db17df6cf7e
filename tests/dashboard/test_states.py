import json
import socket
import sqlite3
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive
from evolve.candidate import Candidate
from tests.dashboard.conftest import PAGES, SETTINGS, fill
from tests.dashboard.looking import codes, figures, fine, look, texts


@pytest.mark.parametrize(
    ("candidate", "sentence"),
    [
        ("5", "Candidate 5 of run alpha has not been judged yet."),
        ("99", "Run alpha has no candidate '99'."),
        ("-1", "Run alpha has no candidate '-1'."),
        ("best", "Run alpha has no candidate 'best'."),
        ("9" * 40, "has no candidate"),  # beyond what a database can count to
    ],
)
def test_a_candidate_that_is_not_there_is_a_sentence(archive: Archive, candidate: str, sentence: str) -> None:
    fill(archive)
    assert sentence in texts(fine(look("candidate", run="alpha", candidate=candidate)))


def test_a_run_that_is_not_there_is_a_sentence_and_the_newest_is_shown(archive: Archive) -> None:
    fill(archive)
    app = fine(look("live", run="gamma"))
    assert "no run 'gamma'" in texts(app)
    assert app.selectbox[0].value == "alpha"


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_archive_says_what_fills_it(archive: Archive, page: str) -> None:
    app = fine(look(page))
    assert "no run yet" in texts(app)
    assert codes(app) == f"evolve demo --archive {archive.url}"


@pytest.mark.parametrize("page", PAGES)
def test_a_missing_archive_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("EVOLVE_ARCHIVE", str(tmp_path / "none.db"))
    assert "there is no archive at" in texts(fine(look(page)))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("revision", "sentence"), [("0000", "evolve upgrade"), ("9999", "newer version")])
def test_an_archive_of_another_schema_says_what_to_do(
    archive: Archive, page: str, revision: str, sentence: str
) -> None:
    archive.close()
    with sqlite3.connect(archive.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    app = fine(look(page))
    assert sentence in texts(app)
    assert ("evolve upgrade --archive" in codes(app)) == (revision == "0000")


def test_a_run_whose_problem_is_not_installed_is_a_sentence_and_the_others_are_shown(archive: Archive) -> None:
    fill(archive)
    archive.create_run("lost", json.dumps({"problem": {"kind": "nowhere"}}), "1")
    archive.create_run("broken", "not JSON", "1")
    app = fine(look("runs"))
    assert list(app.dataframe[0].value["Run"]) == ["alpha"]
    assert "the problem of run lost cannot be loaded: no problem is called 'nowhere'" in texts(app)
    assert "the problem of run broken cannot be loaded" in texts(app)
    for page in PAGES[1:-2]:
        assert "cannot be loaded" in texts(fine(look(page, run="lost")))


@pytest.mark.parametrize("page", PAGES)
def test_a_run_in_which_nothing_is_valid_says_where_to_look(archive: Archive, page: str) -> None:
    run = archive.create_run("beta", SETTINGS, "1")
    app = fine(look(page, run="beta"))
    archive.propose(run, 0, Candidate("def f(p):\n    return x\n", "seed", idea="FIFO", proposer="seed"))
    archive.judge(run, 0, Evaluation(Status.REJECTED, message="there is no x", cause="static check"))
    fine(app.run())
    if page == "live":
        assert "No candidate of run beta is valid yet" in texts(app)
    elif page not in ("runs", "candidates", "compare"):
        assert "Its failures are on the page Live" in texts(app)


def test_a_run_without_candidates_says_so(archive: Archive) -> None:
    archive.create_run("beta", SETTINGS, "1")
    app = fine(look("live", run="beta"))
    assert "No candidate has been judged" in texts(app)
    assert figures(app)["Best gap on train"] == figures(app)["Better by"] == "–"
    assert "No candidate has been judged" in texts(fine(look("candidates", run="beta")))


def test_a_run_whose_process_was_killed_says_how_to_go_on(archive: Archive) -> None:
    run = fill(archive)
    gone = {"pid": 2**22 + 1, "host": socket.gethostname(), "born": "1"}  # beyond the largest number of a process
    archive.log(run, "started", gone)
    app = fine(look("live", run="alpha"))
    assert "The process that worked on this run is gone" in texts(app)
    assert f"evolve resume alpha --archive {archive.url}" in codes(app)
