"""Instances from seeds and from files."""

import hashlib

import numpy as np
import pytest

from problems.base import ReferenceKind, Split
from problems.tardiness import Tardiness, machine
from problems.tardiness.generate import generate, suite
from problems.tardiness.loaders import MalformedInstance, load, parse

# Two instances of two jobs: processing times, weights, due dates.
TEXT = " 3 5\n 1 9\n 2 4\n\n 0 7 2 2 -1 8\n"

# Each with a piece of the one line that it must yield; for two instances.
MALFORMED = {
    "": "0 numbers, expected three for each job of 2 instances",
    "1 2 3 4 5": "5 numbers, expected three for each job of 2 instances of one size; set instances_per_file",
    "1 2 3 4 5 6.5": "number 6 is '6.5', expected a whole number",
    "1 2 3 4 5 1e3": "number 6 is '1e3'",
    "1 2 3 4 5 1_0": "number 6 is '1_0'",  # which int() would take
    "1 2 3 4 5 +6": "number 6 is '\\+6'",
    "1 2 3 4 5 " + "9" * 50: "number 6 is '99999999999999999999'",
    "1 2 3 -4 5 6": "instance 2: processing time -4, expected 0 to 1000000",
    "1000001 2 3 4 5 6": "instance 1: processing time 1000001",
    "1 2 3 4 5 1000000001": "instance 2: due date 1000000001, expected at most 1000000000 of either sign",
    "1 2 3 0 5 6": "instance 2: all processing times are 0, expected work to schedule",
    "1 " * 6006: "1001 jobs in each of 2 instances, expected at most 1000",
}


def test_a_file_is_read_instance_by_instance(tmp_path):
    (tmp_path / "two.txt").write_text(TEXT)
    loaded = load(tmp_path / "two.txt", 2)
    assert [(p.tolist(), d.tolist()) for p, d in loaded] == [([3, 5], [2, 4]), ([0, 7], [-1, 8])]
    assert all(array.flags.c_contiguous and array.dtype == np.int64 for pair in loaded for array in pair)


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_file_is_refused_in_a_sentence_with_its_name(text):
    with pytest.raises(MalformedInstance, match=f"^wt: |^wt, {MALFORMED[text]}") as raised:
        parse(text, "wt", 2)
    assert MALFORMED[text].replace("\\", "") in str(raised.value)


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "binary").write_bytes(b"1 2 \xff")
    with pytest.raises(MalformedInstance, match="byte 4 is not ASCII"):
        load(tmp_path / "binary", 1)


def test_files_replace_the_test_instances_and_their_optima_are_proven(tmp_path):
    (tmp_path / "two.txt").write_text(TEXT)
    path = str(tmp_path / "two.txt")
    first, second = Tardiness(files=[path], instances_per_file=2).instances(Split.TEST)
    assert (first.name, first.group, second.name) == ("two-1", "2 jobs", "two-2")
    # 3 then 5: late by 1 and 4; the other way round by 1 and 6.
    assert (first.reference.value, first.reference.kind) == (5, ReferenceKind.OPTIMUM)
    assert second.reference.value == 1  # the job without length was due before time 0
    with pytest.raises(ValueError, match="same file twice"):
        Tardiness(files=[path, path], instances_per_file=2)


def test_files_of_one_name_stay_apart(tmp_path):
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "s.txt").write_text("1 1 1")
        paths.append(str(tmp_path / folder / "s.txt"))
    loaded = Tardiness(files=paths, instances_per_file=1).instances(Split.TEST)
    assert [instance.name for instance in loaded] == [f"{path}-1" for path in paths]


def test_an_optimum_that_is_too_hard_to_prove_is_replaced_by_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MOST_STATES", 10)
    p, d = generate(Split.TEST, 100, "0.2/0.6", 1)
    (tmp_path / "hard.txt").write_text(" ".join(map(str, [*p, *p, *d])))
    (instance,) = Tardiness(files=[str(tmp_path / "hard.txt")], instances_per_file=1).instances(Split.TEST)
    assert instance.reference.kind is ReferenceKind.LOWER_BOUND
    optimum = next(recipe.optimum for recipe in suite(Split.TEST) if recipe[1:4] == (100, "0.2/0.6", 1))
    assert 0 < instance.reference.value < optimum


def test_an_instance_is_drawn_as_its_class_says():
    # The same in exact integers, one number after the other: RDD 0.4, TF 0.6, so due dates from 0.2 to 0.6 of all work.
    raw = [int(word) >> 32 for word in np.random.PCG64([2, 5, 4, 6, 7]).random_raw(10)]
    lengths = [1 + 100 * word // 2**32 for word in raw[:5]]
    first, last = sum(lengths) * 4 // 20, sum(lengths) * 12 // 20
    p, d = generate(Split.TEST, 5, "0.4/0.6", 7)
    assert p.tolist() == lengths
    assert d.tolist() == [first + (last - first + 1) * word // 2**32 for word in raw[5:]]


def test_due_dates_before_time_0_are_moved_there():
    _, d = generate(Split.TEST, 1000, "1.0/0.8", 1)
    assert d.min() == 0
    assert 0.25 < (d == 0).mean() < 0.35  # the range is -0.3 to 0.7 of all work


def test_the_instances_of_the_suites_are_the_ones_whose_optima_are_shipped():
    digest = hashlib.sha256()
    for split in Split:
        for recipe in suite(split):
            for array in generate(*recipe[:4]):
                digest.update(array.astype("<i8").tobytes())
    assert digest.hexdigest()[:16] == "64aa5050cd4471cc"
