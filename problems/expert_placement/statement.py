"""The task as told to a model."""

from problems.expert_placement.suites import Suite

_COMMON = """\
Expert placement for serving a mixture-of-experts model. Each layer has E experts, and each GPU the same number of slots
per layer; a slot holds one replica of an expert. Every expert must have at least one replica in every layer; its
replicas share its load equally, also when they are on the same GPU. The load of a GPU is the sum over its slots. A
layer takes as long as its most loaded GPU, and layers follow each other.
The heuristic place(loads, old, slots, groups, nodes, gpus) returns the placement: a new C-contiguous int64 array of
shape (layers, slots), the expert in each slot of each layer, from 0 to E - 1. Its arguments:
- loads: float64 (windows, layers, E), tokens that each expert served in each window, the latest window last; read-only
- old: int64 (layers, slots before), the placement in force; read-only
- slots: number of slots over all GPUs, at least E and a multiple of gpus; slot p belongs to GPU p // (slots // gpus)
- groups, nodes: {groups}
- gpus: number of GPUs
"""
_ONE_NODE = "both 1"
_NODES = """\
expert e belongs to group e // (E // groups), GPU g to node g // (gpus // nodes). All replicas of all
  experts of a group must be on one node, and each node hosts exactly groups // nodes groups; both divide"""
_SCORE = {
    Suite.STATIC: """\
There is one window, and the placement is scored on that same window: by how many percent the most loaded GPUs,
summed over layers, are above a lower bound (the mean load, or the largest share that replication leaves). Moving
replicas is free. Sizes go from 8 experts on 4 GPUs to 256 experts on 320 GPUs, with and without slots to spare.
""",
    Suite.DRIFT: """\
There are up to 8 windows, and the placement is scored on the NEXT window, which is not given: loads vary from window to
window, wander, swing between two domains, or have changed for good lately. The score is the percentage by which the
most loaded GPUs, summed over layers, are above the mean load, plus {price:g} times the percentage of slots that are
moved: slots whose expert was not on the same GPU in old. Order within a GPU is free. old was planned on the first
window given; keeping it (old.copy()) moves nothing. A good heuristic forecasts loads and moves only what pays.
""",
}
_SCORE[Suite.HIERARCHICAL] = _SCORE[Suite.STATIC].replace(
    "Sizes go from 8 experts on 4 GPUs to 256 experts on 320 GPUs, with and without slots to spare.",
    "The bound includes the best spread of groups over nodes. There are 256 experts in 8 groups on 2 to 8 nodes.",
)
_SCORE[Suite.ELASTIC] = (
    _SCORE[Suite.DRIFT].replace("; keeping it (old.copy()) moves nothing", "")
    + """\
The number of GPUs has changed: old has (layers, GPUs before * slots per GPU) entries, with the same number of slots per
GPU as now. The GPUs of the lowest numbers are the same as before; later ones are new and empty, or are gone.
"""
)


def statement(suite: Suite, move_price: float) -> str:
    """Return the rules, the inputs with their units and what good means, for one suite."""
    groups = _NODES if suite is Suite.HIERARCHICAL else _ONE_NODE
    return _COMMON.format(groups=groups) + _SCORE[suite].format(price=move_price)
