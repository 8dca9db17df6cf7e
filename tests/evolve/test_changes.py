import pytest

from evolve.changes import Profile, changes, profile

HEAD = "def priority(p, work, ready):\n    "


def seen(body: str) -> Profile:
    found = profile(f"import math\n\n\n{HEAD}{body}\n")
    assert found is not None
    return found


def test_a_profile_counts_what_is_there() -> None:
    source = (
        "import math\n\n\ndef half(x):\n    return x / 2.0\n\n\n"
        "def priority(p, work, ready):\n    if p > 3.0:\n        return half(p * work)\n    return -math.exp(p)\n"
    )
    found = profile(source, "priority")
    assert found is not None
    assert found.reads == ("p", "work")
    # branches, helpers, loops, divisions, powers, thresholds, products, min or max
    assert found.counts == (1, 1, 0, 1, 1, 1, 1, 0)


LONGER, SHORTER = "is at least a quarter longer", "is at least a fifth shorter"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("p", "p", []),
        ("p", "work", ["reads work", "no longer reads p"]),
        ("p + work", "p / work", ["has more divisions"]),
        ("p / work", "p + work", ["has fewer divisions"]),
        ("p + work", "p * work", ["has more products of two parameters"]),
        # Sizes count import, function, return, operators, names and numbers: 6 become 8, a third more.
        ("p + work", "p ** 2.0 + work", ["has more exponentials, logarithms or powers", LONGER]),
        # 9 become 7: the comparison and two names go, the name of the function comes.
        ("p if p < work else work", "min(p, work)", ["has fewer branches", "has more uses of min or max", SHORTER]),
        ("p if p < work else work", "p if p < 2.0 else work", ["has more comparisons with a constant"]),
        ("p + work + ready", "p", ["no longer reads ready", "no longer reads work", SHORTER]),
    ],
)
def test_changes_are_told_from_the_trees(before: str, after: str, expected: list[str]) -> None:
    assert changes(seen(f"return {before}"), seen(f"return {after}")) == expected


def test_layout_and_names_of_variables_are_no_change() -> None:
    assert changes(seen("x = p + work\n    return x"), seen("total = (p +\n        work)\n    return total")) == []


@pytest.mark.parametrize("text", ["", "def f(:", "x = 1", "\x00", "(" * 500])
def test_what_defines_no_function_has_no_profile(text: str) -> None:
    assert profile(text) is None
    assert profile("def other(p):\n    return p\n", "priority") is None
