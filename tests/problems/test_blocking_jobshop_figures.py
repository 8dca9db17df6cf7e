"""The blocking job shop's rules against figures that were computed with another simulator, and its references."""

from collections import defaultdict

import numpy as np
import pytest

from evaluators.compiler import compile_heuristic
from problems.base import Instance, ReferenceKind, Split
from problems.blocking_jobshop import BlockingJobShop
from problems.blocking_jobshop.library import best
from problems.jobshop import library
from tests.problems.blocking_cases import optimum

# Mean gap in percent to the best known makespan without shutdowns, by set and size; ties by the lowest job.
GROUPS = """
ABZ 10x10, ABZ 20x15, FT 6x6, FT 10x10, FT 20x5, LA 10x5, LA 10x10, LA 15x5, LA 15x10, LA 15x15, LA 20x5, LA 20x10, LA
30x10, ORB 10x10, TA 15x15, TA 20x15, TA 20x20, TA 30x15, TA 30x20, TA 50x15, TA 50x20, TA 100x20
""".replace("\n", " ").split(",")
# A line for each rule and limit: the classic sets, Taillard's, and all 138 instances together.
FIGURES = """
SPT none: 41.4 60.4 25.4 25.5 28.6 45.3 50.6 53.4 58.9 60.1 46.7 60.7 63.2 45.4
    68.4 66.9 80.8 68.5 72.8 69.8 84.6 85.6 65.0
SPT 2m/3: 52.4 48.8 47.6 33.7 51.1 45.7 47.6 45.4 57.5 43.4 50.5 45.2 43.6 48.9
    56.7 48.5 63.6 53.7 56.7 44.6 54.5 49.5 51.0
LPT none: 56.2 72.0 28.6 76.1 50.3 38.6 52.6 55.4 66.4 61.9 53.4 66.4 67.7 46.9
    73.7 69.8 86.7 74.7 72.6 76.0 88.4 93.0 69.7
LPT 2m/3: 39.8 48.5 30.2 82.7 39.9 49.2 53.7 52.2 65.0 52.1 49.8 48.9 52.9 43.0
    61.8 57.4 67.5 56.5 74.0 60.7 71.9 72.1 59.0
MWKR none: 56.3 69.2 19.0 68.2 46.5 44.9 53.0 38.8 57.2 63.3 42.7 57.8 64.2 50.9
    68.6 66.5 76.9 76.1 83.0 80.1 92.7 94.1 68.5
MWKR 2m/3: 48.5 57.9 34.9 66.0 36.6 40.1 47.1 49.4 55.9 54.5 42.5 51.5 52.0 49.4
    49.8 48.6 59.5 52.4 64.9 51.9 62.3 63.4 53.6
LWKR none: 48.2 62.1 30.2 55.3 51.3 45.2 58.6 42.7 55.6 62.0 48.3 59.1 57.2 48.0
    74.9 66.3 80.9 72.0 81.6 69.4 82.1 82.5 66.2
LWKR 2m/3: 54.2 52.6 30.2 55.5 38.4 46.9 47.8 48.3 58.4 56.4 44.3 53.5 48.8 48.2
    57.2 55.9 64.4 54.8 66.6 51.8 59.2 56.7 54.8
MOPNR none: 54.3 70.2 19.0 71.4 58.0 42.3 52.3 58.7 66.1 68.2 49.7 58.3 60.0 47.0
    70.8 82.0 77.0 81.5 75.8 83.1 90.2 90.0 70.4
MOPNR 2m/3: 53.7 46.9 34.9 54.3 50.3 41.9 48.5 56.3 58.2 63.0 43.5 48.5 52.4 43.2
    55.0 57.5 61.2 53.9 66.9 53.8 59.5 61.4 54.9
LOPNR none: 49.2 72.6 22.2 43.8 36.4 44.3 55.7 45.1 58.9 67.3 44.6 49.9 54.4 40.7
    71.3 67.9 80.9 69.2 79.1 67.1 79.7 80.4 64.4
LOPNR 2m/3: 46.5 52.1 34.9 56.3 42.0 42.8 50.1 46.9 63.0 55.4 48.6 47.5 51.0 42.5
    58.6 58.3 64.5 51.5 64.5 49.9 60.1 57.7 54.2
MWKR/P none: 44.1 75.3 15.9 16.1 33.4 41.9 55.5 45.3 60.0 65.3 42.0 58.7 65.6 42.3
    67.1 75.6 78.9 78.9 80.0 76.7 88.0 92.9 67.8
MWKR/P 2m/3: 48.1 54.5 23.8 39.9 33.5 38.0 49.9 42.8 56.2 53.6 45.0 51.9 53.3 52.1
    55.4 47.1 61.4 51.4 59.7 47.8 53.3 55.8 51.8
JOBID none: 63.8 67.0 22.2 53.5 44.1 48.8 49.5 51.3 67.9 62.8 50.2 60.5 55.3 43.0
    70.3 69.4 86.5 74.8 82.8 75.1 81.3 88.4 68.1
JOBID 2m/3: 56.8 46.8 34.9 60.8 46.4 43.2 46.5 48.5 58.5 57.5 46.3 44.9 48.1 44.5
    62.7 56.8 68.8 61.3 69.0 52.6 62.3 59.7 56.1
"""

PARTS = FIGURES.replace("\n    ", " ").strip().splitlines()


def published(limit: str) -> tuple[BlockingJobShop, dict[str, list[Instance]]]:
    problem = BlockingJobShop(probability=0.0, limit=limit, sets=["FT", "LA", "ABZ", "ORB", "TA"])
    groups: dict[str, list[Instance]] = defaultdict(list)
    for instance in problem.instances(Split.TEST):
        groups[instance.group].append(instance)
    return problem, groups


@pytest.mark.parametrize("line", PARTS, ids=[line.partition(":")[0] for line in PARTS])
def test_the_classic_rules_give_their_known_gaps(line: str) -> None:
    label, _, figures = line.partition(":")
    name, limit = label.split()
    problem, groups = published(limit)
    kept = compile_heuristic(problem.seeds[name], problem.entry, problem.signature)
    gaps = {
        group: [problem.measure(member, problem.solve(kept.address, member))["gap"] for member in members]
        for group, members in groups.items()
    }
    means = [float(np.mean(gaps[group.strip()])) for group in GROUPS]
    means.append(float(np.mean([gap for member in gaps.values() for gap in member])))
    assert sum(map(len, gaps.values())) == 138
    assert [f"{mean:.1f}" for mean in means] == figures.split()


def test_every_classic_and_generated_instance_has_a_best_makespan() -> None:
    assert set(library.names()) < set(best())
    assert len(best()) == 162 + 100


def test_no_best_makespan_is_below_what_is_proven_without_blocking() -> None:
    for name, (makespan, _) in best().items():
        assert makespan >= library.bounds(name).lower, name


def test_best_makespans_are_those_of_the_sources() -> None:
    # Proven by two solvers: abz5, la17; by one: la08; found: la11, ta01.
    expected = {"abz5": (1468, True), "la17": (929, True), "la08": (1040, True), "la11": (1476, False)}
    assert {name: tuple(best()[name]) for name in expected} == expected
    assert best()["ta01"].makespan == 1669
    assert sum(best()[name].optimal for name in library.names()) == 29


def test_proven_makespans_are_optima_and_others_best_known() -> None:
    problem = BlockingJobShop(probability=0.0)
    for split in Split:
        for instance in problem.instances(split):
            proven = best()[instance.name].optimal
            assert instance.reference.kind is (ReferenceKind.OPTIMUM if proven else ReferenceKind.BEST_KNOWN)


def test_blocking_costs_what_it_costs_on_a_shop_solved_by_hand() -> None:
    # Without blocking 7: job 1 waits outside machine 0. With it both must swap, at 3, and job 1 ends at 7 as well.
    assert optimum([[3, 2], [2, 4]], [[0, 1], [1, 0]]) == (7, [[0, 3], [0, 3]])
    # One machine order for all: job 1 cannot leave machine 0 before 11, so job 2 is on it from 11 to 12.
    assert optimum([[1, 10], [2, 10], [1, 1]], [[0, 1]] * 3)[0] == 22
