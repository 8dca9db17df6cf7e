import json
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve import settings
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Cost
from evolve.comparison import contest, strategies
from evolve.settings import SettingsError

PROBLEM = {"kind": "jobshop", "sets": ["FT"]}


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


def fill(archive: Archive, islands: int, *gaps: float | None, usd: float = 0.0, **problem: object) -> Run:
    """Archive a run with these values in the order in which they were judged; None is a failure."""
    table = {"problem": PROBLEM | problem, "search": {"islands": islands}}
    run = archive.create_run("r", settings.dump(settings.checked(table)), "1")
    archive.begin(run)
    for number, gap in enumerate(gaps):
        archive.propose(run, number, Candidate("x", "mutate", cost=Cost(usd=usd)))
        verdict = Evaluation(Status.OK, {"gap": gap}) if gap is not None else Evaluation(Status.ERROR, cause="error")
        archive.judge(run, number, verdict)
    return run


def test_curves_are_the_best_so_far_over_evaluations_and_dollars(archive: Archive) -> None:
    made = contest(archive, [fill(archive, 1, None, 9.0, 7.0, 8.0, 5.0, usd=0.5)])
    (course,) = made.courses
    assert list(course.curves["evaluations"]) == [(2.0, 9.0), (3.0, 7.0), (5.0, 5.0)]
    assert list(course.curves["dollars"]) == [(1.0, 9.0), (1.5, 7.0), (2.5, 5.0)]
    reached = [course.at("evaluations", used) for used in (1.9, 2.0, 4.9, 100.0)]
    assert reached == [None, 9.0, 7.0, 5.0]


def test_strategies_are_compared_at_what_every_run_has_used(archive: Archive) -> None:
    first = [fill(archive, 1, 9.0, 5.0 + seed) for seed in range(5)]
    second = [fill(archive, 2, 9.0, 20.0 + seed, 1.0) for seed in range(5)]  # the third evaluation does not count
    made = contest(archive, [*first, *second])
    assert made.budgets["evaluations"] == 2.0
    assert "dollars" not in made.budgets
    assert made.strategies == ["search islands, islands 1", "search islands, islands 2"]
    level = made.level("search islands, islands 1", "evaluations", 2.0)
    assert level is not None
    assert list(level.values) == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert level.mean == 7.0
    duel = next(duel for duel in made.duels if duel.axis == "evaluations")
    # 5, 6, 7, 8, 9 against 9 five times, since what is worse than before does not count: -2 on the mean.
    assert duel.versus.difference == -2.0
    assert duel.versus.p_value < 0.05
    assert duel.versus.verdict == "better"
    assert made.curve("search islands, islands 2", "evaluations")[-1].mean == 9.0


def test_single_runs_get_no_verdict(archive: Archive) -> None:
    made = contest(archive, [fill(archive, 1, 1.0), fill(archive, 2, 100.0)])
    duel = next(duel for duel in made.duels if duel.axis == "evaluations")
    assert (duel.versus.interval, duel.versus.verdict) == (None, "not distinguishable")


def test_a_strategy_has_no_level_while_one_of_its_runs_has_nothing_valid(archive: Archive) -> None:
    made = contest(archive, [fill(archive, 1, 3.0, 2.0), fill(archive, 1, None, 1.0)])
    assert made.strategies == ["search islands"]
    assert made.level("search islands", "evaluations", 1.0) is None
    assert made.curve("search islands", "evaluations")[-1].mean == 1.5


def test_runs_that_cannot_be_compared_are_named(archive: Archive) -> None:
    known, other, failed = fill(archive, 1, 1.0), fill(archive, 1, 1.0, sets=["TA"]), fill(archive, 1, None)
    with pytest.raises(SettingsError, match="r and r-2 have different problems"):
        contest(archive, [known, other])
    with pytest.raises(SettingsError, match="r-3 has no valid candidate"):
        contest(archive, [known, failed])


def test_seeds_budgets_and_workers_make_no_other_strategy() -> None:
    def made(**table: object) -> settings.Settings:
        return settings.checked(json.loads(json.dumps({"problem": PROBLEM} | table)))

    same = [made(seed=1, budget={"evaluations": 5}), made(seed=2, name="b", evaluator={"workers": 7})]
    assert strategies(same) == ["search islands"] * 2
    apart = strategies([made(), made(search={"islands": 2}, deterministic=True)])
    assert apart == ["search islands, deterministic False", "search islands, deterministic True, islands 2"]
