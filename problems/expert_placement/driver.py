"""What a stand-alone module takes along to place experts by a heuristic."""

import json

import numpy as np

from problems.base import AnyArray, Arrays, Heuristic
from problems.expert_placement.cluster import Cluster
from problems.expert_placement.kernel import place
from problems.expert_placement.planner import unplanned

FORM = """\
An object in JSON: `slots`, `gpus`, and `groups` and `nodes` where they are not 1; `loads`, tokens that each expert
served, by window, layer and expert, the latest window last; and `old`, the expert in each slot by layer, where a
placement is in force."""
MEASURE = "imbalance"
MEASURE_TEXT = "how far the most loaded GPUs, summed over layers, are above the mean in the last window, in percent"
SOLUTION = "`placement`: (layers, slots) the expert in each slot; slot p belongs to GPU p // (slots // gpus)"
EXAMPLES = (
    '{"slots": 8, "gpus": 4, "loads": [[[90, 40, 30, 20, 10, 10], [5, 60, 5, 70, 30, 20]]]}',
    '{"slots": 6, "gpus": 2, "groups": 2, "nodes": 2, "loads": [[[7, 1, 4, 5]], [[9, 2, 4, 8]]],'
    ' "old": [[0, 1, 0, 2, 3, 2]]}',
)
NAMES = ("slots", "groups", "nodes", "gpus")


def read(text: str, name: str) -> dict[str, AnyArray]:
    """Return an instance from a text.

    Args:
        text: See `FORM`.
        name: What messages call it.

    Raises:
        ValueError: The text is no such instance.
    """
    told = json.loads(text)
    if not isinstance(told, dict) or not {"slots", "gpus", "loads"} <= told.keys():
        raise ValueError(f"{name}: expected a JSON object with slots, gpus and loads")
    loads = np.array(told["loads"], np.float64)
    if loads.ndim != 3 or not loads.size or not np.isfinite(loads).all() or loads.min() < 0.0:
        raise ValueError(f"{name}: loads must be finite numbers from 0 on, by window, layer and expert")
    _, layers, experts = loads.shape
    cluster = Cluster(told["gpus"], told["slots"], told.get("groups", 1), told.get("nodes", 1))
    cluster.check_fits(experts)
    old = np.array(told["old"], np.int64) if "old" in told else unplanned(layers, experts, cluster)
    if old.ndim != 2 or len(old) != layers or old.min() < 0 or old.max() >= experts:
        raise ValueError(f"{name}: old must hold an expert from 0 to {experts - 1} for each slot, by layer")
    return {"loads": loads, "old": old, "cluster": np.array([getattr(cluster, part) for part in NAMES])}


def solve(instance: Arrays, address: Heuristic = 0) -> dict[str, AnyArray]:
    """Return the solution that the heuristic makes.

    Args:
        instance: As `read` returns it.
        address: Of the heuristic's native code, where it is compiled by itself.
    """
    numbers = [int(number) for number in instance["cluster"]]
    return {"placement": np.asarray(place(address, instance["loads"], instance["old"], *numbers), np.int64)}


def objective(instance: Arrays, solution: Arrays) -> float:
    """Return the percentage by which the most loaded GPUs are above the mean in the last window, over all layers."""
    load = loads_of_gpus(instance, solution)
    return 100.0 * (float(load.max(axis=1).sum() / load.mean(axis=1).sum()) - 1.0)


def loads_of_gpus(instance: Arrays, solution: Arrays) -> AnyArray:
    """Return (layers, gpus) the load of each GPU in the last window; replicas of an expert share its load equally."""
    loads, placement = instance["loads"][-1], solution["placement"]
    counts = np.stack([np.bincount(row, minlength=loads.shape[1]) for row in placement])
    by_slot = np.take_along_axis(loads / np.maximum(counts, 1), placement, axis=1)
    by_gpu: AnyArray = by_slot.reshape(len(loads), int(instance["cluster"][3]), -1).sum(axis=2)
    return by_gpu


def show(instance: Arrays, solution: Arrays) -> str:
    """Return a placement as text: a line for each layer and GPU, with its load and the experts on it."""
    load, placement = loads_of_gpus(instance, solution), solution["placement"]
    lines = []
    for layer, row in enumerate(placement.reshape(*load.shape, -1).tolist()):
        lines += [f"layer {layer}, GPU {gpu}: load {load[layer, gpu]:g}, experts {' '.join(map(str, experts))}"
                  for gpu, experts in enumerate(row)]  # fmt: skip
    return "\n".join(lines)
