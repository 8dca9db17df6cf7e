"""From answers to code: whatever form a model gives it, and never prose as code."""

import ast
import json
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.candidate import Flaw
from evolve.llm.base import Answer, Ending, Usage
from evolve.proposers.llm import answers
from evolve.proposers.llm.answers import Heuristic, read

CODE = "import math\n\n\ndef priority(p, q):\n    return p / max(q, 1.0)\n"
OTHER = "def priority(p, q):\n    return 0.0\n"
HELPER = "def helper(x):\n    return x\n"


def proposed(text: str, ending: Ending = Ending.COMPLETE, detail: str = "") -> Heuristic | Flaw:
    return read(Answer(text, ending, Usage(), detail=detail), "priority")


FORMS = {
    "as asked": f"Thought.\n\nIdea: one\n\n```python\n{CODE}```\n",
    "short name of the language": f"Idea: one\n```py\n{CODE}```",
    "no name of the language": f"Idea: one\n```\n{CODE}```",
    "tildes": f"Idea: one\n~~~python\n{CODE}~~~\n",
    "long fence": f"Idea: one\n`````python\n{CODE}`````\n",
    "Windows line ends": f"Idea: one\n\n```python\n{CODE}```\n".replace("\n", "\r\n"),
    "fence after text": f"Idea: one\nHere it is: ```python\n{CODE}```\n",
    "closing fence behind the code": f"Idea: one\n```python\n{CODE.rstrip()}```",
    "unclosed": f"Idea: one\n```python\n{CODE}",
    "opened twice": f"Idea: one\n```python\n{OTHER}\n```python\n{CODE}```",
    "indented": "Idea: one\n" + textwrap.indent(f"```python\n{CODE}```", "    "),
    "in a list": "1. Idea: one\n" + textwrap.indent(f"```python\n{CODE}```", "   "),
    "no fence": f"Idea: one\n\n{CODE}\nThis one is good.",
    "no fence, indented": f"Idea: one\n\n{textwrap.indent(CODE, '    ')}\nThis one is good.",
    "language on a line of its own": f"Idea: one\n```\npython\n{CODE}```",
    "several blocks": f"Draft:\n```python\n{OTHER}```\nIdea: one\n```python\n{CODE}```\nUse:\n```python\nx = 1\n```",
    "helper in a block of its own": f"Idea: one\n```python\n{CODE}```\n```python\n{HELPER}```",
    "thought": f"<think>maybe\n```python\n{OTHER}```\nno</think>\nIdea: one\n```python\n{CODE}```",
    "thought without its first tag": f"maybe\n```python\n{OTHER}```\nno</think>\nIdea: one\n```python\n{CODE}```",
    "all in a thought": f"<thinking>Idea: one\n```python\n{CODE}```</thinking>",
    "JSON": json.dumps({"idea": "one", "code": CODE}),
    "JSON in a block": "Here:\n```json\n" + json.dumps({"idea": "one", "code": CODE}, indent=1) + "\n```",
    "JSON with a fence in it": json.dumps({"idea": "one", "code": f"```python\n{CODE}```"}),
    "bold": f"**Idea:** one\n\n```python\n{CODE}```",
    "heading": f"## Idea\n\none\n\n## Code\n```python\n{CODE}```",
    "after the code": f"```python\n{CODE}```\n\nIdea: one",
}


@pytest.mark.parametrize("form", FORMS)
def test_code_and_idea_are_found_in_every_form(form: str) -> None:
    assert proposed(FORMS[form]) == Heuristic(CODE, "one")


def test_the_last_block_that_defines_the_function_counts() -> None:
    assert proposed(f"```python\n{CODE}```\n```python\n{OTHER}```\n") == Heuristic(OTHER, "")


def test_a_block_with_another_function_is_taken_if_none_has_the_right_name() -> None:
    assert proposed(f"```python\n{HELPER}```\n") == Heuristic(HELPER, "")


def test_the_idea_before_the_code_counts_and_is_one_short_plain_line() -> None:
    found = proposed(f"Idea: first\nIdea: **more**\x1b[31m `red`\u202e {'x' * 500}\n```python\n{CODE}```\n")
    assert isinstance(found, Heuristic)
    assert found.idea.startswith("more [31m 'red' xxx")
    assert len(found.idea) == 240


def test_a_heading_for_the_idea_with_code_right_below_is_no_idea() -> None:
    assert proposed(f"Idea:\n\n```python\n{CODE}```\n") == Heuristic(CODE, "")
    assert proposed(f"```python\n{CODE}```\nIdea:\n") == Heuristic(CODE, "")
    assert proposed(f"{CODE}\nIdea:\n") == Heuristic(CODE, "")


def test_an_idea_inside_the_code_is_none() -> None:
    assert proposed(f"```python\n# Idea: no\n{CODE}```\n") == Heuristic(f"# Idea: no\n{CODE}", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot think of a better rule.",
        "hello",  # parses as Python
        "```\nhello\n```",
        "```text\nwork first, then wait\n```",
        "```python\n```",
        "```python\nreturn p\n```",
        '{"idea": "one", "code": "none"}',
        '{"idea": "one", "code": 3}',
        "def priority is what you asked for",
    ],
)
def test_prose_is_no_code(text: str) -> None:
    found = proposed(text)
    assert isinstance(found, Flaw)
    assert (found.cause, "priority" in found.message) == ("no code in the answer", True)


def test_code_that_is_no_python_is_a_flaw_that_names_the_line() -> None:
    assert proposed("```python\ndef priority(p, q):\n    return p +\n```") == Flaw(
        "malformed answer", "the code in the answer is not valid Python: line 2: invalid syntax"
    )


def test_a_refusal_and_a_malformed_answer_are_flaws_with_their_detail() -> None:
    assert proposed("", Ending.REFUSED, "content\nfilter") == Flaw("refused", "the answer was refused: content filter")
    assert proposed(f"```python\n{CODE}```", Ending.MALFORMED, "HTML") == Flaw(
        "malformed answer", "the answer had another form: HTML"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{CODE}",  # the cut may be in the middle of the code, though it parses
        f"{CODE}",
        f"```python\n{CODE}```\nBetter:\n```python\ndef priority(p, q):\n",  # the closed block was a draft
        f"```python\n{HELPER}```\n",
        "Thinking",
        f"<think>```python\n{CODE}```</think>Now",
    ],
)
def test_an_answer_cut_off_before_its_code_was_closed_is_not_used(text: str) -> None:
    found = proposed(text, Ending.CUT_OFF)
    assert isinstance(found, Flaw)
    assert found.cause == "answer cut off"


def test_an_answer_cut_off_behind_its_closed_code_is_used() -> None:
    assert proposed(f"Idea: one\n```python\n{CODE}```\nThis rule is", Ending.CUT_OFF) == Heuristic(CODE, "one")


MARKS = ["```", "~~~", "````", "```python", "```json", "<think>", "</think>", "Idea:", "\n", "\r\n", "    ", "\t"]
WORDS = [
    "def priority(p):",
    "def f(x):",
    "return p",
    "x = 1",
    "{",
    '{"code": "',
    '"}',
    "\x00",
    "\udc80",
    "(" * 300,
    "-" * 99,
]
PIECES = st.lists(st.sampled_from(MARKS + WORDS) | st.text(max_size=20), max_size=30)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.sampled_from(Ending), st.booleans())
def test_whatever_comes_back_is_a_flaw_or_parses_and_defines_a_function(
    pieces: list[str], ending: Ending, lines: bool
) -> None:
    found = proposed(("\n" if lines else "").join(pieces), ending, "".join(pieces))
    if isinstance(found, Heuristic):
        assert any(isinstance(node, ast.FunctionDef) for node in ast.parse(found.source).body)
        assert len(found.idea) <= 240
        assert "\n" not in found.idea


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60).filter(lambda text: not set("`~<{") & set(text) and "def" not in text), st.booleans())
def test_prose_around_a_block_does_not_matter(prose: str, closed: bool) -> None:
    found = proposed(f"{prose}\n\n```python\n{CODE}" + f"```\n{prose}" * closed)
    assert isinstance(found, Heuristic)
    assert found.source == CODE


def test_a_long_answer_without_a_fence_costs_no_more_than_a_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def counted(text: str) -> ast.Module:
        looks.append(text)
        return ast.parse(text)

    monkeypatch.setattr(answers.trees, "parse", counted)
    endless = "import math\n" * 30 + "def priorityX(p):\n" + "    p = p\n" * 3000
    found = read(Answer(endless, Ending.COMPLETE, Usage()), "priority")
    assert isinstance(found, Flaw)
    nearly = "import math\n" * 30 + "def priorityX(p):\n" + "    p = p\n" * 300 + "    return )\n"
    read(Answer(nearly, Ending.COMPLETE, Usage()), "priority")
    assert len(looks) < 60


def test_code_that_is_too_long_is_told_so() -> None:
    text = "```python\ndef priority(p):\n" + "    p = p\n" * 3000 + "    return p\n```\n"
    found = read(Answer(text, Ending.COMPLETE, Usage()), "priority")
    assert found == Flaw("code too long", "the code in the answer is longer than 16000 characters or 400 lines")
