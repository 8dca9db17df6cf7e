from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.candidate import Brief, Candidate, Cost, Flaw, Record
from evolve.search.bandit import REPAIRABLE, Bandit, is_repairable
from evolve.search.islands import Islands

OPERATORS = ("create", "mutate", "cross", "simplify", "repair")
ARMS = {(model, operator): 1.0 for model in ("cheap", "dear") for operator in OPERATORS}


def record(
    number: int,
    values: tuple[float, float] | None,
    operator: str = "seed",
    writer: str = "seed",
    parents: tuple[int, ...] = (),
    usd: float = 0.0,
    tokens: int = 0,
    priced: bool = True,
) -> Record:
    """Return a record with a gap on each of two instances; None is a failure."""
    model = operator != "seed"
    candidate = Candidate(
        f"def f(x):\n    return {number}\n", operator, parents, proposer=writer,
        cost=Cost(tokens, 0, usd, priced=priced), transcript="{}" if model else "",
    )  # fmt: skip
    if values is None:
        return Record(number, candidate, Evaluation(Status.ERROR, message="division by zero", cause="exception"))
    per_instance = {name: {"gap": value} for name, value in zip("ab", values, strict=True)}
    return Record(number, candidate, Evaluation(Status.OK, {"gap": sum(values) / 2}, per_instance))


def bandit(**settings: object) -> Bandit:
    inner = Islands(("gap",), islands=1, crossover=0.0)
    return Bandit(inner, "gap", settings.pop("arms", ARMS), **settings)  # type: ignore[arg-type]


def asked(search: Bandit, count: int = 400, begin: int = 1000) -> list[Brief]:
    return [search.ask(number, np.random.default_rng([7, number])) for number in range(begin, begin + count)]


def test_before_anything_is_told_only_what_needs_no_parent_is_asked_for() -> None:
    briefs = asked(bandit(), 50)
    assert {brief.operator for brief in briefs} == {"create"}
    assert {brief.writer for brief in briefs} == {"cheap", "dear"}


def test_each_operator_gets_the_parents_it_needs() -> None:
    search = bandit()
    search.tell(record(0, (5.0, 9.0)))
    search.tell(record(1, (9.0, 5.1)))
    briefs = asked(search)
    assert {brief.operator: len(brief.parents) for brief in briefs} == {
        "create": 0,
        "mutate": 1,
        "cross": 2,
        "simplify": 1,
    }


def test_the_second_parent_is_the_one_that_is_furthest_ahead_where_the_first_is_weak() -> None:
    search = bandit()
    search.tell(record(0, (5.0, 9.0)))
    search.tell(record(1, (6.0, 8.0)))  # ahead by 1 on one instance
    search.tell(record(2, (9.0, 5.1)))  # ahead by 3.9 on it
    crossed = [brief for brief in asked(search) if brief.operator == "cross" and brief.parents[0].number == 0]
    assert crossed
    assert {brief.parents[1].number for brief in crossed} == {2}


def test_parents_that_nobody_complements_are_not_crossed() -> None:
    search = bandit()
    search.tell(record(0, (1.0, 1.0)))
    search.tell(record(1, (2.0, 2.0)))
    assert all(brief.parents[0].number == 1 for brief in asked(search) if brief.operator == "cross")


def test_a_failed_answer_is_offered_for_repair_once_and_its_repair_is_not() -> None:
    search = bandit()
    search.tell(record(0, (5.0, 5.0)))
    search.tell(record(1, None, "mutate", "cheap", (0,)))
    repairs = [brief for brief in asked(search) if brief.operator == "repair"]
    assert repairs
    assert {brief.parents[0].number for brief in repairs} == {1}
    search.tell(record(2, None, "repair", "cheap", (1,)))
    assert not [brief for brief in asked(search) if brief.operator == "repair"]


def test_only_the_newest_failures_are_kept_for_repair() -> None:
    search = bandit()
    for number in range(3 * REPAIRABLE):
        search.tell(record(number, None, "create", "cheap"))
    offered = {brief.parents[0].number for brief in asked(search, 800) if brief.operator == "repair"}
    assert offered == set(range(2 * REPAIRABLE, 3 * REPAIRABLE))


def told(search: Bandit, rounds: int, gains: dict[tuple[str, str], float], usd: dict[str, float]) -> None:
    """Tell of mutations whose chance to improve on their parent depends on the arm."""
    rng = np.random.default_rng(3)
    search.tell(record(0, (50.0, 50.0)))
    for number in range(1, rounds):
        brief = search.ask(number, np.random.default_rng([1, number]))
        arm = (brief.writer, brief.operator)
        value = 50.0 - rng.random() if rng.random() < gains.get(arm, 0.1) else 60.0
        parents = tuple(parent.number for parent in brief.parents)
        cost = {"usd": usd[brief.writer]}
        search.tell(record(number, (value, value), brief.operator, brief.writer, parents, **cost))  # type: ignore[arg-type]


def test_of_equal_costs_the_operator_that_improves_more_often_is_asked_for_more() -> None:
    search = bandit()
    told(search, 300, {("cheap", "mutate"): 0.9, ("dear", "mutate"): 0.9}, {"cheap": 0.01, "dear": 0.01})
    shares = search.shares()
    mutate = shares["cheap", "mutate"] + shares["dear", "mutate"]
    assert mutate > 2 * (shares["cheap", "simplify"] + shares["dear", "simplify"])


def test_of_equal_improvement_the_cheaper_model_is_asked_for_more() -> None:
    search = bandit()
    told(search, 400, dict.fromkeys(ARMS, 0.5), {"cheap": 0.001, "dear": 0.05})
    shares = search.shares()
    cheap = sum(share for (model, _), share in shares.items() if model == "cheap")
    assert cheap > 0.7


def test_every_arm_keeps_its_floor_however_long_it_has_brought_nothing() -> None:
    search = bandit(floor=0.2)
    for number in range(60_000):
        search.tell(record(number, None, "mutate", "cheap", tokens=10))
    shares = search.shares()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= 0.2 / len(ARMS) - 1e-12


def test_without_learning_arms_are_drawn_by_their_weights() -> None:
    arms = {("cheap", "create"): 3.0, ("dear", "create"): 1.0, ("dear", "mutate"): 0.0}
    search = bandit(arms=arms, learning=False)
    told(search, 100, {("dear", "create"): 1.0}, {"cheap": 0.01, "dear": 0.01})
    assert search.shares() == {("cheap", "create"): 0.75, ("dear", "create"): 0.25}
    counts = Counter(brief.writer for brief in asked(search, 1000))
    assert counts["cheap"] == pytest.approx(750, abs=60)


def test_the_scale_of_the_objective_does_not_matter() -> None:
    searches = [bandit(), bandit()]
    for search, scale in zip(searches, (1.0, 1e-6), strict=True):
        rng = np.random.default_rng(0)
        search.tell(record(0, (50.0 * scale, 50.0 * scale)))
        for number in range(1, 60):
            value = float(rng.uniform(40.0, 60.0)) * scale
            search.tell(record(number, (value, value), "mutate", "cheap" if number % 3 else "dear", (0,), usd=0.01))
    assert searches[0].shares() == searches[1].shares()


def test_asking_changes_nothing_and_the_same_records_give_the_same_briefs() -> None:
    one, other = bandit(), bandit()
    for search in (one, other):
        told(search, 120, {("cheap", "mutate"): 0.8}, {"cheap": 0.01, "dear": 0.02})
    asked(one, 50)
    assert asked(one, 100) == asked(other, 100)


def test_where_a_price_is_unknown_tokens_decide() -> None:
    search = bandit(arms={("short", "create"): 1.0, ("long", "create"): 1.0})
    search.tell(record(0, (50.0, 50.0)))
    for number in range(1, 200):
        writer, tokens = ("short", 100) if number % 2 else ("long", 5000)
        value = 45.0 - 0.01 * number
        search.tell(record(number, (value, value), "create", writer, (), tokens=tokens, priced=False))
    assert search.shares()["short", "create"] > 0.7


@pytest.mark.parametrize(
    "settings",
    [{"arms": {}}, {"arms": {("m", "create"): 0.0}}, {"arms": {("m", "create"): -1.0}}, {"decay": 0.0}, {"floor": 1.5},
     {"prior": 0.0}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        bandit(**settings)


def test_only_code_of_a_model_that_was_judged_and_is_no_repair_is_worth_a_repair() -> None:
    broken = record(0, None, "mutate", "cheap")

    def changed(**what: object) -> Record:
        return replace(broken, candidate=replace(broken.candidate, **what))  # type: ignore[arg-type]

    assert is_repairable(broken)
    assert not is_repairable(record(0, (9.0, 9.0), "mutate", "cheap"))
    assert not is_repairable(changed(transcript=""))
    assert not is_repairable(changed(source=""))
    assert not is_repairable(changed(flaw=Flaw("duplicate", "the same code as candidate 3")))
    assert not is_repairable(changed(operator="repair"))
