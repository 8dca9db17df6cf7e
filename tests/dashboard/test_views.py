import json

import pytest

from evolve.archive import Archive
from evolve.candidate import Candidate
from tests.dashboard.conftest import SETTINGS, fill, ok
from tests.dashboard.looking import codes, drawn, fine, links, look, numbers, pick, rows, texts


def test_the_lineage_of_the_winner_leads_back_to_a_published_rule(archive: Archive) -> None:
    fill(archive)
    app = fine(look("lineage", run="alpha"))
    assert app.title[0].value == "Lineage of candidate 3"  # the best on validation
    assert "1 steps from the published heuristic SPT, 15.00 % better; 2 candidates had a part in it" in texts(app)
    assert [(row["candidate"], row["x"], row["y"], row["operator"]) for row in rows(app, 0, 1)] == [
        (0, 0, 20.0, "seed"),
        (1, 0, 30.0, "seed"),
        (3, 1, 15.0, "cross"),
    ]
    edges = {(row["y"], row["y2"]): row["main"] for row in rows(app, 0, 0)}
    assert edges == {(30.0, 15.0): True, (20.0, 15.0): False}
    table = app.dataframe[0].value
    assert list(table["Number"]) == [3, 1]
    assert table["Better by, %"][0] == 15.0


def test_the_lineage_of_any_candidate_can_be_linked_to(archive: Archive) -> None:
    fill(archive)
    app = fine(look("lineage", run="alpha", candidate="4"))
    assert list(app.dataframe[0].value["Number"]) == [4, 3, 1]
    assert ("Open it", "run=alpha&candidate=4") in links(app)
    assert fine(pick(app, "descent", 1)).title[0].value == "Candidate 3"
    assert "no judged candidate '77'" in texts(fine(look("lineage", run="alpha", candidate="77")))


def test_a_published_rule_descends_from_nothing(archive: Archive) -> None:
    fill(archive)
    app = fine(look("lineage", run="alpha", candidate="1"))
    assert "It descends from nothing" in texts(app)
    assert not app.get("vega_lite_chart")


def test_the_front_holds_what_nothing_beats_in_both_numbers(archive: Archive) -> None:
    run = fill(archive)
    for number, (source, gap) in enumerate((("x" * 10, 25), ("x" * 80, 14), ("x" * 90, 16)), start=6):
        archive.propose(run, number, Candidate(source, "create", proposer="gp"))
        archive.judge(run, number, ok(gap, gap))
    app = fine(look("map", run="alpha"))
    # By length: 10 characters at 25, FIFO of 23 at 20, 27 characters at 17, 42 at 15 and 80 at 14.
    assert numbers(app) == [6, 0, 4, 3, 7]
    assert fine(pick(app, "front table", 1)).title[0].value == "Candidate 0"


def test_cells_hold_the_best_of_their_candidates(archive: Archive) -> None:
    fill(archive)
    app = fine(look("map", run="alpha"))
    app.button_group[0].set_value("Cells").run()
    found = rows(fine(app), 0, 0)
    assert sum(row["count"] for row in found) == 4
    assert {row["candidate"] for row in found} >= {3, 4}
    app.session_state["cells picked"] = "4"
    assert fine(app.run()).title[0].value == "Candidate 4"


def test_islands_hold_the_candidates_that_were_bred_there(archive: Archive) -> None:
    fill(archive)
    app = fine(look("map", run="alpha"))
    app.button_group[0].set_value("Islands").run()
    assert {(row["candidate"], row["island"]) for row in rows(fine(app), 0, 0)} == {(3, "island 4"), (4, "island 1")}
    assert list(app.dataframe[0].value["Best candidate"]) == [4, 3]


def test_a_search_without_islands_says_so(archive: Archive) -> None:
    fill(archive, settings=json.dumps({"problem": {"kind": "jobshop"}, "search": {"kind": "elsewhere"}}))
    app = fine(look("map", run="alpha"))
    app.button_group[0].set_value("Islands").run()
    assert "The search of this run, elsewhere, has no islands." in texts(fine(app))


def test_runs_of_one_problem_are_drawn_over_each_other(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta")
    app = fine(look("compare"))
    assert app.query_params["run"] == ["beta", "alpha"]
    found = rows(app, 0, 0)
    assert [(row["run"], row["x"], row["value"]) for row in found[:3]] == [
        ("beta", 1, 20.0),
        ("beta", 4, 15.0),
        ("beta", 5, 15.0),
    ]
    assert "best published: FIFO, 20.00 %" in json.dumps(drawn(app, 0))
    table = app.dataframe[0].value
    assert list(table["Better by"]) == [5.0, 5.0]
    assert list(table["Tokens"]) == [18, 18]
    app.button_group[1].set_value("dollars").run()
    assert [row["x"] for row in rows(fine(app), 0, 0)[:3]] == [0.0, 0.25, 0.25]


def test_runs_of_different_problems_are_not_drawn_over_each_other(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta", settings=json.dumps({"problem": {"kind": PLACEMENT}}))
    app = fine(look("compare"))
    app.multiselect[0].set_value(["alpha", "beta"]).run()
    assert "different problems" in texts(fine(app))
    assert not app.get("vega_lite_chart")
    assert len(app.dataframe[0].value) == 2


PLACEMENT = f"{__file__.partition('/tests/')[0]}/problems/tardiness/rule.py:TardinessRule"


def test_two_candidates_are_compared_on_every_instance(archive: Archive) -> None:
    fill(archive)
    app = fine(look("compare", first="alpha:4", second="alpha:0"))
    assert "On 2 instances of train, alpha:4 is not distinguishable from alpha:0 FIFO: -3.00 %" in texts(app)
    assert [(row["value"], row["other"]) for row in rows(app, 0, 0)] == [(17, 18), (17, 22)]
    assert "-    return 3 * p" in codes(app)
    app.text_input[1].set_value("1").run()
    assert app.query_params["second"] == "alpha:1"
    assert [row["other"] for row in rows(fine(app), 0, 0)] == [28, 32]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ("alpha:3", "Both are the same candidate"),
        ("alpha:2", "Candidate 2 of run alpha is not valid"),
        ("alpha:x", "Run alpha has no judged candidate 'x'"),
        ("alpha:5", "Run alpha has no judged candidate '5'"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(archive: Archive, second: str, sentence: str) -> None:
    fill(archive)
    assert sentence in texts(fine(look("compare", first="alpha:3", second=second)))


def test_the_winner_is_the_best_on_validation_and_its_test_is_closed(archive: Archive) -> None:
    fill(archive)
    app = fine(look("winner", run="alpha"))
    assert app.title[0].value == "Candidate 3"
    assert list(app.dataframe[0].value["gap on validation, %"]) == [16.0]
    assert "The test instances have not been opened" in texts(app)
    assert f"evolve export alpha:3 -o rule.py --archive {archive.url}" in codes(app)


def test_what_was_found_after_the_finalists_were_judged_is_told(archive: Archive) -> None:
    run = fill(archive)
    assert "after the finalists" not in texts(fine(look("winner", run="alpha")))
    archive.judge(run, 5, ok(5, 7))
    assert "Candidate 5, with 6.00 % on train, was found after the finalists" in texts(
        fine(look("winner", run="alpha"))
    )


def test_a_run_that_did_not_come_to_its_end_says_how_to_end_it(archive: Archive) -> None:
    run = archive.create_run("beta", SETTINGS, "1")
    archive.propose(run, 0, Candidate("def f(p):\n    return p\n", "seed", idea="FIFO", proposer="seed"))
    archive.judge(run, 0, ok(20, 20))
    app = fine(look("winner", run="beta"))
    assert "No finalist was judged on validation" in texts(app)
    assert f"evolve resume beta --archive {archive.url}" in codes(app)
