from pathlib import Path

import pytest

from evaluators.base import Status
from evolve.archive import Archive, Event, listing
from evolve.archive.listing import Line
from evolve.report import best
from tests.dashboard.conftest import fill


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


def line(number: int, judged: float, gap: float | None, parents: tuple[int, ...] = ()) -> Line:
    status, measures = (Status.OK, {"gap": gap}) if gap is not None else (Status.ERROR, {})
    return Line(number, "mutate", parents, "", 10, judged, status, measures, 0.1, "" if gap is not None else "error")


def session(kind: str, created: float) -> Event:
    return Event(kind, created, {})


def test_lines_are_the_judged_candidates_in_the_order_of_the_verdicts(archive: Archive) -> None:
    run = fill(archive)
    listed = listing.lines(archive, run)
    records = archive.records(run)
    assert [entry.number for entry in listed] == [0, 1, 2, 3, 4]
    for entry, record in zip(listed, records, strict=True):
        assert entry.characters == len(record.candidate.source)
        assert entry.measures == record.evaluation.measures
        assert (entry.operator, entry.parents, entry.idea) == (
            record.candidate.operator,
            record.candidate.parents,
            record.candidate.idea,
        )
        assert (entry.status, entry.cause, entry.seconds) == (
            record.evaluation.status,
            record.evaluation.cause,
            record.evaluation.seconds,
        )


def test_a_glance_agrees_with_the_records(archive: Archive) -> None:
    run = fill(archive)
    other = fill(archive, "other")
    for each in (run, other):
        glance = listing.glance(archive, each, listing.lines(archive, each), "gap")
        records, candidates = archive.records(each), archive.candidates(each)
        assert (glance.state, glance.seconds) == (archive.state(each), archive.seconds_spent(each))
        assert glance.judged == len(records)
        assert glance.usd == sum(candidate.cost.usd for candidate in candidates.values())
        assert glance.judged + len(glance.waiting) == len(candidates)
        assert glance.best.number == best(records, "gap").number == 3
        assert glance.best_seed.number == 0
        assert (glance.gain, glance.failed, glance.waiting) == (5.0, 1, [5])


def test_an_empty_run_has_no_best_and_costs_nothing(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    glance = listing.glance(archive, run, [], "gap")
    assert (glance.best, glance.best_seed, glance.gain, glance.usd, glance.waiting) == (None, None, 0.0, 0.0, [])
    assert listing.mark(archive, run) == listing.Mark(0, 0, 0)


def test_the_mark_moves_with_every_proposal_verdict_and_event_of_the_run_and_with_no_other(archive: Archive) -> None:
    run = fill(archive)
    marks = [listing.mark(archive, run)]
    other = fill(archive, "other")
    assert listing.mark(archive, run) == marks[0]
    known = archive.records(run)[0]
    archive.propose(run, 6, known.candidate)
    marks.append(listing.mark(archive, run))
    archive.judge(run, 6, known.evaluation)
    marks.append(listing.mark(archive, run))
    archive.log(run, "started", {})
    marks.append(listing.mark(archive, run))
    assert len(set(marks)) == 4
    assert listing.mark(archive, other) not in marks


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("return 3 * p", {4}),  # in the code
        ("JOIN P", {3}),  # in idea and code, in other letters
        ("2 to", {4, 5}),  # in ideas; 5 is not judged
        ("%", set()),  # no wild card
        ("return_p", set()),  # no wild card either
    ],
)
def test_a_text_is_looked_for_in_code_and_idea(archive: Archive, text: str, numbers: set[int]) -> None:
    run = fill(archive)
    fill(archive, "other")
    assert listing.containing(archive, run, text) == numbers


def test_working_time_leaves_out_the_nights_and_counts_a_killed_session_to_its_last_line() -> None:
    # Session one from 100 to 110; session two from 1000, killed after the line at 1007; session three from 5000.
    events = [session("started", 100), session("ended", 110), session("test opened", 500)]
    events += [session("started", 1000), session("started", 5000)]
    listed = [line(0, 104, 1.0), line(1, 1002, 1.0), line(2, 1007, 1.0), line(3, 5001, 1.0)]
    assert listing.moments(events, listed) == {0: 4.0, 1: 12.0, 2: 17.0, 3: 18.0}
    assert listing.moments([], []) == {}


def test_steps_are_the_strict_improvements_and_count_failures_as_evaluations() -> None:
    listed = [line(0, 1, None), line(1, 2, 9.0), line(3, 3, 9.0), line(2, 4, None), line(4, 5, 7.5), line(5, 6, 8.0)]
    seconds = {entry.number: entry.judged for entry in listed}
    found = [
        (step.number, step.evaluations, step.seconds, step.value) for step in listing.steps(listed, "gap", seconds)
    ]
    assert found == [(1, 2, 2.0, 9.0), (4, 5, 5.0, 7.5)]


def test_ancestors_follow_the_first_parent_back_to_a_candidate_without_one() -> None:
    listed = [line(0, 0, 1.0), line(1, 1, 1.0), line(2, 2, 1.0, (1, 0)), line(3, 3, 1.0, (0,)), line(4, 4, 1.0, (2, 3))]
    assert [entry.number for entry in listing.ancestors(listed, 4)] == [2, 1]
    assert listing.ancestors(listed, 0) == []
    assert listing.ancestors(listed, 99) == []


def test_ancestors_of_one_whose_parent_is_not_later_than_itself_end_there() -> None:
    assert listing.ancestors([line(0, 0, 1.0, (1,)), line(1, 1, 1.0, (0,))], 1)[0].number == 0
    assert len(listing.ancestors([line(0, 0, 1.0, (1,)), line(1, 1, 1.0, (0,))], 1)) == 1


def test_lines_after_a_key_are_those_that_were_judged_later(archive: Archive) -> None:
    run = fill(archive)
    listed = listing.lines(archive, run)
    assert listing.lines(archive, run, listed[2].key) == listed[3:]
    assert listing.lines(archive, run, listed[-1].key) == []


def test_a_line_tells_who_wrote_it_and_what_it_cost(archive: Archive) -> None:
    run = fill(archive)
    for entry, record in zip(listing.lines(archive, run), archive.records(run), strict=True):
        candidate = record.candidate
        assert (entry.proposer, entry.cost, entry.by_model) == (candidate.proposer, candidate.cost, candidate.by_model)
        assert entry.flawed == (candidate.flaw is not None)
