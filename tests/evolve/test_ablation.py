"""Ablation with a judge that runs a rule on numbers: its gap on an instance is how far it is from the right answer."""

import pytest

from evaluators.base import Evaluation, Status
from evolve.ablation import Ablating, Ablation
from problems.base import Split


class Line:
    """A problem whose answer is 2 a + b / 1000; its instances are values of a and b."""

    entry, objectives = "rule", ("gap",)


POINTS = {str(a): (float(a), float((7 * a) % 5)) for a in range(1, 21)}


class Judge:
    def __init__(self) -> None:
        self.splits: list[Split] = []

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        self.splits.append(split)
        scope: dict[str, object] = {}
        exec(source, scope)
        try:
            gaps = {name: abs(scope["rule"](a, b) - 2.0 * a - b / 1000.0) for name, (a, b) in POINTS.items()}  # type: ignore[operator]
        except ZeroDivisionError:
            return Evaluation(Status.ERROR, message="division by zero", cause="error")
        per_instance = {name: {"gap": gap} for name, gap in gaps.items()}
        return Evaluation(Status.OK, {"gap": sum(gaps.values()) / len(gaps)}, per_instance)


def ablated(body: str, judge: Judge | None = None) -> Ablation:
    source = f"def rule(a, b):\n    return {body}\n"
    return Ablating(Line(), judge or Judge(), 1, lambda told: None)(source)  # type: ignore[arg-type]


def test_parts_are_worth_what_the_objective_loses_without_them() -> None:
    found = ablated("a * 2.0 + 0.0 * b")
    parts = {(part.cut.what, part.cut.removed): part for part in found.parts}
    # Without "a * 2.0" the answer is 0: the loss is the mean of 2 a, 21.
    term = parts["term", "a * 2.0"]
    assert term.comparison is not None
    assert term.comparison.difference == pytest.approx(21.0)
    assert term.verdict == "needed"
    # Without 2.0 it is a: the loss is the mean of a, 10.5, less nothing on any instance.
    assert parts["constant", "2.0"].comparison.difference == pytest.approx(10.5)  # type: ignore[union-attr]
    nothing = parts["term", "0.0 * b"]
    assert (nothing.verdict, nothing.comparison.ties) == ("not distinguishable", 20)  # type: ignore[union-attr]
    differences = [part.comparison.difference for part in found.parts if part.comparison]
    assert differences == sorted(differences, reverse=True)


def test_what_makes_it_worse_is_harmful_and_goes() -> None:
    found = ablated("a * 2.0 + 3.0")
    assert next(part for part in found.parts if part.cut.removed == "3.0").verdict == "harmful"
    assert found.smallest == "def rule(a, b):\n    return a * 2.0\n"


def test_what_a_rule_cannot_do_without_comes_first_with_its_reason() -> None:
    found = ablated("a * 2.0 + 1.0 / max(b - b, 1000.0)")
    assert found.parts[0].comparison is None
    assert found.parts[0].verdict == "not valid without it"
    assert found.parts[0].message == "division by zero"


def test_the_smallest_is_not_significantly_worse_and_is_tried_on_validation_afterwards() -> None:
    judge = Judge()
    found = ablated("a * 2.0 + (b - b) * 5.0 + (1.0 if b > 9.0 else 0.0)", judge)
    assert found.smallest == "def rule(a, b):\n    return a * 2.0\n"
    assert (found.trained.ties, found.trained.losses) == (20, 0)
    assert found.validated is not None
    assert found.validated.ties == 20
    first = judge.splits.index(Split.VALIDATION)
    assert judge.splits[first:] == [Split.VALIDATION] * 2


def test_a_rule_that_needs_everything_is_its_own_smallest() -> None:
    assert ablated("a * 2.0").smallest == ablated("a * 2.0").source


def test_a_rule_that_is_not_valid_is_not_taken_apart() -> None:
    with pytest.raises(ValueError, match="not valid"):
        ablated("a / (b - b)")


def test_a_terminal_shows_the_lines_the_parts_and_the_smallest() -> None:
    import io

    from rich.console import Console

    from evolve.render_results import ablation_view

    page = io.StringIO()
    Console(file=page, width=100).print(ablation_view(ablated("a * 2.0 + 3.0"), "candidate 7", "gap"))
    text = page.getvalue()
    for told in (
        "1 def rule(a, b):",
        "needed",
        "harmful",
        "nodes instead of",
        "validation, which nothing here was chosen",
    ):
        assert told in text
    page = io.StringIO()
    Console(file=page, width=100).print(ablation_view(ablated("a * 2.0"), "candidate 7", "gap"))
    assert "Nothing can be taken out of candidate 7" in page.getvalue()
