"""Job shops from text files, in the two layouts that benchmark collections use.

Standard layout: jobs and machines on one line, then one line per job with machine and duration of each operation in
turn, machines counted from 0. Taillard's layout: jobs and machines (and, in his own files, seeds and bounds) on one
line, then `Times` with one line of durations per job, then `Machines` with one line of machines per job, counted
from 1; lines of words above are headings. In both, empty lines and lines that start with `#` are skipped.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Shop = tuple[IntArray, IntArray]

MAX_OPERATIONS: Final = 1_000_000
MAX_NUMBER: Final = 1_000_000
"""Longest duration; with `MAX_OPERATIONS` it keeps every sum of durations below 2**40."""
MAX_BYTES: Final = 32 * 2**20


class MalformedInstance(ValueError):
    """A file that is not a job shop; the message names the file, the line, what is wrong and what was expected."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    words: list[str]


def load(path: str | Path) -> Shop:
    """Return durations and machines of a job shop file in either layout.

    Returns:
        Two C-contiguous (jobs, machines) arrays: the duration of operation k of job j, and its machine from 0.

    Raises:
        MalformedInstance: The file is in neither layout, nothing in it takes time, or a job does not visit each
            machine exactly once.
        OSError: The file cannot be read.
    """
    with Path(path).open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise MalformedInstance(f"{path}: more than {MAX_BYTES >> 20} MiB, expected a job shop as text")
    if b"\0" in content:
        raise MalformedInstance(f"{path}: a binary file, expected a job shop as text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInstance(f"{path}: byte {error.start} is not UTF-8, expected a job shop as text") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Shop:
    """Return durations and machines of a job shop text in either layout, as `load` does.

    Args:
        text: The content of the file.
        name: What messages call it.

    Raises:
        MalformedInstance: As for `load`.
    """
    reader = _Reader(name, text)
    first_words = [line.words[0].lower() for line in reader.lines]
    if "times" in first_words:
        durations, machines = _taillard(reader, first_words.index("times"))
    else:
        durations, machines = _standard(reader)
    if not durations.any():
        raise MalformedInstance(f"{name}: all durations are 0, expected work to schedule")
    return durations, machines


def _standard(reader: "_Reader") -> Shop:
    jobs, machines = reader.size(0, exact=True)
    rows = reader.rows(1, jobs, 2 * machines, f"machine and duration for each of {machines} machines")
    reader.end(1 + jobs)
    reader.check_routes(1, rows[:, 0::2], base=0)
    return np.ascontiguousarray(rows[:, 1::2]), np.ascontiguousarray(rows[:, 0::2])


def _taillard(reader: "_Reader", times: int) -> Shop:
    if times == 0:
        reader.fail(0, "'Times'", "a line with the numbers of jobs and machines before it")
    jobs, machines = reader.size(times - 1, exact=False)
    durations = reader.rows(times + 1, jobs, machines, f"one duration for each of {machines} operations")
    heading = times + 1 + jobs
    if heading >= len(reader.lines) or reader.lines[heading].words[0].lower() != "machines":
        reader.fail(heading, "no 'Machines' after the durations", "it there")
    routes = reader.rows(heading + 1, jobs, machines, f"one machine for each of {machines} operations")
    reader.end(heading + 1 + jobs)
    reader.check_routes(heading + 1, routes, base=1)
    return durations, routes - 1


class _Reader:
    """The lines of a text that hold something, and the checks that name them by their number in the file."""

    def __init__(self, name: str, text: str) -> None:
        numbered = enumerate(text.splitlines(), start=1)
        self._name = name
        self.lines = [_Line(n, line.split()) for n, line in numbered if line.strip() and line.lstrip()[0] != "#"]
        if not self.lines:
            raise MalformedInstance(f"{name}: nothing in the file, expected the numbers of jobs and machines")

    def fail(self, index: int, found: str, expected: str) -> Never:
        """Raise the error about the line of an index, or about the last one where the text ends before it."""
        number = self.lines[min(index, len(self.lines) - 1)].number
        raise MalformedInstance(f"{self._name}, line {number}: {found}, expected {expected}")

    def size(self, index: int, exact: bool) -> tuple[int, int]:
        """Return the numbers of jobs and machines; unless `exact`, other numbers may follow."""
        words = self.lines[index].words
        if len(words) < 2 or (exact and len(words) > 2):
            self.fail(index, _count(words, "word"), "the numbers of jobs and machines")
        jobs, machines = self._numbers(index, words[:2])
        if not jobs or not machines:
            self.fail(index, f"{jobs} jobs and {machines} machines", "at least one of each")
        if jobs * machines > MAX_OPERATIONS:
            self.fail(index, f"{jobs} jobs on {machines} machines", f"at most {MAX_OPERATIONS} operations")
        return jobs, machines

    def rows(self, first: int, jobs: int, width: int, meaning: str) -> IntArray:
        """Return a (jobs, width) block of whole numbers, one line per job."""
        rows: list[list[int]] = []
        for index in range(first, first + jobs):
            if index >= len(self.lines):
                self.fail(index, f"the file ends after {_count(rows, 'job')}", f"{jobs} jobs")
            words = self.lines[index].words
            if len(words) != width:
                self.fail(index, f"{_count(words, 'number')} for job {index - first}", f"{width}: {meaning}")
            rows.append(self._numbers(index, words))
        return np.array(rows, dtype=np.int64)

    def end(self, index: int) -> None:
        """Check that no line is left at an index."""
        if index < len(self.lines):
            self.fail(index, f"{self.lines[index].words[0]!r} after the last job", "the end: one job shop per file")

    def check_routes(self, first: int, routes: IntArray, base: int) -> None:
        """Check that every job visits each machine, counted from `base`, exactly once."""
        machines = routes.shape[1]
        expected = np.arange(base, base + machines)
        wrong = np.flatnonzero((np.sort(routes, axis=1) != expected).any(axis=1))
        if not wrong.size:
            return
        job = int(wrong[0])
        outside = routes[job][(routes[job] < base) | (routes[job] >= base + machines)]
        if outside.size:
            self.fail(first + job, f"machine {outside[0]}", f"machines {base} to {base + machines - 1}")
        visited, times = np.unique(routes[job], return_counts=True)
        twice = visited[times > 1][0]
        self.fail(first + job, f"job {job} visits machine {twice} more than once", "each machine exactly once")

    def _numbers(self, index: int, words: list[str]) -> list[int]:
        for word in words:
            if not (word.isascii() and word.isdigit() and len(word) <= 10 and int(word) <= MAX_NUMBER):
                self.fail(index, repr(word[:20]), f"a whole number from 0 to {MAX_NUMBER}")
        return [int(word) for word in words]


def _count(items: list[str] | list[list[int]], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
