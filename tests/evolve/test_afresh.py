from contextlib import contextmanager
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.afresh import Incumbent, lead, remeasured
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Record
from evolve.report import FINALISTS, winner
from evolve.statistics import Interval
from problems.base import Problem, Split
from problems.blocking_jobshop import BlockingJobShop
from problems.jobshop import JobShop
from problems.pod_packing import PodPacking

SHOP = JobShop(sets=["FT"])
PODS = PodPacking()
AFRESH = {"known": [20.0, 50.0], "good": [18.0, 40.0], "lucky": [21.0, 50.0]}


def verdict(measure: str, *values: float) -> Evaluation:
    """Return a verdict whose first objective is `measure`, whatever the problem's other measures are."""
    per_instance = {str(number): {"gap": value, measure: value} for number, value in enumerate(values)}
    return Evaluation(Status.OK, {"gap": sum(values) / len(values)}, per_instance)


class Afresh:
    """Judges by the table above, and counts how often it was started and what it was asked."""

    def __init__(self) -> None:
        self.started = 0
        self.calls: list[tuple[str, Split]] = []

    @contextmanager
    def __call__(self):
        self.started += 1
        yield self.judge

    def judge(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        self.calls.append((source, split))
        return verdict("makespan", *AFRESH[source]) if source in AFRESH else Evaluation(Status.TIMEOUT)


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


def add(archive: Archive, run: Run, number: int, source: str, *train: float) -> None:
    archive.propose(run, number, Candidate(source, "seed" if source == "known" else "mutate", idea=source))
    archive.judge(run, number, verdict("makespan", *train))


def fill(archive: Archive) -> tuple[Run, Record]:
    """Return a run in which three candidates become the best one after the other, and its published heuristic."""
    run = archive.create_run("r", "{}", "1")
    trained = {
        "known": [10.0, 40.0],
        "lucky": [9.0, 30.0],
        "none": [11.0, 40.0],
        "good": [8.0, 30.0],
        "slow": [7.0, 20],
    }
    for number, (source, values) in enumerate(trained.items()):
        add(archive, run, number, source, *values)
    return run, archive.records(run, number=0)[0]


def test_a_lead_is_a_mean_of_percents_of_the_measure_behind_the_objective() -> None:
    # 9 is 10 % below 10, and 30 is 25 % below 40.
    assert lead(SHOP, verdict("makespan", 9.0, 30.0), verdict("makespan", 10.0, 40.0)).difference == pytest.approx(17.5)


@pytest.mark.parametrize("problem", [SHOP, BlockingJobShop(sets=["FT"])])
def test_a_lead_does_not_depend_on_references_that_differ_in_kind_from_draw_to_draw(problem: Problem) -> None:
    mine = Evaluation(Status.OK, {}, {"x": {"gap": 50.0, "makespan": 9.0}})
    theirs = Evaluation(Status.OK, {}, {"x": {"gap": -80.0, "makespan": 10.0}})
    assert lead(problem, mine, theirs).difference == pytest.approx(10.0)


def test_without_one_a_lead_is_a_mean_difference_of_the_objective() -> None:
    assert lead(PODS, verdict("gap", 9.0, 30.0), verdict("gap", 10.0, 40.0)).difference == pytest.approx(5.5)


def test_a_lead_of_many_instances_has_an_interval_around_it() -> None:
    found = lead(PODS, verdict("gap", 1.0, 2.0, 3.0, 4.0, 5.0), verdict("gap", 2.0, 4.0, 6.0, 8.0, 10.0))
    assert found.difference == 3.0
    assert found.interval is not None
    assert 1.0 < found.interval.low < 3.0 < found.interval.high < 5.0


def test_incumbents_are_ahead_on_train_and_on_fresh_instances(archive: Archive) -> None:
    run, known = fill(archive)
    afresh = Afresh()
    found = remeasured(archive, run, SHOP, known, 1, afresh)
    # On train (10, 40): (9, 30) is 10 and 25 % below, (8, 30) is 20 and 25, (7, 20) is 30 and 50. Afresh, (20, 50):
    # (21, 50) is 5 % above and equal, (18, 40) is 10 and 20 % below, and the last one is too slow.
    assert [(each.number, each.evaluations) for each in found] == [(1, 2), (3, 4), (4, 5)]
    assert [each.train for each in found] == pytest.approx([17.5, 22.5, 40.0])
    assert [each.fresh for each in found] == [pytest.approx(-2.5), pytest.approx(15.0), None]
    assert [each.left for each in found] == [pytest.approx(-2.5 / 17.5), pytest.approx(15.0 / 22.5), None]
    assert [each.interval for each in found] == [None] * 3  # of two instances nothing can be said
    assert afresh.calls == [(source, Split.TRAIN) for source in ("known", "lucky", "good", "slow")]
    assert archive.records(run, Split.VALIDATION) == []


def test_what_was_found_is_read_from_the_archive_the_second_time(archive: Archive) -> None:
    run, known = fill(archive)
    afresh = Afresh()
    first = remeasured(archive, run, SHOP, known, 1, afresh)
    assert remeasured(archive, run, SHOP, known, 1, afresh) == first
    assert afresh.started == 1


def test_an_interval_comes_back_from_the_archive_as_it_was(archive: Archive) -> None:
    run, known = fill(archive)
    kept = Incumbent(1, 2, 17.5, 12.25, Interval(1.125, 20.0625))
    row = {"number": 1, "evaluations": 2, "train": 17.5, "fresh": 12.25, "interval": {"low": 1.125, "high": 20.0625}}
    detail = {"draw": 1, "against": 0, "candidates": [1, 3, 4], "incumbents": [row]}
    archive.log(run, "remeasured", detail)
    assert remeasured(archive, run, SHOP, known, 1, Afresh()) == [kept]


def test_another_draw_or_a_run_that_went_on_is_measured_anew(archive: Archive) -> None:
    run, known = fill(archive)
    afresh = Afresh()
    remeasured(archive, run, SHOP, known, 1, afresh)
    remeasured(archive, run, SHOP, known, 2, afresh)
    assert afresh.started == 2
    add(archive, run, 9, "good", 1.0, 1.0)
    assert remeasured(archive, run, SHOP, known, 1, afresh)[-1].number == 9
    assert afresh.started == 3


def test_without_draws_they_are_measured_on_validation_where_verdicts_are_archived(archive: Archive) -> None:
    run, known = fill(archive)
    afresh = Afresh()
    winner(archive, run, afresh.judge, "gap")
    before = len(afresh.calls)
    found = remeasured(archive, run, SHOP, known, None, afresh)
    assert [each.fresh for each in found] == [pytest.approx(-2.5), pytest.approx(15.0), None]
    assert afresh.calls[before:] == []
    assert {split for _, split in afresh.calls} == {Split.VALIDATION}


def test_nothing_is_left_of_a_lead_that_there_never_was() -> None:
    assert Incumbent(1, 2, 0.0, 3.0, None).left is None
    assert Incumbent(1, 2, 4.0, 3.0, None).left == 0.75


def test_where_the_published_heuristic_fails_afresh_no_incumbent_is_ahead_of_it(archive: Archive) -> None:
    run, known = fill(archive)
    afresh = Afresh()
    afresh.judge = lambda source, split=Split.TRAIN: Evaluation(Status.TIMEOUT)
    assert [each.fresh for each in remeasured(archive, run, SHOP, known, 1, afresh)] == [None] * 3


def test_a_run_that_found_nothing_better_starts_no_evaluator(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    add(archive, run, 0, "known", 1.0, 1.0)
    add(archive, run, 1, "good", 2.0, 2.0)
    afresh = Afresh()
    assert remeasured(archive, run, SHOP, archive.records(run, number=0)[0], 1, afresh) == []
    assert afresh.started == 0


def test_of_many_incumbents_the_first_the_last_and_some_between_are_measured(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    add(archive, run, 0, "known", 200.0, 200.0)
    for number in range(1, 101):
        add(archive, run, number, "good", 200.0 - number, 100.0)
    known = archive.records(run, number=0)[0]
    numbers = [each.number for each in remeasured(archive, run, SHOP, known, 1, Afresh())]
    assert (len(numbers), numbers[0], numbers[-1]) == (FINALISTS, 1, 100)
    assert numbers == sorted(set(numbers))


def test_the_winner_is_measured_too_where_it_never_led(archive: Archive) -> None:
    run, known = fill(archive)
    numbers = [each.number for each in remeasured(archive, run, SHOP, known, 1, Afresh(), also=2)]
    assert numbers == [1, 2, 3, 4]
    assert [each.number for each in remeasured(archive, run, SHOP, known, 1, Afresh(), also=3)] == [1, 3, 4]
