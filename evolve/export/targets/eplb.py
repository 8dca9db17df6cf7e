"""Experts placed where serving engines ask for it: classes and functions with their signatures.

Gathered into modules that are exported for them. Tensors are taken as anything with a method `numpy`, and answered in
kind where torch is loaded.
"""

import sys
from importlib import import_module
from typing import Any

import numpy as np

from problems.base import AnyArray
from problems.expert_placement.cluster import Cluster
from problems.expert_placement.driver import solve
from problems.expert_placement.planner import unplanned

WINDOWS = 1
"""How many windows the loads are parted into at most: 1 unless the heuristic forecasts the next one."""
HIERARCHICAL = False
"""Whether the heuristic keeps all experts of a group on one node."""


def numpy_of(tensor: Any) -> AnyArray:
    """Return a tensor as an array on this side."""
    if isinstance(tensor, np.ndarray):
        return tensor
    for step in ("detach", "cpu"):
        move = getattr(tensor, step, None)
        tensor = move() if move else tensor
    array: AnyArray = np.asarray(tensor.numpy())
    return array


def in_kind(array: AnyArray, like: Any) -> Any:
    """Return an array as a tensor where the caller's are."""
    torch = sys.modules.get("torch")
    return torch.from_numpy(array) if torch and isinstance(like, torch.Tensor) else array


def planned_placement(
    loads: AnyArray, old: AnyArray | None, slots: int, groups: int, nodes: int, gpus: int
) -> AnyArray:
    """Return (layers, slots) the expert in each slot.

    Args:
        loads: (windows, layers, experts) tokens that each expert served, the latest window last.
        old: (layers, slots before) the placement in force; None, or with a negative entry, if there is none.
        slots: Number of slots over all GPUs, a multiple of `gpus`.
        groups: Number of groups of experts.
        nodes: Number of nodes; where it does not divide the groups, all GPUs count as one node.
        gpus: Number of GPUs.

    Raises:
        ValueError: The numbers do not divide, or the heuristic leaves out an expert.
    """
    _, layers, experts = loads.shape
    if not HIERARCHICAL or groups % nodes:
        groups = nodes = 1
    cluster = Cluster(gpus, slots, groups, nodes)
    cluster.check_fits(experts)
    before = unplanned(layers, experts, cluster) if old is None or old.min() < 0 else old
    instance = {
        "loads": np.ascontiguousarray(loads, np.float64),
        "old": np.ascontiguousarray(before, np.int64),
        "cluster": np.array([slots, groups, nodes, gpus]),
    }
    placement = solve(instance)["placement"]
    if placement.shape != (layers, slots) or any(len(np.unique(row)) < experts for row in placement):
        raise ValueError("the heuristic leaves out an expert for these loads")
    return placement


def replica_tables(placement: AnyArray, experts: int) -> tuple[AnyArray, AnyArray]:
    """Return where the replicas of each expert are.

    Returns:
        (layers, experts, most replicas) the slots of each expert, -1 behind the last; (layers, experts) how many.
    """
    layers = len(placement)
    counts = np.stack([np.bincount(row, minlength=experts) for row in placement])
    slots = np.full((layers, experts, counts.max()), -1)
    for layer in range(layers):
        noted = np.zeros(experts, np.int64)
        for slot, expert in enumerate(placement[layer].tolist()):
            slots[layer, expert, noted[expert]] = slot
            noted[expert] += 1
    return slots, counts


def vllm_base() -> Any:
    """Return vLLM's base class of policies; a plain one where vLLM is not installed."""
    try:
        return import_module("vllm.distributed.eplb.policy.abstract").AbstractEplbPolicy
    except ImportError:
        return object


class EvolvedEplbPolicy(vllm_base()):  # type: ignore[misc]
    """A policy of vLLM's expert-parallel load balancer."""

    @classmethod
    def rebalance_experts(
        cls,
        weight: Any,
        num_replicas: int,
        num_groups: int,
        num_nodes: int,
        num_ranks: int,
        old_global_expert_indices: Any = None,
    ) -> Any:
        """Return (layers, num_replicas) the expert in each slot.

        Args:
            weight: (layers, experts) load of each expert.
            num_replicas: Number of slots, a multiple of `num_ranks`.
            num_groups: Number of groups of experts.
            num_nodes: Number of nodes.
            num_ranks: Number of GPUs.
            old_global_expert_indices: (layers, num_replicas) the placement in force, if any.
        """
        loads = numpy_of(weight)[np.newaxis]
        old = None if old_global_expert_indices is None else numpy_of(old_global_expert_indices)
        return in_kind(planned_placement(loads, old, num_replicas, num_groups, num_nodes, num_ranks), weight)


def rebalance_experts(
    tokens_per_expert: Any,
    num_physical_experts: int,
    num_local_physical_experts: int,
    num_groups: int | None,
    num_nodes: int,
    algorithm: Any = None,
) -> tuple[Any, Any, Any]:
    """Return a placement as SGLang's load balancer asks for it.

    Args:
        tokens_per_expert: (steps, layers, experts) tokens.
        num_physical_experts: Number of slots.
        num_local_physical_experts: Slots of one GPU.
        num_groups: Number of groups of experts.
        num_nodes: Number of nodes.
        algorithm: Not used: this is one.

    Returns:
        (layers, slots) the expert in each slot; (layers, experts, most replicas) the slots of each expert, -1 behind
        the last; (layers, experts) how many replicas it has.
    """
    steps = numpy_of(tokens_per_expert)
    loads = np.stack([part.sum(axis=0) for part in np.array_split(steps, min(WINDOWS, len(steps)))])
    gpus = num_physical_experts // num_local_physical_experts
    placement = planned_placement(loads, None, num_physical_experts, num_groups or 1, num_nodes, gpus)
    slots, counts = replica_tables(placement, loads.shape[2])
    return (
        in_kind(placement, tokens_per_expert),
        in_kind(slots, tokens_per_expert),
        in_kind(counts, tokens_per_expert),
    )
