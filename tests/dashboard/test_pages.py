import json
from pathlib import Path

import pytest

from evolve.archive import Archive, Run, listing
from evolve.dashboard.parts import duration
from tests.dashboard.conftest import IMAGE, SETTINGS, fill
from tests.dashboard.looking import codes, figures, fine, look, numbers, pick, texts


def test_runs_shows_what_the_report_says(archive: Archive) -> None:
    run = fill(archive)
    archive.create_run("beta", SETTINGS, "1")
    table = fine(look("runs")).dataframe[0].value
    summary = listing.glance(archive, run, listing.lines(archive, run), "gap")
    assert list(table["Run"]) == ["beta", "alpha"]
    assert list(table["State"]) == ["killed", "finished"]
    row = table.iloc[1]
    assert (row["Judged"], row["Failed"], row["Cost, US$"]) == (5, 1, 0.25)
    assert row["Best gap on train, %"] == summary.best.measures["gap"] == 15.0
    assert row["Best published gap on train, %"] == summary.best_seed.measures["gap"] == 20.0
    assert row["Best published rule"] == "FIFO"
    assert row["Time, min"] == pytest.approx(summary.seconds / 60)
    assert table["Best gap on train, %"].isna()[0]


def test_a_click_on_a_run_opens_it(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta")
    app = pick(fine(look("runs")), "runs", 1)
    assert fine(app).selectbox[0].value == "alpha"
    assert app.query_params["run"] == "alpha"
    assert "Judged" in figures(app)


def test_a_run_shows_what_the_report_says(archive: Archive) -> None:
    run = fill(archive)
    app = fine(look("run", run="alpha"))
    summary = listing.glance(archive, run, listing.lines(archive, run), "gap")
    assert figures(app) == {
        "Best gap on train": "15.00 %",
        "Best published": "20.00 %",
        "Better by": "5.00 %",
        "Judged": str(summary.judged),
        "Under way": str(len(summary.waiting)),
        "Failed": str(summary.failed),
        "Cost": "0.25 US$",
        "Time": duration(summary.seconds),
    }
    causes = app.dataframe[0].value
    assert dict(zip(causes["Cause"], causes["Count"], strict=True)) == summary.causes == {"cpu limit": 1}


def test_the_course_of_a_run_is_drawn_over_candidates_and_over_time(archive: Archive) -> None:
    fill(archive)
    app = fine(look("run", run="alpha"))

    def drawn() -> tuple[list[dict[str, float]], str]:
        spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
        return spec["layer"][0]["data"]["values"], json.dumps(spec)

    rows, spec = drawn()
    assert [(row["x"], row["value"]) for row in rows] == [(1, 20.0), (4, 15.0), (5, 15.0)]
    assert "best published: FIFO, 20.00 %" in spec
    app.button_group[0].set_value("working time").run()
    rows, spec = drawn()
    assert "Working time, s" in spec
    assert [row["value"] for row in rows] == [20.0, 15.0, 15.0]
    assert 0.0 <= rows[0]["x"] <= rows[1]["x"] <= rows[2]["x"] < 60.0


def test_the_candidates_of_a_run_come_best_first_and_failures_last(archive: Archive) -> None:
    fill(archive)
    table = fine(look("run", run="alpha")).dataframe[-1].value
    assert list(table["Number"]) == [3, 4, 0, 1, 2]
    assert list(table["gap, %"][:4]) == [15.0, 17.0, 20.0, 30.0]
    assert list(table["Status"]) == ["ok"] * 4 + ["cpu limit"]
    assert list(table["CPU, ms"]) == pytest.approx([20.0, 30.0, 20.0, 20.0, 1500.0])
    assert table["Code, characters"][2] == len("def f(p):\n    return p\n")


def test_candidates_are_filtered_by_status_operator_and_text(archive: Archive) -> None:
    fill(archive)
    app = fine(look("run", run="alpha"))
    status, operator = app.multiselect
    assert numbers(status.set_value(["timeout"]).run()) == [2]
    assert numbers(status.set_value([]).run()) == [3, 4, 0, 1, 2]
    assert numbers(operator.set_value(["seed", "cross"]).run()) == [3, 0, 1]
    assert numbers(app.text_input[0].set_value("RETURN -P").run()) == [1]
    app.multiselect[1].set_value([])
    assert numbers(app.text_input[0].set_value("to 3").run()) == [4]
    assert "1 of 5 candidates" in texts(app)
    assert numbers(app.text_input[0].set_value("nowhere").run()) == []
    fine(app)


def test_a_click_on_a_candidate_opens_it_although_others_are_filtered_out(archive: Archive) -> None:
    fill(archive)
    app = fine(look("run", run="alpha"))
    app.multiselect[1].set_value(["seed"]).run()
    assert fine(pick(app, "candidates", 1)).title[0].value == "Candidate 1"
    assert app.query_params["candidate"] == "1"


def test_a_run_without_candidates_says_so(archive: Archive) -> None:
    archive.create_run("beta", SETTINGS, "1")
    app = fine(look("run", run="beta"))
    assert "No candidate has been judged" in texts(app)
    assert figures(app)["Best gap on train"] == figures(app)["Better by"] == "–"
    assert "no valid candidate" in texts(fine(look("candidate", run="beta")))


def test_without_an_address_the_newest_run_and_its_best_candidate_are_shown(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta")
    assert fine(look("run")).selectbox[0].value == "beta"
    app = fine(look("candidate"))
    assert app.title[0].value == "Candidate 3"
    assert app.query_params["run"] == "beta"


def test_choosing_another_run_changes_the_address(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta")
    app = fine(look("candidate", run="beta", candidate="4"))
    app.selectbox[0].set_value("alpha").run()
    assert fine(app).query_params == {"run": "alpha"}
    assert app.title[0].value == "Candidate 3"


def test_a_candidate_is_shown_with_its_code_origin_and_measures(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="3"))
    assert app.title[0].value == "Candidate 3"
    assert "cross of 1 and 0, written by gp: join p to q" in texts(app)
    assert app.code[0].value == "def f(p):\n    return 2 * p  # join p to q"
    assert figures(app) == {
        "Gap on train": "15.00 %",
        "Best published": "20.00 %",
        "CPU time": "20 ms",
        "Code": "42 characters",
        "Cost": "0.25 US$",
    }
    measures = app.dataframe[0].value
    assert list(measures["Train"]) == [15.0, 150.0]
    assert list(measures["Best published, train"]) == [20.0, 200.0]
    assert list(measures["Validation"]) == [16.0, 160.0]


def test_a_change_is_shown_against_parents_and_published_rules(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="4"))
    against = app.selectbox[1]
    assert against.options == ["parent 3", "published FIFO", "published SPT"]
    assert "-    return 2 * p  # join p to q\n+    return 3 * p" in codes(app)
    against.set_value(1).run()
    assert "--- published SPT" in codes(app)
    assert "-    return -p\n+    return 3 * p" in codes(app)


def test_ancestors_are_links_back_to_a_published_rule(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="4"))
    links = [(link.proto.label, link.proto.query_string) for link in app.get("page_link")]
    assert [link for link in links if link[0].startswith("Candidate")] == [
        ("Candidate 3", "run=alpha&candidate=3"),
        ("Candidate 1", "run=alpha&candidate=1"),
    ]
    assert "published SPT" in texts(app)


def test_instances_are_compared_with_the_best_published_rule(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="3"))
    # 19 against 18 on the first instance, 11 against 22 on the second.
    assert (
        "Against FIFO, the best published rule, on 2 instances of train: better on 1, equal on 0, worse on 1"
        in texts(app)
    )
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert spec["layer"][0]["data"]["values"] == [
        {"instance": "i1", "value": 19, "other": 18},
        {"instance": "i2", "value": 11, "other": 22},
    ]


def test_a_failed_candidate_shows_what_went_wrong(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="2"))
    assert app.code[0].value == "cpu limit: took too long join p to q"
    assert figures(app)["Gap on train"] == "–"
    assert not app.get("vega_lite_chart")


def test_what_a_model_wrote_is_never_given_to_a_renderer_of_markdown(archive: Archive) -> None:
    run: Run = fill(archive, name=f"run {IMAGE}", text=IMAGE)
    pages = [look("runs"), look("run", run=run.name), look("run", run=IMAGE)]
    pages += [look("candidate", run=run.name, candidate=str(number)) for number in (*range(6), IMAGE)]
    plain = {"text", "code", "arrow_data_frame", "dataframe", "selectbox", "multiselect", "vega_lite_chart"}
    for app in pages:
        fine(app)
        others = [element for element in app.main if element.type not in plain]
        assert len(others) >= 3
        shown = [str(getattr(element, "proto", "")) for element in others if element.type != "page_link"]
        shown += [link.proto.label for link in app.get("page_link")]
        assert not [text for text in shown if "198.51.100.1" in text]
        assert IMAGE in texts(app) + codes(app) + "".join(frame.value.to_csv() for frame in app.dataframe)


def test_a_page_writes_nothing_to_the_archive(archive: Archive) -> None:
    fill(archive)
    archive.close()
    before = Path(archive.url).read_bytes()
    for page in ("runs", "run", "candidate"):
        fine(look(page))
    assert Path(archive.url).read_bytes() == before
