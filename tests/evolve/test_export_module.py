"""What an exported module says and does."""

from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Run
from evolve.candidate import Candidate, Record
from evolve.export import ExportMismatch, export, module_text, readable
from problems.base import Split
from problems.jobshop import JobShop
from problems.jobshop.features import FEATURES

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
