"""Online bin packing against an independent, slow packer, published figures and mutated packings."""

import inspect
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.audit import audit
from evaluators.base import Status
from evaluators.compiler import Compiled, compile_heuristic
from evaluators.local import LocalEvaluator
from problems.base import BoundBroken, Instance, InvalidSolution, Reference, ReferenceKind, Split
from problems.bin_packing import BinPacking
from problems.bin_packing.features import FEATURES
from problems.bin_packing.generate import Packing
from problems.bin_packing.problem import make_instance

PACKING = BinPacking()
COMPILED: dict[str, Compiled] = {}

# Bins used above the lower bound in percent, mean bins over mean bound; Romera-Paredes et al. (2024) where it says so.
PUBLISHED = [
    ("BestFit", "OR3", 5.37),  # published
    ("BestFit", "Weibull 5k", 3.98),  # published
    ("FirstFit", "OR3", 5.74),  # computed here
    ("FirstFit", "Weibull 5k", 4.23),  # computed here
    ("FunSearch OR", "OR3", 3.11),  # published
    # Published as 0.68 where many empty bins are seen at once; ours is what the formula gives with one of them.
    ("FunSearch Weibull", "Weibull 5k", 0.71),
]


def compiled(source: str) -> int:
    """Compile once per source and keep the code alive."""
    if source not in COMPILED:
        COMPILED[source] = compile_heuristic(source, PACKING.entry, PACKING.signature)
    return COMPILED[source].address


def rule(expression: str) -> str:
    return f"import math\ndef priority({', '.join(FEATURES)}):\n    return {expression}\n"


def small(capacity: int, *items: int) -> Instance:
    return make_instance(Packing("small", "g", capacity, np.array(items, np.int64)))


@pytest.mark.parametrize(
    ("name", "bins"),
    [
        # Items 4, 6, 5, 3, 2 into bins of 10, hand-packed. 4 and 6 share bin 0 unless noted.
        ("BestFit", [0, 0, 1, 1, 1]),
        ("FirstFit", [0, 0, 1, 1, 1]),
        ("NextFit", [0, 0, 1, 1, 1]),
    ],
)
def test_classic_rules_pack_a_few_items_as_by_hand(name: str, bins: list[int]) -> None:
    assert PACKING.solve(compiled(PACKING.seeds[name]), small(10, 4, 6, 5, 3, 2))["bins"].tolist() == bins


@pytest.mark.parametrize(
    ("name", "bins"),
    [
        # 6 and 7 open bins 0 and 1 with 4 and 3 left; 8 opens bin 2 with 2 left; then comes 1, then 2.
        ("BestFit", [0, 1, 2, 2, 1]),  # 1 leaves bin 2 with 1; 2 goes where 3 are left
        ("FirstFit", [0, 1, 2, 0, 0]),
        ("WorstFit", [0, 1, 2, 0, 0]),  # 4 left is the most, then 3 and 3: the first
        ("LastFit", [0, 1, 2, 2, 1]),
        ("NextFit", [0, 1, 2, 2, 3]),  # only the newest bin is looked at, and 1 is left in it
    ],
)
def test_classic_rules_differ_where_they_should(name: str, bins: list[int]) -> None:
    assert PACKING.solve(compiled(PACKING.seeds[name]), small(10, 6, 7, 8, 1, 2))["bins"].tolist() == bins


@pytest.mark.parametrize(("name", "group", "excess"), PUBLISHED)
def test_rules_have_their_published_excess_over_the_bound(name: str, group: str, excess: float) -> None:
    instances = BinPacking(sets=[group]).instances(Split.TEST)
    measured = [PACKING.measure(item, PACKING.solve(compiled(PACKING.seeds[name]), item)) for item in instances]
    bins, bound = sum(item["bins"] for item in measured), sum(item.reference.value for item in instances)
    assert round(100 * (bins / bound - 1), 2) == excess


def test_the_published_sets_have_their_size_and_bound() -> None:
    for group, count, items, bound in (("OR3", 20, 500, 201.2), ("Weibull 5k", 5, 5000, 1987.8)):
        instances = BinPacking(sets=[group]).instances(Split.TEST)
        assert [len(item.arrays["items"]) for item in instances] == [items] * count
        assert np.mean([item.reference.value for item in instances]) == pytest.approx(bound)


MIXED = "1.3 * remaining - 0.7 * number + (17.0 * item * remaining) % 7.0 + previous % 3.0 - 5.0 * (inside == 0.0)"


def slow(capacity: int, items: list[int]) -> list[int]:
    """Pack by the rule MIXED, asking every bin about every item."""
    contents: list[list[int]] = [[]]
    placed = []
    for item in items:
        if contents[-1]:
            contents.append([])
        free = [capacity - sum(content) for content in contents]
        fits = [number for number in range(len(contents)) if free[number] >= item]
        value = {}
        for rank, number in enumerate(fits):
            previous = free[fits[rank - 1]] if rank else 0
            value[number] = (
                1.3 * free[number] - 0.7 * number + (17.0 * item * free[number]) % 7.0 + previous % 3.0
            ) - 5.0 * (not contents[number])
        best = max(fits, key=lambda number: (value[number], -number))
        contents[best].append(item)
        placed.append(best)
    return placed


@settings(max_examples=300, deadline=None)
@given(
    st.integers(5, 30).flatmap(lambda c: st.tuples(st.just(c), st.lists(st.integers(1, c), min_size=1, max_size=40)))
)
def test_the_packer_agrees_with_a_slow_one_on_random_items(case: tuple[int, list[int]]) -> None:
    capacity, items = case
    instance = small(capacity, *items)
    solution = PACKING.solve(compiled(rule(MIXED)), instance)
    assert solution["bins"].tolist() == slow(capacity, items)
    PACKING.measure(instance, solution)


def test_measure_accepts_a_mutated_packing_only_if_no_bin_overflows() -> None:
    rng = np.random.default_rng(7)
    instance = BinPacking(families=["uniform"]).instances(Split.TRAIN)[0]
    items = instance.arrays["items"].tolist()
    good = PACKING.solve(compiled(PACKING.seeds["BestFit"]), instance)["bins"]
    accepted = 0
    for _ in range(2000):
        bins = good.copy()
        for item in rng.integers(len(items), size=rng.integers(1, 4)):
            bins[item] = rng.integers(-1, bins.max() + 3)
        load: Counter[int] = Counter()
        for size, number in zip(items, bins.tolist(), strict=True):
            load[number] += size
        feasible = min(load) >= 0 and max(load.values()) <= 150
        try:
            measured = PACKING.measure(instance, {"bins": bins})
        except InvalidSolution:
            assert not feasible
        else:
            assert feasible
            assert measured["bins"] == len(load)
            accepted += 1
    assert 0 < accepted < 2000


def test_measure_rejects_what_is_not_a_packing() -> None:
    instance = small(10, 4, 6, 5)
    for solution in (
        {},
        {"bins": np.zeros(2, np.int64)},  # wrong shape
        {"bins": np.arange(3.0)},  # not integers
        {"bins": np.array([0, 1, 3])},  # more bins than items
        {"bins": np.array([0, 1, 2**64 - 1], np.uint64)},  # negative after conversion
        {"bins": np.array([0, 0, 0])},  # 15 in a bin of 10
    ):
        with pytest.raises(InvalidSolution):
            PACKING.measure(instance, solution)


def test_the_gap_is_in_percent_of_the_bound() -> None:
    # 15 in bins of 10 need 2 bins; one for each item are 3.
    assert PACKING.measure(small(10, 4, 6, 5), {"bins": np.arange(3)}) == {"gap": 50.0, "bins": 3.0}


def test_a_packing_below_a_proven_bound_is_our_bug_and_not_a_record() -> None:
    right = small(10, 4, 6, 5)
    wrong = Instance("w", "g", right.arrays, Reference(3.0, ReferenceKind.LOWER_BOUND, "wrong on purpose"))
    with pytest.raises(BoundBroken, match="below"):
        PACKING.measure(wrong, {"bins": np.array([0, 0, 1])})


def test_a_value_that_is_not_finite_raises() -> None:
    for expression in ("math.inf * item", "(item - item) * math.inf", "1e300 * item"):
        with pytest.raises(ValueError, match="not a finite number"):
            PACKING.solve(compiled(rule(expression)), small(10, 4))


def test_features_have_their_stated_meaning() -> None:
    # 3, 8 and 5 in bins of 10: bin 0 has 7 left, bin 1 has 2, bin 2 has 5; then comes 4, which fits into 0, 2 and 3.
    # FirstFit otherwise; the value is 1 for bin 2 only if the feature is as expected.
    instance = small(10, 3, 8, 5, 4)
    prefix = "(-1000.0 if inside > 0.0 else 0.0) if packed < 3.0 else "
    expected = {
        "item": 4, "remaining": 5, "capacity": 10, "inside": 1, "number": 2, "previous": 7, "tightest": 5,
        "fitting": 3, "opened": 3, "packed": 3, "mean_item": 5,
    }  # fmt: skip
    assert list(expected) == list(FEATURES)
    for name, value in expected.items():
        source = rule(f"{prefix}(1.0 if number == 2.0 and abs({name} - {value}) < 1e-9 else 0.0)")
        assert PACKING.solve(compiled(source), instance)["bins"].tolist() == [0, 1, 2, 2], name


def test_the_choices_of_a_rule_pass_the_audit_and_those_of_another_do_not() -> None:
    instances = PACKING.instances(Split.VALIDATION)
    address = compiled(PACKING.seeds["BestFit"])
    solutions = {item.name: PACKING.solve(address, item) for item in instances}
    rng = np.random.default_rng(0)
    audit(PACKING, instances, solutions, lambda rows: PACKING.values(address, rows), rng)
    other = compiled(PACKING.seeds["FirstFit"])
    with pytest.raises(InvalidSolution, match="choices do not follow"):
        audit(PACKING, instances, solutions, lambda rows: PACKING.values(other, rows), rng)


def test_audited_choices_are_whole_decisions_within_the_limit() -> None:
    instance = PACKING.instances(Split.TEST)[-1]
    solution = PACKING.solve(compiled(PACKING.seeds["BestFit"]), instance)
    made = PACKING.decisions(instance, solution)
    assert 1000 < len(made.rows) <= 20_000
    assert np.array_equal(np.bincount(made.groups), made.rows[made.chosen, list(FEATURES).index("fitting")])


@pytest.mark.parametrize("bins", [[0, 2, 1], [1, 0, 2], [0, 1, 5]])
def test_a_packing_that_opens_bins_out_of_order_comes_from_no_rule(bins: list[int]) -> None:
    instance = small(10, 4, 6, 5, 1, 1, 1)
    with pytest.raises(InvalidSolution, match="no rule leads"):
        PACKING.decisions(instance, {"bins": np.array([*bins, 3, 3, 3])})


def test_every_seed_passes_its_audit_in_the_sandbox() -> None:
    judge = LocalEvaluator(PACKING, f"{inspect.getfile(BinPacking)}:BinPacking", {}, workers=1)
    try:
        for name, source in PACKING.seeds.items():
            # As a text of its own: the published one is trusted.
            head, _, tail = source.rpartition("return ")
            evaluation = judge(f"{head}return 1.0 * ({tail.rstrip()})\n", Split.VALIDATION)
            assert evaluation.status is Status.OK, (name, evaluation.message)
    finally:
        judge.close()


def test_the_splits_are_generated_alike_and_differ() -> None:
    train, validation = PACKING.instances(Split.TRAIN), PACKING.instances(Split.VALIDATION)
    assert [item.group for item in train] == [item.group for item in validation]
    assert len(train) == 27
    digests = {item.arrays["items"].tobytes() for split in Split for item in PACKING.instances(split)}
    assert len(digests) == 2 * 27 + 25
    for item in train:
        sizes, uniform = item.arrays["items"], item.group.startswith("uniform")
        assert (int(sizes.min()) >= 20 and int(sizes.max()) <= 100) if uniform else int(sizes.max()) <= 100


def test_generated_sizes_follow_their_distributions() -> None:
    train = PACKING.instances(Split.TRAIN)
    drawn = {
        family: np.concatenate([item.arrays["items"] for item in train if item.group.startswith(family)])
        for family in ("uniform", "weibull")
    }
    assert np.mean(drawn["uniform"]) == pytest.approx(60.0, abs=1.0)
    # 45 times the gamma function at 4/3.
    assert np.mean(drawn["weibull"]) == pytest.approx(40.18, abs=0.5)


def test_the_picture_stacks_the_items_of_each_bin() -> None:
    picture = PACKING.picture(small(10, 4, 6, 5), {"bins": np.array([0, 0, 1])})
    assert list(picture.lanes) == ["bin 0", "bin 1"]
    assert [(bar.lane, bar.start, bar.end) for bar in picture.bars] == [
        ("bin 0", 0.0, 4.0),
        ("bin 0", 4.0, 10.0),
        ("bin 1", 0.0, 5.0),
    ]
    assert picture.marks == {"capacity": 10.0}


def test_settings_that_make_no_sense_are_refused() -> None:
    for arguments in ({"families": ["odd"]}, {"families": []}, {"sets": ["OR9"]}, {"sets": []}):
        with pytest.raises(ValueError, match="must be some of"):
            BinPacking(**arguments)  # type: ignore[arg-type]
