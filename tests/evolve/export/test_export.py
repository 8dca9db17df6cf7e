"""From a judged candidate to a verified file, a package, or nothing."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from evaluators.base import Evaluation, Evaluator, Status
from evolve import settings
from evolve.archive import Run
from evolve.candidate import Candidate, Record
from evolve.export import ExportMismatch, Unverified, Wishes, WrongTarget, ancestors, export
from evolve.export.module import module_text, parts
from evolve.export.verify import Verifier, _within, verifier
from evolve.export.write import write
from evolve.parts import problem_of
from evolve.run import judging
from problems.base import Driver, Instance, Reference, ReferenceKind, RuleProblem, Split
from problems.tardiness import TardinessRule

CHOSEN = settings.checked(
    {"problem": {"kind": "tardiness_rule"}},
    ['problem.classes=["0.6/0.6"]', "problem.sizes=[50]", "problem.test_sizes=[20]", "problem.per_class=1"],
)
PARAMETERS = ", ".join(ast.unparse(ast.parse(next(iter(TardinessRule.seeds.values()))).body[-1].args).split(", "))  # type: ignore[attr-defined]
SOURCE = (
    f'import math\n\n\ndef priority({PARAMETERS}):\n    """Be quick."""\n    return -p * math.exp(-due / work)  # §\n'
)
SITE = str(Path(np.__file__).parents[1])


@dataclass(frozen=True)
class Made:
    """A candidate with its verdicts, and what judges and verifies."""

    problem: RuleProblem
    judge: Evaluator
    verify: Verifier
    run: Run
    record: Record
    archived: dict[Split, Evaluation]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    problem = problem_of(CHOSEN)
    assert isinstance(problem, RuleProblem)
    template = module_text(parts(problem, next(iter(problem.seeds.values()))), "")
    with judging(CHOSEN, problem) as judge, verifier(problem, CHOSEN, template) as verify:
        archived = {split: judge(SOURCE, split) for split in Split}
        candidate = Candidate(
            SOURCE, "mutate", (3,), "weigh\x00 p", "openai:gpt", transcript='{"system": "s", "user": "u"}'
        )
        run = Run(1, "nightly", 1.7e9, settings.dump(CHOSEN), "0.1.0")
        yield Made(problem, judge, verify, run, Record(7, candidate, archived[Split.TRAIN]), archived)


def exported(made: Made, path: Path, **wishes: object) -> Path:
    line = {3: Candidate("", "seed", proposer="seed")}
    wanted = Wishes(**{"plain_seconds": 1.0, **wishes})  # type: ignore[arg-type]
    return export(
        made.run, made.record, made.archived, made.problem, made.judge, path, wishes=wanted, ancestors=line
    ).path


@pytest.fixture(scope="module")
def written(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(made, tmp_path_factory.mktemp("out") / "rule.py", licence='MIT "as is" \\ """')


def test_the_file_says_what_it_is_where_it_is_from_and_how_good(written: Path) -> None:
    told = ast.get_docstring(ast.parse(written.read_text()))
    assert told is not None
    flat = " ".join(told.split())
    for sentence in (
        "run nightly, started 2023-11-14 with evolve 0.1.0; candidate 7, mutate, written by openai:gpt",
        "- idea: weigh p", "parents: 3", "lineage, by first parents: 3 (seed, seed)", "prompt: sha256 ",
        "Licence: MIT \"as is\" \\ '''", "due: due date of this job", "the best published heuristic there, has",
        "instances: 50 jobs (", "made the decisions of the certified simulator", "train, ",
    ):  # fmt: skip
        assert sentence in flat, sentence
    assert "UNVERIFIED" not in told
    assert "# §" in written.read_text()


def test_the_file_imports_nothing_of_ours_and_computes_nothing_when_imported(written: Path) -> None:
    tree = ast.parse(written.read_text())
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} - {"numpy", "numba"} <= sys.stdlib_module_names
    before = sorted(os.listdir(written.parent))
    done = alone(written, "import_only")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(os.listdir(written.parent)) == before


def alone(path: Path, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a file where NumPy and numba are found, and none of our packages."""
    start = (
        "import runpy, sys; sys.dont_write_bytecode = True; site, path, name, *rest = sys.argv[1:];"
        "sys.path.append(site); sys.argv = [path, *rest]; runpy.run_path(path, run_name=name)"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start, SITE, str(path), name, *arguments],
        capture_output=True, text=True, cwd=path.parent, env={}, check=False,
    )  # fmt: skip


def test_the_file_schedules_on_the_command_line(written: Path, tmp_path: Path) -> None:
    instance = tmp_path / "three.txt"
    instance.write_text("# p d\n3 6\n2 4\n\n4 7\n")
    done = alone(written, "__main__", str(instance), "--self-test", "--no-numba")
    assert done.returncode == 0, done.stderr
    # By hand: weights -p * exp(-d / 9) are -1.54, -1.28 and -1.84, so the shortest is first and 2 is late by 2.
    assert done.stdout.splitlines() == [
        "2 of 2 cases come out as expected", "tardiness 2", "job 1: 0-2", "job 0: 2-5", "job 2: 5-9, 2 late"
    ]  # fmt: skip
    done = alone(written, "__main__", str(instance), "--json", "--no-numba")
    assert '"tardiness": 2.0, "order": [1, 0, 2]' in done.stdout
    assert alone(written, "__main__", "--no-numba").returncode == 2
    instance.write_text("3 6 9\n")
    done = alone(written, "__main__", str(instance), "--no-numba")
    assert (done.returncode, "line 1: '3 6 9'" in done.stderr) == (2, True)


# What is changed, and what is noticed.
MUTATIONS = {
    "the heuristic, where no case is": ("return -p *", "return p if jobs > 19 else -p *", "differently"),
    "the simulator": ("value > best", "value < best", "self-test"),
    # What is left out is not written, so what stands there is a wrong job or none at all.
    "the simulator, where no case is": (
        "moment in range(jobs)", "moment in range(jobs - jobs // 20)", "differently|does not run"
    ),
    "the objective": ("instance[\"d\"][order], 0).sum()", "instance[\"d\"][order], 1).sum()", "self-test"),
    "an expected result": ('"order": [', '"order": [0, ', "self-test|does not run"),
    "an import of ours": ("import argparse\n", "import argparse\nimport problems\n", "does not run: .*problems"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "other", "message"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_changed_line_is_noticed(made: Made, written: Path, text: str, other: str, message: str) -> None:
    verified = written.read_text()
    mutant = verified.replace(text, other) if text in verified else verified.replace(text.replace('"', "'"), other)
    assert mutant != verified
    made.verify.check_archived(SOURCE, {Split.TEST: made.archived[Split.TEST]})
    with pytest.raises(ExportMismatch, match=message):
        made.verify.check(mutant, {Split.TEST: [0]})


def test_without_numba_too_every_choice_is_compared(made: Made, written: Path) -> None:
    made.verify.check_archived(SOURCE, {Split.TEST: made.archived[Split.TEST]})
    made.verify.check(written.read_text(), {Split.TEST: [0]})
    mutant = written.read_text().replace("    math = CompiledMath()", "    priority = lambda *told: -priority(*told)")
    with pytest.raises(ExportMismatch, match="without numba"):
        made.verify.check(mutant, {Split.TEST: [0]})


def test_a_number_that_is_not_the_archived_one_is_noticed(made: Made) -> None:
    before = made.archived[Split.TEST]
    wrong = {name: {**measures, "gap": measures["gap"] + 1e-9} for name, measures in before.per_instance.items()}
    with pytest.raises(ExportMismatch, match="archived is"):
        made.verify.check_archived(SOURCE, {Split.TEST: replace(before, per_instance=wrong)})


def test_a_mismatch_leaves_no_file(made: Made, tmp_path: Path) -> None:
    wrong = replace(made.record, candidate=replace(made.record.candidate, source=SOURCE.replace("-p *", "p *")))
    with pytest.raises(ExportMismatch):
        exported(replace(made, record=wrong), tmp_path / "rule.py")
    assert list(tmp_path.iterdir()) == []


IMPURE = Evaluation(Status.INVALID, message="3 of 5 choices do not follow", cause="not a pure rule")


@pytest.mark.parametrize(
    ("archived", "wishes", "why"),
    [
        ({Split.VALIDATION: IMPURE}, {}, "not valid on validation (not a pure rule: 3 of 5 choices do not follow)"),
        ({}, {}, "was never audited"),
        (None, {"verify": False}, "was not verified by a replay"),
    ],
    ids=["failed its audit", "judged on train only", "not replayed"],
)
def test_what_is_not_verified_is_only_exported_on_demand(
    made: Made, tmp_path: Path, archived: dict[Split, Evaluation] | None, wishes: dict[str, object], why: str
) -> None:
    verdicts = made.archived if archived is None else {Split.TRAIN: made.archived[Split.TRAIN], **archived}
    doubtful, path = replace(made, archived=verdicts), tmp_path / "rule.py"
    with pytest.raises(Unverified) as refused:
        exported(doubtful, path, **wishes)
    assert why in str(refused.value)
    assert not path.exists()
    exported(doubtful, path, **{"verify": False, **wishes}, unverified=True)
    told = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert why in " ".join(told.split())
    assert "UNVERIFIED" in told


def test_a_package_is_a_module_with_tests_and_a_readme(made: Made, tmp_path: Path) -> None:
    folder = exported(made, tmp_path / "My-Rule", package=True, licence="MIT", verify=False, unverified=True)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "README.md", "my_rule.py", "pyproject.toml", "tests/test_my_rule.py"
    ]  # fmt: skip
    import tomllib

    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my_rule"
    assert project["license"] == {"text": "MIT"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"RULE_NUMBA": "0", "PYTHONPATH": str(folder)}, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout


def test_a_rule_as_c_is_two_files(made: Made, tmp_path: Path) -> None:
    path = exported(made, tmp_path / "rule.py", target="c", verify=False, unverified=True)
    assert path == tmp_path / "rule.c"
    assert sorted(os.listdir(tmp_path)) == ["rule.c", "rule.h"]
    assert "run nightly, candidate 7" in (tmp_path / "rule.h").read_text()
    with pytest.raises(WrongTarget, match="package"):
        exported(made, tmp_path / "rule.py", target="c", package=True)


class Bare(TardinessRule):
    """A problem without anything for a module to take along."""

    def driver(self) -> Driver | None:  # type: ignore[override]
        return None


def test_a_problem_without_a_driver_exports_the_bare_heuristic_and_says_so(made: Made, tmp_path: Path) -> None:
    bare = replace(made, problem=Bare(), archived={Split.TEST: made.archived[Split.TEST]})
    same = made.archived[Split.TEST]
    other = replace(same, per_instance={name: {"gap": -1.0} for name in same.per_instance})
    judged = [same]

    def judge(source: str, split: Split = Split.TRAIN) -> Evaluation:
        return judged[-1] if "the heuristic alone" in source else same

    path = exported(replace(bare, judge=judge), tmp_path / "rule.py")
    scope: dict[str, object] = {"__name__": "rule"}
    exec(path.read_text(), scope)
    assert scope["priority"](1.0, *[2.0] * 10) == -np.exp(-1.0)  # type: ignore[operator]
    assert "the heuristic alone" in path.read_text()
    judged.append(other)
    with pytest.raises(ExportMismatch, match="does not repeat candidate 7 on test"):
        exported(replace(bare, judge=judge), tmp_path / "other.py")


def test_the_line_of_first_parents_is_followed_to_its_beginning() -> None:
    line = {1: Candidate("a", "seed"), 4: Candidate("b", "cross", (1, 2)), 6: Candidate("c", "mutate", (4,))}
    assert list(ancestors(line, Candidate("d", "mutate", (6, 1)))) == [6, 4, 1]


def test_of_each_group_the_quickest_instances_are_replayed_without_numba() -> None:
    nothing = Reference(1.0, ReferenceKind.OPTIMUM, "")
    instances = [Instance(str(index), group, {}, nothing) for index, group in enumerate("aaabbb")]
    seconds = [0.01, 0.02, 0.03, 0.01, 0.2, 0.3]
    assert _within(instances, seconds, 12.1) == [0, 1, 3]  # 300 times slower: 3 + 3 + 6 seconds
    assert _within(instances, seconds, 0.1) == [0]


def test_a_disk_without_room_keeps_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rule.py"
    path.write_text("what was there")

    def full(self: Path, text: str, encoding: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, "new")
    assert path.read_bytes() == b"what was there"
