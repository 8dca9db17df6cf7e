"""Exporting on the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluators.base import Evaluation, Status
from evolve import settings
from evolve.archive import Archive
from evolve.candidate import Candidate
from evolve.cli_export import app
from evolve.commands.export import wishes_of
from evolve.errors import NothingValid
from evolve.export import Wishes
from evolve.parts import problem_of
from evolve.run import judging
from evolve.settings import SettingsError
from problems.base import Split
from problems.tardiness import TardinessRule

CHOSEN = settings.checked(
    {"name": "nightly", "problem": {"kind": "tardiness_rule"}},
    ['problem.classes=["0.6/0.6"]', "problem.sizes=[50]", "problem.test_sizes=[20]", "problem.per_class=1"],
)
UNSURE = ("--no-verify", "--unverified")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("archive") / "runs.db")
    problem = problem_of(CHOSEN)
    source = TardinessRule.seeds["MDD"]
    with Archive(path) as store, judging(CHOSEN, problem) as judge:
        run = store.create_run("nightly", settings.dump(CHOSEN), "0.1.0")
        train = judge(source, Split.TRAIN)
        for number, candidate in enumerate([Candidate(source, "seed"), Candidate(source, "mutate", (0,)),
                                            Candidate(source, "mutate", (1,))]):  # fmt: skip
            store.propose(run, number, candidate)
            failed = Evaluation(Status.TIMEOUT, message="too slow", cause="cpu limit")
            store.judge(run, number, failed if number == 0 else train)
        impure = Evaluation(Status.INVALID, message="5 of 9 choices do not follow", cause="not a pure rule")
        store.judge(run, 2, impure, Split.VALIDATION)
    return path


def called(archive: str, *arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments), "--archive", archive], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_candidate_is_written_with_its_line_and_its_licence(archive: str, tmp_path: Path) -> None:
    path = tmp_path / "rule.py"
    told = json.loads(called(archive, "nightly:1", "-o", path, "--licence", "MIT", "--json"))
    assert told["verified"] is True
    assert set(told["measures"]) == {"train", "validation", "test"}
    text = path.read_text()
    assert "lineage, by first parents: 0 (seed" in text
    assert "Licence: MIT" in text
    assert "UNVERIFIED" not in text


def test_what_is_not_verified_says_so(archive: str, tmp_path: Path) -> None:
    told = called(archive, "nightly:1", "-o", tmp_path / "rule.py", *UNSURE)
    assert "not verified, as the file says" in " ".join(told.split())
    assert "UNVERIFIED" in (tmp_path / "rule.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("nightly:0",), NothingValid, "candidate 0 is not valid: too slow"),
        (("nightly:1", "--no-verify"), NothingValid, "use --unverified"),
        (("nightly:2",), NothingValid, "not valid on validation"),
        (("nightly:1", "--target", "vllm"), SettingsError, "vllm takes heuristics for expert_placement"),
        (("nightly:1", "--target", "cuda"), SettingsError, "there is no target 'cuda'"),
        (("nightly:1", "--target", "c", "--as", "package"), SettingsError, "a package holds a Python module"),
        (("nightly:1", "--as", "wheel"), SettingsError, "--as is module or package, not 'wheel'"),
    ],
)
def test_what_cannot_be_exported_is_told_and_not_written(
    archive: str, tmp_path: Path, arguments: tuple[str, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as refused:
        called(archive, *arguments, "-o", tmp_path / "rule.py")
    assert message in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_that_failed_its_audit_is_exported_on_demand_and_the_file_says_so(
    archive: str, tmp_path: Path
) -> None:
    called(archive, "nightly:2", "-o", tmp_path / "rule.py", *UNSURE)
    assert "not a pure rule: 5 of 9 choices do not follow" in " ".join((tmp_path / "rule.py").read_text().split())


def test_options_stand_for_wishes() -> None:
    wanted = wishes_of("package", "", "MIT", False, True, True)
    assert wanted == replace(Wishes(), package=True, licence="MIT", verify=False, unverified=True, require_numba=True)
