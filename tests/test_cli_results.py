"""The commands about results as their users meet them: bench, report, ablate, compare."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from evolve import settings
from evolve.archive import Archive
from problems.jobshop.features import FEATURES
from tests.test_cli import done, evolve  # noqa: F401  # fixtures

HEAD = f"def priority({', '.join(FEATURES)}):\n"
FT = ("--set", 'problem.sets=["FT"]')


@pytest.fixture
def copy(done: Path) -> str:  # noqa: F811
    """Return a copy of the archive of the run "tiny", in the folder that commands run in."""
    Path("copy.db").write_bytes(done.read_bytes())
    return "copy.db"


def opened(archive: str) -> list[int]:
    with Archive(archive, read_only=True) as store:
        events = store.events(store.run("tiny"))
    return [event.detail["candidate"] for event in events if event.kind == "test opened"]


def test_bench_takes_archived_candidates_and_notes_that_they_met_the_test_split(evolve, copy: str) -> None:  # noqa: F811
    Path("rule.py").write_text(HEAD + "    return work_remaining\n")
    answer = evolve("bench", "jobshop", "rule.py", "tiny:0", *FT, "--archive", copy, "--plot", "p/b.svg", "--json").json
    rows = {row["name"]: row for row in answer["rows"]}
    assert rows["tiny:0"]["values"] == rows["rule.py"]["values"] == rows["MWKR"]["values"]
    assert rows["MWKR"]["against"]["ties"] == 3
    group = rows["MWKR"]["by_group"]["FT 6x6"]
    assert (group["instances"], group["mean"], group["interval"]) == (1, rows["MWKR"]["values"]["ft06"], None)
    best = min(row["values"]["ft06"] for row in rows.values())
    assert group["wins"] == (rows["MWKR"]["values"]["ft06"] == best)
    assert sum(row["wins"] for row in rows.values()) >= 3
    assert opened(copy) == [0]
    texts = [node.text for node in ElementTree.parse("p/b.svg").iter() if node.tag.endswith("text")]
    assert {"tiny:0", "rule.py", "FT 6x6 (1)"} <= set(texts)
    small = ("--set", 'problem.sizes=["6x6"]', "--split", "validation")
    page = evolve("bench", "jobshop", "tiny:0", *small, "--groups", "--archive", copy).out
    assert opened(copy) == [0]
    for told in ("mean", "95 %", "wins", "ms", "tiny:0 less it", "uniform 6x6 (10)"):
        assert told in page


def test_report_is_written_and_the_verdict_is_shown(evolve, copy: str) -> None:  # noqa: F811
    shown = evolve("report", "tiny", "-o", "out/r.html", "--archive", copy).out
    assert "the best of the others" in shown
    assert "report of run tiny written to out/r.html" in shown
    text = Path("out/r.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "jobshop: run tiny" in text
    best = evolve("show", "best", "--archive", copy, "--json").json
    assert f"evolve export tiny:{best['number']} -o rule.py" in text


def test_ablate_tells_what_parts_are_worth_and_the_archive_keeps_it(evolve, copy: str) -> None:  # noqa: F811
    # Number 15 is MWKR/P, work_remaining / max(p, 1.0): short enough to see that everything is there.
    answer = evolve("ablate", "tiny:15", "-o", "small.py", "--archive", copy, "--json").json
    parts = {(part["what"], part["removed"]): part for part in answer["parts"]}
    assert parts["factor", "/ max(p, 1.0)"]["verdict"] == "needed"
    assert parts["constant", "1.0"]["verdict"] in ("not valid without it", "not distinguishable")
    assert Path("small.py").read_text() == answer["smallest"]
    assert answer["nodes"][1] <= answer["nodes"][0]
    with Archive(copy, read_only=True) as store:
        events = store.events(store.run("tiny"))
    assert [event.detail["candidate"] for event in events if event.kind == "ablated"] == [15]


def test_compare_tells_what_strategies_reached_at_equal_budgets(evolve, copy: str) -> None:  # noqa: F811
    with Archive(copy) as store:
        run = store.run("tiny")
        table = settings.restore(run.settings).model_dump(mode="json")
        table["search"]["islands"] = 1
        other = store.create_run("other", settings.dump(settings.checked(table)), run.version)
        store.begin(other)
        for record in store.records(run)[:18]:
            store.propose(other, record.number, record.candidate)
            store.judge(other, record.number, record.evaluation)
    page = evolve("compare", "tiny", "other", "--archive", copy, "--plot", "c.svg").out
    assert "search islands, islands 1" in page
    assert "too few runs, 5 are" in page
    answer = evolve("compare", "tiny", "other", "--archive", copy, "--json").json
    assert answer["budgets"]["evaluations"] == 18.0
    assert {duel["verdict"] for duel in answer["duels"]} == {"not distinguishable"}
    ElementTree.parse("c.svg")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("bench jobshop nosuch.py", "nosuch.py: No such file"),
        ("bench jobshop tiny:99 --archive copy.db", "has no judged candidate 99"),
        ("bench jobshop nosuch:1 --archive copy.db", "has no run 'nosuch'"),
        ("report nosuch --archive copy.db", "has no run 'nosuch'"),
        ("report tiny --archive copy.db -o . --shift problem.builder=greedy", "builder must be one of"),
        ("report --archive none.db", "there is no archive"),
        ("ablate tiny:99 --archive copy.db", "has no judged candidate 99"),
        ("compare tiny nosuch --archive copy.db", "has no run 'nosuch'"),
    ],
)
def test_what_is_not_there_is_named_in_one_line(evolve, copy: str, arguments: str, told: str) -> None:  # noqa: F811
    answer = evolve(*arguments.split())
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err
