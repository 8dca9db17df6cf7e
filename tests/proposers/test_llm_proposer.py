"""The proposer: from a brief to a candidate, whatever the model answers."""

import json
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from evaluators.base import Status
from evaluators.cached import tree_of
from evolve.candidate import Brief, Cost, Flaw, Knowledge
from evolve.llm.base import Ending, Prompt, Written
from evolve.llm.ledger import Ledger, NotCalled
from evolve.proposers.base import Means, NotStarted
from evolve.proposers.llm import Llm
from tests.proposers.llm_cases import COST, SHOP, Scripted, answered, failed, judged, made, source

STOP = Event()
MEANS = Means(STOP, Ledger(None, None, Cost(), STOP), Path("nowhere"))
PARENT = made(5, "return work_remaining + p", judged(25.0))
OTHER = made(6, "return p_next", judged(26.0))
BROKEN = made(7, "return p / p_next", failed(Status.ERROR, "zero division", "division by zero"))
KNOWN = Knowledge(
    2, (), (), (), (), (), {tree_of(source("return ready")): 1, tree_of(source("return now")): 2}, (0, 12, 13)
)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def llm(writer: Scripted, **settings: object) -> Llm:
    proposer = Llm(SHOP, MEANS, models=["fake:good"], **settings)  # type: ignore[arg-type]
    proposer.writers["fake:good"] = writer
    return proposer


def test_an_answer_becomes_a_candidate_with_its_cost_and_transcript() -> None:
    writer = Scripted(answered("return p * now"))
    candidate = llm(writer)(Brief(9, "mutate", (PARENT,)), rng())
    assert (candidate.source, candidate.idea) == (source("return p * now"), "the longest job first")
    assert (candidate.operator, candidate.parents, candidate.proposer) == ("mutate", (5,), "fake:good")
    assert (candidate.cost, candidate.flaw) == (COST, None)
    (prompt,) = writer.asked
    assert prompt.number == 9
    assert json.loads(candidate.transcript) == {
        "system": prompt.system,
        "user": prompt.user,
        "answer": answered("return p * now"),
        "model": "good-1",
        "request": "call-7",
        "ending": "complete",
        "attempts": ["429 once"],
        "seconds": 1.25,
    }


@pytest.mark.parametrize(
    ("asked", "parents", "done"),
    [
        ("create", (PARENT,), "create"),
        ("mutate", (PARENT, OTHER), "mutate"),
        ("cross", (PARENT, OTHER), "cross"),
        ("simplify", (PARENT,), "simplify"),
        ("repair", (BROKEN,), "repair"),
        ("cross", (PARENT,), "mutate"),  # one parent is too few
        ("cross", (), "create"),
        ("simplify", (), "create"),
        ("repair", (), "create"),
        ("shrink", (PARENT,), "mutate"),  # an operator of another proposer
    ],
)
def test_an_operator_with_too_few_parents_is_replaced(asked: str, parents: tuple, done: str) -> None:
    writer = Scripted(answered("return p * now"))
    brief = Brief(9, asked, parents)
    candidate = llm(writer)(brief, rng())
    assert candidate.operator == done
    wanted = {"create": 0, "cross": 2}.get(done, 1)
    assert candidate.parents == tuple(parent.number for parent in parents[:wanted])
    assert llm(writer).preview(brief) == writer.asked[0]


def test_an_operator_without_weight_is_replaced_where_another_can_be_done() -> None:
    writer = Scripted(answered("return p * now"))
    proposer = llm(writer, operators={"mutate": 1.0, "cross": 0.0})
    assert proposer(Brief(9, "cross", (PARENT, OTHER)), rng()).operator == "mutate"
    assert proposer(Brief(9, "create"), rng()).operator == "create"
    assert proposer(Brief(9, "repair", (BROKEN,)), rng()).operator == "repair"


@pytest.mark.parametrize(
    ("ending", "text", "cause"),
    [
        (Ending.CUT_OFF, "Idea: x\n```python\ndef priority(", "answer cut off"),
        (Ending.REFUSED, "", "refused"),
        (Ending.MALFORMED, "", "malformed answer"),
        (Ending.COMPLETE, "No.", "no code in the answer"),
    ],
)
def test_an_answer_without_a_heuristic_is_a_flawed_candidate_with_its_cost(
    ending: Ending, text: str, cause: str
) -> None:
    candidate = llm(Scripted(text, ending))(Brief(9, "mutate", (PARENT,)), rng())
    assert candidate.flaw is not None
    assert (candidate.flaw.cause, candidate.source, candidate.cost) == (cause, "", COST)
    assert json.loads(candidate.transcript)["ending"] == ending


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return work_remaining + p", "the same code as its parent, candidate 5"),
        ("return (work_remaining  +  p)  # layout does not matter", "the same code as its parent, candidate 5"),
        ("return ready", "the same code as candidate 12"),
        ("return now", None),  # told only after the brief was made
        ("return start", None),
    ],
)
def test_code_that_was_there_when_it_was_asked_for_is_a_flaw(body: str, message: str | None) -> None:
    candidate = llm(Scripted(answered(body)))(Brief(9, "mutate", (PARENT,), knowledge=KNOWN), rng())
    assert candidate.flaw == (message and Flaw("duplicate", message))
    assert candidate.source == source(body)


def test_the_brief_chooses_the_model_and_else_the_weights_do() -> None:
    proposer = Llm(SHOP, MEANS, models={"fake:good": 3.0, "fake:poor": 1.0, "fake:broken": 0.0})
    for name in ("fake:good", "fake:poor"):
        proposer.writers[name] = Scripted(answered("return p * now"))
    assert proposer(Brief(9, "create", writer="fake:poor"), rng()).proposer == "fake:poor"
    drawn = [proposer(Brief(k, "create"), np.random.default_rng([1, k])).proposer for k in range(200)]
    assert 120 < drawn.count("fake:good") < 180
    assert drawn.count("fake:broken") == 0
    again = [proposer(Brief(k, "create"), np.random.default_rng([1, k])).proposer for k in range(200)]
    assert again == drawn


def test_the_arms_are_all_models_with_all_operators_by_weight() -> None:
    proposer = Llm(
        SHOP, MEANS, models={"fake:a": 2.0, "fake:b": 1.0}, operators={"mutate": 3.0, "cross": 1.0, "create": 0.0}
    )
    assert proposer.arms == {
        ("fake:a", "mutate"): 6.0,
        ("fake:a", "cross"): 2.0,
        ("fake:b", "mutate"): 3.0,
        ("fake:b", "cross"): 1.0,
    }


def test_a_call_that_was_not_made_is_a_proposal_not_started() -> None:
    class Closed(Scripted):
        def __call__(self, prompt: Prompt) -> Written:
            raise NotCalled

    with pytest.raises(NotStarted):
        llm(Closed(""))(Brief(9, "create"), rng())
    with pytest.raises(NotStarted):
        llm(Closed("")).explain(Brief(9, "explain", (PARENT,)), rng())


def test_an_explanation_is_what_the_model_wrote() -> None:
    writer = Scripted("It prefers long jobs.")
    written = llm(writer).explain(Brief(9, "explain", (PARENT,)), rng())
    assert written.answer.text == "It prefers long jobs."
    assert "prose only" in writer.asked[0].user


def test_a_writer_is_made_once_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made_for: list[tuple[str, object]] = []

    def writer_of(name: str, means: Means, **settings: object) -> Scripted:
        made_for.append((name, settings))
        return Scripted(answered("return p * now"))

    monkeypatch.setattr("evolve.proposers.llm.proposer.writer_of", writer_of)
    chosen = {"effort": "low", "tries": 3, "max_output_tokens": 99, "timeout": 7.0, "concurrency": 5}
    chosen |= {"base_url": "http://127.0.0.1:9/v1", "prices": {"fake:good": {"input": 1.0, "output": 2.0}}}
    proposer = Llm(SHOP, MEANS, models=["fake:good"], **chosen)  # type: ignore[arg-type]
    assert made_for == []
    proposer(Brief(1, "create"), rng())
    proposer(Brief(2, "create"), rng())
    assert made_for == [("fake:good", {**chosen, "limits": {}})]


def test_models_without_a_known_price_are_named() -> None:
    models = ["fake:good", "openai-compatible:someone/else:8b"]
    address = "http://192.0.2.1/v1"  # not this machine, whose models cost nothing
    assert Llm(SHOP, MEANS, models=models, base_url=address).unpriced == models[1:]
    prices = {models[1]: {"input": 1.0, "output": 2.0}}
    assert Llm(SHOP, MEANS, models=models, base_url=address, prices=prices).unpriced == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"models": []}, "models: at least one"),
        ({"models": {"fake:good": 0.0}}, "models: at least one"),
        ({"models": {"fake:good": -1.0}}, "the weight of fake:good"),
        ({"models": {"fake:good": float("nan")}}, "the weight of fake:good"),
        ({"models": ["good"]}, "provider:name"),
        ({"models": ["fake:good"], "operators": {"mutation": 1.0}}, "unknown operator 'mutation'"),
        ({"models": ["fake:good"], "operators": {"mutate": 0.0}}, "operators: at least one"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Llm(SHOP, MEANS, **settings)
