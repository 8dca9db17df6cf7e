from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Record
from evolve.export import ExportMismatch, export, module_text, readable
from evolve.report import FINALISTS, bench, best, chosen_best, judged_on, ranked, winner
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES

VALIDATION = {"a": 9.0, "b": 3.0, "c": 5.0}


class Judge:
    """Gives sources their values by name; counts what it is asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Split]] = []

    def __call__(self, source: str, split: Split = Split.TRAIN) -> Evaluation:
        self.calls.append((source, split))
        if source == "impure":
            return Evaluation(Status.INVALID, message="not a pure rule", cause="not a pure rule")
        return Evaluation(Status.OK, {"gap": VALIDATION[source]}, {"x": {"gap": VALIDATION[source]}}, 0.1)


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(str(tmp_path / "a.db")) as opened:
        yield opened


def fill(archive: Archive, **train: float) -> Run:
    run = archive.create_run("r", "{}", "1")
    for number, (source, gap) in enumerate(train.items()):
        archive.propose(run, number, Candidate(source, "mutate"))
        archive.judge(run, number, Evaluation(Status.OK, {"gap": gap}, {"x": {"gap": gap}}))
    return run


def test_the_winner_is_the_finalist_that_is_best_on_validation(archive: Archive) -> None:
    run = fill(archive, a=1.0, b=2.0, c=3.0)
    chosen = winner(archive, run, Judge(), "gap")
    assert chosen is not None
    assert chosen.candidate.source == "b"
    assert best(archive.records(run), "gap").candidate.source == "a"


def test_best_is_the_best_on_validation_as_soon_as_there_is_one(archive: Archive) -> None:
    run = fill(archive, a=1.0, b=2.0, c=3.0)
    assert chosen_best(archive, run, "gap").candidate.source == "a"
    winner(archive, run, Judge(), "gap")
    record = chosen_best(archive, run, "gap")
    assert (record.candidate.source, record.evaluation.measures) == ("b", {"gap": 2.0})
    assert chosen_best(archive, archive.create_run("empty", "{}", "1"), "gap") is None


def test_a_candidate_that_fails_its_audit_does_not_win(archive: Archive) -> None:
    run = fill(archive, impure=0.5, a=1.0)
    chosen = winner(archive, run, Judge(), "gap")
    assert chosen is not None
    assert chosen.candidate.source == "a"


def test_finalists_that_fail_their_audit_make_room_for_others(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    for number in range(FINALISTS + 1):
        archive.propose(run, number, Candidate("impure" if number < FINALISTS else "a", "mutate"))
        archive.judge(run, number, Evaluation(Status.OK, {"gap": 1.0 + number}, {"x": {"gap": 1.0}}))
    chosen = winner(archive, run, Judge(), "gap")
    assert chosen is not None
    assert chosen.candidate.source == "a"


def test_a_verdict_that_another_process_archived_first_is_taken(archive: Archive) -> None:
    run = fill(archive, a=1.0)
    (record,) = archive.records(run)

    def slow(source: str, split: Split = Split.TRAIN) -> Evaluation:
        archive.judge(run, 0, Evaluation(Status.OK, {"gap": 7.0}, {"x": {"gap": 7.0}}), split)
        return Evaluation(Status.OK, {"gap": 8.0}, {"x": {"gap": 8.0}})

    assert judged_on(archive, run, record, slow, Split.VALIDATION).measures == {"gap": 7.0}


def test_a_run_without_a_valid_candidate_has_no_winner(archive: Archive) -> None:
    run = archive.create_run("r", "{}", "1")
    archive.propose(run, 0, Candidate("x", "mutate"))
    archive.judge(run, 0, Evaluation(Status.ERROR, message="raised", cause="error"))
    assert winner(archive, run, Judge(), "gap") is None


def test_validation_verdicts_are_archived_and_not_made_twice(archive: Archive) -> None:
    run = fill(archive, a=1.0, b=2.0)
    judge = Judge()
    for _ in range(2):
        winner(archive, run, judge, "gap")
    assert len(judge.calls) == 2


def test_every_opening_of_the_test_split_is_noted(archive: Archive) -> None:
    run = fill(archive, a=1.0)
    (record,) = archive.records(run)
    judge = Judge()
    for split in (Split.VALIDATION, Split.TEST, Split.TEST):
        judged_on(archive, run, record, judge, split)
    opened = [event.detail["candidate"] for event in archive.events(run) if event.kind == "test opened"]
    assert opened == [0, 0]
    assert judge.calls == [("a", Split.VALIDATION), ("a", Split.TEST)]


def test_of_equal_finalists_the_shortest_is_taken_once() -> None:
    def record(number: int, source: str, gap: float) -> Record:
        return Record(number, Candidate(source, "mutate"), Evaluation(Status.OK, {"gap": gap}))

    records = [record(0, "long code", 1.0), record(1, "short", 1.0), record(2, "x", 2.0), record(3, "y", 3.0)]
    assert [each.number for each in ranked(records, "gap")] == [1, 2, 3]


def test_a_bench_keeps_what_is_not_valid_apart() -> None:
    class Shop(JobShop):
        pass

    shop = Shop(sets=["FT"])
    values = {instance.name: {"gap": 1.0} for instance in shop.instances(Split.TEST)}

    def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
        if source == "bad":
            return Evaluation(Status.TIMEOUT, message="too slow")
        return Evaluation(Status.OK, {"gap": 1.0}, values)

    table = bench(shop, {"good": "x", "broken": "bad"}, judge, Split.TEST)
    assert [row.name for row in table.rows] == ["good"]
    assert table.failures == {"broken": "timeout: too slow"}
    assert list(table.groups) == ["FT 6x6", "FT 10x10", "FT 20x5"]


HEAD = f"def priority({', '.join(FEATURES)}):\n"


def exported_run(source: str) -> tuple[Run, Record, dict[Split, Evaluation]]:
    verdict = Evaluation(Status.OK, {"gap": 1.25}, {"x": {"gap": 1.25}})
    return Run(1, "demo", 0.0, "{}", "1"), Record(7, Candidate(source, "mutate"), verdict), {Split.TEST: verdict}


def test_an_exported_module_says_what_it_is_and_how_good() -> None:
    text = module_text(*exported_run(HEAD + "    return p\n"), JobShop())
    for told in ("run demo, candidate 7", "test: 1.250 on 1 instances", "work_remaining: work of this operation"):
        assert told in text
    scope: dict[str, object] = {}
    exec(text, scope)
    assert scope["priority"](*[2.0] * 24) == 2.0  # type: ignore[operator]


def test_long_parameter_lists_are_spread_over_lines_and_mean_the_same() -> None:
    text = readable(HEAD + "    return p\n")
    assert max(len(line) for line in text.splitlines()) <= 120


def test_a_module_brings_the_imports_that_its_rule_needs() -> None:
    text = module_text(*exported_run(HEAD + "    return math.exp(-p) + np.sqrt(p)\n"), JobShop())
    scope: dict[str, object] = {}
    exec(text, scope)
    assert scope["priority"](*[0.0] * 24) == 1.0  # type: ignore[operator]
    assert (
        module_text(*exported_run("import math\n" + HEAD + "    return math.pi\n"), JobShop()).count("import math") == 1
    )


def test_a_comment_behind_a_long_head_is_left_as_it_is() -> None:
    source = HEAD.replace(":\n", ":  # most work (MWKR)\n") + "    return p  # a \x0c feed\n"
    assert readable(source) == source


def test_a_disk_without_room_keeps_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rule.py"
    path.write_text("what was there")
    run, record, verdicts = exported_run(HEAD + "    return p\n")

    def full(self: Path, text: str, encoding: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        export(run, record, verdicts, JobShop(), lambda source, split: verdicts[split], path)
    assert path.read_bytes() == b"what was there"


def test_a_text_that_decides_differently_is_not_written(tmp_path: Path) -> None:
    run, record, verdicts = exported_run(HEAD + "    return p\n")

    def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
        return Evaluation(Status.OK, {"gap": 1.25}, {"x": {"gap": 1.26}})

    with pytest.raises(ExportMismatch, match="candidate 7 on test"):
        export(run, record, verdicts, JobShop(), judge, tmp_path / "rule.py")
    assert list(tmp_path.iterdir()) == []
