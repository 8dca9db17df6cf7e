from pathlib import Path

import pytest

from evaluators.base import Status
from evolve.archive import Archive, listing
from evolve.archive.listing import Line
from evolve.archive.population import cells, descendants, family, front, generations, records_of, spent
from evolve.candidate import Cost
from evolve.spending import yields
from tests.dashboard.conftest import fill


def line(number: int, gap: float | None = 1.0, parents: tuple[int, ...] = (), characters: int = 10) -> Line:
    status, measures = (Status.OK, {"gap": gap}) if gap is not None else (Status.ERROR, {})
    return Line(number, "mutate", parents, "", characters, number, status, measures, 0.1, "")


def length(each: Line) -> float:
    return each.characters


def gap(each: Line) -> float:
    return each.measures["gap"]


TREE = [line(0), line(1), line(2, parents=(1, 0)), line(3, parents=(0,)), line(4, parents=(2, 3)), line(5, None, (4,))]


def test_a_family_holds_every_ancestor_by_any_parent() -> None:
    assert [each.number for each in family(TREE, 4)] == [0, 1, 2, 3, 4]
    assert [each.number for each in family(TREE, 2)] == [0, 1, 2]
    assert family(TREE, 99) == []


def test_descendants_follow_any_parent_and_include_failures() -> None:
    assert [each.number for each in descendants(TREE, 1)] == [2, 4, 5]
    assert [each.number for each in descendants(TREE, 3)] == [4, 5]
    assert descendants(TREE, 5) == []


def test_a_parent_that_is_not_older_than_its_child_leads_nowhere() -> None:
    assert [each.number for each in family([line(0, parents=(1,)), line(1, parents=(0,))], 1)] == [0, 1]


def test_a_generation_is_the_longest_way_among_those_shown() -> None:
    assert generations(TREE) == {0: 0, 1: 0, 2: 1, 3: 1, 4: 2, 5: 3}
    assert generations(TREE[2:]) == {2: 0, 3: 0, 4: 1, 5: 2}


def test_a_front_is_strictly_better_at_each_step_and_holds_no_failure() -> None:
    # By length: 5 at 9.0, 6 at 9.0 (no better), 7 at 4.0 and 5.0 (the first beats the second), 8 failed, 9 at 3.0.
    listed = [line(0, 9.0, (), 5), line(1, 9.0, (), 6), line(2, 5.0, (), 7), line(3, 4.0, (), 7)]
    listed += [line(4, None, (), 8), line(5, 3.0, (), 9), line(6, 3.5, (), 10)]
    assert [each.number for each in front(listed, length, gap)] == [0, 3, 5]
    assert front([], length, gap) == []


def test_cells_are_equally_wide_and_what_is_far_out_lies_in_the_last_one() -> None:
    # 21 lengths from 0 to 20: the 95th percentile is 19, so with two bins the edge between them is 9.5.
    listed = [line(number, 30.0 - number, (), number) for number in range(20)] + [line(20, 5.0, (), 400)]
    found = cells(listed, length, lambda each: 1.0, "gap", bins=2)
    assert [(cell.x, cell.count, cell.best.number) for cell in found] == [((0.0, 9.5), 10, 9), ((9.5, 19.0), 11, 20)]
    assert cells([line(0, None)], length, gap, "gap") == []


def test_what_was_spent_grows_with_every_candidate_that_was_paid(tmp_path: Path) -> None:
    with Archive(str(tmp_path / "a.db")) as archive:
        listed = listing.lines(archive, fill(archive))
    paid = Cost(9, 9, 0.25)
    assert spent(listed) == {0: Cost(), 1: Cost(), 2: Cost(), 3: paid, 4: paid}
    assert spent(listed[4:], paid) == {4: paid}


def test_records_without_code_bring_the_same_yields_as_whole_ones(tmp_path: Path) -> None:
    with Archive(str(tmp_path / "a.db")) as archive:
        run = fill(archive)
        light, whole = records_of(listing.lines(archive, run)), archive.records(run)
    assert yields(light, "gap") == yields(whole, "gap") != []
    assert [each.candidate.source for each in light] == [""] * 5
    assert [each.number for each in light] == [each.number for each in whole]


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [
        ({}, None),
        ({0: 0.5, 1: 0.9}, None),  # too early to tell
        ({0: 10.0, 1: 20.0, 2: 30.0}, 6.0),  # three in half a minute
        ({0: 0.0, 1: 100.0, 2: 350.0, 3: 400.0}, 0.4),  # two within the last 300 seconds
    ],
)
def test_a_pace_counts_what_was_judged_lately(seconds: dict[int, float], pace: float | None) -> None:
    assert listing.pace(seconds) == (None if pace is None else pytest.approx(pace))
