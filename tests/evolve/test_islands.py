from collections import Counter

import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.candidate import Brief, Candidate, Record
from evolve.search.islands import Islands
from evolve.search.seeded import Seeded


def record(number: int, gap: float, operator: str = "mutate", status: Status = Status.OK, source: str = "") -> Record:
    measures = {"gap": gap} if status is Status.OK else {}
    return Record(number, Candidate(source or f"code {number}", operator), Evaluation(status, measures))


def parents(search: Islands, number: int, asks: int = 300) -> Counter[int]:
    chosen: Counter[int] = Counter()
    for ask in range(asks):
        chosen.update(parent.number for parent in search.ask(number, np.random.default_rng(ask)).parents)
    return chosen


def test_an_empty_island_asks_for_something_new() -> None:
    assert Islands(("gap",)).ask(0, np.random.default_rng(0)) == Brief(0, "create")


def test_failures_never_become_parents() -> None:
    search = Islands(("gap",), islands=1)
    search.tell(record(0, 5.0))
    for number, status in enumerate((status for status in Status if status is not Status.OK), start=1):
        search.tell(record(number, 0.0, status=status))
    assert set(parents(search, 0)) == {0}


def test_better_candidates_are_chosen_more_often() -> None:
    search = Islands(("gap",), islands=1, pressure=3.0)
    for number in range(10):
        search.tell(record(number, 10.0 - number))
    chosen = parents(search, 0, 2000)
    assert chosen[9] > chosen[6] > chosen[3] > chosen[0]


def test_a_candidate_belongs_to_the_island_of_its_number_and_a_seed_to_all() -> None:
    search = Islands(("gap",), islands=2, crossover=0.0)
    search.tell(record(0, 3.0))
    search.tell(record(1, 4.0))
    assert set(parents(search, 0)) == {0}
    assert set(parents(search, 1)) == {1}
    search.tell(record(2, 1.0, operator="seed"))
    assert set(parents(search, 0)) == {0, 2}
    assert set(parents(search, 1)) == {1, 2}


def test_the_best_migrate_round_the_ring() -> None:
    search = Islands(("gap",), islands=3, migration=3)
    for number, gap in enumerate((5.0, 6.0, 7.0)):
        search.tell(record(number, gap))
    assert [set(parents(search, island)) for island in range(3)] == [{0, 2}, {0, 1}, {1, 2}]


def test_of_equal_behaviour_the_shorter_code_stays() -> None:
    search = Islands(("gap",), islands=1)
    search.tell(record(0, 5.0, source="long source"))
    search.tell(record(1, 5.0, source="short"))
    search.tell(record(2, 5.0, source="longer again"))
    assert set(parents(search, 0)) == {1}


def test_an_island_keeps_only_its_best() -> None:
    search = Islands(("gap",), islands=1, size=2)
    for number, gap in enumerate((5.0, 3.0, 4.0, 9.0)):
        search.tell(record(number, gap))
    assert set(parents(search, 0)) == {1, 2}


def test_asking_changes_nothing() -> None:
    search = Islands(("gap",))
    for number in range(8):
        search.tell(record(number, float(number)))
    briefs = [search.ask(20, np.random.default_rng(3)) for _ in range(3)]
    assert briefs[0] == briefs[1] == briefs[2]


def test_within_the_resolution_the_shorter_code_is_better() -> None:
    search = Islands(("gap",), islands=1, size=2, resolution=0.5)
    search.tell(record(0, 5.10, source="a long source"))
    search.tell(record(1, 5.40, source="short"))
    search.tell(record(2, 5.60, source="s"))  # in the next step
    assert set(parents(search, 0)) == {0, 1}
    assert parents(search, 0)[1] > parents(search, 0)[0]


@pytest.mark.parametrize(
    "bad",
    [
        {"islands": 0},
        {"size": 1},
        {"migration": 0},
        {"crossover": 1.5},
        {"pressure": -1.0},
        {"resolution": -1.0},
        {"size": 40.5},
        {"pressure": 1e6},
    ],
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Islands(("gap",), **bad)  # type: ignore[arg-type]


def test_seeds_are_asked_for_first() -> None:
    search = Seeded(Islands(("gap",)), 2)
    rng = np.random.default_rng(0)
    assert [search.ask(number, rng).operator for number in range(3)] == ["seed", "seed", "create"]
    search.tell(record(0, 1.0, operator="seed"))
    assert search.ask(2, rng).parents[0].number == 0
