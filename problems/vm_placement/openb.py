"""The traces of the GPU cluster "openb", as `data/SOURCE.md` describes them."""

import csv
from functools import cache
from pathlib import Path
from typing import Final

from problems.vm_placement.cluster import MODELS, Node, Pod, models_of

TRACES: Final = (
    "default",
    *(f"cpu{share}" for share in ("050", "100", "200", "250")),
    *(f"gpushare{share}" for share in (40, 60, 80, 100)),
    *(f"gpuspec{share}" for share in (10, 20, 25, 33)),
    *(f"multigpu{share}" for share in (20, 30, 40, 50)),
)
"""The workloads of the published comparison: as recorded, and with more of one sort of pods."""
ORDERS: Final = tuple(range(42, 52))
"""Seeds of the order of arrival; the numbers are those of the published comparison, the shuffling is ours."""

_DATA = Path(__file__).parent / "data"


@cache
def nodes() -> tuple[Node, ...]:
    """Return the 1,213 nodes with GPUs, in the order of their names."""
    with (_DATA / "openb_nodes.csv").open(newline="", encoding="ascii") as file:
        return tuple(
            Node(int(row["cpu_milli"]), int(row["memory_mib"]), int(row["gpus"]), MODELS.index(row["model"]))
            for row in csv.DictReader(file)
            for _ in range(int(row["count"]))
        )


@cache
def pods(trace: str) -> dict[Pod, int]:
    """Return how many pods of each sort are in one of `TRACES`."""
    with (_DATA / "openb_pods.csv").open(newline="", encoding="ascii") as file:
        return {
            Pod(
                int(row["cpu_milli"]),
                int(row["memory_mib"]),
                int(row["gpus"]),
                int(row["gpu_milli"]),
                models_of(row["models"]),
            ): int(row[trace])
            for row in csv.DictReader(file)
            if row[trace] != "0"
        }
