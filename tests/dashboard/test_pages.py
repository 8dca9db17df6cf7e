import json
from pathlib import Path

import pytest

from evolve.archive import Archive, Run, listing
from evolve.candidate import Candidate, Cost
from evolve.dashboard.parts import amount, duration
from tests.dashboard.conftest import IMAGE, PAGES, SETTINGS, fill, ok
from tests.dashboard.looking import codes, drawn, figures, fine, look, numbers, pick, rows, texts


def test_runs_shows_what_the_report_says(archive: Archive) -> None:
    run = fill(archive)
    archive.create_run("beta", SETTINGS, "1")
    table = fine(look("runs")).dataframe[0].value
    summary = listing.glance(archive, run, listing.lines(archive, run), "gap")
    assert list(table["Run"]) == ["beta", "alpha"]
    assert list(table["State"]) == ["killed", "finished"]
    row = table.iloc[1]
    assert (row["Judged"], row["Failed"], row["Cost, US$"], row["Better by"]) == (5, 1, 0.25, 5.0)
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
    app = fine(look("live", run="alpha"))
    summary = listing.glance(archive, run, listing.lines(archive, run), "gap")
    assert figures(app) == {
        "Best gap on train": "15.00 %",
        "Best published": "20.00 %",
        "Better by": "5.00 %",
        "Judged": str(summary.judged),
        "Under way": str(len(summary.waiting)),
        "Failed": "1 (20 %)",
        "Throughput": "–",
        "Cost": "0.25 US$",
        "Time": duration(summary.seconds),
    }
    causes = app.dataframe[0].value
    assert dict(zip(causes["Cause"], causes["Count"], strict=True)) == summary.causes == {"cpu limit": 1}


@pytest.mark.parametrize(
    ("over", "title", "places"),
    [
        ("candidates judged", "Candidates judged", [1, 4, 5]),
        ("working time", "Working time, s", None),
        ("dollars", "Cost, US$", [0.0, 0.25, 0.25]),
        ("tokens", "Tokens", [0, 18, 18]),
    ],
)
def test_the_course_of_a_run_is_drawn_over_what_it_has_used(
    archive: Archive, over: str, title: str, places: list[float] | None
) -> None:
    fill(archive)
    app = fine(look("live", run="alpha"))
    app.button_group[0].set_value(over).run()
    found = rows(fine(app), 0, 1)
    assert [row["value"] for row in found] == [20.0, 15.0, 15.0]
    assert places is None or [row["x"] for row in found] == places
    assert 0.0 <= found[0]["x"] <= found[1]["x"] <= found[2]["x"]
    spec = json.dumps(drawn(app, 0))
    assert title in spec
    assert "best published: FIFO, 20.00 %" in spec
    assert "best known" in spec


def test_a_course_shows_the_other_candidates_and_leaves_the_far_ones_beyond_the_edge(archive: Archive) -> None:
    fill(archive)
    app = fine(look("live", run="alpha"))
    assert [row["candidate"] for row in rows(app, 0, 0)] == [0, 3, 4]  # SPT is 1.5 times as bad as the first best


def test_the_best_known_can_be_left_out_to_see_more(archive: Archive) -> None:
    fill(archive)
    app = fine(look("live", run="alpha"))
    assert "best known" not in json.dumps(drawn(app.toggle[0].set_value(False).run(), 0))


def test_a_click_on_the_course_opens_the_candidate(archive: Archive) -> None:
    fill(archive)
    app = look("live", run="alpha")
    app.session_state["course picked"] = "3"
    assert fine(app.run()).title[0].value == "Candidate 3"


def test_models_are_shown_with_what_they_bring_for_their_price(archive: Archive) -> None:
    fill(archive)
    models, insights = (frame.value for frame in fine(look("live", run="alpha")).dataframe[1:])
    row = models.iloc[0]
    assert (row["Model"], row["Operator"], row["Answers"], row["Better than parents"]) == ("openai:m", "cross", 1, 1)
    assert (row["Cost, US$"], row["Better per US$"]) == (0.25, 4.0)
    assert list(insights["A candidate that"]) == ["reads join p to q"]
    assert list(insights["Examples"]) == ["3, 4"]


def test_a_run_that_costs_nothing_is_told_in_tokens() -> None:
    assert amount(Cost(1000, 500)) == "1,500 tokens"
    assert amount(Cost(1000, 500, priced=False)) == "1,500 tokens"
    assert amount(Cost(1000, 500, 0.0123)) == "0.0123 US$"
    assert amount(Cost(1000, 500, 3.5)) == "3.50 US$"
    assert amount(Cost()) == "0.00 US$"


def test_the_candidates_of_a_run_come_best_first_and_failures_last(archive: Archive) -> None:
    fill(archive)
    table = fine(look("candidates", run="alpha")).dataframe[-1].value
    assert list(table["Number"]) == [3, 4, 0, 1, 2]
    assert list(table["gap, %"][:4]) == [15.0, 17.0, 20.0, 30.0]
    assert list(table["Status"]) == ["ok"] * 4 + ["cpu limit"]
    assert list(table["CPU, ms"]) == [20, 30, 20, 20, 1500]
    assert list(table["Written by"]) == ["openai:m", "join p to q", "seed", "seed", "gp"]
    assert list(table["Cost, US$"]) == [0.25, 0.0, 0.0, 0.0, 0.0]
    assert table["Characters"][2] == len("def f(p):\n    return p\n")


def test_candidates_are_filtered_by_status_operator_writer_and_text(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidates", run="alpha"))
    status, operator, writer = app.multiselect
    assert numbers(status.set_value(["timeout"]).run()) == [2]
    assert numbers(status.set_value([]).run()) == [3, 4, 0, 1, 2]
    assert numbers(writer.set_value(["openai:m", "gp"]).run()) == [3, 2]
    assert numbers(writer.set_value([]).run()) == [3, 4, 0, 1, 2]
    assert numbers(operator.set_value(["seed", "cross"]).run()) == [3, 0, 1]
    assert numbers(app.text_input[0].set_value("RETURN -P").run()) == [1]
    app.multiselect[1].set_value([])
    assert numbers(app.text_input[0].set_value("to 3").run()) == [4]
    assert "1 of 5 candidates" in texts(app)
    assert numbers(app.text_input[0].set_value("nowhere").run()) == []
    fine(app)


def test_a_click_on_a_candidate_opens_it_although_others_are_filtered_out(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidates", run="alpha"))
    app.multiselect[1].set_value(["seed"]).run()
    assert fine(pick(app, "candidates", 1)).title[0].value == "Candidate 1"
    assert app.query_params["candidate"] == "1"


def test_what_is_appended_is_shown_beside_what_was_read_before(archive: Archive) -> None:
    run = fill(archive)
    app = fine(look("candidates", run="alpha"))
    archive.judge(run, 5, ok(5, 7))
    assert numbers(fine(app.run())) == [5, 3, 4, 0, 1, 2]
    archive.propose(run, 6, Candidate("def f(p):\n    return 0\n", "create", proposer="gp"))
    archive.judge(run, 6, ok(40, 40))
    assert numbers(fine(app.run())) == [5, 3, 4, 0, 1, 6, 2]


def test_without_an_address_the_newest_run_is_shown_and_then_the_last_one_looked_at(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta")
    app = fine(look("live"))
    assert app.selectbox[0].value == "beta"
    app.selectbox[0].set_value("alpha").run()
    assert fine(app).query_params == {"run": "alpha"}
    for page in ("runs", "candidate"):
        app.switch_page(f"evolve/dashboard/pages/{page}.py").run()
    assert fine(app).selectbox[0].value == "alpha"


def test_choosing_another_run_changes_the_address(archive: Archive) -> None:
    fill(archive)
    fill(archive, "beta")
    app = fine(look("candidate", run="beta", candidate="4"))
    app.selectbox[0].set_value("alpha").run()
    assert fine(app).query_params == {"run": "alpha"}
    assert app.title[0].value == "Candidate 3"


def test_what_a_model_wrote_is_never_given_to_a_renderer_of_markdown(archive: Archive) -> None:
    run: Run = fill(archive, name=f"run {IMAGE}", text=IMAGE)
    pages = [look(page, run=run.name) for page in PAGES] + [look("live", run=IMAGE)]
    pages += [look("candidate", run=run.name, candidate=str(number)) for number in (*range(6), IMAGE)]
    pages.append(look("compare", first=f"{run.name}:3", second=f"{run.name}:0"))
    plain = {
        "text",
        "code",
        "arrow_data_frame",
        "dataframe",
        "selectbox",
        "multiselect",
        "vega_lite_chart",
        "text_input",
    }
    shown = ""
    for app in pages:
        others = [element for element in fine(app).main if element.type not in plain]
        found = [str(getattr(element, "proto", "")) for element in others if element.type != "page_link"]
        found += [link.proto.label for link in app.get("page_link")]
        assert not [text for text in found if "198.51.100.1" in text]
        shown += texts(app) + codes(app) + "".join(frame.value.to_csv() for frame in app.dataframe)
    for part in ("answer", "user", "system", "because", "reads", "busy"):
        assert f"{part} {IMAGE}" in shown


def test_a_page_writes_nothing_to_the_archive(archive: Archive) -> None:
    fill(archive)
    archive.close()
    before = Path(archive.url).read_bytes()
    for page in PAGES:
        fine(look(page))
    assert Path(archive.url).read_bytes() == before
