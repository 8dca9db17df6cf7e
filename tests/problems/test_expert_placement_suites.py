"""The generated loads against the figures they are fitted to, the suites, and what the heuristic never sees."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from evaluators.base import Status
from evaluators.local import LocalEvaluator
from problems.base import Instance, ReferenceKind, Split
from problems.expert_placement import ExpertPlacement, suites
from problems.expert_placement.cluster import Cluster, bounds
from problems.expert_placement.instance import for_next_window, for_seen_window
from problems.expert_placement.problem import gpu_loads
from problems.expert_placement.recording import MalformedLoads, Recording
from problems.expert_placement.rules import SEEDS
from problems.expert_placement.suites import Suite
from problems.expert_placement.traffic import TOKENS, Family, Traffic
from tests.problems.placement_forms import address

SUITES = tuple(str(suite) for suite in Suite)
STATIC = ExpertPlacement()
KIND = str(Path(suites.__file__).parent / "__init__.py") + ":ExpertPlacement"
SIGNED = "def place(loads, old, slots, groups, nodes, gpus):\n"
TRACE = Traffic(Family.TRACE, 58, 256, 8, 1.0, "a")
WINDOWS = [TRACE.window(number) for number in range(12)]


def balance(loads: np.ndarray, placement: np.ndarray) -> float:
    """Return the mean over the maximum of the loads of 32 GPUs, summed over layers."""
    load = gpu_loads(loads, placement.astype(np.int64), 32)
    return float(load.mean(axis=1).sum() / load.max(axis=1).sum())


def planned_by(seed: str, number: int, cluster: Cluster) -> np.ndarray:
    return STATIC.solve(address(seed), for_seen_window("w", "g", TRACE, number, cluster))["placement"]


# Balance of GPUs in the window planned for, DeepSeek-V3 on 32 GPUs, as others' traces of the same shape give it.
SAME_WINDOW = [
    ("LPT", Cluster(32, 288), 0.9952, 0.002),
    ("EPLB", Cluster(32, 288), 0.9952, 0.002),
    ("EPLB", Cluster(32, 288, 8, 4), 0.9277, 0.02),
    ("LPT + swaps", Cluster(32, 288), 0.9997, 0.0002),
    ("snake", Cluster(32, 288), 0.9754, 0.005),
    ("identity", Cluster(32, 256), 0.380, 0.04),
    ("LPT + swaps", Cluster(32, 256), 0.6315, 0.02),
]


@pytest.mark.parametrize(("seed", "cluster", "known", "tolerance"), SAME_WINDOW)
def test_seeds_balance_a_trace_as_is_known_of_its_kind(
    seed: str, cluster: Cluster, known: float, tolerance: float
) -> None:
    found = np.mean([balance(loads, planned_by(seed, number, cluster)) for number, loads in enumerate(WINDOWS)])
    assert found == pytest.approx(known, abs=tolerance)


def test_plans_for_a_window_of_a_trace_serve_the_next_as_is_known_of_its_kind() -> None:
    found = [balance(WINDOWS[n + 1], planned_by("LPT", n, Cluster(32, 288))) for n in range(11)]
    assert np.mean(found) == pytest.approx(0.7712, abs=0.01)
    assert found[0] == pytest.approx(0.66, abs=0.03)  # after the noisy first window
    assert np.mean(found[1:8]) == pytest.approx(0.85, abs=0.01)
    assert found[8] == pytest.approx(0.44, abs=0.03)  # the domain changes
    assert np.mean(found[9:]) == pytest.approx(0.69, abs=0.03)


def test_a_trace_is_as_skewed_as_what_it_is_fitted_to() -> None:
    loads = np.array(WINDOWS)
    mean = loads.mean(axis=2)
    assert np.mean(loads.max(axis=2) / mean) == pytest.approx(11.9, abs=0.5)
    assert np.mean(np.sort(loads, axis=2)[:, :, -32:].sum(axis=2) / loads.sum(axis=2)) == pytest.approx(0.44, abs=0.01)
    assert np.mean(loads.std(axis=2) / mean) == pytest.approx(1.3, abs=0.05)


def test_hierarchical_eplb_is_within_a_percent_of_the_best_spread_of_groups() -> None:
    cluster = Cluster(32, 288, 8, 4)
    best = np.mean([loads.sum() / 32 / bounds(loads, cluster).sum() for loads in WINDOWS])
    found = np.mean([balance(loads, planned_by("EPLB", number, cluster)) for number, loads in enumerate(WINDOWS)])
    assert best * 0.99 < found < best


@pytest.mark.parametrize("family", Family)
def test_loads_are_whole_tokens_that_no_expert_serves_twice(family: Family) -> None:
    loads = Traffic(family, 4, 8, 2, 0.7, "t").window(5)
    assert (loads == np.rint(loads)).all()
    assert loads.min() >= 0
    assert loads.max() <= TOKENS
    assert loads.sum(axis=1) == pytest.approx(2 * TOKENS, rel=0.01)


def test_loads_are_the_same_on_every_machine() -> None:
    digests = [
        hashlib.sha256(Traffic(family, 3, 16, 4, 0.8, "s").window(9).astype("<i8").tobytes()).hexdigest()[:12]
        for family in Family
    ]
    assert digests == ["5cac05854aa7", "0b3725295cbc", "f519fd0ab650", "57566e49fbad"]


def test_another_seed_or_window_brings_other_loads_throughout() -> None:
    first = Traffic(Family.TRACE, 3, 16, 4, 0.8, "s").window(3)
    assert (first == Traffic(Family.TRACE, 3, 16, 4, 0.8, "s").window(3)).all()
    for seed, number in (("t", 3), ("s", 4)):
        assert (first != Traffic(Family.TRACE, 3, 16, 4, 0.8, seed).window(number)).mean() > 0.95


@pytest.mark.parametrize("suite", SUITES)
def test_instances_are_named_once_and_no_two_splits_share_one(suite: str) -> None:
    problem = ExpertPlacement(suite)
    every = [instance for split in Split for instance in problem.instances(split)]
    assert len({instance.name for instance in every}) == len(every)
    assert len({instance.arrays["loads"].tobytes() for instance in every}) == len(every)
    assert {instance.reference.kind for instance in every} == {ReferenceKind.LOWER_BOUND}
    assert all(instance.reference.value >= 1.0 - 1e-12 for instance in every)


def test_the_suites_have_the_sizes_they_say() -> None:
    sizes = {suite: [len(ExpertPlacement(suite).instances(split)) for split in Split] for suite in SUITES}
    assert sizes == {
        "static": [20, 20, 20],
        "hierarchical": [6, 6, 6],
        "drift": [18, 18, 39],
        "elastic": [15, 15, 15],
    }
    layers = {
        instance.arrays["loads"].shape[1]
        for suite in SUITES
        for instance in ExpertPlacement(suite).instances(Split.TEST)
    }
    assert layers == {58, 94, 32}  # of DeepSeek-V3, Qwen3-235B and Mixtral


@pytest.mark.parametrize("suite", SUITES)
def test_every_seed_solves_every_instance_for_training(suite: str) -> None:
    problem = ExpertPlacement(suite)
    for instance in problem.instances(Split.TRAIN):
        for seed in SEEDS:
            measured = problem.measure(instance, problem.solve(address(seed), instance))
            assert set(problem.objectives) <= measured.keys()
            assert all(np.isfinite(value) and value >= 0.0 for value in measured.values())


def test_the_old_placement_of_an_elastic_instance_is_that_of_the_gpus_before() -> None:
    by_name = {instance.name: instance for instance in ExpertPlacement("elastic").instances(Split.TRAIN)}
    instance = by_name["train-elastic-deepseek-v3-40to32x9-walk-7"]
    assert instance.arrays["old"].shape == (6, 360)
    assert instance.arrays["cluster"].tolist() == [288, 1, 1, 32]


@pytest.mark.parametrize("suite", ["drift", "elastic"])
def test_the_window_that_is_judged_is_made_by_measure_and_by_nothing_before(
    suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, int]] = []
    window = Traffic.window

    def watched(self: Traffic, number: int) -> np.ndarray:
        made.append((self.seed, number))
        return window(self, number)

    monkeypatch.setattr(Traffic, "window", watched)
    cluster, before = Cluster(4, 32), Cluster(4 if suite == "drift" else 6, 32 if suite == "drift" else 48)
    problem = ExpertPlacement(suite)
    traffic = Traffic(Family.WALK, 2, 16, 2, 1.0, f"watched {suite}")
    instance = for_next_window("w", "g", traffic, 10, cluster, before)
    solution = problem.solve(address("LPT"), instance)
    assert sorted(made) == [(traffic.seed, number) for number in range(3, 11)]
    problem.measure(instance, solution)
    assert made[-1] == (traffic.seed, 11)


@pytest.mark.parametrize("suite", ["drift", "elastic"])
def test_no_instance_holds_the_window_it_is_judged_on(suite: str) -> None:
    for split in Split:
        for instance in ExpertPlacement(suite).instances(split):
            judged = instance.scored().loads  # type: ignore[attr-defined]
            assert not any((judged == given).mean() > 0.05 for given in instance.arrays["loads"])


def recording(tmp_path: Path, windows: int = 5) -> str:
    loads = np.random.default_rng(2).integers(1, 1000, (windows, 2, 16)).astype(np.int32)
    np.save(tmp_path / "mine.npy", loads)
    return str(tmp_path / "mine.npy")


def test_recorded_loads_replace_the_test_split(tmp_path: Path) -> None:
    path = recording(tmp_path)
    problem = ExpertPlacement(files=[path], gpus=4, slots=20)
    assert [instance.name for instance in problem.instances(Split.TEST)] == [f"mine {n}" for n in range(5)]
    assert problem.instances(Split.TRAIN) == STATIC.instances(Split.TRAIN)
    assert (problem.instances(Split.TEST)[3].arrays["loads"][0] == np.load(path)[3]).all()
    drift = ExpertPlacement("drift", files=[path], gpus=4, slots=20).instances(Split.TEST)
    assert [instance.name for instance in drift] == ["mine 1", "mine 2", "mine 3"]
    assert (drift[2].arrays["loads"] == np.load(path)[:4]).all()
    assert (drift[2].scored().loads == np.load(path)[4]).all()  # type: ignore[attr-defined]
    nodes = ExpertPlacement("hierarchical", files=[path], gpus=4, slots=20, groups=4, nodes=2)
    for instance in nodes.instances(Split.TEST):
        nodes.measure(instance, nodes.solve(address("EPLB"), instance))


def test_the_last_window_of_recorded_loads_is_not_read_before_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    window = Recording.window

    def watched(self: Recording, number: int) -> np.ndarray:
        read.append(number)
        return window(self, number)

    monkeypatch.setattr(Recording, "window", watched)
    problem = ExpertPlacement("drift", files=[recording(tmp_path)], gpus=4, slots=20)
    instance: Instance = problem.instances(Split.TEST)[-1]
    solution = problem.solve(address("LPT"), instance)
    assert max(read) == 3
    problem.measure(instance, solution)
    assert max(read) == 4


def test_files_that_hold_no_loads_are_refused_by_name(tmp_path: Path) -> None:
    def saved(array: object) -> str:
        np.save(tmp_path / "bad.npy", np.array(array), allow_pickle=True)
        return str(tmp_path / f"copy{len(list(tmp_path.iterdir()))}.npy")

    negative = np.ones((3, 2, 4))
    negative[1, 0, 2] = -1.0
    empty = np.ones((3, 2, 4))
    empty[2, 1] = 0.0
    for array, told in (
        (np.ones((2, 4)), r"shape \(windows, layers, experts\)"),
        (np.ones((0, 2, 4)), r"shape \(windows, layers, experts\)"),
        (np.full((1, 1, 4), True), "array of numbers"),
        (np.array([[[{}]]]), "not a NumPy file of numbers"),
        (negative, r"window 1: a load is not between 0 and 2\*\*53"),
        (np.full((3, 2, 4), np.nan), "window 0: a load is not between"),
        (empty, "window 2: layer 1 has no load"),
    ):
        path = Path(saved(array))
        (tmp_path / "bad.npy").rename(path)
        with pytest.raises(MalformedLoads, match=f"{path.name}.*{told}"):
            ExpertPlacement(files=[str(path)], gpus=2, slots=4)
    (tmp_path / "text.npy").write_text("1 2 3")
    with pytest.raises(MalformedLoads, match="not a NumPy file"):
        ExpertPlacement(files=[str(tmp_path / "text.npy")], gpus=2, slots=4)
    with pytest.raises(FileNotFoundError):
        ExpertPlacement(files=[str(tmp_path / "none.npy")], gpus=2, slots=4)


def test_recorded_loads_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = recording(tmp_path, windows=2)
    with pytest.raises(ValueError, match="slots must be at least the number of experts, 16, not 12"):
        ExpertPlacement(files=[path], gpus=4, slots=12)
    with pytest.raises(ValueError, match="at least 3 windows, not 2"):
        ExpertPlacement("drift", files=[path], gpus=4, slots=16)


def test_a_heuristic_is_judged_in_the_sandbox_as_outside_it() -> None:
    problem = ExpertPlacement("drift")
    evaluator = LocalEvaluator(problem, KIND, {"suite": "drift"}, workers=1)
    try:
        verdict = evaluator(SEEDS["identity"])
        broken = evaluator(SEEDS["identity"].replace("slot % room % own", "0"))
        writing = evaluator(f"{SIGNED}    own = old\n    own[0, 0] = 1\n    return old.copy()\n")
    finally:
        evaluator.close()
    for instance in problem.instances(Split.TRAIN):
        direct = problem.measure(instance, problem.solve(address("identity"), instance))
        assert verdict.per_instance[instance.name] == pytest.approx(direct)
    assert verdict.status is Status.OK
    assert (broken.status, broken.cause) == (Status.INVALID, "invalid solution")
    assert "has no replica of expert 1" in broken.message
    assert writing.status is Status.REJECTED
