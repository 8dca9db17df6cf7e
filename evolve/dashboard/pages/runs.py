"""All runs of the archive."""

from datetime import datetime

import streamlit as st

from evolve.archive import Archive, Run, RunState
from evolve.archive.listing import Glance
from evolve.dashboard import places, reading
from evolve.dashboard.parts import Column, clickable, notice, titled
from evolve.settings import SettingsError

REFRESH = 3.0


def page() -> None:
    """Show the page; it follows the archive while a run goes on."""
    st.title("Runs")
    with reading.opened() as archive:
        busy = any(archive.state(run) is RunState.RUNNING for run in archive.runs())
    st.fragment(_table, run_every=REFRESH if busy else None)()


def _table() -> None:
    with reading.opened() as archive:
        runs = list(reversed(archive.runs()))
        if not runs:
            places.no_runs(archive.url)
            return
        known, unknown = _look(archive, runs)
    if known:
        st.text("Click on a run to open it.")
        picked = clickable("runs", [run.name for run, _, _ in known], _columns(known))
        if picked is not None:
            st.switch_page(places.LIVE, query_params=places.address(picked))
    for message in unknown:
        notice(message)


def _look(archive: Archive, runs: list[Run]) -> tuple[list[tuple[Run, str, Glance]], list[str]]:
    """Return the runs with their objective and how they stand, and why those that are left out are."""
    known, unknown = [], []
    for run in runs:
        try:
            objective = reading.objective(run)
        except SettingsError as error:
            unknown.append(f"{error}.")
        else:
            known.append((run, objective, reading.glance(archive, run, objective)))
    return known, unknown


def _columns(known: list[tuple[Run, str, Glance]]) -> list[Column]:
    every = [(glance, objective) for _, objective, glance in known]
    best = [glance.best.measures[objective] if glance.best else None for glance, objective in every]
    published = [glance.best_seed.measures[objective] if glance.best_seed else None for glance, objective in every]
    names = [glance.best_seed.idea if glance.best_seed else "" for glance, _ in every]
    titles = {titled(objective, " on train") for _, objective in every}
    title = titles.pop() if len(titles) == 1 else "on train"
    columns = [
        Column("Run", [run.name for run, _, _ in known]),
        Column("State", [str(glance.state) for glance, _ in every]),
        Column("Judged", [glance.judged for glance, _ in every], "%,d"),
        Column("Failed", [glance.failed for glance, _ in every], "%,d"),
        Column(f"Best {title}", best, "%.2f"),
        Column(f"Best published {title}", published, "%.2f"),
        Column("Best published rule", names),
        Column("Better by", [glance.gain if glance.best_seed else None for glance, _ in every], "%.2f"),
        Column("Cost, US$", [glance.usd for glance, _ in every], "%.2f"),
        Column("Time, min", [glance.seconds / 60 for glance, _ in every], "%.1f"),
        Column("Started", [f"{datetime.fromtimestamp(run.created):%Y-%m-%d %H:%M}" for run, _, _ in known]),
    ]
    return (
        columns if title != "on train" else [*columns, Column("Measure", [titled(objective) for _, objective in every])]
    )


page()
