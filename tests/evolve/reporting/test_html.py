import tomllib

import pytest

from evolve import settings
from evolve.reporting.html import Html, code, difference, joined, page, table, tag
from evolve.reporting.recipe import recipe


def test_text_is_shown_as_it_is_and_only_html_of_ours_is_html() -> None:
    assert tag("p", "<b>&\x1b[0m") == "<p>&lt;b&gt;&amp;\ufffd[0m</p>"
    assert tag("p", Html("<b>x</b>")) == "<p><b>x</b></p>"
    assert joined("<i>", tag("b", "x")) == "&lt;i&gt;\n<b>x</b>"


def test_numbers_have_a_minus_sign_and_verdicts_a_colour() -> None:
    made = table(["a", "b", "c"], [["x-y", "-1.5", "worse"]], "-nw")
    assert "<td>x-y</td>" in made
    assert '<td class="n">\N{MINUS SIGN}1.5</td>' in made
    assert '<span class="worse">worse</span>' in made


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    # a <b> comment\n    return x * 2.5 if x > 0 else 'a'\n",
        "x = 1",
        "\n\nx = (1,\n  2)\n",
        "no python at all <script> ' \n  \"",
        "",
        "x = 1\x0c\u2028y\r\n",
    ],
)
def test_coloured_code_is_the_code(source: str) -> None:
    import html
    import re

    from evolve.render import plain

    shown = html.unescape(re.sub(r"<[^>]+>", "", code(source)))
    assert shown.rstrip() == plain(source).rstrip()
    assert "<script>" not in code(source)


def test_keywords_and_numbers_are_told_apart_by_colour() -> None:
    assert '<span class="k">return</span> <span class="m">2.5</span>' in code("def f():\n    return 2.5\n")


def test_a_diff_shows_what_came_and_what_went() -> None:
    assert difference(["@@", "-a<b", "+c", " d"]) == "<pre>@@\n<del>-a&lt;b</del>\n<ins>+c</ins>\n d</pre>"


def test_a_page_may_load_and_run_nothing() -> None:
    made = page("<t>", tag("p", "x"))
    assert "default-src 'none'" in made
    assert "<title>&lt;t&gt;</title>" in made


def test_a_recipe_describes_the_settings_it_was_made_of() -> None:
    made = settings.checked(
        {
            "name": "a-b",
            "seed": 3,
            "problem": {
                "kind": "x.py:A",
                "text": 'quote " \\ \n\x7f',
                "flags": [True, False],
                "deep": {"a b": [1, 2.5]},
            },
            "budget": {"usd": 1e-7, "evaluations": 5},
        }
    )
    assert settings.checked(tomllib.loads(recipe(made))) == made
