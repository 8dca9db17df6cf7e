import pytest

from evolve.cuts import combined, cuts, plain_form, size
from sandbox import Rejected


def without(body: str) -> set[tuple[str, str, str]]:
    """Return what can be taken out of a rule: what it is, its text, and what is left of the last line."""
    source = plain_form(f"def rule(a, b):\n    return {body}\n", "rule")
    found = cuts(source, "rule")
    return {(cut.what, cut.removed, cut.source.splitlines()[-1].strip().removeprefix("return ")) for cut in found}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a + b", {("term", "b", "a"), ("term", "a", "b")}),
        # What was subtracted stays so without what it was subtracted from.
        ("a - b", {("term", "b", "a"), ("term", "a", "-b")}),
        ("a * 2.5", {("constant", "2.5", "a"), ("factor", "a", "2.5")}),
        ("a / b", {("factor", "/ b", "a"), ("factor", "a", "1.0 / b")}),
        ("a ** 1.5", {("constant", "** 1.5", "a")}),
        ("max(a, b)", {("argument", "b", "a"), ("argument", "a", "b")}),
        ("abs(a)", {("function", "abs()", "a")}),
        ("a if b > 0.0 else b", {("branch", "else b", "a"), ("branch", "a if b > 0.0", "b")}),
        # A constant that is no operand is set to 0 and to 1.
        (
            "a if b > 3.5 else b",
            {
                ("branch", "else b", "a"),
                ("branch", "a if b > 3.5", "b"),
                ("constant", "3.5, 0 instead", "a if b > 0.0 else b"),
                ("constant", "3.5, 1 instead", "a if b > 1.0 else b"),
            },
        ),
    ],
)
def test_an_expression_is_shortened_in_every_way(body: str, expected: set[tuple[str, str, str]]) -> None:
    assert without(body) == expected


RULE = """
import math
def helper(x):
    return x * x

def rule(a, b):
    '''A rule.'''
    s = a  # a comment
    if a > b and b > 0.0:
        s += math.sqrt(a)
    else:
        s = b
    for k in range(3):
        s += helper(b)
    return s
"""


def test_statements_are_taken_out_and_branches_taken_or_not() -> None:
    source = plain_form(RULE, "rule")
    assert "A rule" not in source
    found = {(cut.what, cut.removed): cut.source for cut in cuts(source, "rule")}
    assert "else" not in found["branch", "else: s = b"]
    assert "math" not in found["branch", "if a > b and b > 0.0: s += math.sqrt(a)"]
    assert "if" not in found["condition", "if a > b and b > 0.0"]
    assert "if b > 0.0:" in found["condition", "a > b"]
    assert "for" not in found["loop", "for k in range(3):"]
    assert ("term", "s += math.sqrt(a)") not in found  # its block would be empty


def test_what_does_not_pass_the_static_check_or_changes_nothing_is_no_cut() -> None:
    found = cuts(plain_form(RULE, "rule"), "rule")
    assert ("helper function", "helper") not in {(cut.what, cut.removed) for cut in found}
    texts = [cut.source for cut in found]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert plain_form(text, "rule") == text
    with pytest.raises(Rejected):
        plain_form("def rule(a):\n    return open(a)\n", "rule")


def test_cuts_are_made_one_after_the_other_as_long_as_they_fit() -> None:
    source = plain_form("def rule(a, b):\n    return a * 2.0 + b * 3.0 + max(a, b)\n", "rule")
    chosen = [cut for cut in cuts(source, "rule") if cut.removed in ("2.0", "3.0", "b * 3.0", "max(a, b)")]
    short = combined(source, chosen, "rule", lambda text: "max" in text)
    # The order is that of the text, outermost first; the maximum had to stay, and 3.0 went with b.
    assert short == "def rule(a, b):\n    return a + max(a, b)\n"
    assert combined(source, chosen, "rule", lambda text: False) == source


def test_a_cut_inside_of_what_another_has_put_there_does_no_harm() -> None:
    source = plain_form("def rule(a, b):\n    return a - (b + 1.0) if a > 0.0 and b > 0.0 and a > b else 0.0\n", "rule")
    assert combined(source, cuts(source, "rule"), "rule", lambda text: True) != source


def test_size_is_told_by_nodes_and_then_by_characters() -> None:
    assert size("x = 10\n") > size("x = 1\n")
    assert size("x = a + b\n") > size("a_long_name_for_it = 1\n")
