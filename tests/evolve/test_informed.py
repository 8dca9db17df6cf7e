"""What briefs are told: a function of the records told, in bounded lists."""

from collections.abc import Sequence

import numpy as np

from evaluators.base import Evaluation, Status
from evaluators.cached import tree_of
from evolve.candidate import Brief, Candidate, Flaw, Insight, Record
from evolve.search.informed import Informed
from evolve.search.memory import BEST, FAILURES, PARENTS, TRIED

RNG = np.random.default_rng(0)


class Asking:
    """Asks for what it is set to, and remembers what it is told."""

    def __init__(self) -> None:
        self.brief = Brief(0, "create")
        self.told: list[int] = []

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        return self.brief

    def tell(self, record: Record) -> None:
        self.told.append(record.number)


def record(
    number: int,
    gap: float | None,
    *,
    operator: str = "create",
    parents: tuple[int, ...] = (),
    source: str | None = None,
    by_model: bool = True,
    flaw: Flaw | None = None,
) -> Record:
    text = f"def priority(p):\n    return p + {number}.0\n" if source is None else source
    verdict = Evaluation(Status.ERROR, message="x", cause="x")
    if gap is not None:
        verdict = Evaluation(Status.OK, {"gap": gap}, {"i1": {"gap": gap}})
    return Record(number, Candidate(text, operator, parents, transcript="{}" if by_model else "", flaw=flaw), verdict)


def informed(*records: Record) -> Informed:
    search = Informed(Asking(), "gap")
    for one in records:
        search.tell(one)
    return search


def numbers(records: Sequence[Record]) -> list[int]:
    return [one.number for one in records]


def test_the_inner_search_decides_and_is_told_everything() -> None:
    inner = Asking()
    search = Informed(inner, "gap")
    parent = record(0, 9.0)
    search.tell(parent)
    search.tell(record(1, None))
    inner.brief = Brief(7, "mutate", (parent,), "fake:good")
    brief = search.ask(7, RNG)
    assert (brief.number, brief.operator, brief.parents, brief.writer) == (7, "mutate", (parent,), "fake:good")
    assert brief.knowledge.told == 2
    assert inner.told == [0, 1]


def test_baselines_are_the_judged_seeds_and_the_best_are_the_others_in_order() -> None:
    search = informed(
        record(0, 20.0, operator="seed"),
        record(1, 15.0, operator="seed"),
        record(2, None, operator="seed"),
        record(3, 18.0),
        record(4, 14.0),
        record(5, None),
    )
    known = search.ask(6, RNG).knowledge
    assert numbers(known.baselines) == [1, 0]
    assert numbers(known.best) == [4, 3]


def test_of_equal_values_the_shortest_code_is_kept() -> None:
    search = informed(record(100, 9.0), record(2, 9.0), record(300, 9.0))
    assert numbers(search.ask(6, RNG).knowledge.best) == [2]


def test_what_was_made_from_the_main_parent_is_told_the_newest_first() -> None:
    first, second = record(0, 9.0), record(1, 9.5)
    search = informed(
        first,
        second,
        record(2, 8.0, parents=(0,)),
        record(3, None, parents=(0, 1)),
        record(4, 7.0, parents=(1,)),
    )
    inner = search._inner
    assert isinstance(inner, Asking)
    inner.brief = Brief(5, "cross", (first, second))
    tried = search.ask(5, RNG).knowledge.tried
    assert numbers(tried) == [3, 2]
    assert tried[1].evaluation.measures == {"gap": 8.0}
    inner.brief = Brief(5, "create")
    assert search.ask(5, RNG).knowledge.tried == ()


def test_failures_are_those_of_models_the_newest_first() -> None:
    search = informed(record(0, None), record(1, None, by_model=False), record(2, None), record(3, 5.0))
    assert numbers(search.ask(4, RNG).knowledge.failures) == [2, 0]


def test_code_is_known_by_its_tree_at_the_position_where_it_was_told_first() -> None:
    text = "def priority(p):\n    return p\n"
    search = informed(record(8, 9.0), record(5, 9.0, source=text), record(6, None, source=text + "# once more\n"))
    known = search.ask(9, RNG).knowledge
    assert known.known[tree_of(text)] == 1
    assert known.numbers[1] == 5
    assert (len(known.known), known.told) == (2, 3)


def test_knowledge_of_an_earlier_brief_can_tell_what_came_later() -> None:
    search = informed(record(0, 9.0))
    before = search.ask(1, RNG).knowledge
    search.tell(record(1, 8.0))
    assert before.told == 1
    assert before.known[tree_of("def priority(p):\n    return p + 1.0\n")] >= before.told
    assert numbers(before.best) == [0]


def test_answers_without_code_are_not_known_as_code() -> None:
    known = informed(record(0, None, source="", flaw=Flaw("refused", "x"))).ask(1, RNG).knowledge
    assert (dict(known.known), list(known.numbers)) == ({}, [0])


def test_all_lists_are_bounded_however_long_the_run() -> None:
    parent = record(0, 50.0)
    search = informed(parent)
    for number in range(1, 2500):
        gap = None if number % 3 == 0 else 50.0 - number / 100
        search.tell(record(number, gap, parents=(0, number - 1)))
    inner = search._inner
    assert isinstance(inner, Asking)
    inner.brief = Brief(5, "mutate", (parent,))
    known = search.ask(5, RNG).knowledge
    assert (len(known.best), len(known.tried), len(known.failures)) == (BEST, TRIED, FAILURES)
    assert len(search.memory._tried) == PARENTS
    assert numbers(known.tried) == list(range(2499, 2499 - TRIED, -1))  # a parent in use is not forgotten


def test_knowledge_is_a_function_of_the_records_told() -> None:
    records = [record(k, None if k % 4 == 0 else 50.0 - k % 7, parents=(k // 2,)) for k in range(1, 120)]
    one, other = informed(*records), informed(*records)
    assert one.ask(200, RNG) == other.ask(200, RNG)


def test_insights_are_published_when_they_are_new_and_told_to_briefs() -> None:
    published: list[tuple[int, Sequence[Insight]]] = []
    search = Informed(Asking(), "gap", lambda told, insights: published.append((told, insights)))
    search.tell(record(0, 10.0, source="def priority(p, q):\n    return p\n"))
    for number in range(1, 60):
        better = number % 2 == 0
        body = "p + q" if better else "p / 2.0"
        source = f"def priority(p, q):\n    return {body}\n"
        search.tell(record(number, 9.0 if better else 11.0, parents=(0,), source=source))
    assert [told for told, _ in published] == [20, 50]
    insights = search.ask(60, RNG).knowledge.insights
    assert insights == published[-1][1]
    assert {one.change for one in insights} >= {"reads q", "has more divisions"}
