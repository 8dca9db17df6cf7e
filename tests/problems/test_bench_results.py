"""The stored results of every shipped heuristic, judged again; `tests/references/judging.py` says how to renew them."""

import json

import pytest

from problems.plugins import load
from tests.references.judging import FILE, judged, shipped

STORED = json.loads(FILE.read_text(encoding="ascii"))


def test_there_are_stored_results_for_every_shipped_problem_and_seed() -> None:
    assert list(STORED) == shipped()
    for name, results in STORED.items():
        assert list(results["means"]) == list(load("evolve.problems", name)().seeds)


@pytest.mark.parametrize("name", STORED)
def test_every_seed_comes_to_its_stored_mean_on_the_test_split(name: str) -> None:
    stored, again = STORED[name], judged(name)
    means, tolerance = stored.pop("means"), stored["relative_tolerance"]
    assert again.pop("means") == pytest.approx(means, rel=tolerance, abs=0.0)
    assert again == stored
