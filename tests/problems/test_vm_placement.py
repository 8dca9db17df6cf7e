"""Placement of GPU-sharing pods against an independent, slow placement, by hand and with mutated placements."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings

from evaluators.audit import audit
from evaluators.base import Status
from evaluators.compiler import Compiled, compile_heuristic
from evaluators.local import LocalEvaluator
from problems.base import BoundBroken, Instance, InvalidSolution, Reference, ReferenceKind, Split
from problems.vm_placement import VmPlacement
from problems.vm_placement.cluster import ANY, Node, Pod
from problems.vm_placement.features import FEATURES
from problems.vm_placement.placer import replay
from tests.problems.vm_cases import Slow, clusters, rule, small

PLACEMENT = VmPlacement()
COMPILED: dict[str, Compiled] = {}


def compiled(source: str) -> int:
    """Compile once per source and keep the code alive."""
    if source not in COMPILED:
        COMPILED[source] = compile_heuristic(source, PLACEMENT.entry, PLACEMENT.signature)
    return COMPILED[source].address


def placed(source: str, instance: Instance) -> list[tuple[int, int]]:
    solution = PLACEMENT.solve(compiled(source), instance)
    return list(zip(solution["nodes"].tolist(), solution["gpus"].tolist(), strict=True))


def share(milli: int, models: int = ANY) -> Pod:
    return Pod(1000, 1024, 1, milli, models)


def whole(gpus: int) -> Pod:
    return Pod(1000, 1024, gpus, 1000, ANY)


BIG = Node(16000, 65536, 2, 0)


def test_equal_values_go_to_the_first_node_and_there_to_the_fullest_gpu() -> None:
    # 0.5 and 0.7 on GPUs 0 and 1 of node 0; 0.2 fits on both and the fuller is GPU 1; 0.4 fits on GPU 0 only.
    instance = small([BIG, BIG], [share(500), share(700), share(200), share(400)])
    assert placed(rule("0.0 * cpu"), instance) == [(0, 0b01), (0, 0b10), (0, 0b10), (0, 0b01)]


def test_whole_gpus_are_the_first_that_are_free_and_a_pod_that_fits_nowhere_is_refused() -> None:
    # A share on GPU 0 of node 0; two whole ones fit on node 1 only, one on GPU 1 of node 0, then none.
    instance = small([BIG, BIG], [share(500), whole(2), whole(1), whole(1)])
    assert placed(rule("-node"), instance) == [(0, 0b01), (1, 0b11), (0, 0b10), (-1, 0)]


def test_a_rule_may_choose_the_emptier_gpu_of_a_node() -> None:
    instance = small([BIG], [share(500), share(200), share(200)])
    assert placed(rule("slot_free"), instance) == [(0, 0b01), (0, 0b10), (0, 0b10)]


def test_a_pod_goes_to_a_model_that_it_accepts() -> None:
    instance = small([BIG, BIG._replace(model=1)], [share(500, 0b10), Pod(1000, 1024, 0, 0, ANY), share(500, 0b100)])
    assert placed(rule("-node"), instance) == [(1, 0b1), (0, 0), (-1, 0)]


def test_fragments_by_hand() -> None:
    # Of 101 pods 50 need 0.6 of a GPU and 50 need two; that is typical. Of a node with 0.5 and 1 free the former cannot
    # use the 0.5 and the latter nothing. Once 0.6 more is used, 0.5 and 0.4 are free and neither can use anything.
    instance = small([BIG], [share(500)] + [share(600)] * 50 + [whole(2)] * 50)
    choices = np.array(placed(rule("0.0 * cpu"), instance), np.int64).T.copy()
    wanted = np.arange(101) == 1
    (row,) = replay(instance.arrays, choices, wanted, 1).rows
    told = dict(zip(FEATURES, row.tolist(), strict=True))
    assert told["frag_before"] == pytest.approx(50 / 101 * 0.5 + 50 / 101 * 1.5)
    assert told["frag_after"] == pytest.approx(100 / 101 * 0.9)


MIXED = (
    "math.floor(1e6 * (0.9 * frag_before - 1.7 * frag_after) + 0.5) * 1e-6 + 0.03 * cpu_free"
    " - 0.2 * gpu_free * pod_share"
    " + 0.5 * alike - 0.7 * kinds + 0.25 * pods + 0.4 * whole_free * slot_free - 0.01 * memory_free"
    " + (3.7 * (node + 1.0) * pod_cpu) % 1.3 + lottery * pod_access + 0.1 * gpus * pod_gpus"
    " + cpu / cpu_most + memory / memory_most - gpus / gpus_most - 0.001 * pod_memory"
)


@settings(max_examples=250, deadline=None)
@given(clusters())
def test_the_placement_agrees_with_a_slow_one_on_random_clusters(case: tuple[list[Node], list[Pod]]) -> None:
    nodes, pods = case
    instance = small(nodes, pods)
    slow = Slow(nodes, pods).place(rule(MIXED))
    assert placed(rule(MIXED), instance) == slow
    measured = PLACEMENT.measure(instance, PLACEMENT.solve(compiled(rule(MIXED)), instance))
    capacity = sum(node.gpus for node in nodes)
    given_gpus = sum(pod.demand for pod, (node, _) in zip(pods, slow, strict=True) if node >= 0) / 1000
    assert measured["idle"] == pytest.approx(100 * (1 - given_gpus / capacity))


@settings(max_examples=80, deadline=None)
@given(clusters())
def test_what_a_rule_is_told_agrees_with_the_definitions_on_random_clusters(case: tuple[list[Node], list[Pod]]) -> None:
    nodes, pods = case
    instance = small(nodes, pods)
    choices = placed(rule("lottery"), instance)
    wanted = np.array([node >= 0 for node, _ in choices])
    columns = np.array(choices, np.int64).T.copy()
    ways = replay(instance.arrays, columns, wanted, 0).ways
    replayed = replay(instance.arrays, columns, wanted, int(ways.sum()))
    assert replayed.possible
    slow, expected = Slow(nodes, pods), []
    for pod, (target, mask) in zip(pods, choices, strict=True):
        if target >= 0:
            alternatives = [(node, used) for node in range(len(nodes)) for used in slow.ways(pod, node)]
            expected += [list(slow.told(pod, node, used).values()) for node, used in alternatives]
            slow.on[target].append((pod, tuple(gpu for gpu in range(8) if mask >> gpu & 1)))
    assert list(Slow(nodes, pods).told(pods[0], 0, ())) == list(FEATURES)
    if expected:
        np.testing.assert_allclose(replayed.rows, expected, atol=1e-9)


def is_feasible(nodes: list[Node], pods: list[Pod], choices: list[tuple[int, int]]) -> bool:
    """Check a placement by looking at all pods before each pod again."""
    slow = Slow(nodes, pods)
    for pod, (node, mask) in zip(pods, choices, strict=True):
        if node < 0:
            if any(slow.ways(pod, other) for other in range(len(nodes))):
                return False
            continue
        used = tuple(gpu for gpu in range(8) if mask >> gpu & 1)
        if mask < 0 or len(used) != pod.gpus or (used and max(used) >= nodes[node].gpus):
            return False
        if used and not pod.models >> nodes[node].model & 1:
            return False
        slow.on[node].append((pod, used))
        cpu, memory, gpus = slow.free(node)
        if min(cpu, memory, *gpus) < 0:
            return False
    return True


def test_measure_accepts_a_mutated_placement_only_if_it_is_still_feasible() -> None:
    rng = np.random.default_rng(7)
    nodes = [BIG, Node(4000, 8192, 2, 1), Node(8000, 8192, 4, 1)]
    kinds = [share(470), share(330, 0b10), whole(1), whole(2), Pod(2500, 1024, 0, 0, ANY), Pod(1000, 4000, 1, 810, 0b1)]
    pods = [kinds[kind] for kind in rng.integers(len(kinds), size=18)]
    instance = small(nodes, pods)
    good = placed(rule("lottery"), instance)
    assert is_feasible(nodes, pods, good)
    assert any(node < 0 for node, _ in good)
    accepted = 0
    for _ in range(3000):
        choices = list(good)
        for pod in rng.integers(len(pods), size=rng.integers(1, 3)):
            node, mask = choices[pod]
            what = rng.integers(4)
            node = int(rng.integers(-1, 3)) if what != 1 else node
            mask = mask ^ int(1 << rng.integers(4)) if what == 2 else int(rng.integers(-1, 16)) if what == 1 else mask
            mask = 1 << int(rng.integers(4)) if what == 3 else mask
            choices[pod] = node, mask
        columns = np.array(choices)
        try:
            PLACEMENT.measure(instance, {"nodes": columns[:, 0], "gpus": columns[:, 1]})
        except InvalidSolution:
            assert not is_feasible(nodes, pods, choices)
        else:
            assert is_feasible(nodes, pods, choices)
            accepted += 1
    assert 30 < accepted < 2970


def test_measure_rejects_what_is_not_a_placement() -> None:
    instance = small([BIG], [share(500), share(500)])
    right = {"nodes": np.array([0, 0]), "gpus": np.array([1, 1])}
    PLACEMENT.measure(instance, right)
    for wrong in (
        {"nodes": None},  # missing
        {"nodes": np.array([0])},  # wrong shape
        {"nodes": np.array([0.0, 0.0])},  # not integers
        {"nodes": np.array([0, 1])},  # no such node
        {"nodes": np.array([0, -2])},  # no such node
        {"gpus": np.array([1, 4])},  # no such GPU
        {"gpus": np.array([1, -1])},  # negative
        {"gpus": np.array([1, 3])},  # more GPUs than needed
        {"gpus": np.array([1, 0])},  # fewer
        {"nodes": np.array([0, -1])},  # refused though it could be placed
    ):
        with pytest.raises(InvalidSolution):
            PLACEMENT.measure(instance, {key: value for key, value in (right | wrong).items() if value is not None})


def test_measures_by_hand() -> None:
    # Two GPUs; 0.8, 0.8, 0.8 and 0.8 arrive. When the fourth arrives 2.4 have been asked for, so that what three got
    # counts as early: 0.8 and 0.8 of 2. At the end it is the same. The bound says that 1.9 could be given.
    pods = [share(800)] * 4
    loose = small([BIG], pods)
    instance = Instance("s", "g", loose.arrays, Reference(3.2 - 1.9, ReferenceKind.LOWER_BOUND, "by hand"))
    solution = PLACEMENT.solve(compiled(rule("-node")), instance)
    assert solution["nodes"].tolist() == [0, 0, -1, -1]
    assert PLACEMENT.measure(instance, solution) == pytest.approx({"gap": 15.0, "idle": 20.0, "idle_at_100": 20.0})


def test_idle_at_100_counts_what_had_arrived_when_all_gpus_had_been_asked_for_once() -> None:
    # 1, then 2 that do not fit any more: 3 have been asked for of 2, and 1 is given. The later 1 still fits.
    measured = PLACEMENT.measure(
        small([BIG], [whole(1), whole(2), whole(1)]),
        {"nodes": np.array([0, -1, 0]), "gpus": np.array([1, 0, 2])},
    )
    assert (measured["idle_at_100"], measured["idle"]) == (50.0, 0.0)


def test_a_placement_above_a_proven_bound_is_our_bug_and_not_a_record() -> None:
    loose = small([BIG], [share(800)] * 2)
    wrong = Instance("w", "g", loose.arrays, Reference(0.2, ReferenceKind.LOWER_BOUND, "wrong on purpose"))
    with pytest.raises(BoundBroken, match="below"):
        PLACEMENT.measure(wrong, PLACEMENT.solve(compiled(rule("-node")), wrong))


def test_a_value_that_is_not_finite_raises() -> None:
    for expression in ("math.inf * cpu", "(cpu - cpu) * math.inf", "1e300 * cpu"):
        with pytest.raises(ValueError, match="not a finite number"):
            PLACEMENT.solve(compiled(rule(expression)), small([BIG], [share(800)]))


def test_the_choices_of_a_rule_pass_the_audit_and_those_of_another_do_not() -> None:
    instances = PLACEMENT.instances(Split.VALIDATION)[::3]
    address = compiled(PLACEMENT.seeds["FGD"])
    solutions = {item.name: PLACEMENT.solve(address, item) for item in instances}
    rng = np.random.default_rng(0)
    audit(PLACEMENT, instances, solutions, lambda rows: PLACEMENT.values(address, rows), rng)
    other = compiled(PLACEMENT.seeds["BestFit"])
    with pytest.raises(InvalidSolution, match="choices do not follow"):
        audit(PLACEMENT, instances, solutions, lambda rows: PLACEMENT.values(other, rows), rng)


def test_audited_choices_are_whole_decisions_within_the_limits() -> None:
    instance = VmPlacement(traces=["default"]).instances(Split.TEST)[0]
    made = PLACEMENT.decisions(instance, PLACEMENT.solve(compiled(PLACEMENT.seeds["FGD"]), instance))
    assert 5_000 < len(made.rows) <= 25_000
    assert 10 < len(made.chosen) <= 120
    assert np.array_equal(made.groups[made.chosen], np.arange(len(made.chosen)))


def test_a_placement_that_no_rule_makes_is_told_apart() -> None:
    # GPU 1 while GPU 0 is as free; of equal GPUs a rule only ever gets the first.
    instance = small([BIG], [share(500), share(200)])
    solution = {"nodes": np.array([0, 0]), "gpus": np.array([0b10, 0b10])}
    PLACEMENT.measure(instance, solution)
    with pytest.raises(InvalidSolution, match="no rule leads"):
        PLACEMENT.decisions(instance, solution)


def test_every_seed_passes_its_audit_in_the_sandbox() -> None:
    options = {"families": ["mixed"], "traces": ["default"]}
    judge = LocalEvaluator(VmPlacement(**options), f"{inspect.getfile(VmPlacement)}:VmPlacement", options, workers=1)
    try:
        for name, source in PLACEMENT.seeds.items():
            # As a text of its own: the published one is trusted.
            head, _, tail = source.rpartition("return ")
            evaluation = judge(f"{head}return 1.0 * ({tail.rstrip()})\n", Split.VALIDATION)
            assert evaluation.status is Status.OK, (name, evaluation.message)
    finally:
        judge.close()


def test_the_picture_shows_the_gpus_in_use_on_each_node() -> None:
    instance = small([BIG, BIG], [share(500), Pod(1000, 1024, 0, 0, ANY), whole(1), whole(2), whole(2)])
    picture = PLACEMENT.picture(instance, PLACEMENT.solve(compiled(rule("-node")), instance))
    assert list(picture.lanes) == ["node 0", "node 1"]
    assert [(bar.lane, bar.start, bar.end, bar.label, bar.group) for bar in picture.bars] == [
        ("node 0", 0.0, 0.5, "pod 0", "a share"),
        ("node 0", 0.5, 1.5, "pod 2", "1 GPU"),
        ("node 1", 0.0, 2.0, "pod 3", "2 GPUs"),
    ]


def test_settings_that_make_no_sense_are_refused() -> None:
    for arguments in ({"families": ["odd"]}, {"traces": ["cpu300"]}, {"orders": [41]}, {"orders": []}):
        with pytest.raises(ValueError, match="must be some of"):
            VmPlacement(**arguments)  # type: ignore[arg-type]
