"""What a run teaches: counts by hand, and nothing without evidence."""

from dataclasses import replace

import pytest

from evaluators.base import Evaluation, Status
from evolve.candidate import Candidate, Flaw, Insight, Record
from evolve.insights import Insights, told, wilson


def record(
    number: int, body: str, gap: float | None, parents: tuple[int, ...] = (), flaw: Flaw | None = None
) -> Record:
    source = f"def priority(p, work, ready):\n    return {body}\n"
    verdict = Evaluation(Status.ERROR, message="x", cause="x") if gap is None else Evaluation(Status.OK, {"gap": gap})
    return Record(number, Candidate(source, "mutate" if parents else "create", parents, flaw=flaw), verdict)


def run(records: list[Record]) -> Insights:
    insights = Insights("gap")
    for one in records:
        insights.tell(one)
    return insights


def mixed(helping: int, hurting: int) -> list[Record]:
    """Return a parent, children that read `work` and are better, and children that read `ready` and are not."""
    children = [record(1 + k, "p + work", 9.0 - k / 100, (0,)) for k in range(helping)]
    children += [record(1 + helping + k, "p + ready", 11.0, (0,)) for k in range(hurting)]
    return [record(0, "p", 10.0), *children]


def test_what_helped_and_what_hurt_is_found_with_its_counts() -> None:
    found = {one.change: one for one in run(mixed(10, 9)).current}
    # Children by descending gain: the last ones have the lowest gap.
    assert found["reads work"] == Insight("reads work", 10, 0, 0, (10, 9, 8), 10 / 19)
    assert found["reads ready"] == Insight("reads ready", 0, 9, 0, (), 10 / 19)
    assert "is at least a quarter longer" not in found  # so are all of them


def test_failures_count_and_flawed_candidates_do_not() -> None:
    records = mixed(10, 7)
    records += [record(30, "p + ready", None, (0,)), record(31, "p + ready", None, (0,), Flaw("duplicate", "same"))]
    found = {one.change: one for one in run(records).current}
    assert (found["reads ready"].worse, found["reads ready"].failed) == (7, 1)


def test_a_child_is_compared_with_its_best_parent() -> None:
    # Number 1 reads `work` and is better, so reading it is no change of its children, and 9.5 is worse than it.
    parents = [record(0, "p", 10.0), record(1, "p + work", 9.0)]
    children = [record(2 + k, "p + work + ready", 9.5, (0, 1)) for k in range(10)]
    better = [record(20 + k, "p - work", 8.0, (0, 1)) for k in range(8)]
    found = {one.change: one for one in run(parents + children + better).current}
    assert found["reads ready"].worse == 10
    assert "reads work" not in found


def test_nothing_is_told_without_evidence() -> None:
    # Half of each kind is better: no change makes a difference.
    children = [
        record(1 + k, "p + work" if k % 2 else "p + ready", 9.0 if k % 4 < 2 else 11.0, (0,)) for k in range(19)
    ]
    assert run([record(0, "p", 10.0), *children]).current == ()


def test_a_change_seen_too_rarely_is_not_told() -> None:
    assert "reads work" not in {one.change for one in run(mixed(4, 15)).current}  # 4 of 4 were better
    assert "reads work" in {one.change for one in run(mixed(5, 14)).current}


def test_insights_are_drawn_after_twenty_records_and_every_fifty() -> None:
    insights = Insights("gap")
    drawn = [
        number
        for number, one in enumerate([*mixed(10, 9), *(record(50 + k, "p + ready", 11.0, (0,)) for k in range(130))], 1)
        if insights.tell(one)
    ]
    assert drawn == [20, 50, 100, 150]  # each time with other counts


def test_insights_drawn_anew_that_are_the_same_are_no_news() -> None:
    insights = Insights("gap")
    news = [insights.tell(record(k, "p", 10.0)) for k in range(100)]
    assert not any(news)


def test_the_strongest_evidence_comes_first_and_the_list_is_short() -> None:
    bodies = ["p ** 2.0", "p * work", "p / 2.0", "max(p, 2.0)", "p if p > 2.0 else 0.0", "work - ready"]
    children = [record(1 + k, bodies[k % 6], 9.0 if k % 6 < 3 else 11.0, (0,)) for k in range(149)]
    current = run([record(0, "p", 10.0), *children]).current
    assert 2 < len(current) <= 8

    def evidence(one: Insight) -> float:
        low, high = wilson(one.better, one.better + one.worse + one.failed)
        return max(low - one.usual, one.usual - high)

    assert [evidence(one) for one in current] == sorted(map(evidence, current), reverse=True)


def test_the_interval_is_that_of_wilson() -> None:
    # 8 of 10 at 95 %: (0.4902, 0.9433), e.g. Brown, Cai and DasGupta (2001), Statistical Science 16(2).
    assert wilson(8, 10, 1.96) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 5, 1.96) == pytest.approx((0.0, 0.4345), abs=1e-4)


def test_an_insight_is_a_sentence_with_its_counts() -> None:
    assert told(Insight("reads work", 6, 3, 1, (), 0.2)) == (
        "reads work: helped; 6 of 10 were better than their best parent (of all, 20%), 3 were not, 1 failed"
    )
    assert "hurt; 1 of 10" in told(Insight("reads work", 1, 9, 0, (), 0.2))


def test_what_was_stopped_early_is_no_evidence() -> None:
    stopped = [
        Record(50 + k, record(0, "p + ready", 1.0).candidate, Evaluation(Status.STOPPED, cause="duplicate"))
        for k in range(9)
    ]
    children = [Record(one.number, replace(one.candidate, parents=(0,)), one.evaluation) for one in stopped]
    parent, *others = mixed(10, 9)
    found = {one.change: one for one in run([parent, *children, *others, *others, *children[:2]]).current}
    assert (found["reads ready"].worse, found["reads ready"].failed) == (18, 0)
