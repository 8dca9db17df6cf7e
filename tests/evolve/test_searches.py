from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.candidate import Candidate, Record
from evolve.search.base import Search
from evolve.search.greedy import Greedy
from evolve.search.islands import Islands
from evolve.search.mapelites import MapElites
from evolve.search.pareto import ParetoInstances, ParetoObjectives, nondominated_order


def code(terms: int) -> str:
    return f"def f(a, b):\n    return a{' + b' * terms}\n"


def record(
    number: int,
    gap: float,
    terms: int = 1,
    values: Mapping[str, float] | None = None,
    operator: str = "mutate",
    **measures: float,
) -> Record:
    per_instance = {name: {"gap": value} for name, value in (values or {}).items()}
    evaluation = Evaluation(Status.OK, {"gap": gap, **measures}, per_instance)
    return Record(number, Candidate(code(terms), operator), evaluation)


def parents(search: Search, number: int = 0, asks: int = 600) -> Counter[int]:
    chosen: Counter[int] = Counter()
    for ask in range(asks):
        chosen.update(parent.number for parent in search.ask(number, np.random.default_rng(ask)).parents)
    return chosen


def test_greedy_improves_the_best_and_takes_the_newer_of_equals() -> None:
    search = Greedy(("gap",))
    for number, gap, terms in ((0, 5.0, 1), (1, 4.0, 2), (2, 4.0, 3), (3, 9.0, 1)):
        search.tell(record(number, gap, terms))
    assert set(parents(search)) == {1}  # as good as 2 and shorter
    search.tell(record(4, 4.0, 2))
    assert set(parents(search)) == {4}


def test_a_cell_keeps_its_best_and_every_cell_has_parents() -> None:
    search = MapElites(("gap",), axes=["deviation"], bins=4, crossover=0.0)
    for number, gap, deviation in ((0, 5.0, 0.1), (1, 4.0, 0.2), (2, 9.0, 0.9), (3, 8.0, 1.0), (4, 7.0, 0.5)):
        search.tell(record(number, gap, deviation=deviation))
    assert set(parents(search)) == {1, 3, 4}
    assert search.filled == 3


def test_without_pressure_every_elite_is_as_likely() -> None:
    search = MapElites(("gap",), axes=["deviation"], crossover=0.0, pressure=0.0)
    for number in range(4):
        search.tell(record(number, float(number), deviation=number / 4))
    assert min(parents(search, asks=2000).values()) > 400


def test_code_of_another_size_or_with_other_inputs_lies_in_another_cell() -> None:
    search = MapElites(("gap",), axes=["size"], crossover=0.0)
    for number, terms in enumerate((0, 8, 30)):
        search.tell(record(number, 1.0 + number, terms))
    assert set(parents(search)) == {0, 1, 2}
    search = MapElites(("gap",), axes=["inputs"], crossover=0.0)
    for number, terms in enumerate((0, 1, 2)):  # one, two and two inputs
        search.tell(record(number, 5.0 + number, terms))
    assert set(parents(search)) == {0, 1}


def timed(number: int, gap: float, seconds: float, terms: int = 1) -> Record:
    judged = record(number, gap, terms)
    return replace(judged, evaluation=replace(judged.evaluation, seconds=seconds))


def test_run_time_is_an_axis_in_steps_of_half_an_octave() -> None:
    search = MapElites(("gap",), axes=["seconds"], crossover=0.0)
    for number, seconds in enumerate((0.1, 0.101, 0.15, 0.9)):
        search.tell(timed(number, 5.0 + number, seconds))
    assert set(parents(search)) == {0, 2, 3}


def test_a_faster_heuristic_that_is_worse_stays_where_run_time_counts() -> None:
    for beside, kept in ((["seconds"], {0, 1}), (["size"], {0}), ([], {0})):
        search = ParetoObjectives(("gap",), size=2, beside=beside)
        search.tell(timed(0, 2.0, 0.8))
        search.tell(timed(1, 3.0, 0.1))
        search.tell(timed(2, 2.5, 0.8))
        assert set(parents(search)) >= kept
        assert (1 in nearest(search)) is (beside == ["seconds"])


def nearest(search: ParetoObjectives) -> set[int]:
    """Return the numbers of the first front."""
    values = np.array([search._values(resident) for resident in search._population], float)
    beaten = [any((other <= mine).all() and (other < mine).any() for other in values) for mine in values]
    return {resident.number for resident, worse in zip(search._population, beaten, strict=True) if not worse}


def test_a_record_without_the_measure_of_an_axis_has_a_bin_of_its_own() -> None:
    search = MapElites(("gap",), axes=["deviation"], crossover=0.0)
    search.tell(record(0, 1.0, deviation=1.0))
    search.tell(record(1, 2.0))
    assert set(parents(search)) == {0, 1}


def test_who_is_best_on_more_instances_is_a_parent_more_often() -> None:
    search = ParetoInstances(("gap",), crossover=0.0)
    search.tell(record(0, 2.0, values={"x": 1.0, "y": 1.0, "z": 4.0}))
    search.tell(record(1, 3.0, values={"x": 4.0, "y": 4.0, "z": 1.0}))
    search.tell(record(2, 1.9, values={"x": 1.7, "y": 2.0, "z": 2.0}))  # the best on average, and nowhere
    chosen = parents(search, asks=3000)
    assert set(chosen) == {0, 1}
    assert 1.7 < chosen[0] / chosen[1] < 2.3


def test_of_two_equal_on_an_instance_the_better_overall_holds_it_then_the_shorter() -> None:
    search = ParetoInstances(("gap",))
    search.tell(record(0, 3.0, values={"x": 1.0}))
    search.tell(record(1, 2.0, terms=5, values={"x": 1.0}))
    assert set(parents(search)) == {1}
    search.tell(record(2, 2.0, terms=3, values={"x": 1.0}))
    assert set(parents(search)) == {2}


def test_points_are_ordered_by_fronts_and_within_them_by_room() -> None:
    points = np.array([[1.0, 5.0], [2.0, 3.0], [2.2, 2.9], [5.0, 1.0], [3.0, 3.0], [6.0, 6.0]])
    # The first front is 0 1 2 3, its ends first; 2 has neighbours 1 and 3, further apart than those of 1: 0 and 2.
    # 3-1: 3.0/4 + 2.0/4 = 1.25; 2-0: 1.2/4 + 2.1/4 = 0.825. Then 4, which 1 dominates, then 5, which 4 dominates.
    assert nondominated_order(points) == [0, 3, 2, 1, 4, 5]


def test_a_shorter_code_that_is_worse_stays_and_a_longer_one_that_is_worse_goes() -> None:
    search = ParetoObjectives(("gap",), size=2)
    search.tell(record(0, 2.0, terms=4))
    search.tell(record(1, 3.0, terms=2))
    search.tell(record(2, 3.5, terms=6))
    assert set(parents(search)) == {0, 1}


def test_an_island_without_progress_begins_again_with_the_seeds_and_the_best_of_the_next() -> None:
    search = Islands(("gap",), islands=2, crossover=0.0, patience=2, migration=1000)
    search.tell(record(0, 9.0, operator="seed"))
    search.tell(record(1, 1.0))
    search.tell(record(2, 5.0))
    assert set(parents(search, 0)) == {0, 2}
    search.tell(record(4, 6.0))
    search.tell(record(6, 7.0))
    assert set(parents(search, 0)) == {0, 1}  # island 0 again


def test_the_island_of_the_best_never_begins_again() -> None:
    search = Islands(("gap",), islands=2, crossover=0.0, patience=2, migration=1000)
    for number, gap in enumerate((1.0, 5.0, 6.0, 7.0, 8.0)):
        search.tell(record(number, gap, operator="mutate"))
    assert set(parents(search, 0)) == {0, 2, 4}


def test_an_island_of_failures_begins_again_too() -> None:
    search = Islands(("gap",), islands=2, crossover=0.0, patience=1, migration=1000)
    search.tell(record(1, 5.0))
    search.tell(Record(2, Candidate("code", "mutate"), Evaluation(Status.ERROR)))
    assert set(parents(search, 0)) == {1}


@pytest.mark.parametrize(
    ("make", "bad"),
    [
        (MapElites, {"axes": []}),
        (MapElites, {"axes": "size"}),
        (MapElites, {"axes": ["size", "size"]}),
        (MapElites, {"bins": 0}),
        (MapElites, {"pressure": -1.0}),
        (MapElites, {"crossover": 1.1}),
        (ParetoInstances, {"crossover": -0.1}),
        (ParetoObjectives, {"size": 1}),
        (ParetoObjectives, {"beside": ["speed"]}),
        (ParetoObjectives, {"beside": "size"}),
        (ParetoObjectives, {"crossover": float("nan")}),
        (Islands, {"patience": -1}),
        (Islands, {"patience": 2.5}),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: type, bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        make(("gap",), **bad)
