"""Reading the archive for a page: opened for each look; what was read stays, and only what was appended is read."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import streamlit as st

from evolve.archive import Archive, ArchiveError, OldArchive, Run, listing, shown
from evolve.archive.listing import FREE, Glance, Line, Mark
from evolve.archive.population import records_of, spent
from evolve.candidate import Cost, Record
from evolve.dashboard.parts import notice
from evolve.options import ARCHIVE
from evolve.parts import problem_of
from evolve.settings import Settings, SettingsError, restore
from evolve.spending import Yield, yields
from problems.base import Problem

KEPT_RUNS = 8
KEPT_GLANCES = 1000


@contextmanager
def opened() -> Iterator[Archive]:
    """Provide the archive; if it cannot be used, say why and what to do, and end the script."""
    name = os.environ.get("EVOLVE_ARCHIVE", ARCHIVE)
    try:
        with Archive(name, read_only=True) as archive:
            yield archive
    except OldArchive as error:
        notice(f"{error}.", f"evolve upgrade --archive {shown(name)}")
        st.stop()
    except ArchiveError as error:
        notice(f"{error}.")
        st.stop()


@dataclass(frozen=True, slots=True)
class Course:
    """The judged candidates of a run, in the order in which they were judged.

    Attributes:
        lines: As lines of a table.
        records: As records without what takes room; see `evolve.archive.population.records_of`.
        costs: What all so far had cost when each was judged, by number.
    """

    lines: tuple[Line, ...]
    records: tuple[Record, ...]
    costs: Mapping[int, Cost]

    @property
    def cost(self) -> Cost:
        """What all of them have cost."""
        return self.costs[self.lines[-1].number] if self.lines else FREE


class _Reader:
    """What was read of a run, to which only what was appended since is added."""

    def __init__(self) -> None:
        self._course = Course((), (), {})
        self._reading = Lock()  # guards `_course`: two sessions would append the same lines

    def course(self, archive: Archive, run: Run) -> Course:
        """Return the run as far as it is archived."""
        with self._reading:
            before = self._course
            if new := listing.lines(archive, run, before.lines[-1].key if before.lines else 0):
                costs = {**before.costs, **spent(new, before.cost)}
                self._course = Course((*before.lines, *new), (*before.records, *records_of(new)), costs)
            return self._course


def course(archive: Archive, run: Run) -> Course:
    """Return the judged candidates of a run and what they have cost."""
    return _reader(archive.url, run.id, run.created).course(archive, run)


def lines(archive: Archive, run: Run) -> tuple[Line, ...]:
    """Return the judged candidates of a run, in the order in which they were judged."""
    return course(archive, run).lines


@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _reader(url: str, key: int, created: float) -> _Reader:
    return _Reader()


def glance(archive: Archive, run: Run, objective: str) -> Glance:
    """Return a run at a glance."""
    state = str(archive.state(run))
    return _glance(archive, run, objective, archive.url, run.id, run.created, listing.mark(archive, run), state)


@st.cache_resource(max_entries=KEPT_GLANCES, show_spinner=False)
def _glance(
    _archive: Archive, _run: Run, objective: str, url: str, key: int, created: float, mark: Mark, state: str
) -> Glance:
    return listing.glance(_archive, _run, lines(_archive, _run), objective)


def brought(archive: Archive, run: Run, objective: str) -> list[Yield]:
    """Return what each model has brought with each operator."""
    return _brought(archive, run, objective, archive.url, run.id, run.created, listing.mark(archive, run))


@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _brought(
    _archive: Archive, _run: Run, objective: str, url: str, key: int, created: float, mark: Mark
) -> list[Yield]:
    read = course(_archive, _run)
    return yields(read.records, objective) if any(line.by_model for line in read.lines) else []


def settings(run: Run) -> Settings:
    """Return the settings of a run.

    Raises:
        SettingsError: They cannot be read.
    """
    try:
        return restore(run.settings)
    except ValueError as error:
        raise SettingsError(f"the problem of run {run.name} cannot be loaded: {error}") from error


def problem(run: Run) -> Problem:
    """Return the problem of a run.

    Raises:
        SettingsError: Its settings cannot be read, or its problem is not installed here; the message says which.
    """
    return _problem(run.name, run.settings)


@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _problem(name: str, settings: str) -> Problem:
    try:
        return problem_of(restore(settings))
    except Exception as error:  # reported to the user: a problem's own file may raise anything
        raise SettingsError(f"the problem of run {name} cannot be loaded: {error}") from error


def objective(run: Run) -> str:
    """Return the measure that decides in a run.

    Raises:
        SettingsError: Its settings cannot be read, or its problem is not installed here; the message says which.
    """
    return problem(run).objectives[0]


def objective_or_stop(run: Run) -> str:
    """Return the measure that decides in a run; if it cannot be known, say why and end the script."""
    try:
        return objective(run)
    except SettingsError as error:
        notice(f"{error}.")
        st.stop()
