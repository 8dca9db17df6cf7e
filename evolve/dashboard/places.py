"""The pages' files and addresses. Every page can be linked to: ?run=NAME&candidate=NUMBER."""

from pathlib import Path

import streamlit as st

from evolve.archive import Archive, Run
from evolve.dashboard.parts import notice

PAGES = Path(__file__).parent / "pages"
NAMES = ("runs", "live", "candidates", "candidate", "lineage", "map", "compare", "winner")
RUNS, LIVE, CANDIDATES, CANDIDATE, LINEAGE, MAP, COMPARE, WINNER = (PAGES / f"{name}.py" for name in NAMES)
ICON = Path(__file__).parent / "icon.svg"
"""A file of ours: Streamlit lets the browser fetch any other icon of a page from elsewhere."""
CHOSEN, LAST = "chosen run", "last run"
LONGEST = 9
"""Digits of a number that a database can count to."""


def address(run: str, candidate: int | None = None, **more: str) -> dict[str, str]:
    """Return the query parameters of a run or a candidate."""
    return {"run": run} | ({} if candidate is None else {"candidate": str(candidate)}) | more


def number_in(text: str) -> int | None:
    """Return the number of a candidate that a text stands for; None if it stands for none."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST else None


def choose_run(archive: Archive) -> Run:
    """Let the user choose a run, beginning with the one in the address, and return it.

    Without one in the address it is the last one looked at, or the newest. The script ends here where there is none.
    """
    runs = {run.name: run for run in reversed(archive.runs())}
    if not runs:
        no_runs(archive.url)
        st.stop()
    wanted = st.query_params.get("run", st.session_state.get(LAST))
    if wanted is not None and wanted not in runs:
        notice(f"This archive has no run {wanted!r}. The newest is shown; choose another here:")
    name = wanted if wanted in runs else next(iter(runs))
    st.session_state[CHOSEN] = st.session_state[LAST] = name
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Run", width="content")
        st.selectbox("Run", runs, key=CHOSEN, on_change=_move, width=320, label_visibility="collapsed")
    st.query_params["run"] = name
    return runs[name]


def _move() -> None:
    """Go to the run that was just chosen; a candidate of another run means nothing there."""
    st.query_params.from_dict(address(st.session_state[CHOSEN]))


def no_runs(archive: str) -> None:
    """Say that an archive is empty, and what fills it."""
    notice("This archive has no run yet. This makes one, in a minute and a half:", f"evolve demo --archive {archive}")
