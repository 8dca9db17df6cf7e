"""The suites: which models on which GPUs, under which loads.

Shapes are those of the models' published configurations: layers with experts, experts, experts per token. The spread
of loads is fitted for DeepSeek-V3 (see `traffic`) and assumed for the others; with 8 experts of which two serve each
token, no load can be more than four times the mean.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from problems.base import Split
from problems.expert_placement.cluster import Cluster
from problems.expert_placement.instance import PlacementInstance, for_next_window, for_seen_window
from problems.expert_placement.recording import Recording
from problems.expert_placement.traffic import TRACE_WINDOWS, Family, Traffic


class Suite(StrEnum):
    """What is asked of a placement."""

    STATIC = "static"  # balance the window given
    HIERARCHICAL = "hierarchical"  # the same, with the experts of a group on one node
    DRIFT = "drift"  # balance the next window, and move little
    ELASTIC = "elastic"  # the same, with other GPUs than before


class Model(NamedTuple):
    """A mixture-of-experts model."""

    name: str
    layers: int
    experts: int
    picks: int
    spread: float


DEEPSEEK: Final = Model("deepseek-v3", 58, 256, 8, 1.0)
QWEN: Final = Model("qwen3-235b", 94, 128, 8, 1.0)
MIXTRAL: Final = Model("mixtral-8x7b", 32, 8, 2, 0.5)
EXPONENT: Final = 0.7
"""Of Zipf's law; the hottest of 256 experts then serves 17 times the mean."""

LAYERS: Final = {Split.TRAIN: 6, Split.VALIDATION: 8, Split.TEST: 1000}
"""How many layers of a model are used at most."""

SEEN: Final = {
    Suite.STATIC: (
        *(
            (DEEPSEEK, Cluster(gpus, slots))
            for gpus, slots in ((32, 256), (32, 288), (64, 320), (144, 288), (320, 320))
        ),
        *((QWEN, Cluster(gpus, slots)) for gpus, slots in ((8, 128), (16, 160), (32, 160))),
        *((MIXTRAL, Cluster(gpus, slots)) for gpus, slots in ((4, 8), (8, 16))),
    ),
    Suite.HIERARCHICAL: tuple(
        (DEEPSEEK, Cluster(gpus, slots, 8, nodes)) for gpus, slots, nodes in ((32, 288, 4), (16, 288, 2), (64, 320, 8))
    ),
}
"""Models and clusters of the suites that are judged on the window given."""
COMING: Final = {
    Suite.DRIFT: ((DEEPSEEK, 9, 32, 32), (DEEPSEEK, 5, 64, 64), (QWEN, 10, 16, 16)),
    Suite.ELASTIC: (
        *((DEEPSEEK, 9, before, after) for before, after in ((32, 40), (40, 32), (32, 64))),
        *((QWEN, 10, before, after) for before, after in ((16, 24), (24, 16))),
    ),
}
"""Model, slots per GPU, GPUs before and after, of the suites that are judged on the next window."""
LAST: Final = {
    Suite.DRIFT: {Family.TRACE: (3, 9, 10), Family.WALK: (7,), Family.TIDE: (5, 10)},
    Suite.ELASTIC: {Family.TRACE: (3, 9), Family.WALK: (7,)},
}
"""Last windows given, by family. A trace's window 8 tells nothing of window 9, so only the test split asks for it."""


@cache
def generated(suite: Suite, split: Split, draw: int = 0) -> tuple[PlacementInstance, ...]:
    """Return the generated instances of a suite and a split, always the same and in the same order."""
    if suite in SEEN:
        return tuple(
            _seen(suite, split, draw, model, cluster, family)
            for model, cluster in SEEN[suite]
            for family in (Family.TRACE, Family.ZIPF)
        )
    return tuple(
        _coming(suite, split, draw, model, room, before, after, family, last)
        for model, room, before, after in COMING[suite]
        for family, numbers in LAST[suite].items()
        for last in (range(1, TRACE_WINDOWS - 1) if _whole_trace(suite, split, family) else numbers)
    )


def recorded(suite: Suite, recordings: Sequence[tuple[str, Recording]], cluster: Cluster) -> list[PlacementInstance]:
    """Return an instance for each window of recorded loads that can be judged in a suite.

    Args:
        suite: Not "elastic".
        recordings: Each with its name.
        cluster: The GPUs to place on.

    Raises:
        problems.expert_placement.recording.MalformedLoads: A file does not hold loads.
        ValueError: The experts do not fit the cluster, or there are too few windows.
        OSError: A file cannot be read.
    """
    found = []
    for name, recording in recordings:
        windows, _, experts = recording.shape()
        cluster.check_fits(experts)
        if suite in SEEN:
            found += [for_seen_window(f"{name} {n}", name, recording, n, cluster) for n in range(windows)]
        elif windows < 3:
            raise ValueError(f"{name}: the suite {suite} takes at least 3 windows, not {windows}")
        else:
            found += [
                for_next_window(f"{name} {n}", name, recording, n, cluster, cluster) for n in range(1, windows - 1)
            ]
    return found


def _whole_trace(suite: Suite, split: Split, family: Family) -> bool:
    return suite is Suite.DRIFT and split is Split.TEST and family is Family.TRACE


def _source(split: Split, draw: int) -> str:
    """Return what names and seeds of a draw begin with."""
    return f"{split}-draw-{draw}" if draw else str(split)


def _traffic(split: Split, draw: int, model: Model, place: str, family: Family) -> Traffic:
    spread = EXPONENT if family is Family.ZIPF else model.spread
    layers = min(model.layers, LAYERS[split])
    return Traffic(
        family, layers, model.experts, model.picks, spread, f"{_source(split, draw)} {model.name} {place} {family}"
    )


def _seen(suite: Suite, split: Split, draw: int, model: Model, cluster: Cluster, family: Family) -> PlacementInstance:
    place = f"{cluster.gpus}x{cluster.slots // cluster.gpus}"
    number = LAST[Suite.DRIFT][Family.TRACE][0]
    name = f"{_source(split, draw)}-{suite}-{model.name}-{place}-{family}"
    group = f"{model.name} {cluster.gpus} GPUs, {cluster.slots} slots"
    return for_seen_window(name, group, _traffic(split, draw, model, place, family), number, cluster)


def _coming(
    suite: Suite, split: Split, draw: int, model: Model, room: int, before: int, after: int, family: Family, last: int
) -> PlacementInstance:
    place = f"{after}x{room}" if before == after else f"{before}to{after}x{room}"
    name = f"{_source(split, draw)}-{suite}-{model.name}-{place}-{family}-{last}"
    traffic = _traffic(split, draw, model, place, family)
    group = f"{model.name} {place} {family}"
    return for_next_window(name, group, traffic, last, Cluster(after, after * room), Cluster(before, before * room))
