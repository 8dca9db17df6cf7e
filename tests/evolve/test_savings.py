import pytest

from evaluators.base import Evaluation, Status
from evolve.savings import Savings


def judged(status: Status, instances: int, seconds: float, cause: str = "") -> Evaluation:
    per_instance = {str(index): {"gap": 1.0} for index in range(instances)}
    return Evaluation(status, {"gap": 1.0}, per_instance, seconds, cause=cause)


def test_what_was_saved_is_what_full_judging_would_have_taken_in_the_mean() -> None:
    saved = Savings([judged(Status.OK, 40, 2.0), judged(Status.OK, 40, 4.0)])
    saved.add(judged(Status.STOPPED, 5, 1.0, "duplicate"))
    saved.add(judged(Status.STOPPED, 15, 2.0, "raced out"))
    saved.add(judged(Status.ERROR, 0, 9.0, "ZeroDivisionError"))  # saved nothing, and would not have been solved
    assert saved.instances == pytest.approx((80 - 20) / 160)
    assert saved.seconds == pytest.approx((6.0 - 3.0) / 12.0)
    assert str(saved) == "1 duplicate, 1 raced out: 38% of the instances and about 25% of the CPU time saved"


def test_where_nothing_was_stopped_or_nothing_judged_in_full_nothing_was_saved() -> None:
    assert Savings().instances == Savings([judged(Status.OK, 40, 2.0)]).seconds == 0.0
    assert Savings([judged(Status.STOPPED, 5, 1.0, "duplicate")]).instances == 0.0
