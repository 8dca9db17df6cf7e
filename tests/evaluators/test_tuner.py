import numpy as np
import pytest

from evaluators.compiler import compile_heuristic
from evaluators.constants import READER, lift
from evaluators.local import LocalEvaluator
from evaluators.tuner import Tuner
from evaluators.tuning import explored, plainer, reader, strategy
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES
from problems.native import caller
from sandbox import Ending, Outcome

SETTINGS = {"families": ["uniform"], "sizes": ["6x6"], "sets": ["FT"]}
SHOP = JobShop(**SETTINGS)  # type: ignore[arg-type]
HEAD = f"def priority({', '.join(FEATURES)}):\n"
RULE = f"{HEAD}    return -(2 * p / mean_p) - 3.5 * next_queue_work / mean_p + 0.1 * work_remaining / mean_p\n"


@pytest.fixture(scope="module")
def tuner():
    with Tuner(SHOP, "jobshop", SETTINGS, trials=120, instances=6) as with_fence:
        assert with_fence(RULE, 1) is not None  # its process is there, whichever test comes first
        yield with_fence


def test_a_tuned_rule_is_better_where_it_was_tuned_and_as_good_as_claimed(tuner: Tuner) -> None:
    tuned = tuner(RULE, 7)
    assert tuned is not None
    assert tuned.constants == 3
    assert 10 <= tuned.trials <= 130
    judge = LocalEvaluator(SHOP, "jobshop", SETTINGS, workers=1)
    try:
        names = [SHOP.instances(Split.TRAIN)[index].name for index in tuner._only]
        before, after = (judge(source).per_instance for source in (RULE, tuned.source))
    finally:
        judge.close()
    assert np.mean([after[name]["gap"] for name in names]) < np.mean([before[name]["gap"] for name in names])


def test_the_same_seed_finds_the_same_constants(tuner: Tuner) -> None:
    assert tuner(RULE, 3) is not None
    assert tuner(RULE, 3).source == tuner(RULE, 3).source  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    [
        "    return p\n",  # nothing to tune
        "    return max(p, 1e-9)\n",  # a guard
        "    return 0.5 * p\n",  # a factor that changes no decision
        "    return open(0.5)\n",  # not allowed
        "    return p +\n",  # not Python
        "    return 0.5 * unknown\n",  # does not compile
        "    return 0.5 / (p - p)\n",  # raises whatever the constant
        "    return p[2.5]\n",  # an index that is none
    ],
)
def test_what_cannot_be_tuned_is_not(tuner: Tuner, body: str) -> None:
    assert tuner(HEAD + body, 1) is None


def test_integers_that_must_stay_integers_stay(tuner: Tuner) -> None:
    body = (
        "    x = np.zeros(4)\n    k = int(p) % 2\n    x[k + 1] = 9.5 * p\n"
        "    return work_remaining - x[k + 1] - 7.5 * next_queue_work\n"
    )
    tuned = tuner(f"import numpy as np\n{HEAD}{body}", 2)
    assert tuned is not None
    assert tuned.constants == 2
    assert "k + 1" in tuned.source


def test_helper_functions_are_tuned_too(tuner: Tuner) -> None:
    source = (
        f"def part(x, y):\n    return x - 8.5 * y\n{HEAD}    return part(work_remaining, next_queue_work) - 9.0 * p\n"
    )
    tuned = tuner(source, 2)
    assert tuned is not None
    assert tuned.constants == 2


@pytest.mark.parametrize(
    "values",
    [
        np.array([1.0, 2.0]),  # one is missing
        np.array([1.0, 2.0, np.nan]),
        np.array([1.0, 2.0, np.inf]),
        np.array([1.0, 2.0, 1e300]),
        np.array([True, False, True]),
        np.array([[2.0, 3.5, 0.2]]),
        np.array([2.0, 3.5, 0.1]),  # nothing new
    ],
)
def test_what_a_sandboxed_process_may_make_up_is_no_proposal(
    tuner: Tuner, monkeypatch: pytest.MonkeyPatch, values: np.ndarray
) -> None:
    made_up = Outcome(Ending.OK, {"values": values, "trials": np.array([5])})
    monkeypatch.setattr(tuner._fence, "call", lambda *arguments, **options: made_up)
    assert tuner(RULE, 1) is None


def test_a_compiled_heuristic_reads_what_the_array_holds_now() -> None:
    from numba import njit

    array = np.array([2.0, 5.0])
    lifted = lift("def f(x):\n    return 3.0 * x + 4.0\n")
    compiled = compile_heuristic(lifted.source, "f", "float64(float64)", {READER: reader(array.ctypes.data)})
    call = caller("float64(float64)")
    run = njit(lambda address, x: call(address, (x,)))
    assert run(compiled.address, 10.0) == 25.0
    array[:] = 1.0, -1.0
    assert run(compiled.address, 10.0) == 9.0


def test_the_minimum_of_a_bowl_is_found_also_where_part_of_it_has_no_value() -> None:
    def bowl(point: np.ndarray) -> float:
        return np.inf if point[0] > 2.0 else float((point[0] - 1.0) ** 2 + (point[1] + 2.0) ** 2)

    found, tried = explored(strategy(2, 1), bowl, 600)
    assert bowl(found[0]) < 1e-5
    assert found[-1] == pytest.approx([1.0, -2.0], abs=1e-2)
    assert tried <= 610


def test_one_dimension_is_searched_and_where_nothing_has_a_value_or_time_is_over_it_ends() -> None:
    found, _ = explored(strategy(1, 1), lambda point: float((point[0] - 0.5) ** 2), 300)
    assert found[0][0] == pytest.approx(0.5, abs=1e-3)
    _, tried = explored(strategy(1, 1), lambda point: np.inf, 300)
    assert tried < 20
    assert explored(strategy(1, 1), lambda point: 0.0, 300, end=0.0)[1] == 0


def test_a_constant_without_effect_is_as_it_was_and_one_with_effect_has_no_needless_digits() -> None:
    def score(values: np.ndarray) -> float:
        return abs(values[0] - 2.304) if abs(values[0] - 2.3) > 0.05 else 0.0

    values = plainer(np.array([2.304, 21.07]), np.array([7.0, 1.0]), score)
    assert values.tolist() == [2.3, 1.0]
    assert plainer(np.array([2.304, 21.07]), np.array([7.0, 1.0]), score, end=0.0).tolist() == [2.304, 21.07]


@pytest.mark.parametrize("bad", [{"trials": 5}, {"instances": 0}, {"workers": 0}])
def test_settings_that_make_no_sense_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Tuner(SHOP, "jobshop", SETTINGS, **bad)  # type: ignore[arg-type]
