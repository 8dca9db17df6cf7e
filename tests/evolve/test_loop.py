import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run
from evolve.candidate import Brief, Candidate, Cost, Flaw, Record
from evolve.loop import Loop, Spent
from evolve.proposers.base import NotStarted
from evolve.search.islands import Islands
from problems.base import Split
from tests.evolve.fakes import Halver, judge, source_of, value_of


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


class Spy(Islands):
    """An island search that remembers what it was told and asked, in order."""

    def __init__(self) -> None:
        super().__init__(("gap",), islands=2, size=10, migration=7)
        self.history: list[tuple[str, int]] = []

    def ask(self, number: int, rng: np.random.Generator) -> Brief:
        self.history.append(("ask", number))
        return super().ask(number, rng)

    def tell(self, record: Record) -> None:
        self.history.append(("tell", record.number))
        super().tell(record)


def loop(
    archive: Archive,
    run: Run,
    *,
    proposer: Callable[[Brief, np.random.Generator], Candidate] | None = None,
    evaluate: Callable[..., Evaluation] = judge,
    search: Islands | None = None,
    limit: int = 60,
    width: int = 4,
    deterministic: bool = True,
    judges: int = 4,
    stop: threading.Event | None = None,
    local: Callable[[Brief, np.random.Generator], Candidate] | None = None,
    now: Callable[[], Callable[..., Evaluation]] | None = None,
) -> Loop:
    return Loop(
        archive,
        run,
        search or Spy(),
        proposer or Halver(),
        evaluate,
        seed=5,
        width=width,
        judges=judges,
        deterministic=deterministic,
        enough=lambda spent: spent.asked >= limit,
        stop=stop or threading.Event(),
        local=local,
        now=now,
    )


def fingerprint(archive: Archive, run: Run) -> list[tuple[int, str, tuple[int, ...], Status]]:
    records = sorted(archive.records(run), key=lambda record: record.number)
    return [(r.number, r.candidate.source, r.candidate.parents, r.evaluation.status) for r in records]


def drain(work: Loop) -> list[Record]:
    with work:
        return list(work)


def test_every_candidate_is_archived_before_it_is_judged(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    seen = []
    keep = archive.judge

    def watch(of: Run, number: int, evaluation: Evaluation, split: Split = Split.TRAIN) -> None:
        seen.append(number in archive.candidates(run))
        keep(of, number, evaluation, split)

    archive.judge = watch  # type: ignore[method-assign]
    assert len(drain(loop(archive, run))) == 60
    assert seen == [True] * 60


def test_a_deterministic_run_is_the_same_whatever_the_delays(archive: Archive) -> None:
    runs = [archive.create_run("r", "{}", "1") for _ in range(2)]
    for run, delay in zip(runs, (0.0, 0.004), strict=True):
        drain(loop(archive, run, proposer=Halver(delay)))
    assert fingerprint(archive, runs[0]) == fingerprint(archive, runs[1])


def test_ask_k_is_made_when_exactly_the_records_up_to_k_minus_width_are_told(archive: Archive) -> None:
    search = Spy()
    drain(loop(archive, archive.create_run("r", "{}", "1"), search=search, width=3, limit=10, proposer=Halver(0.003)))
    told = 0
    for kind, number in search.history:
        if kind == "ask":
            assert told == max(0, number - 3 + 1)
        else:
            assert number == told
            told += 1
    assert told == 10


class Remembering(Spy):
    """A search beside an evaluator that stops what is worse than the best that was told when it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.best = np.inf

    def tell(self, record: Record) -> None:
        super().tell(record)
        self.best = min(self.best, record.evaluation.measures.get("gap", np.inf))

    def now(self) -> Callable[..., Evaluation]:
        best = self.best

        def judge_by_then(source: str, split: Split = Split.TRAIN) -> Evaluation:
            stopped = Evaluation(Status.STOPPED, message=f"worse than {best}", cause="raced out")
            return stopped if value_of(source) > best else judge(source, split)

        return judge_by_then


@pytest.mark.parametrize("delay", [0.0, 0.004])
def test_a_verdict_that_depends_on_what_was_told_is_the_same_whatever_the_delays(
    archive: Archive, delay: float
) -> None:
    runs = [archive.create_run("r", "{}", "1") for _ in range(2)]
    search = Remembering()
    drain(loop(archive, runs[0], search=search, now=search.now))
    stop = threading.Event()
    for limit in (13, 40, 60):
        search = Remembering()
        with loop(archive, runs[1], search=search, now=search.now, proposer=Halver(delay), stop=stop) as work:
            for position, _ in enumerate(work):
                if position >= limit - 1:
                    stop.set()
        stop.clear()
    assert fingerprint(archive, runs[0]) == fingerprint(archive, runs[1])
    messages = [[record.evaluation.message for record in archive.records(run)] for run in runs]
    assert sorted(messages[0]) == sorted(messages[1])
    assert any(record.evaluation.status is Status.STOPPED for record in archive.records(runs[0]))


@pytest.mark.parametrize("deterministic", [True, False])
def test_what_was_stopped_goes_on_and_asks_for_nothing_twice(archive: Archive, deterministic: bool) -> None:
    run = archive.create_run("r", "{}", "1")
    proposer = Halver(0.001)
    for part in itertools.count(1):
        stop = threading.Event()
        with loop(archive, run, proposer=proposer, deterministic=deterministic, stop=stop) as work:
            for position, _ in enumerate(work):
                if position >= 13 * part:
                    stop.set()
        if len(archive.records(run)) == 60:
            break
    assert part > 3
    assert sorted(proposer.asked) == list(range(60))
    if deterministic:
        whole = archive.create_run("r", "{}", "1")
        drain(loop(archive, whole))
        assert fingerprint(archive, run) == fingerprint(archive, whole)


def test_the_resumed_search_is_in_the_state_of_an_uninterrupted_one(archive: Archive) -> None:
    whole, parts = archive.create_run("r", "{}", "1"), archive.create_run("r", "{}", "1")
    uninterrupted, resumed = Spy(), Spy()
    drain(loop(archive, whole, search=uninterrupted, limit=40))
    drain(loop(archive, parts, limit=17))
    drain(loop(archive, parts, search=resumed, limit=40))

    def state(search: Islands) -> object:
        return [[(rank, number) for rank, number, _, _ in population] for population in search._populations]

    assert state(resumed) == state(uninterrupted)


def test_a_candidate_that_was_proposed_and_not_judged_is_judged_first(archive: Archive) -> None:
    for deterministic in (True, False):
        run = archive.create_run("r", "{}", "1")
        archive.propose(run, 0, Candidate("def priority(p):\n    return 42.0001\n", "mutate"))
        proposer = Halver()
        records = drain(loop(archive, run, proposer=proposer, limit=3, deterministic=deterministic))
        assert sorted(record.number for record in records) == [0, 1, 2]
        assert proposer.asked == [1, 2]


def test_failed_candidates_never_become_parents(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    records = drain(loop(archive, run, limit=150))
    failed = {record.number for record in records if record.evaluation.status is not Status.OK}
    assert failed
    assert all(not failed & set(record.candidate.parents) for record in records)


def test_an_exception_of_the_machine_ends_the_run_and_keeps_what_was_proposed(archive: Archive) -> None:
    class Broken(RuntimeError):
        pass

    def broken(source: str, split: Split = Split.TRAIN) -> Evaluation:
        raise Broken

    run = archive.create_run("r", "{}", "1")
    with pytest.raises(Broken), loop(archive, run, evaluate=broken) as work:
        list(work)
    kept = archive.candidates(run)
    assert kept
    proposer = Halver()
    drain(loop(archive, run, proposer=proposer, limit=20))
    assert not set(proposer.asked) & kept.keys()


def test_dollars_are_counted_over_resumes(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    spent = []

    def enough(used: Spent) -> bool:
        spent.append(used.cost.usd)
        return used.cost.usd >= 2.0

    for _ in range(2):
        work = loop(archive, run, deterministic=False, width=1)
        work._enough = enough
        drain(work)
    assert max(spent) == 2.0
    assert len(archive.records(run)) == 8


def test_answers_under_way_when_the_machine_breaks_are_archived(archive: Archive) -> None:
    class Broken(RuntimeError):
        pass

    def broken(source: str, split: Split = Split.TRAIN) -> Evaluation:
        raise Broken

    for deterministic in (True, False):
        run = archive.create_run("r", "{}", "1")
        proposer = Halver(0.05)  # number 0 is written at once, the others only after its verdict has failed
        with (
            pytest.raises(Broken),
            loop(archive, run, proposer=proposer, evaluate=broken, deterministic=deterministic) as work,
        ):
            list(work)
        assert archive.candidates(run).keys() == set(proposer.asked)
        assert len(proposer.asked) >= 4  # one more where number 3 was written before the verdict on number 0 had failed


def test_an_answer_beside_a_failing_proposer_is_archived(archive: Archive) -> None:
    class Unusable(RuntimeError):
        pass

    halver = Halver(0.02)

    def proposer(brief: Brief, rng: np.random.Generator) -> Candidate:
        if brief.number == 2:
            raise Unusable
        return halver(brief, rng)

    run = archive.create_run("r", "{}", "1")
    with pytest.raises(Unusable), loop(archive, run, proposer=proposer) as work:
        list(work)
    assert archive.candidates(run).keys() == set(halver.asked)


def test_a_gap_in_the_numbers_does_not_hide_what_is_archived_when_the_budget_is_spent(archive: Archive) -> None:
    whole, run = archive.create_run("whole", "{}", "1"), archive.create_run("r", "{}", "1")
    drain(loop(archive, whole, limit=5))
    for number, candidate in archive.candidates(whole).items():
        if number != 2:
            archive.propose(run, number, candidate)
    work = loop(archive, run)
    work._enough = lambda spent: True
    drain(work)
    assert fingerprint(archive, run) == fingerprint(archive, whole)


def test_what_is_judged_is_the_text_that_is_archived(archive: Archive) -> None:
    judged = []

    def evaluate(source: str, split: Split = Split.TRAIN) -> Evaluation:
        judged.append(source)
        return Evaluation(Status.OK, {"gap": 1.0}, {"x": {"gap": 1.0}})

    run = archive.create_run("r", "{}", "1")
    odd = Candidate("x = '\ud800\0'", "mutate")
    drain(loop(archive, run, proposer=lambda brief, rng: odd, evaluate=evaluate, limit=1))
    assert judged == [archive.candidates(run)[0].source] == ["x = '\ufffd'"]


class Paid:
    """A model that answers when told to, or when so many wait for it, and counts how many do at once."""

    def __init__(self, crowd: int = 0) -> None:
        self.answers = threading.Semaphore(0)
        self.crowd = crowd
        self.lock = threading.Lock()
        self.asked: list[int] = []
        self.most = self.waiting = 0

    def __call__(self, brief: Brief, rng: np.random.Generator) -> Candidate:
        with self.lock:
            self.asked.append(brief.number)
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            if self.waiting == self.crowd:
                self.answers.release(10_000)
        self.answers.acquire()
        with self.lock:
            self.waiting -= 1
        return Candidate(source_of(50.0001 + brief.number), "create", cost=Cost(10, 5, 0.25), transcript="{}")


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_flawed_answer_is_counted_and_told_and_not_judged(archive: Archive, deterministic: bool) -> None:
    def proposer(brief: Brief, rng: np.random.Generator) -> Candidate:
        flaw = Flaw("answer cut off", "write less") if brief.number % 2 else None
        return Candidate(source_of(1.0001), "create", cost=Cost(10, 5, 0.25), transcript="{}", flaw=flaw)

    run = archive.create_run("r", "{}", "1")
    judged = []

    def evaluate(source: str, split: Split = Split.TRAIN) -> Evaluation:
        judged.append(source)
        return judge(source)

    told = drain(loop(archive, run, proposer=proposer, evaluate=evaluate, limit=10, deterministic=deterministic))
    assert len(judged) == 5
    flawed = [record for record in told if record.number % 2]
    assert {(r.evaluation.status, r.evaluation.cause) for r in flawed} == {(Status.REJECTED, "answer cut off")}
    assert sum(record.candidate.cost.usd for record in archive.records(run)) == 2.5
    resumed = loop(archive, run, proposer=proposer, evaluate=evaluate, limit=10, deterministic=deterministic)
    assert len(drain(resumed)) == 10
    assert len(judged) == 5


def test_a_proposer_that_cannot_start_ends_the_asking_and_leaves_nothing_behind(archive: Archive) -> None:
    def proposer(brief: Brief, rng: np.random.Generator) -> Candidate:
        if brief.number in capped:
            raise NotStarted
        return halver(brief, rng)

    for deterministic in (True, False):
        halver, capped = Halver(0.001), set(range(20, 1000))
        run = archive.create_run("r", "{}", "1")
        assert len(drain(loop(archive, run, proposer=proposer, deterministic=deterministic))) == 20
        assert sorted(archive.candidates(run)) == list(range(20))
        capped = set()
        assert len(drain(loop(archive, run, proposer=proposer, deterministic=deterministic))) == 60


def test_two_hundred_answers_are_waited_for_at_once(archive: Archive) -> None:
    paid, run = Paid(crowd=200), archive.create_run("r", "{}", "1")
    assert len(drain(loop(archive, run, proposer=paid, width=200, limit=400, judges=2, deterministic=False))) == 400
    assert paid.most == 200
    assert sorted(paid.asked) == list(range(400))


def test_local_candidates_fill_the_wait_and_those_of_the_model_are_judged_first(archive: Archive) -> None:
    paid, order = Paid(), []

    def evaluate(source: str, split: Split = Split.TRAIN) -> Evaluation:
        order.append(value_of(source))
        if len(order) == 30:
            paid.answers.release(100)
        return Evaluation(Status.OK, {"gap": value_of(source)}, {"x": {"gap": value_of(source)}})

    local = Halver()
    stop = threading.Event()
    run = archive.create_run("r", "{}", "1")
    archive.propose(run, 0, Candidate(source_of(99.0001), "seed"))
    with loop(
        archive, run, proposer=paid, evaluate=evaluate, local=local, width=5, judges=1, deterministic=False, stop=stop
    ) as work:
        for record in work:
            if record.candidate.proposer != "halver" and record.number:
                assert len(archive.candidates(run)) - len(archive.records(run)) <= 5 + 1
            if len(archive.records(run)) >= 50:
                stop.set()
    assert len(local.asked) >= 25, "cores were free"
    assert paid.most == 5
    candidates = archive.candidates(run)
    judged = [record.number for record in archive.records(run)]
    first = next(place for place, number in enumerate(judged) if candidates[number].by_model)
    assert all(candidates[number].by_model for number in judged[first : first + 4])


def test_a_local_proposer_is_refused_where_the_run_must_repeat(archive: Archive) -> None:
    with pytest.raises(ValueError, match="deterministic"):
        loop(archive, archive.create_run("r", "{}", "1"), local=Halver(), deterministic=True)


@pytest.mark.parametrize("deterministic", [True, False])
def test_nothing_is_asked_before_the_first_candidates_are_told(archive: Archive, deterministic: bool) -> None:
    search = Spy()
    run = archive.create_run("r", "{}", "1")
    work = loop(archive, run, search=search, proposer=Halver(0.002), deterministic=deterministic, limit=30)
    work._first = 7
    drain(work)
    told = [position for position, (kind, _) in enumerate(search.history) if kind == "tell"]
    later = [position for position, (kind, number) in enumerate(search.history) if kind == "ask" and number >= 7]
    assert told[6] < later[0]
    assert len(told) == 30


def test_local_candidates_fill_the_wait_for_the_last_calls_too(archive: Archive) -> None:
    paid, local = Paid(), Halver()
    work = loop(archive, archive.create_run("r", "{}", "1"), proposer=paid, local=local, width=5, judges=1,
                deterministic=False)  # fmt: skip
    work._enough = lambda spent: spent.calls >= 2 or spent.asked >= 30
    with work:
        for _ in work:
            if len(local.asked) >= 20:
                paid.answers.release(10)
    assert len(paid.asked) == 2
    assert 20 <= len(local.asked) <= 28, "as long as an answer is waited for"


def test_when_the_time_is_over_whoever_waits_for_nothing_that_is_paid_is_told(archive: Archive) -> None:
    closing, late = threading.Event(), []

    def mailbox(brief: Brief, rng: np.random.Generator) -> Candidate:
        late.append(brief.number)
        assert closing.wait(10)
        raise NotStarted

    run = archive.create_run("r", "{}", "1")
    work = loop(archive, run, proposer=mailbox, deterministic=False)
    work._closing, work._overdue = closing, lambda: bool(late)
    work._enough = lambda spent: bool(late)
    assert drain(work) == []
    assert late
    assert not archive.candidates(run)


def test_what_is_answered_is_asked_for_whatever_is_left_of_the_budget(archive: Archive) -> None:
    run, halver = archive.create_run("r", "{}", "1"), Halver()
    work = Loop(
        archive, run, Spy(), halver, judge, seed=5, width=4, judges=2, deterministic=False,
        enough=lambda spent: True, stop=threading.Event(), answered={3},
    )  # fmt: skip
    assert sorted(record.number for record in drain(work)) == [0, 1, 2, 3]


def test_published_heuristics_are_judged_even_if_nothing_may_be_paid(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    work = loop(archive, run, deterministic=False)
    work._first, work._enough = 5, lambda spent: spent.calls >= 0 and (spent.cost.usd >= 0.25 or spent.asked >= 5)
    assert len(drain(work)) == 5
