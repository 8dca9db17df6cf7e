from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evaluators.base import Evaluation, Measures, Status
from evaluators.local import LocalEvaluator, mean_of
from evaluators.plan import DUPLICATE, RACED_OUT, Plan, Stopped, behaviour
from evaluators.racing import SPARED, RacingEvaluator
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES
from sandbox import Ending, Outcome

SETTINGS = {"sizes": ["6x6", "10x10"], "sets": ["FT"]}
SHOP = JobShop(**SETTINGS)  # type: ignore[arg-type]
NAMES = [instance.name for instance in SHOP.instances(Split.TRAIN)]
ORDER = [index + 10 * group for index in range(10) for group in range(4)]  # ten instances of four groups, in turn
PROBES = 8
HEAD = f"def priority({', '.join(FEATURES)}):\n"
GOOD, BAD = f"{HEAD}    return 1.0 * work_remaining\n", f"{HEAD}    return 2.0 * -work_remaining\n"
SAME = f"{HEAD}    return 3.0 * work_remaining + 1.0\n"
WORSE = f"{HEAD}    return work_remaining + 0.5 * p\n"
SAME_WORSE = f"{HEAD}    return 2.0 * work_remaining + 1.0 * p\n"


def in_full(source: str) -> Evaluation:
    """Judge a number as the gap of every instance, plus its index; with spaces before it, it is other code."""
    values = {name: {"gap": float(source) + index} for index, name in enumerate(NAMES)}
    return Evaluation(Status.OK, mean_of(list(values.values())), values, 0.1, behaviour=behaviour(schedules(values)))


def schedules(values: Mapping[str, Measures]) -> list[dict[str, np.ndarray]]:
    """Return what a number makes of the probes."""
    return [{"starts": np.array([values[NAMES[index]]["gap"]])} for index in ORDER[:PROBES]]


class Numbers:
    """An evaluator in stages that needs no sandbox."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.full: list[tuple[str, Split]] = []

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        self.full.append((source, split))
        return in_full(source)

    def staged(self, source: str, plan: Plan) -> Evaluation | Stopped:
        self.plans.append(plan)
        if source == "0":
            return Evaluation(Status.ERROR, message="division by zero", cause="ZeroDivisionError")
        whole = in_full(source)
        measured = [whole.per_instance[NAMES[index]] for index in plan.order]
        for look in plan.looks:
            if cause := plan.verdict(measured[:look], schedules(whole.per_instance)):
                return Stopped(cause, tuple(measured[:look]), whole.behaviour, 0.01, "strict")
        return whole


def racing(inner: Numbers, **settings: object) -> RacingEvaluator:
    return RacingEvaluator(inner, SHOP, **({"looks": (PROBES / len(NAMES),)} | settings))  # type: ignore[arg-type]


def test_who_loses_against_the_incumbent_is_stopped_with_the_paired_numbers() -> None:
    judge = racing(Numbers())
    judge.tell(4, "1.0", in_full("1.0"))
    evaluation = judge("3.5")
    assert evaluation.status is Status.STOPPED
    assert evaluation.cause == RACED_OUT
    assert not evaluation.measures
    assert evaluation.per_instance == {NAMES[index]: {"gap": 3.5 + index} for index in ORDER[:PROBES]}
    told = f"after 8 of {len(NAMES)} instances against candidate 4: worse on 8, better on 0, gap +2.5 in the mean"
    assert told in evaluation.message
    assert "p = 0.0039, below 0.05" in evaluation.message
    assert judge("0.5").status is Status.OK


def test_instances_are_taken_from_every_group_in_turn() -> None:
    inner = Numbers()
    racing(inner)("1.0")
    instances = SHOP.instances(Split.TRAIN)
    groups = [instances[index].group for index in inner.plans[0].order]
    count = len(set(groups))
    assert count == 4
    assert len(set(groups[:count])) == len(set(groups[count : 2 * count])) == count
    assert sorted(inner.plans[0].order) == list(range(len(instances)))


def test_the_rival_is_the_one_of_the_rank_among_different_values() -> None:
    inner = Numbers()
    judge = racing(inner, rank=2)
    judge.tell(0, "5.0", in_full("5.0"))
    judge.tell(1, " 5.0", in_full("5.0"))
    judge("7.0")
    assert inner.plans[-1].rival == ()
    judge.tell(2, "1.0", in_full("1.0"))
    judge("7.0")
    assert min(inner.plans[-1].rival) == 5.0


def fill(judge: RacingEvaluator, count: int = SPARED) -> None:
    """Tell so many different values, of which 1.0 is the largest."""
    for number in range(count):
        source = f"{1.0 - number / 1000}"
        judge.tell(100 + number, source, in_full(source))


def test_a_duplicate_is_stopped_unless_its_code_is_shorter() -> None:
    judge = racing(Numbers(), error=0.0)
    fill(judge)
    judge.tell(3, " 5.0", in_full("5.0"))
    longer = judge("  5.0")
    assert (longer.status, longer.cause) == (Status.STOPPED, DUPLICATE)
    assert "just as candidate 3 does" in longer.message
    assert judge("5.0").status is Status.OK
    unminding = racing(Numbers(), error=0.0, duplicates=False)
    fill(unminding)
    unminding.tell(3, " 5.0", in_full("5.0"))
    assert unminding("  5.0").status is Status.OK


def test_who_behaves_as_one_of_the_best_is_judged_in_full() -> None:
    judge = racing(Numbers(), error=0.0)
    fill(judge, SPARED - 1)
    judge.tell(3, " 5.0", in_full("5.0"))
    assert judge("  5.0").status is Status.OK
    judge.tell(4, "0.5", in_full("0.5"))
    assert judge("  5.0").status is Status.STOPPED
    assert judge("  1.0").status is Status.OK


def test_a_behaviour_is_as_good_as_the_best_that_showed_it() -> None:
    judge = racing(Numbers(), error=0.0)
    judge.tell(3, " 5.0", in_full("5.0"))
    judge.tell(5, "0.1", replace(in_full("0.1"), behaviour=in_full("5.0").behaviour))
    judge.tell(6, "    9.0", replace(in_full("9.0"), behaviour=in_full("5.0").behaviour))
    fill(judge)
    assert judge("  5.0").status is Status.OK


def test_equal_code_is_not_judged_again_even_if_it_failed() -> None:
    inner = Numbers()
    judge = racing(inner)
    verdict = judge("0")
    assert verdict.status is Status.ERROR
    judge.tell(0, "0", verdict)
    assert judge(" 0  # the same\n".strip()) is verdict
    assert len(inner.plans) == 1


def test_a_verdict_depends_on_what_was_told_before_now_and_on_nothing_later() -> None:
    judge = racing(Numbers())
    judge.tell(0, "9.0", in_full("9.0"))
    before = judge.now()
    fill(judge)
    judge.tell(2, "5.0", in_full("5.0"))
    assert before("5.0").status is before(" 5.0").status is Status.OK
    assert judge.now()(" 5.0").status is Status.STOPPED


def test_no_look_comes_before_every_group_had_an_instance() -> None:
    inner = Numbers()
    racing(inner, looks=(0.025, 0.5))("1.0")
    assert inner.plans[-1].looks == (4, 20)


def test_told_again_after_a_resume_it_judges_as_before() -> None:
    told = [(number, source, in_full(source)) for number, source in enumerate(("4.0", "2.0", "3.0", " 2.0"))]
    told.append((4, "8.0", racing(Numbers())("0")))
    one, other = racing(Numbers()), racing(Numbers())
    for record in told:
        one.tell(*record)
    one("6.0")
    for record in told:
        other.tell(*record)
    for source in ("6.0", " 3.0", "1.0", "  2.0", "8.0"):
        assert one(source) == other(source)


def test_published_heuristics_and_other_splits_are_judged_in_full() -> None:
    inner = Numbers()
    judge = racing(inner)
    judge.tell(0, "1.0", in_full("1.0"))
    judge("9.0", Split.VALIDATION)
    assert inner.full == [("9.0", Split.VALIDATION)]
    seed = next(iter(SHOP.seeds.values()))
    with pytest.raises(ValueError, match="could not convert"):
        judge(seed)  # the fake reads numbers only
    assert (inner.plans[-1].rival, inner.plans[-1].known) == ((), frozenset())


def test_old_candidates_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.racing.REMEMBERED", 3)
    inner = Numbers()
    judge = racing(inner, error=0.0)
    fill(judge)
    for number in range(2, 12):
        judge.tell(number, f"{number}.0", in_full(f"{number}.0"))
    judge(" 9.0")
    assert len(inner.plans[-1].known) == 3


@pytest.mark.parametrize(
    "bad",
    [
        {"looks": ()},
        {"looks": (0.0,)},
        {"looks": (0.2, 0.2)},
        {"looks": (0.5, 0.2)},
        {"looks": (1,)},
        {"error": 0.5},
        {"rank": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        racing(Numbers(), **bad)


@pytest.fixture(scope="module")
def local():
    fenced = LocalEvaluator(SHOP, "jobshop", SETTINGS, workers=1)
    yield fenced
    fenced.close()


def test_in_the_sandbox_who_loses_is_stopped_and_who_does_not_gets_the_full_verdict(
    local: LocalEvaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = RacingEvaluator(local, SHOP, looks=(0.2, 0.5))
    full = judge(GOOD)
    assert full == replace(local(GOOD), seconds=full.seconds, behaviour=full.behaviour)
    judge.tell(0, GOOD, full)
    assert (judge(BAD).status, judge(BAD).cause) == (Status.STOPPED, RACED_OUT)
    monkeypatch.setattr("evaluators.racing.SPARED", 1)
    lenient = RacingEvaluator(local, SHOP, error=0.0)
    lenient.tell(0, GOOD, full)
    lenient.tell(1, WORSE, lenient(WORSE))
    assert lenient(SAME).status is Status.OK
    assert (lenient(SAME_WORSE).status, lenient(SAME_WORSE).cause) == (Status.STOPPED, DUPLICATE)
    other = RacingEvaluator(local, SHOP, looks=(0.2, 0.5))
    assert list(other(GOOD).per_instance) == NAMES
    assert other(f"{HEAD}    return p / 0.0\n").status is Status.ERROR
    assert other("def priority(p):\n    return open(p)\n").cause == "static check"


def test_who_says_that_it_lost_and_did_not_is_invalid(local: LocalEvaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    fence, plan = local._fence, Plan(tuple(range(len(NAMES))), (8,), "gap")
    honest = fence.call(GOOD, {"split": "train", "only": list(range(8))})
    monkeypatch.setattr(fence, "call", lambda *arguments, **options: honest)
    evaluation = local.staged(GOOD, plan)
    assert isinstance(evaluation, Evaluation)
    assert evaluation.status is Status.INVALID
    monkeypatch.setattr(
        fence, "call", lambda *arguments, **options: Outcome(Ending.OK, {"0/starts": 1 - honest.arrays["0/starts"]})
    )
    evaluation = local.staged(GOOD, plan)
    assert isinstance(evaluation, Evaluation)
    assert evaluation.status is Status.INVALID
