import numpy as np

from evaluators.base import Evaluation, Status
from evaluators.tuner import Tuned
from evolve.candidate import Brief, Candidate, Record
from evolve.proposers.tune import Tune
from evolve.search.greedy import Greedy
from evolve.search.tuning import Tuning

PARENT = Record(7, Candidate("def f(a):\n    return 2.0 * a\n", "mutate"), Evaluation(Status.OK, {"gap": 1.0}))


def inner(brief: Brief, rng: np.random.Generator) -> Candidate:
    return Candidate("other", brief.operator, tuple(parent.number for parent in brief.parents), proposer="inner")


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def record(number: int, gap: float, source: str, operator: str = "mutate", parents: tuple[int, ...] = ()) -> Record:
    return Record(number, Candidate(source, operator, parents), Evaluation(Status.OK, {"gap": gap}))


def rule(constant: float) -> str:
    return f"def f(a, b):\n    return a + {constant} * b\n"


def test_the_tuned_code_is_a_candidate_with_its_parent_and_the_effort() -> None:
    asked = []

    def tuner(source: str, seed: int) -> Tuned:
        asked.append((source, seed))
        return Tuned("tuned", 3, 400)

    candidate = Tune(inner, tuner)(Brief(9, "tune", (PARENT,)), rng())
    assert candidate == Candidate("tuned", "tune", (7,), "the best of 400 settings of its 3 constants", "tune")
    Tune(inner, tuner)(Brief(9, "tune", (PARENT,)), rng())
    assert asked[0] == asked[1]
    assert asked[0][0] == PARENT.candidate.source
    assert asked[0][1] >= 1


def test_what_cannot_be_tuned_is_mutated_and_other_briefs_go_to_the_inner_proposer() -> None:
    tune = Tune(inner, lambda source, seed: None)
    assert tune(Brief(9, "tune", (PARENT,)), rng()) == Candidate("other", "mutate", (7,), proposer="inner")
    assert tune(Brief(9, "cross", (PARENT, PARENT)), rng()).operator == "cross"


def test_now_and_then_the_best_that_has_constants_and_was_not_tuned_is_tuned() -> None:
    search = Tuning(Greedy(("gap",)), "gap", every=5)
    assert search.ask(4, rng()).operator == "create"
    search.tell(record(0, 3.0, rule(0.5)))
    search.tell(record(1, 2.0, rule(0.7)))
    search.tell(record(2, 1.0, "def f(a, b):\n    return a + b\n"))
    brief = search.ask(4, rng())
    assert (brief.operator, brief.parents[0].number) == ("tune", 1)
    assert [search.ask(number, rng()).operator for number in (3, 5)] == ["mutate", "mutate"]
    search.tell(record(4, 1.5, rule(0.9), "tune", (1,)))
    assert search.ask(9, rng()).parents[0].number == 0


def test_a_parent_that_could_not_be_tuned_is_not_tried_again() -> None:
    search = Tuning(Greedy(("gap",)), "gap", every=5)
    search.tell(record(0, 3.0, rule(0.5)))
    search.tell(record(4, 4.0, rule(0.6), "mutate", (0,)))
    assert search.ask(9, rng()).parents[0].number == 4
