"""The traces, the generated clusters and the bounds of the placement problem; published figures."""

import csv
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from evaluators.compiler import compile_heuristic
from problems.base import Split
from problems.vm_placement import VmPlacement, openb
from problems.vm_placement.bound import best_pattern, upper_bound
from problems.vm_placement.cluster import ANY, MODELS, Node, Pod, inflate, models_of
from problems.vm_placement.generate import MIXES, Family
from tests.problems.vm_cases import small

PLACEMENT = VmPlacement()
ORIGINAL = Path(__file__).parents[2].parent / "shared" / "reference" / "openb_gpu_trace"

# GPUs given at the end in percent, mean of ten orders: as published (Weng et al. 2023, cached results of their
# simulator), and as another simulator with the first node on ties gives them.
DEFAULT = {
    "Random": (87.47, 87.54),
    "DotProd": (90.85, 91.03),
    "GpuClustering": (91.88, 91.18),
    "GpuPacking": (92.00, 91.23),
    "BestFit": (93.08, 93.20),
    "FGD": (95.39, 95.28),
}


@pytest.mark.parametrize("name", DEFAULT)
def test_published_rules_reach_about_their_published_allocation(name: str) -> None:
    compiled = compile_heuristic(PLACEMENT.seeds[name], PLACEMENT.entry, PLACEMENT.signature)
    instances = VmPlacement(traces=["default"], orders=[42, 43]).instances(Split.TEST)
    measured = [PLACEMENT.measure(item, PLACEMENT.solve(compiled.address, item)) for item in instances]
    reached = 100.0 - np.mean([item["idle"] for item in measured])
    published, repeated = DEFAULT[name]
    # The two differ by up to 0.8 themselves, with the order of arrival and the tie-break.
    assert min(published, repeated) - 0.6 < reached < max(published, repeated) + 0.6


def test_the_cluster_has_its_published_size() -> None:
    nodes = openb.nodes()
    assert (len(nodes), sum(node.gpus for node in nodes)) == (1213, 6212)
    assert nodes[0] == Node(64000, 262144, 2, MODELS.index("P100"))


def test_the_traces_have_their_published_size() -> None:
    pods = {trace: openb.pods(trace) for trace in openb.TRACES}
    assert sum(pods["default"].values()) == 8152
    assert sum(pod.demand * count for pod, count in pods["default"].items()) == 6_086_800
    # All pods with one GPU share it.
    assert not any(pod.gpus == 1 and pod.milli == 1000 for pod in pods["gpushare100"])
    # A third of the pods with GPU accept certain models only.
    picky = sum(count for pod, count in pods["gpuspec33"].items() if pod.models != ANY)
    assert picky / sum(count for pod, count in pods["gpuspec33"].items() if pod.gpus) == pytest.approx(0.338, abs=1e-3)


@pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the published files are not here")
def test_the_compact_files_hold_the_published_pods_and_nodes() -> None:
    with (ORIGINAL / "openb_node_list_gpu_node.csv").open(newline="") as file:
        rows = [(row["cpu_milli"], row["memory_mib"], row["gpu"], row["model"]) for row in csv.DictReader(file)]
    assert [(str(n.cpu), str(n.memory), str(n.gpus), MODELS[n.model]) for n in openb.nodes()] == rows
    for trace in openb.TRACES:
        pods: Counter[Pod] = Counter()
        with (ORIGINAL / f"openb_pod_list_{trace}.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                gpus = int(row["num_gpu"])
                milli = int(row["gpu_milli"]) if gpus else 0
                spec = models_of(row.get("gpu_spec") or "")
                pods[Pod(int(row["cpu_milli"]), int(row["memory_mib"]), gpus, milli, spec)] += 1
        assert openb.pods(trace) == pods, trace


def test_models_are_bits_in_alphabetical_order_and_none_named_means_any() -> None:
    assert models_of("") == 0b1111111
    assert models_of("A10|T4|T4") == 0b0010001
    with pytest.raises(ValueError, match="H100"):
        models_of("H100")


def test_pods_arrive_once_each_and_then_again_until_enough_is_asked_for() -> None:
    pods = {Pod(1, 1, 1, 500, ANY): 3, Pod(1, 1, 2, 1000, ANY): 1, Pod(1, 1, 0, 0, ANY): 2}
    demand = np.array([pod.demand for pod in sorted(pods)])
    for seed in range(20):
        sorts, arrivals = inflate(pods, 5000, np.random.PCG64(seed))
        assert Counter(arrivals[:6].tolist()) == {sorts.index(pod): count for pod, count in pods.items()}
        asked = np.cumsum(demand[arrivals])
        assert asked[-2] < 5000 <= asked[-1]
        short = inflate(pods, 1000, np.random.PCG64(seed))[1]
        assert np.array_equal(short, arrivals[: len(short)])
        assert len(short) <= 5


def test_every_split_has_its_instances_and_asks_for_130_percent() -> None:
    assert [len(PLACEMENT.instances(split)) for split in Split] == [15, 15, 17]
    for split in Split:
        for instance in PLACEMENT.instances(split):
            data = instance.arrays
            demand = (data["sorts"][:, 2] * data["sorts"][:, 3])[data["arrivals"]]
            target = 1300 * int(data["nodes"][:, 2].sum())
            assert demand.sum() - demand[-1] < target <= demand.sum(), instance.name


def test_the_mixed_family_has_the_marginals_of_the_default_trace() -> None:
    def kinds(pods: dict[Pod, int]) -> dict[str, float]:
        total = sum(pods.values())
        cores = sum(pod.cpu * count for pod, count in pods.items() if pod.gpus)
        demand = sum(pod.demand * count for pod, count in pods.items())
        return {
            "no GPU": sum(count for pod, count in pods.items() if not pod.gpus) / total,
            "a share": sum(count for pod, count in pods.items() if 0 < pod.milli < 1000) / total,
            "several": sum(count for pod, count in pods.items() if pod.gpus > 1) / total,
            "cores per GPU": cores / demand / 100,
        }

    drawn: Counter[Pod] = Counter()
    for split in (Split.TRAIN, Split.VALIDATION):
        for instance in VmPlacement(families=["mixed"]).instances(split):
            sorts = [Pod(*row) for row in instance.arrays["sorts"].tolist()]
            drawn.update(sorts[sort] for sort in instance.arrays["arrivals"].tolist())
    assert kinds(drawn) == pytest.approx(kinds(openb.pods("default")), abs=0.025)
    assert set(MIXES) == set(Family)


def test_the_bounds_in_the_file_are_those_that_are_computed() -> None:
    for instance in (*PLACEMENT.instances(Split.TRAIN)[::4], *PLACEMENT.instances(Split.TEST)[::4]):
        data = instance.arrays
        asked = int((data["sorts"][:, 2] * data["sorts"][:, 3])[data["arrivals"]].sum()) / 1000
        assert asked - instance.reference.value == pytest.approx(upper_bound(data), abs=2e-3), instance.name


def test_the_bound_by_hand() -> None:
    def shares(*milli: int) -> list[Pod]:
        return [Pod(1, 1, 1, share, ANY) for share in milli]

    fleet = [Node(1000, 1000, 2, 0)]
    assert upper_bound(small(fleet, shares(600, 600, 600)).arrays) == 1.2  # one to a GPU
    assert upper_bound(small(fleet, shares(600, 400, 600, 400)).arrays) == 2.0
    # 0.7 with 0.2 on one GPU leaves three halves of a GPU and more: 0.7, 0.2 and 0.7 is all there is.
    assert upper_bound(small(fleet, shares(700, 700, 200)).arrays) == 1.6
    assert upper_bound(small(fleet, [Pod(1, 1, 2, 1000, ANY), *shares(300)]).arrays) == 2.0


def test_the_bound_is_never_below_the_best_placement_of_a_few_shares() -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        milli = [int(value) for value in rng.choice([200, 350, 470, 500, 620, 810], size=6)]
        pods = [Pod(1, 1, 1, share, ANY) for share in milli]
        best = 0
        for choice in product(range(3), repeat=6):
            loads = [sum(share for share, where in zip(milli, choice, strict=True) if where == gpu) for gpu in range(2)]
            best = max(best, sum(loads)) if max(loads) <= 1000 else best
        bound = upper_bound(small([Node(1000, 1000, 2, 0)], pods).arrays)
        assert best / 1000 <= bound <= 2.0


def test_the_best_pattern_is_that_of_all_patterns() -> None:
    rng = np.random.default_rng(5)
    shares = np.array([160, 230, 320, 470, 810])
    for _ in range(50):
        worth = shares * rng.uniform(-0.2, 1.0, size=5)
        pattern, value = best_pattern(shares, worth)
        counts = (range(1000 // share + 1) for share in shares.tolist())
        expected = max(float(np.dot(each, worth)) for each in product(*counts) if np.dot(each, shares) <= 1000)
        assert value == pytest.approx(expected)
        assert float(pattern @ worth) == pytest.approx(value)
        assert int(pattern @ shares) <= 1000
