import json
from pathlib import Path

import pytest

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run
from evolve.candidate import Candidate, Cost
from problems.base import Split

SETTINGS = json.dumps({"problem": {"kind": "jobshop"}})
IMAGE = "![x](http://198.51.100.1/x.png)"


def ok(first: float, second: float, seconds: float = 0.02) -> Evaluation:
    """Return a verdict with these gaps on two instances."""
    instances = {"i1": {"gap": first, "makespan": 10 * first}, "i2": {"gap": second, "makespan": 10 * second}}
    means = {"gap": (first + second) / 2, "makespan": 5 * (first + second)}
    return Evaluation(Status.OK, means, instances, seconds)


def fill(archive: Archive, name: str = "alpha", text: str = "join p to q") -> Run:
    """Archive a finished run with two seeds, an improvement, a failure and a candidate that is not judged.

    Args:
        text: What a model would have written: it stands in ideas, messages, operators, code and transcript.
    """
    run = archive.create_run(name, SETTINGS, "1")
    archive.begin(run)
    seed_name = "FIFO" if text == "join p to q" else text
    candidates = [
        (Candidate("def f(p):\n    return p\n", "seed", idea=seed_name, proposer="seed"), ok(18, 22)),
        (Candidate("def f(p):\n    return -p\n", "seed", idea="SPT", proposer="seed"), ok(28, 32)),
        (
            Candidate("def f(p):\n    while p:\n        p = p\n", "mutate", (0,), "loop", "gp"),
            Evaluation(Status.TIMEOUT, seconds=1.5, message=f"took too long {text}", cause="cpu limit"),
        ),
        (
            Candidate(f"def f(p):\n    return 2 * p  # {text}\n", "cross", (1, 0), text, "gp", Cost(9, 9, 0.25), text),
            ok(19, 11),
        ),
        (Candidate("def f(p):\n    return 3 * p\n", "constants", (3,), "change 2 to 3", text), ok(17, 17, 0.03)),
    ]
    for number, (candidate, evaluation) in enumerate(candidates):
        archive.propose(run, number, candidate)
        archive.judge(run, number, evaluation)
    archive.propose(run, 5, Candidate("def f(p):\n    return 4 * p\n", "constants", (3,), "change 2 to 4", "gp"))
    archive.judge(run, 3, ok(16, 16), Split.VALIDATION)
    archive.log(run, "ended", {"state": "finished"})
    return run


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = str(tmp_path / "a.db")
    monkeypatch.setenv("EVOLVE_ARCHIVE", path)
    with Archive(path) as opened:
        yield opened
