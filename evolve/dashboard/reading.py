"""Reading the archive for a page: opened for each look, kept as long as nothing was appended."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from evolve.archive import Archive, ArchiveError, OldArchive, Run, listing, shown
from evolve.archive.listing import Glance, Line, Mark
from evolve.dashboard.parts import notice
from evolve.options import ARCHIVE
from evolve.run import problem_of
from evolve.settings import SettingsError, restore

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


def lines(archive: Archive, run: Run) -> tuple[Line, ...]:
    """Return the judged candidates of a run, in the order in which they were judged."""
    return _lines(archive, run, archive.url, run.id, run.created, listing.mark(archive, run))


@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _lines(_archive: Archive, _run: Run, url: str, key: int, created: float, mark: Mark) -> tuple[Line, ...]:
    return tuple(listing.lines(_archive, _run))


def glance(archive: Archive, run: Run, objective: str) -> Glance:
    """Return a run at a glance."""
    state = str(archive.state(run))
    return _glance(archive, run, objective, archive.url, run.id, run.created, listing.mark(archive, run), state)


@st.cache_resource(max_entries=KEPT_GLANCES, show_spinner=False)
def _glance(
    _archive: Archive, _run: Run, objective: str, url: str, key: int, created: float, mark: Mark, state: str
) -> Glance:
    return listing.glance(_archive, _run, lines(_archive, _run), objective)


def objective(run: Run) -> str:
    """Return the measure that decides in a run.

    Raises:
        SettingsError: Its settings cannot be read, or its problem is not installed here; the message says which.
    """
    return _objective(run.name, run.settings)


@st.cache_resource(show_spinner=False)
def _objective(name: str, settings: str) -> str:
    try:
        return problem_of(restore(settings)).objectives[0]
    except (ValueError, OSError, ImportError, SyntaxError) as error:
        raise SettingsError(f"the problem of run {name} cannot be loaded: {error}") from error


def objective_or_stop(run: Run) -> str:
    """Return the measure that decides in a run; if it cannot be known, say why and end the script."""
    try:
        return objective(run)
    except SettingsError as error:
        notice(f"{error}.")
        st.stop()
