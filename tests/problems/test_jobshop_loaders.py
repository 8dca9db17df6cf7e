import re

import numpy as np
import pytest

from problems.jobshop.generate import taillard_benchmark
from problems.jobshop.loaders import MalformedInstance, load, parse

DURATIONS = [[3, 2, 2], [2, 1, 4]]
MACHINES = [[0, 1, 2], [0, 2, 1]]

STANDARD = """\
# two jobs on three machines
2 3

0 3 1 2 2 2
0 2 2 1 1 4
"""

TAILLARD = """\
Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound
   2   3   840612802   398197754   11   7
Times
  3  2  2
  2  1  4
Machines
  1  2  3
  1  3  2
"""

BARE_TAILLARD = "2 3\ntimes\n3 2 2\n2 1 4\nmachines\n1 2 3\n1 3 2\n"

# Each with a piece of the one line that it must yield.
MALFORMED = {
    "": "nothing in the file, expected the numbers of jobs and machines",
    "\n# only a comment\n": "nothing in the file",
    "2 3 4\n": "line 1: 3 words, expected the numbers of jobs and machines",
    "2\n": "line 1: 1 word, expected the numbers of jobs and machines",
    "two 3\n": "line 1: 'two', expected a whole number from 0",
    "0 3\n": "line 1: 0 jobs and 3 machines, expected at least one of each",
    "1000001 1\n": "line 1: '1000001', expected a whole number from 0 to 1000000",
    "5000 5000\n": "line 1: 5000 jobs on 5000 machines, expected at most 1000000 operations",
    "# c\n\n2 2\n0 1 1 2\n0 1 1\n": "line 5: 3 numbers for job 1, expected 4: machine and duration for each of 2",
    "2 2\n0 1 1 2 0\n0 1 1 2\n": "line 2: 5 numbers for job 0, expected 4",
    "3 2\n0 1 1 2\n0 1 1 2\n": "line 3: the file ends after 2 jobs, expected 3 jobs",
    "1 2\n0 1 1 2\n0 1 1 2\n": "line 3: '0' after the last job, expected the end: one job shop per file",
    "1 2\n0 1 2 2\n": "line 2: machine 2, expected machines 0 to 1",  # machines from 1
    "2 2\n0 1 1 2\n1 1 1 2\n": "line 3: job 1 visits machine 1 more than once, expected each machine exactly once",
    "1 2\n0 1 1 -2\n": "line 2: '-2', expected a whole number from 0 to 1000000",
    "1 2\n0 1 -1 2\n": "line 2: '-1', expected a whole number",
    "1 2\n0 1 1 2.5\n": "line 2: '2.5', expected a whole number",
    "1 2\n0 1 1 1e3\n": "line 2: '1e3', expected a whole number",
    "1 2\n0 1 1 nan\n": "line 2: 'nan', expected a whole number",
    "1 2\n0 1 1 1_0\n": "line 2: '1_0', expected a whole number",  # which int() would take
    "1 2\n0 1 1 ٣\n": "line 2: '٣', expected a whole number",  # a digit, and int() would take it
    "1 2\n0 1 1 1000001\n": "line 2: '1000001', expected a whole number from 0 to 1000000",
    "1 2\n0 1 1 " + "9" * 5000 + "\n": "line 2: '99999999999999999999', expected a whole number",
    "1 2\n0 0 1 0\n": "all durations are 0, expected work to schedule",
    "Times\n1 2\n": "line 1: 'Times', expected a line with the numbers of jobs and machines before it",
    "1 2\nTimes\n3 4\n": "line 3: no 'Machines' after the durations, expected it there",
    "1 2\nTimes\n3 4\n3 4\nMachines\n1 2\n": "line 4: no 'Machines' after the durations",
    "2 2\nTimes\n3 4\nMachines\n1 2\n": "line 4: 1 number for job 1, expected 2: one duration for each of 2",
    "1 2\nTimes\n3 4\nMachines\n1\n": "line 5: 1 number for job 0, expected 2: one machine for each of 2",
    "1 2\nTimes\n3 4\nMachines\n0 1\n": "line 5: machine 0, expected machines 1 to 2",  # machines from 0
    "1 2\nTimes\n3 4\nMachines\n2 2\n": "line 5: job 0 visits machine 2 more than once",
    "1 2\nTimes\n3 4\nMachines\n1 2\nNb of jobs\n": "line 6: 'Nb' after the last job, expected the end: one job shop",
}


def standard_text(durations, machines):
    rows = [
        " ".join(f"{m} {d}" for m, d in zip(route, times, strict=True))
        for route, times in zip(machines.tolist(), durations.tolist(), strict=True)
    ]
    return "\n".join([f"{len(durations)} {durations.shape[1]}", *rows])


def taillard_text(durations, machines):
    blocks = [[" ".join(map(str, row)) for row in block.tolist()] for block in (durations, machines + 1)]
    return "\n".join([f"{len(durations)} {durations.shape[1]}", "Times", *blocks[0], "Machines", *blocks[1]])


@pytest.mark.parametrize("text", [STANDARD, TAILLARD, BARE_TAILLARD, TAILLARD.replace("\n", "\r\n")])
def test_both_layouts_are_recognised_and_read(tmp_path, text):
    path = tmp_path / "shop.txt"
    path.write_bytes(text.encode())
    durations, machines = load(path)
    assert durations.tolist() == DURATIONS
    assert machines.tolist() == MACHINES


@pytest.mark.parametrize("text", [STANDARD, TAILLARD])
def test_what_is_read_is_contiguous_64_bit_integers(text):
    for array in parse(text, "shop"):
        assert array.dtype == np.int64
        assert array.flags.c_contiguous


@pytest.mark.parametrize("write", [standard_text, taillard_text])
def test_an_instance_written_in_either_layout_reads_back_equal(write):
    written = taillard_benchmark("ta11")
    read = parse(write(*written), "ta11")
    assert all(np.array_equal(before, after) for before, after in zip(written, read, strict=True))


def test_a_byte_order_mark_is_skipped(tmp_path):
    path = tmp_path / "shop.txt"
    path.write_bytes(b"\xef\xbb\xbf" + STANDARD.encode())
    assert load(path)[0].tolist() == DURATIONS


def test_an_operation_may_take_no_time():
    assert parse("1 2\n0 0 1 5\n", "shop")[0].tolist() == [[0, 5]]


@pytest.mark.parametrize(("text", "message"), MALFORMED.items(), ids=range(len(MALFORMED)))
def test_a_malformed_text_is_refused_in_one_line_that_says_where_and_why(text, message):
    with pytest.raises(MalformedInstance, match=re.escape(message)) as caught:
        parse(text, "shop.txt")
    assert str(caught.value).startswith(("shop.txt, line ", "shop.txt: "))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x7fELF\x00\x00", "a binary file, expected a job shop as text"),
        (b"2 3\n\xff\xfe", "byte 4 is not UTF-8, expected a job shop as text"),
        (b"#" * (32 * 2**20 + 1), "more than 32 MiB, expected a job shop as text"),
    ],
    ids=["null byte", "not UTF-8", "too large"],
)
def test_a_file_that_is_no_text_is_refused_with_its_path(tmp_path, content, message):
    path = tmp_path / "shop.bin"
    path.write_bytes(content)
    with pytest.raises(MalformedInstance, match=re.escape(f"{path}: {message}")):
        load(path)


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.txt")


def test_a_malformed_instance_is_a_value_error():
    assert issubclass(MalformedInstance, ValueError)
