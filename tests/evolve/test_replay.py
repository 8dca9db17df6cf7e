import threading
from pathlib import Path

import numpy as np
import pytest

from evolve.archive import Archive, UnknownRun
from evolve.candidate import Brief, Candidate, Cost
from evolve.llm.ledger import Ledger
from evolve.loop import Loop
from evolve.proposers.base import Means, NotStarted
from evolve.proposers.replay import Replay
from evolve.search.islands import Islands
from tests.evolve.fakes import Halver, judge
from tests.proposers.gp_forms import RULE

STOP = threading.Event()
MEANS = Means(STOP, Ledger(None, None, Cost(), STOP), Path("unused"))


def carried_out(archive: Archive, name: str, proposer, search_seed: int) -> list[tuple[object, ...]]:
    run = archive.create_run(name, "{}", "1")
    with Loop(
        archive, run, Islands(("gap",), islands=2, size=8, migration=9), proposer, judge, seed=search_seed, width=3,
        judges=2, deterministic=True, enough=lambda spent: spent.asked >= 40, stop=threading.Event(),
    ) as work:  # fmt: skip
        return [(record.number, record.candidate, record.evaluation) for record in work]


def test_a_replayed_run_is_the_recorded_one_whatever_the_proposer_did(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Archive(path) as archive:
        recorded = carried_out(archive, "recorded", Halver(), 5)
        replay = Replay(RULE, MEANS, archive=path, run="recorded")
        assert carried_out(archive, "again", replay, 5) == recorded


def test_a_replay_ends_where_the_recorded_run_ended(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Archive(path) as archive:
        run = archive.create_run("r", "{}", "1")
        archive.propose(run, 0, Candidate("x", "create"))
    replay = Replay(RULE, MEANS, archive=path)
    assert replay(Brief(0, "create"), np.random.default_rng(0)).source == "x"
    with pytest.raises(NotStarted):
        replay(Brief(1, "create"), np.random.default_rng(0))


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Archive(str(tmp_path / "a.db")) as archive:
        archive.create_run("r", "{}", "1")
    with pytest.raises(UnknownRun, match="no run 'other'"):
        Replay(RULE, MEANS, archive=str(tmp_path / "a.db"), run="other")
