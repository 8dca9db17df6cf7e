"""What every search must keep to; a new one is one line in `MAKERS`."""

from collections import deque
from collections.abc import Callable, Iterator
from types import FunctionType

import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.candidate import Brief, Candidate, Record
from evolve.search.base import Search
from evolve.search.best_of_n import BestOfN
from evolve.search.greedy import Greedy
from evolve.search.islands import Islands
from evolve.search.mapelites import MapElites
from evolve.search.pareto import ParetoInstances, ParetoObjectives
from evolve.search.tuning import Tuning
from evolve.search.watched import Watched

Maker = Callable[[tuple[str, ...]], Search]
MAKERS: dict[str, Maker] = {
    "islands": Islands,
    "islands that begin again": lambda objectives: Islands(objectives, islands=3, migration=40, patience=10),
    "map elites": MapElites,
    "map elites by behaviour": lambda objectives: MapElites(objectives, axes=("size", "deviation")),
    "pareto over instances": ParetoInstances,
    "pareto over objectives": lambda objectives: ParetoObjectives(objectives, size=20),
    "best of n": BestOfN,
    "greedy": Greedy,
    "tuning": lambda objectives: Tuning(Islands(objectives, islands=2), "gap", every=7),
    "watched": lambda objectives: Watched(Greedy(objectives), lambda number, source, evaluation: None),
}
LEARNING = sorted(MAKERS.keys() - {"best of n"})
PARENTS = {"create": 0, "mutate": 1, "tune": 1, "cross": 2}


def told(count: int) -> Iterator[Record]:
    """Yield seeds, failures, equal and different candidates, some out of order."""
    rng = np.random.default_rng(7)
    numbers = [number ^ 1 for number in range(count - count % 2)]
    for number in numbers:
        values = {f"i{index}": {"gap": float(value)} for index, value in enumerate(rng.integers(0, 60, 6))}
        gap = float(np.mean([value["gap"] for value in values.values()]))
        source = f"def f(a, b, c):\n    return a{' + 0.5 * b * c' * int(rng.integers(0, 9))}\n"
        operator = "seed" if number < 3 else "mutate"
        if rng.random() < 0.3:
            status = rng.choice([status for status in Status if status is not Status.OK])
            yield Record(number, Candidate(source, operator), Evaluation(Status(status), message="no"))
        else:
            measures = {"gap": gap, "deviation": float(rng.random())}
            yield Record(number, Candidate(source, operator), Evaluation(Status.OK, measures, values))


def asked(search: Search, number: int) -> list[Brief]:
    return [search.ask(number + ask, np.random.default_rng([3, ask])) for ask in range(40)]


def held(search: Search) -> int:
    """Return how many different records can be reached from a search."""
    seen: dict[int, object] = {}
    stack: list[object] = [search]
    while stack:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if isinstance(thing, dict):
            stack += [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset | deque):
            stack += thing
        elif isinstance(thing, FunctionType):
            stack += [cell.cell_contents for cell in thing.__closure__ or ()]
        elif type(thing).__module__.startswith("evolve.search"):
            stack += vars(thing).values()
    return sum(isinstance(thing, Record) for thing in seen.values())


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_search_that_knows_nothing_asks_for_something_new(make: Maker) -> None:
    assert make(("gap",)).ask(4, np.random.default_rng(0)) == Brief(4, "create")


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_asking_changes_nothing(make: Maker) -> None:
    quiet, curious = make(("gap",)), make(("gap",))
    for record in told(150):
        asked(curious, record.number)
        quiet.tell(record)
        curious.tell(record)
    assert asked(quiet, 200) == asked(curious, 200)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_same_records_lead_to_the_same_briefs(make: Maker) -> None:
    one, other = make(("gap",)), make(("gap",))
    for record in told(300):
        one.tell(record)
        other.tell(record)
        assert one.ask(9, np.random.default_rng(1)) == other.ask(9, np.random.default_rng(1))


@pytest.mark.parametrize("name", LEARNING)
def test_parents_are_different_ok_records_and_as_many_as_the_operator_takes(name: str) -> None:
    search = MAKERS[name](("gap",))
    for record in told(200):
        search.tell(record)
    briefs = asked(search, 200)
    assert {brief.operator for brief in briefs} <= {"mutate", "cross", "tune"}
    for brief in briefs:
        assert len({parent.number for parent in brief.parents}) == PARENTS[brief.operator]
        assert all(parent.evaluation.status is Status.OK for parent in brief.parents)


@pytest.mark.parametrize("name", LEARNING)
def test_failures_alone_lead_to_no_parent(name: str) -> None:
    search = MAKERS[name](("gap",))
    for record in told(200):
        if record.evaluation.status is not Status.OK:
            search.tell(record)
    assert {brief.operator for brief in asked(search, 200)} == {"create"}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_memory_stays_bounded(make: Maker) -> None:
    search = make(("gap",))
    for record in told(3000):
        search.tell(record)
    assert held(search) <= 4 * 40 + 3  # the largest: four islands of forty, and the seeds


@pytest.mark.parametrize("name", LEARNING)
def test_better_candidates_are_found_among_the_parents(name: str) -> None:
    search = MAKERS[name](("gap",))
    records = list(told(200))
    for record in records:
        search.tell(record)
    valid = [record.evaluation.measures["gap"] for record in records if record.evaluation.status is Status.OK]
    chosen = [brief.parents[0].evaluation.measures["gap"] for brief in asked(search, 200)]
    assert np.mean(chosen) < np.mean(valid)
