from evolve.archive import Archive
from tests.dashboard.conftest import fill
from tests.dashboard.looking import codes, figures, fine, links, look, rows, texts


def test_a_candidate_is_shown_with_its_code_origin_and_measures(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="3"))
    assert app.title[0].value == "Candidate 3"
    assert "cross of 1 and 0, written by openai:m: join p to q" in texts(app)
    assert app.code[0].value == "def f(p):\n    return 2 * p  # join p to q"
    shown = figures(app)
    assert shown["Gap on train"] == "15.00 %"
    assert shown["Best published"] == "20.00 %"
    assert (shown["CPU time"], shown["Code"], shown["Tokens"]) == ("20 ms", "42 characters", "18")
    measures = app.dataframe[0].value
    assert list(measures["Train"]) == [15.0, 150.0]
    assert list(measures["Best published, train"]) == [20.0, 200.0]
    assert list(measures["Validation"]) == [16.0, 160.0]


def test_prompt_answer_and_tokens_are_shown_apart(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="3"))
    shown = figures(app)
    assert (shown["Tokens read"], shown["Tokens written"], shown["of them cached"]) == ("9", "9", "0")
    assert (shown["Cost"], shown["Counted"]) == ("0.250000 US$", "by the provider")
    assert [code.value for code in app.code[-4:]] == [
        "answer join p to q",
        "user join p to q",
        "system join p to q",
        "because join p to q",
    ]
    assert "answered by join p to q in 1.5 s, complete, request join p to q" in texts(app)
    assert "try 1 failed: busy join p to q" in texts(app)


def test_a_candidate_without_a_model_has_no_conversation(archive: Archive) -> None:
    fill(archive)
    assert "Tokens read" not in figures(fine(look("candidate", run="alpha", candidate="4")))


def test_a_change_is_shown_against_parents_published_rules_and_any_other(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="4"))
    against = app.selectbox[1]
    assert against.options == ["parent 3", "published FIFO", "published SPT", "another candidate"]
    assert "-    return 2 * p  # join p to q\n+    return 3 * p" in codes(app)
    against.set_value(1).run()
    assert "--- published SPT" in codes(app)
    assert "-    return -p\n+    return 3 * p" in codes(app)
    app.selectbox[1].set_value(-1).run()
    assert "Type the number of a judged candidate." in texts(app)
    app.text_input[0].set_value("2").run()
    assert "--- candidate 2" in codes(fine(app))


def test_ancestors_and_descendants_are_links(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="4"))
    assert [link for link in links(app) if link[0].startswith("Candidate")] == [
        ("Candidate 3", "run=alpha&candidate=3"),
        ("Candidate 1", "run=alpha&candidate=1"),
    ]
    assert "published SPT" in texts(app)
    app = fine(look("candidate", run="alpha", candidate="1"))
    assert [link[0] for link in links(app) if link[0].startswith("Candidate")] == ["Candidate 3", "Candidate 4"]


def test_instances_are_compared_with_the_best_published_rule_or_another(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="3"))
    # 19 against 18 on the first instance, 11 against 22 on the second; two are too few to tell.
    assert "candidate 3 is not distinguishable from FIFO: -5.00 % in mean gap" in texts(app)
    assert "better on 1, equal on 0, worse on 1" in texts(app)
    assert rows(app, 0, 0) == [
        {"instance": "i1", "value": 19, "other": 18},
        {"instance": "i2", "value": 11, "other": 22},
    ]
    against = next(box for box in app.selectbox if box.key == "instances against")
    assert against.options == ["FIFO", "SPT"]
    against.set_value(1).run()
    assert [row["other"] for row in rows(fine(app), 0, 0)] == [28, 32]


def test_a_failed_candidate_shows_what_went_wrong(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate", run="alpha", candidate="2"))
    assert app.code[0].value == "cpu limit: took too long join p to q"
    assert figures(app)["Gap on train"] == "–"
    assert not app.get("vega_lite_chart")


def test_the_best_candidate_is_shown_without_an_address(archive: Archive) -> None:
    fill(archive)
    app = fine(look("candidate"))
    assert app.title[0].value == "Candidate 3"
    assert app.query_params["run"] == "alpha"
