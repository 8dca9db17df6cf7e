"""The command line as its users meet it: in process, through `main`, with the sandbox where a command needs it."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from evaluators.base import Evaluation, Status
from evolve import cli, settings
from evolve.archive import Archive
from evolve.candidate import Candidate
from evolve.commands import system
from evolve.doctor import Finding
from problems.base import Split
from problems.jobshop.features import FEATURES

ROOT = Path(__file__).parents[1]
TINY = """
seed = 2
[problem]
kind = "jobshop"
families = ["uniform"]
sets = ["FT"]
[evaluator]
workers = 2
[budget]
evaluations = 24
"""


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        answer = json.loads(self.out)
        assert answer["schema_version"] == 1
        return answer


@pytest.fixture
def evolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["evolve", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive of a finished run called "tiny"."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "tiny.toml").write_text(TINY)
    command = [sys.executable, "-m", "evolve", "run", "tiny.toml", "--archive", "a.db", "--progress", "none", "--json"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    answer = json.loads(result.stdout)
    assert (answer["state"], answer["candidates"]) == ("finished", 24)
    assert result.stderr == ""
    return folder / "a.db"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("nonsense", 2, "No such command 'nonsense'"),
        ("runs", 2, "there is no archive"),
        ("resume", 2, "there is no archive"),
        ("export best -o x.py", 2, "there is no archive"),
        ("run missing.toml", 2, "missing.toml: No such file"),
        ("run bad_key.toml", 2, "unknown key 'sed': did you mean 'seed'?"),
        ("run bad_part.toml", 2, "islands has no setting 'island': did you mean 'islands'?"),
        ("run bad_kind.toml", 2, "no problem is called 'jobshp': did you mean 'jobshop'?"),
        ("run bad_value.toml", 2, "builder must be one of"),
        ("run good.toml --set search.islands=0 --dry-run", 2, "islands must be a whole number of at least 1"),
        ("run good.toml --max-time 5x", 2, "--max-time takes a time such as 90s"),
        ("run good.toml --archive notes.txt", 2, "is not an SQLite database"),
        ("run good.toml --archive nosuchdb://x/y", 2, "no driver for nosuchdb"),
        ("run binary.toml", 2, "is not a TOML file"),
        ("eval missing.py -p jobshop", 2, "missing.py: No such file"),
        ("eval binary.toml -p jobshop", 2, "is not a text file"),
        ("eval rule.py -p jobshop --split tset", 2, "--split is train, validation or test"),
        ("bench jobshop --instances shop.txt", 2, "shop.txt, line 2"),
        ("bench jobshop --instances missing.txt", 2, "missing.txt: No such file"),
        ("check missing.py:Bins", 2, "missing.py: no such file"),
        ("check rule.py:Bins", 2, "does not define 'Bins'"),
        ("app", 2, "there is no archive"),
        ("upgrade", 2, "there is no archive"),
    ],
)
def test_bad_input_gets_one_clear_line_and_its_exit_code(evolve, arguments: str, code: int, told: str) -> None:
    Path("good.toml").write_text(TINY)
    Path("bad_key.toml").write_text("sed = 1\n" + TINY)
    Path("bad_part.toml").write_text(TINY + '[search]\nkind = "islands"\nisland = 3\n')
    Path("bad_kind.toml").write_text(TINY.replace('"jobshop"', '"jobshp"'))
    Path("bad_value.toml").write_text(TINY.replace('sets = ["FT"]', 'builder = "greedy"'))
    Path("binary.toml").write_bytes(b"\xff\xfe\x00")
    Path("rule.py").write_text("x = 1\n")
    Path("shop.txt").write_text("2 2\n0 3 1 x\n0 2 1 4\n")
    Path("notes.txt").write_text("not a database " * 100)
    before = sorted(os.listdir())
    answer = evolve(*shlex.split(arguments))
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err
    assert "Traceback" not in answer.err
    errors = [line for line in answer.err.splitlines() if line.lower().startswith("error")]
    assert len(errors) == 1
    assert sorted(os.listdir()) == before, "nothing is made, nothing is lost"


def test_a_read_only_folder_says_what_to_do(tmp_path: Path) -> None:
    # The first archive loads everything that a plain user might not be allowed to read once root has stepped down.
    program = (
        "import os, sys\nfrom evolve.archive import Archive, ArchiveError\nArchive(sys.argv[1]).close()\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: Archive(sys.argv[2])\nexcept ArchiveError as error: print(error)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", program, str(tmp_path / "a.db"), f"{folder}/a.db"]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "permissions" in result.stdout


def test_every_command_has_help_with_an_example_and_a_json_option(evolve) -> None:
    commands = re.findall(r"^  (\w+)  ", evolve("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert set(commands) >= {
        "demo",
        "run",
        "resume",
        "runs",
        "show",
        "eval",
        "bench",
        "export",
        "check",
        "app",
        "doctor",
    }
    commands.remove("mailbox")
    for command in [*commands, "mailbox list", "mailbox next", "mailbox answer"]:
        page = evolve(*command.split(), "--help").out
        assert f"Example: evolve {command}" in page
        assert "--json" in page


def test_help_loads_nothing_heavy() -> None:
    program = "import sys, evolve.cli; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    heavy = {"numpy", "numba", "sqlalchemy", "scipy", "streamlit", "openai", "anthropic", "pydantic"}
    assert not heavy & set(result.stdout.split())


def test_a_dry_run_prints_the_settings_and_starts_nothing(evolve) -> None:
    Path("good.toml").write_text(TINY)
    answer = evolve(
        "run", "good.toml", "--dry-run", "--json", "--seed", "9", "--set", "search.size=7", "--workers", "3"
    )
    told = answer.json["settings"]
    assert (told["seed"], told["search"]["size"], told["evaluator"]["workers"]) == (9, 7, 3)
    assert os.listdir() == ["good.toml"]


def test_runs_and_show_tell_what_is_archived(evolve, done: Path) -> None:
    runs = evolve("runs", "--archive", str(done), "--json").json["runs"]
    assert [(run["run"], run["state"], run["judged"]) for run in runs] == [("tiny", "finished", 24)]
    assert "tiny" in evolve("runs", "--archive", str(done)).out
    best = evolve("show", "best", "--archive", str(done), "--json").json
    with Archive(str(done), read_only=True) as archive:
        finalists = archive.records(archive.run("tiny"), Split.VALIDATION)
        least = min(record.evaluation.measures["gap"] for record in finalists)
        assert best["number"] in {each.number for each in finalists if each.evaluation.measures["gap"] == least}
        assert runs[0]["best"] == min(
            record.evaluation.measures["gap"] for record in archive.records(archive.run("tiny"))
        )
    assert "def priority(" in best["source"]
    same = evolve("show", f"tiny:{best['number']}", "--archive", str(done), "--json").json
    assert same == best
    page = evolve("show", "0", "--archive", str(done)).out
    assert "MWKR" in page
    assert "return work_remaining" in page


def test_what_is_to_be_typed_next_names_an_archive_that_is_not_the_usual_one(
    evolve, done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = evolve("resume", "tiny", "--archive", str(done), "--progress", "none").out
    assert "evolve show tiny:" in out
    assert f"--max-time 10m --archive {done}" in out
    monkeypatch.setenv("EVOLVE_ARCHIVE", str(done))
    assert "--archive" not in evolve("resume", "tiny", "--progress", "none").out


def test_show_best_tells_what_it_scored_where_it_was_chosen(evolve, done: Path) -> None:
    shown = evolve("show", "best", "--archive", str(done), "--json").json
    assert shown["validation"]["gap"] > 0.0  # type: ignore[index]
    told = " ".join(evolve("show", "best", "--archive", str(done)).out.split())
    assert f"gap, validation {shown['validation']['gap']:.2f}" in told  # type: ignore[index]


def test_show_diff_is_the_change_from_the_parent(evolve, done: Path) -> None:
    number = next(n for n in range(16, 24) if evolve("show", str(n), "--archive", str(done), "--json").json["parents"])
    shown = evolve("show", str(number), "--archive", str(done), "--diff", "parent", "--json").json
    assert shown["diff"].startswith(f"--- tiny:{shown['parents'][0]}")
    assert any(line.startswith("+") for line in shown["diff"].splitlines())
    seed = evolve("show", "1", "--archive", str(done), "--diff", "MWKR", "--json").json
    assert "-    return work_remaining" in seed["diff"]


@pytest.mark.parametrize("reference", ["99", "tiny:99", "nosuch:1", "tiny:worst", ""])
def test_a_candidate_that_is_not_there_is_named(evolve, done: Path, reference: str) -> None:
    answer = evolve("show", reference, "--archive", str(done))
    assert answer.code == 2
    assert answer.err.startswith("error: ")


def test_eval_prints_the_verdict_and_fails_for_a_bad_rule(evolve) -> None:
    head = f"def priority({', '.join(FEATURES)}):\n"
    Path("rule.py").write_text(head + "    return work_remaining / max(p, 1.0)\n")
    Path("bad.py").write_text(head + "    return p / (p - p)\n")
    options = ("-p", "jobshop", "--split", "test", "--set", 'problem.sets=["FT"]')
    good = evolve("eval", "rule.py", *options, "--json")
    assert good.code == 0
    assert set(good.json["per_instance"]) == {"ft06", "ft10", "ft20"}
    bad = evolve("eval", "bad.py", *options)
    assert bad.code == 3
    assert "division by zero" in bad.out


def test_bench_compares_a_file_with_every_published_rule(evolve) -> None:
    Path("rule.py").write_text(f"def priority({', '.join(FEATURES)}):\n    return -p\n")
    answer = evolve("bench", "jobshop", "rule.py", "--set", 'problem.sets=["FT"]', "--json").json
    rows = {row["name"]: row for row in answer["rows"]}
    assert rows["rule.py"]["values"] == rows["SPT"]["values"]
    assert rows["SPT"]["against"]["ties"] == 3
    page = evolve("bench", "jobshop", "rule.py", "--set", 'problem.sets=["FT"]').out
    assert "rule.py is" in page
    assert "MWKR/P" in page


def test_bench_reads_instance_files_in_both_layouts(evolve) -> None:
    Path("standard.txt").write_text("2 2\n0 3 1 2\n0 2 1 4\n")
    Path("taillard.txt").write_text("2 2\nTimes\n3 2\n2 4\nMachines\n1 2\n1 2\n")
    answer = evolve("bench", "jobshop", "--instances", "standard.txt", "--instances", "taillard.txt", "--json").json
    spt = next(row for row in answer["rows"] if row["name"] == "SPT")
    # By hand: makespan 8 against a lower bound of 6, in both layouts.
    assert spt["values"] == {"standard": pytest.approx(100 / 3), "taillard": pytest.approx(100 / 3)}


def test_an_exported_module_stands_alone_and_decides_the_same(evolve, done: Path) -> None:
    answer = evolve("export", "best", "-o", "out/rule.py", "--archive", str(done), "--json").json
    again = evolve(
        "eval", "out/rule.py", "-p", "jobshop", "--split", "test", "--set", 'problem.sets=["FT"]', "--json"
    ).json
    assert again["measures"]["gap"] == answer["measures"]["test"]["gap"]
    program = "import runpy; rule = runpy.run_path('out/rule.py')['priority']; print(rule(*[1.0] * 24))"
    result = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert float(result.stdout) == float(result.stdout)
    assert evolve("show", "best", "--archive", str(done)).code == 0


def test_a_run_that_has_ended_can_be_extended(evolve, done: Path) -> None:
    copy = Path("copy.db")
    copy.write_bytes(done.read_bytes())
    answer = evolve("resume", "tiny", "--archive", "copy.db", "--max-evaluations", "30", "--json", "--progress", "none")
    assert answer.json["candidates"] == 30


def test_the_demo_says_what_it_found_and_what_to_do_next(evolve) -> None:
    answer = evolve("demo", "--max-evaluations", "40", "--progress", "plain")
    assert answer.code == 0
    assert "mean gap on 80 TA instances" in answer.out
    for group in ("15x15", "100x20", "MWKR/P", "win/tie/loss", "Wilcoxon p ="):
        assert group in answer.out
    assert Path("runs/rule.py").exists()
    following = re.findall(r"^  evolve (.+?)\s{2,}", answer.out, re.MULTILINE)
    assert len(following) == 3
    assert evolve(*shlex.split(following[0])).code == 0
    assert "candidates" in answer.err


def test_doctor_lists_the_layers_and_never_a_key(evolve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    answer = evolve("doctor", "--json")
    assert "sk-secret-value" not in answer.out + answer.err
    found = {one["name"]: one for one in answer.json["findings"]}
    assert found["OPENAI_API_KEY"]["detail"] == "set"
    assert found["system call filters"]["ok"] is (answer.code == 0)


BINS = """
import numpy as np
from problems.base import Bar, Instance, InvalidSolution, Picture, Problem, Reference, ReferenceKind, Split

class Bins(Problem):
    name, statement, signature, objectives = "bins", "Keep it small.", "float64(float64)", ("cost",)
    seeds = {"first": "def rule(x):\\n    return x\\n"}

    def instances(self, split):
        data = np.arange(3) + 10 * list(Split).index(split)
        return [Instance(f"{split}-1", "g", {"data": data}, Reference(1.0, ReferenceKind.OPTIMUM, "by hand"))]

    def solve(self, heuristic, instance):
        return {"order": instance.arrays["data"]}

    def measure(self, instance, solution):
        if "order" not in solution or solution["order"].shape != (3,):
            raise InvalidSolution("order is missing")
        if not np.array_equal(np.sort(solution["order"]), instance.arrays["data"]):
            raise InvalidSolution("order must hold each item once")
        return {"cost": float(len(solution["order"]))}

    def picture(self, instance, solution):
        bars = [Bar("order", place, place + 1.0, str(item), "") for place, item in enumerate(solution["order"])]
        return Picture("place", ["order"], bars, {})
"""


def broken(answer: Answer) -> dict[str, str]:
    return {one["clause"]: one["detail"] for one in answer.json["findings"] if not one["kept"]}


def test_check_passes_a_problem_that_keeps_the_contract(evolve) -> None:
    Path("bins.py").write_text(BINS)
    answer = evolve("check", "bins.py:Bins")
    assert (answer.code, answer.err) == (0, "")
    assert "broken" not in answer.out
    assert "ok     solutions of seeds are measured in finite numbers" in answer.out


@pytest.mark.parametrize(
    ("change", "clause", "told"),
    [
        # A seed that numba cannot type: the warm process compiles it before anything else.
        (("return x\\n", "return x.nosuch\\n"), "can be prepared in the sandbox", "nosuch"),
        (("return [Instance", "return [] and [Instance"), "has instances in every split", "train has no instance"),
        (('if "order" not in solution or', "if"), "measure rejects an empty solution", "KeyError: 'order'"),
        (("class Bins(Problem):", "class Bins(Problem)"), "can be loaded", "SyntaxError: expected ':'"),
        (("import numpy", "import nosuch[/red] if 0 else x\nimport numpy"), "can be loaded", "SyntaxError"),
        (
            ('float(len(solution["order"]))', "np.nan"),
            "solutions of seeds are measured in finite numbers",
            "returned nan",
        ),
    ],
)
def test_check_tells_what_is_wrong_with_a_problem(evolve, change: tuple[str, str], clause: str, told: str) -> None:
    assert change[0] in BINS
    Path("bins.py").write_text(BINS.replace(*change))
    answer = evolve("check", "bins.py:Bins", "--json")
    assert answer.code == 3
    (detail,) = [detail for name, detail in broken(answer).items() if name.startswith(clause)]
    assert told in detail


def test_check_shows_what_looks_like_markup_as_it_is(evolve) -> None:
    Path("bins.py").write_text("raise ValueError('[/nosuch] [bold]')")
    assert "[/nosuch] [bold]" in evolve("check", "bins.py:Bins").out


def test_a_run_whose_problem_is_gone_is_listed_without_scores(evolve) -> None:
    Path("bins.py").write_text(BINS)
    with Archive("a.db") as store:
        for name, kind in (("lost", str(Path("bins.py").resolve()) + ":Bins"), ("kept", "jobshop")):
            run = store.create_run(name, settings.dump(settings.checked({"problem": {"kind": kind}})), "0")
            store.begin(run)
            verdicts = (Evaluation(Status.OK, {"gap": 1.0}), Evaluation(Status.TIMEOUT, cause="time"))
            for number in range(3):
                store.propose(run, number, Candidate("", "seed"))
            for number, verdict in enumerate(verdicts):
                store.judge(run, number, verdict)
    Path("bins.py").unlink()
    runs = {one["run"]: one for one in evolve("runs", "--archive", "a.db", "--json").json["runs"]}
    for name in ("lost", "kept"):
        counts = [runs[name][key] for key in ("state", "candidates", "judged", "failures")]
        assert counts == ["running", 3, 2, {"time": 1}]
    assert (runs["lost"]["best"], runs["lost"]["objective"]) == (None, None)
    assert runs["kept"]["best"] == 1.0
    assert "problem not found" in evolve("runs", "--archive", "a.db").out


def test_the_json_of_the_dashboard_is_one_object_whatever_the_server_says(evolve, done: Path) -> None:
    program = (
        "import os, sys; from evolve.commands import system\n"
        "os.execve = lambda *_: os.write(1, b'You can now view your app')\n"
        f"system.dashboard({str(done)!r}, 8501, True)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout)["url"] == "http://127.0.0.1:8501"
    assert result.stderr == "You can now view your app"


def test_doctor_shows_what_looks_like_markup_as_it_is(evolve, monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(archive: str) -> list[Finding]:
        return [Finding("archive", f"[bold]{archive}", True, "[/nosuch]"), Finding("", "system call filters", True, "")]

    monkeypatch.setattr(system, "examine", examine)
    shown = evolve("doctor", "--archive", "a.db").out
    assert "[bold]a.db" in shown
    assert "[/nosuch]" in shown
