import ast

import pytest

from evolve.llm.base import Ending, Prompt
from evolve.llm.fake import PROSE, Fake
from evolve.proposers.base import Means
from evolve.proposers.llm.answers import Heuristic, read
from problems.jobshop.rules import SEEDS
from sandbox.source import check_source
from tests.llm.calling import CODE, prompt, writer

FENCED = [f"```python\n{code}```\n" for code in SEEDS.values()]


def asked(number: int) -> Prompt:
    return Prompt(number, f"Published:\n\n{FENCED[1]}\n{FENCED[14]}", f"Improve:\n\n{FENCED[number % len(FENCED)]}")


def test_an_answer_is_a_function_of_the_prompt(means: Means) -> None:
    first = [Fake("good", means)(prompt(number)) for number in range(20)]
    assert first == [Fake("good", means)(prompt(number)) for number in range(20)]
    assert len({answer.text for answer in first}) > 8


def test_good_answers_are_new_code_that_the_sandbox_takes(means: Means) -> None:
    new = 0
    for number in range(60):
        answer = Fake("good", means)(asked(number))
        proposal = read(answer, "priority")
        assert isinstance(proposal, Heuristic), answer.text
        assert proposal.idea
        check_source(proposal.source, "priority")
        parent = list(SEEDS.values())[number % len(SEEDS)]
        new += ast.dump(ast.parse(proposal.source)) != ast.dump(ast.parse(parent))
    assert new >= 58


def test_poor_answers_are_mostly_of_no_use(means: Means) -> None:
    useless = 0
    for number in range(60):
        proposal = read(Fake("poor", means)(prompt(number)), "priority")
        source = proposal.source if isinstance(proposal, Heuristic) else ""
        bad = ("best_of_all", "while True", "return 0.0", "improved")
        useless += any(word in source for word in bad) or ast.unparse(ast.parse(source)) == ast.unparse(ast.parse(CODE))
    assert 40 <= useless < 60


def test_broken_answers_are_refused_cut_off_and_without_code_in_turn(means: Means) -> None:
    answers = [Fake("broken", means)(prompt(number)) for number in range(4)]
    assert [answer.ending for answer in answers] == [Ending.REFUSED, Ending.CUT_OFF, Ending.COMPLETE, Ending.COMPLETE]
    assert not any(isinstance(read(answer, "priority"), Heuristic) for answer in answers)


@pytest.mark.parametrize("user", ["Say something.", f"In prose only.\n{FENCED[0]}", "```python\nx = (\n```\n"])
def test_without_code_or_when_asked_for_prose_it_answers_in_prose(means: Means, user: str) -> None:
    assert Fake("good", means)(Prompt(1, "", user)).text == PROSE


def test_without_a_parent_it_starts_from_what_every_prompt_holds(means: Means) -> None:
    proposal = read(Fake("good", means)(Prompt(1, FENCED[0], "Write one.")), "priority")
    assert isinstance(proposal, Heuristic)


def test_it_costs_what_the_settings_say(means: Means) -> None:
    prices = {"fake:good": {"input": 1.0, "output": 10.0}}
    written = writer("fake:good", means, prices=prices)(prompt())
    usage = written.answer.usage
    assert written.cost.usd == pytest.approx((usage.input_tokens + 10 * usage.output_tokens) / 1e6)
    assert written.cost.priced
    assert not written.cost.estimated


def test_an_unknown_kind_is_refused(means: Means) -> None:
    with pytest.raises(ValueError, match="fake:good, fake:poor or fake:broken"):
        Fake("perfect", means)
