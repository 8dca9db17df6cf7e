from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run, listing
from evolve.candidate import Candidate
from evolve.report import FINALISTS, Bench, bench, best, chosen_best, judged_on, ranked, winner
from evolve.statistics import Row
from problems.base import Split
from problems.jobshop import JobShop

VALIDATION = {"a": 9.0, "b": 3.0, "c": 5.0}


class Judge:
    """Gives sources their values by name; counts what it is asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Split]] = []

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        self.calls.append((source, split))
        if source == "impure":
            return Evaluation(Status.INVALID, message="not a pure rule", cause="not a pure rule")
        return Evaluation(Status.OK, {"gap": VALIDATION[source]}, {"x": {"gap": VALIDATION[source]}}, 0.1)


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


def fill(archive: Archive, **train: float) -> Run:
    run = archive.create_run("r", "{}", "1")
    for number, (source, gap) in enumerate(train.items()):
        archive.propose(run, number, Candidate(source, "mutate"))
        archive.judge(run, number, Evaluation(Status.OK, {"gap": gap}, {"x": {"gap": gap}}))
    return run


def test_the_winner_is_the_finalist_that_is_best_on_validation(archive: Archive) -> None:
    run = fill(archive, a=1.0, b=2.0, c=3.0)
    chosen = winner(archive, run, Judge(), "gap")
    assert chosen is not None
    assert chosen.candidate.source == "b"
    assert best(archive.records(run), "gap").candidate.source == "a"


def test_best_is_the_best_on_validation_as_soon_as_there_is_one(archive: Archive) -> None:
    run = fill(archive, a=1.0, b=2.0, c=3.0)
    assert chosen_best(archive, run, "gap").candidate.source == "a"
    winner(archive, run, Judge(), "gap")
    record = chosen_best(archive, run, "gap")
    assert (record.candidate.source, record.evaluation.measures) == ("b", {"gap": 2.0})
    assert chosen_best(archive, archive.create_run("empty", "{}", "1"), "gap") is None


def test_a_candidate_that_fails_its_audit_does_not_win(archive: Archive) -> None:
    run = fill(archive, impure=0.5, a=1.0)
    chosen = winner(archive, run, Judge(), "gap")
    assert chosen is not None
    assert chosen.candidate.source == "a"


def test_finalists_that_fail_their_audit_make_room_for_others(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    for number in range(FINALISTS + 1):
        archive.propose(run, number, Candidate("impure" if number < FINALISTS else "a", "mutate"))
        archive.judge(run, number, Evaluation(Status.OK, {"gap": 1.0 + number}, {"x": {"gap": 1.0}}))
    chosen = winner(archive, run, Judge(), "gap")
    assert chosen is not None
    assert chosen.candidate.source == "a"


def test_a_verdict_that_another_process_archived_first_is_taken(archive: Archive) -> None:
    run = fill(archive, a=1.0)
    (record,) = archive.records(run)

    def slow(source: str, split: Split = Split.TRAIN) -> Evaluation:
        archive.judge(run, 0, Evaluation(Status.OK, {"gap": 7.0}, {"x": {"gap": 7.0}}), split)
        return Evaluation(Status.OK, {"gap": 8.0}, {"x": {"gap": 8.0}})

    assert judged_on(archive, run, record, slow, Split.VALIDATION).measures == {"gap": 7.0}


def test_a_run_without_a_valid_candidate_has_no_winner(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    archive.propose(run, 0, Candidate("x", "mutate"))
    archive.judge(run, 0, Evaluation(Status.ERROR, message="raised", cause="error"))
    assert winner(archive, run, Judge(), "gap") is None


def test_validation_verdicts_are_archived_and_not_made_twice(archive: Archive) -> None:
    run = fill(archive, a=1.0, b=2.0)
    judge = Judge()
    for _ in range(2):
        winner(archive, run, judge, "gap")
    assert len(judge.calls) == 2


def test_every_opening_of_the_test_split_is_noted(archive: Archive) -> None:
    run = fill(archive, a=1.0)
    (record,) = archive.records(run)
    judge = Judge()
    for split in (Split.VALIDATION, Split.TEST, Split.TEST):
        judged_on(archive, run, record, judge, split)
    opened = [event.detail["candidate"] for event in archive.events(run) if event.kind == "test opened"]
    assert opened == [0, 0]
    assert judge.calls == [("a", Split.VALIDATION), ("a", Split.TEST)]


def test_of_equal_finalists_the_shortest_is_taken_once(archive: Archive) -> None:
    run = fill(archive, **{"long code": 1.0, "short": 1.0, "x": 2.0, "y": 3.0})
    assert [each.number for each in ranked(listing.lines(archive, run), "gap")] == [1, 2, 3]


def test_only_finalists_can_be_best(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    for number in range(FINALISTS + 1):
        archive.propose(run, number, Candidate("a", "mutate"))
        archive.judge(run, number, Evaluation(Status.OK, {"gap": 1.0 + number}))
        value = 0.0 if number == FINALISTS else 5.0 - 0.1 * number  # the last is best there, but no finalist
        archive.judge(run, number, Evaluation(Status.OK, {"gap": value}), Split.VALIDATION)
    assert chosen_best(archive, run, "gap").number == FINALISTS - 1


def table(**values: list[float]) -> Bench:
    """Return a bench of instances named by their place: the first six are of group "g", the others of group "h"."""
    count = len(next(iter(values.values())))
    names = [str(number) for number in range(count)]
    groups = {"g": names[:6], "h": names[6:]}
    rows = []
    for name, given in values.items():
        by_name = dict(zip(names, given, strict=True))
        means = {group: sum(by_name[key] for key in inside) / len(inside) for group, inside in groups.items()}
        rows.append(Row(name, means, sum(given) / count, by_name, 1.0))
    return Bench("p", Split.TEST, "gap", groups, sorted(rows, key=lambda row: row.mean), {})


def test_groups_are_compared_apart_and_corrected_for_their_number() -> None:
    made = table(mine=[1.0, 2, 3, 4, 5, 6] + [9.0] * 6, other=[2.0, 4, 6, 8, 10, 12] + [9.0] * 6)
    found = made.by_group("mine", "other")
    assert (found["g"].wins, found["g"].difference) == (6, -3.5)
    assert found["g"].corrected == pytest.approx(2 * 2 / 64)  # alone 2 / 64, and there are two groups
    assert found["h"].ties == 6
    assert made.by_group("mine", "other", {"some": ["0", "1"]})["some"].difference == -1.5


def test_wins_are_instances_on_which_nothing_is_better() -> None:
    made = table(a=[1.0, 2, 3, 0, 0, 0, 5], b=[1.0, 1, 4, 0, 0, 0, 4], c=[9.0] * 7)
    assert made.wins(["0", "1", "2", "6"]) == {"a": 2, "b": 3, "c": 0}


def test_a_comparison_with_all_others_is_corrected_for_their_number() -> None:
    made = table(mine=[1.0, 2, 3, 4, 5, 6, 0], x=[2.0, 4, 6, 8, 10, 12, 0], y=[2.0, 4, 6, 8, 10, 12, 0])
    assert made.against("mine")["x"].corrected == pytest.approx(4 / 64)
    assert made.against("nosuch") == {}


def test_a_bench_keeps_what_is_not_valid_apart() -> None:
    class Shop(JobShop):
        pass

    shop = Shop(sets=["FT"])
    values = {instance.name: {"gap": 1.0} for instance in shop.instances(Split.TEST)}

    def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
        if source == "bad":
            return Evaluation(Status.TIMEOUT, message="too slow")
        return Evaluation(Status.OK, {"gap": 1.0}, values)

    table = bench(shop, {"good": "x", "broken": "bad"}, judge, Split.TEST)
    assert [row.name for row in table.rows] == ["good"]
    assert table.failures == {"broken": "timeout: too slow"}
    assert list(table.groups) == ["FT 6x6", "FT 10x10", "FT 20x5"]
