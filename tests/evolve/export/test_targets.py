"""Exported modules where they are put to work: the interfaces that serving engines, solvers and schedulers ask for."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from evolve.export.targets import TARGETS, WrongTarget, fitted
from problems.base import Split
from problems.expert_placement import ExpertPlacement
from tests.evolve.export.forms import exported, loaded, problem_of

JSL = os.environ.get("JOB_SHOP_LIB_PYTHON", sys.executable)
"""An interpreter that has job-shop-lib installed."""


class Tensor:
    """What a tensor on an accelerator is to an adapter."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> np.ndarray:
        return self.array


@pytest.fixture
def loads() -> np.ndarray:
    return np.random.default_rng(1).integers(1, 1000, (3, 16)).astype(np.float32)


def test_a_policy_of_vllm_overrides_its_abstract_method(loads: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    class AbstractEplbPolicy:
        @classmethod
        def rebalance_experts(cls, *given: object) -> object:
            raise NotImplementedError

    stub = ModuleType("vllm.distributed.eplb.policy.abstract")
    stub.AbstractEplbPolicy = AbstractEplbPolicy  # type: ignore[attr-defined]
    for name in ("vllm", "vllm.distributed", "vllm.distributed.eplb", "vllm.distributed.eplb.policy"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, stub.__name__, stub)
    module = loaded(exported("expert_placement", "LPT", "vllm"), False, monkeypatch)
    policy = module.EvolvedEplbPolicy
    assert issubclass(policy, AbstractEplbPolicy)
    placement = policy.rebalance_experts(Tensor(loads), 20, 4, 2, 4, None)
    assert placement.shape == (3, 20)
    assert placement.dtype == np.int64
    assert [sorted(set(row)) for row in placement.tolist()] == [list(range(16))] * 3
    instance = {"loads": loads[None].astype(float), "old": placement, "cluster": np.array([20, 1, 1, 4])}
    assert np.array_equal(module.solve(instance)["placement"], placement)
    again = policy.rebalance_experts(
        weight=loads, num_replicas=20, num_groups=4, num_nodes=2, num_ranks=4, old_global_expert_indices=placement
    )
    assert np.array_equal(again, placement)


def test_sglang_gets_the_slots_of_each_expert_too(loads: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    module = loaded(exported("expert_placement", "LPT", "sglang"), False, monkeypatch)
    steps = np.stack([loads, 2 * loads])
    placement, slots, counts = module.rebalance_experts(
        tokens_per_expert=Tensor(steps), num_physical_experts=20, num_local_physical_experts=5, num_groups=4,
        num_nodes=2, algorithm="deepseek",
    )  # fmt: skip
    assert counts.sum(axis=1).tolist() == [20, 20, 20]
    assert slots.shape == (3, 16, counts.max())
    for layer, expert in np.ndindex(3, 16):
        mine = slots[layer, expert, : counts[layer, expert]]
        assert (placement[layer, mine] == expert).all()
        assert (slots[layer, expert, counts[layer, expert] :] == -1).all()
    with pytest.raises(ValueError, match="multiple of gpus"):
        module.rebalance_experts(steps, 18, 4, 4, 2)


def test_windows_and_groups_follow_the_suite_that_a_heuristic_was_made_for() -> None:
    drift, groups = (fitted("sglang", ExpertPlacement(suite=suite)) for suite in ("drift", "hierarchical"))
    assert drift.constants == {"WINDOWS": 8, "HIERARCHICAL": False}
    assert groups.constants == {"WINDOWS": 1, "HIERARCHICAL": True}


@pytest.mark.parametrize(
    ("name", "message"), [("vllm", "for expert_placement, not for jobshop"), ("cuda", "there are vllm, sglang")]
)
def test_a_target_for_other_problems_is_refused(name: str, message: str) -> None:
    with pytest.raises(WrongTarget, match=message):
        fitted(name, problem_of("jobshop"))


SOLVED = """
import json, runpy, sys
from job_shop_lib import JobShopInstance, Operation
from job_shop_lib.dispatching.rules import DispatchingRuleSolver
rule = runpy.run_path(sys.argv[1])
found = []
for shop in json.loads(sys.stdin.read()):
    both = zip(shop["machines"], shop["durations"])
    jobs = [[Operation(machine, length) for machine, length in zip(*job)] for job in both]
    schedule = DispatchingRuleSolver(rule["evolved_rule"]).solve(JobShopInstance(jobs))
    starts = [[0] * len(job) for job in jobs]
    for machine in schedule.schedule:
        for each in machine:
            starts[each.operation.job_id][each.operation.position_in_job] = each.start_time
    found.append({"starts": starts, "makespan": schedule.makespan()})
print(json.dumps(found))
"""


@pytest.mark.parametrize("family", ["jobshop", "jobshop, active"])
def test_job_shop_lib_builds_the_same_schedules(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if subprocess.run([JSL, "-c", "import job_shop_lib"], capture_output=True, check=False).returncode:
        pytest.skip("job-shop-lib is not installed; JOB_SHOP_LIB_PYTHON names an interpreter that has it")
    text = exported(family, target="job-shop-lib")
    path = tmp_path / "rule.py"
    path.write_text(text)
    module = loaded(text, False, monkeypatch)
    chosen = [*problem_of(family).instances(Split.TRAIN)[:12:3], *problem_of(family).instances(Split.TEST)]
    shops = [{name: instance.arrays[name].tolist() for name in ("machines", "durations")} for instance in chosen]
    done = subprocess.run(
        [JSL, "-c", SOLVED, str(path)], input=json.dumps(shops), capture_output=True, text=True, check=True,
        env=os.environ | {"RULE_NUMBA": "0"},
    )  # fmt: skip
    for instance, found in zip(chosen, json.loads(done.stdout), strict=True):
        solution = module.solve(instance.arrays)
        assert found == {
            "starts": solution["starts"].tolist(), "makespan": module.objective(instance.arrays, solution)
        }, instance.name  # fmt: skip


@contextmanager
def serving(server: Any) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def post(port: int, path: str, body: object) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, json.loads(data) if answer.headers["Content-Type"] == "application/json" else None


def node_object(number: int, told: dict[str, Any]) -> dict[str, Any]:
    room = {"cpu": f"{told['cpu_milli']}m", "memory": f"{told['memory_mib']}Mi", "nvidia.com/gpu": str(told["gpus"])}
    labels = {"alibabacloud.com/gpu-card-model": told["model"]} if told["gpus"] else {}
    return {"metadata": {"name": f"node-{number}", "labels": labels}, "status": {"allocatable": room}}


def pod_object(number: int, told: dict[str, Any]) -> dict[str, Any]:
    share = told.get("gpu_milli", 1000) < 1000
    asked = {"cpu": f"{told['cpu_milli']}m", "memory": f"{told['memory_mib']}Mi"}
    notes = {"alibabacloud.com/gpu-milli": str(told["gpu_milli"])} if share else {}
    if told.get("gpus") and not share:
        asked["nvidia.com/gpu"] = str(told["gpus"])
    if "models" in told:
        notes["alibabacloud.com/gpu-card-model"] = told["models"]
    metadata = {"name": f"pod-{number}", "uid": f"uid-{number}", "annotations": notes}
    return {"metadata": metadata, "spec": {"containers": [{"resources": {"requests": asked}}]}}


@pytest.mark.parametrize("seed", ["FGD", "BestFit"])
def test_a_scheduler_is_told_the_nodes_that_the_simulator_chooses(seed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = loaded(exported("vm_placement", seed, "kube-scheduler-extender"), False, monkeypatch)
    told = json.loads(module.CASES[0].text)
    expected = module.solve(module.read(module.CASES[0].text, "case"))["nodes"].tolist()
    nodes = {"items": [node_object(number, each) for number, each in enumerate(told["nodes"])]}
    found = []
    with serving(module.serve(0, extender=module.Extender(told["pods"]))) as port:
        for number, each in enumerate(told["pods"]):
            pod = pod_object(number, each)
            status, kept = post(port, "/filter", {"Pod": pod, "Nodes": nodes, "NodeNames": None})
            assert status == 200
            assert len(kept["Nodes"]["items"]) + len(kept["FailedNodes"]) == len(nodes["items"])
            if not kept["Nodes"]["items"]:
                found.append(-1)
                continue
            _, scores = post(port, "/prioritize", {"Pod": pod, "Nodes": kept["Nodes"], "NodeNames": None})
            assert all(0 <= score["Score"] <= 10 for score in scores)
            best = max(scores, key=lambda score: score["Score"])["Host"]
            assert [score["Score"] for score in scores].count(10) == 1
            found.append(int(best.removeprefix("node-")))
            assert post(port, "/assigned", {"Pod": pod, "Node": best}) == (200, {})
        assert -1 in expected  # so that a node that is full is met too
        assert found == expected
        for number in range(len(told["pods"])):
            post(port, "/released", {"PodUID": f"uid-{number}"})
        assert len(post(port, "/filter", {"Pod": pod, "Nodes": nodes})[1]["Nodes"]["items"]) == 1
        assert post(port, "/bind", {})[0] == 404
        assert post(port, "/filter", {"Pod": {}})[0] == 400


def test_every_target_is_described_in_the_module_that_is_made_for_it() -> None:
    assert all(target.usage and target.adapters for target in TARGETS.values())
