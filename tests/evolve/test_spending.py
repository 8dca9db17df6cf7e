from dataclasses import replace

from evaluators.base import Evaluation, Status
from evolve.candidate import Candidate, Cost, Flaw, Record
from evolve.spending import dollars, total, yields

OK, BROKEN = Status.OK, Status.ERROR


def record(number: int, gap: float | None, writer: str, operator: str, parents: tuple[int, ...] = ()) -> Record:
    candidate = Candidate("x", operator, parents, proposer=writer)
    if ":" in writer:
        candidate = replace(candidate, transcript="{}", cost=Cost(100, 20, 0.01))
    measures = {"gap": gap} if gap is not None else {}
    return Record(number, candidate, Evaluation(OK if measures else BROKEN, measures))


def test_what_each_model_has_brought_is_counted_by_hand() -> None:
    flawed = record(6, None, "a:x", "create")
    records = [
        record(0, 20.0, "seed", "seed"),
        record(1, 19.0, "a:x", "mutate", (0,)),  # better than its parent, and the best so far
        record(2, 18.0, "gp", "mutate", (1,)),  # a local candidate: what comes after must beat it
        record(3, 18.5, "a:x", "mutate", (1,)),  # better than its parent only
        record(4, None, "a:x", "mutate", (1,)),  # fails
        record(5, 17.0, "b:y", "create"),  # the best so far; has no parent
        Record(6, replace(flawed.candidate, flaw=Flaw("answer cut off", "too long")), flawed.evaluation),
    ]
    found = {(each.writer, each.operator): each for each in yields(records, "gap")}
    mutate = found["a:x", "mutate"]
    assert (mutate.calls, mutate.flawed, mutate.failed, mutate.better, mutate.improvements) == (3, 0, 1, 2, 1)
    create = found["b:y", "create"]
    assert (create.calls, create.flawed, create.failed, create.better, create.improvements) == (1, 0, 0, 0, 1)
    cut = found["a:x", "create"]
    assert (cut.calls, cut.flawed, cut.failed) == (1, 1, 0)
    whole = total(yields(records, "gap"))
    assert (whole.calls, whole.flawed, whole.failed, whole.better, whole.improvements) == (5, 1, 1, 2, 2)
    assert whole.cost.tokens == 600
    assert round(whole.cost.usd, 10) == 0.05


def test_the_most_expensive_comes_first() -> None:
    records = [record(0, 1.0, "a:x", "create"), record(1, 1.0, "b:y", "mutate"), record(2, 1.0, "b:y", "mutate")]
    assert [each.writer for each in yields(records, "gap")] == ["b:y", "a:x"]


def test_an_unknown_price_is_never_shown_as_nothing() -> None:
    assert dollars(Cost(100, 20, 0.0123)) == "$0.0123"
    assert dollars(Cost(0, 0, 1234.5)) == "$1,234.50"
    assert dollars(Cost(1000, 200, 0.0, priced=False)) == "1,200 tokens of unknown price"
    assert dollars(Cost(1000, 200, 0.5, priced=False)) == "$0.5000 and tokens of unknown price"
