import json
import threading
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Cost
from evolve.report import judged_on, winner
from evolve.run import session
from evolve.settings import restore
from problems.base import Split

SETTINGS = json.dumps({"problem": {"kind": "jobshop"}})
PAGES = ("runs", "live", "candidates", "candidate", "lineage", "map", "compare", "winner")
IMAGE = "![x](http://198.51.100.1/x.png)"


def ok(first: float, second: float, seconds: float = 0.02) -> Evaluation:
    """Return a verdict with these gaps on two instances."""
    instances = {"i1": {"gap": first, "makespan": 10 * first}, "i2": {"gap": second, "makespan": 10 * second}}
    means = {"gap": (first + second) / 2, "makespan": 5 * (first + second)}
    return Evaluation(Status.OK, means, instances, seconds)


def fill(archive: Archive, name: str = "alpha", text: str = "join p to q", settings: str = SETTINGS) -> Run:
    """Archive a finished run with two seeds, an improvement, a failure and a candidate that is not judged.

    Args:
        text: What a model would have written: it stands in ideas, messages, code, transcript, insights and explanation.
    """
    run = archive.create_run(name, settings, "1")
    archive.begin(run)
    seed_name = "FIFO" if text == "join p to q" else text
    told = {"system": f"system {text}", "user": f"user {text}", "answer": f"answer {text}", "model": text}
    talk = json.dumps(told | {"request": text, "ending": "complete", "attempts": [f"busy {text}"], "seconds": 1.5})
    candidates = [
        (Candidate("def f(p):\n    return p\n", "seed", idea=seed_name, proposer="seed"), ok(18, 22)),
        (Candidate("def f(p):\n    return -p\n", "seed", idea="SPT", proposer="seed"), ok(28, 32)),
        (
            Candidate("def f(p):\n    while p:\n        p = p\n", "mutate", (0,), "loop", "gp"),
            Evaluation(Status.TIMEOUT, seconds=1.5, message=f"took too long {text}", cause="cpu limit"),
        ),
        (
            Candidate(
                f"def f(p):\n    return 2 * p  # {text}\n", "cross", (1, 0), text, "openai:m", Cost(9, 9, 0.25), talk
            ),
            ok(19, 11),
        ),
        (Candidate("def f(p):\n    return 3 * p\n", "constants", (3,), "change 2 to 3", text), ok(17, 17, 0.03)),
    ]
    for number, (candidate, evaluation) in enumerate(candidates):
        archive.propose(run, number, candidate)
        archive.judge(run, number, evaluation)
    archive.propose(run, 5, Candidate("def f(p):\n    return 4 * p\n", "constants", (3,), "change 2 to 4", "gp"))
    archive.judge(run, 3, ok(16, 16), Split.VALIDATION)
    insight = {"change": f"reads {text}", "better": 3, "worse": 1, "failed": 0, "examples": [3, 4], "usual": 0.1}
    archive.log(run, "insights", {"told": 5, "insights": [insight]})
    archive.log(run, "explained", {"candidate": 3, "model": text, "text": f"because {text}", "cost": {}})
    archive.log(run, "ended", {"state": "finished"})
    return run


REAL = json.dumps(
    {
        "name": "real",
        "seed": 1,
        "deterministic": True,
        "problem": {
            "kind": "jobshop",
            "builder": "non-delay",
            "families": ["uniform"],
            "sizes": ["15x15"],
            "sets": ["FT"],
        },
        "search": {"kind": "islands", "islands": 2},
        "proposer": {"kind": "llm", "models": ["fake:good"]},
        "evaluator": {"workers": 2},
        "budget": {"calls": 14},
    }
)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of an archive with a run that was really carried out, up to its test."""
    path = str(tmp_path_factory.mktemp("real") / "a.db")
    with Archive(path) as archive:
        run = archive.create_run("real", REAL, "1")
        with session(archive, run, restore(REAL), threading.Event()) as work:
            assert len(list(work.records)) == 30  # 16 published rules and 14 answers
            chosen = winner(archive, run, work.evaluate, "gap")
            judged_on(archive, run, chosen, work.evaluate, Split.TEST)
    return path


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = str(tmp_path / "a.db")
    monkeypatch.setenv("EVOLVE_ARCHIVE", path)
    with Archive(path) as opened:
        yield opened
