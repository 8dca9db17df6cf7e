"""Small things that every page shows in the same way.

Streamlit renders Markdown, with images from anywhere, in labels, titles and values. What comes from an archive or an
address is therefore only ever shown with `st.text`, `st.code`, `st.dataframe`, in charts and as an option of a widget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from evaluators.base import Status
from evolve.archive import RunState
from evolve.candidate import Cost
from evolve.dashboard.charts.base import PICK, PICKED, Spec

Height = Literal["content"] | int | None
"""Of a table in pixels, or as its rows need; None as its rows need, up to ten."""
UNITS = {"gap": "%"}
STATES = {
    RunState.RUNNING: "blue",
    RunState.FINISHED: "green",
    RunState.INTERRUPTED: "orange",
    RunState.KILLED: "red",
}


def notice(text: str, command: str | None = None) -> None:
    """Show a sentence, and the command to type."""
    with st.container(border=True):
        st.text(text)
        if command is not None:
            st.code(command, language="bash")


def unit(measure: str) -> str:
    """Return the unit of a measure with a space before it, or nothing."""
    return f" {UNITS[measure]}" if measure in UNITS else ""


def titled(measure: str, where: str = "") -> str:
    """Return a measure as a heading: its name, where it was measured, its unit."""
    return f"{measure}{where}, {UNITS[measure]}" if measure in UNITS else f"{measure}{where}"


def valued(value: float | None, measure: str) -> str:
    """Return the value of a measure as text; a dash where there is none."""
    return "–" if value is None else f"{value:,.2f}{unit(measure)}"


def duration(seconds: float) -> str:
    """Return a time as text, in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def dollars(usd: float) -> str:
    """Return an amount of money as text, safe where a pair of dollar signs would mean a formula."""
    return f"{usd:,.2f} US$"


def amount(cost: Cost) -> str:
    """Return what something cost as text: dollars, or tokens where no price is known or nothing is charged."""
    if cost.tokens and (not cost.priced or not cost.usd):
        return f"{cost.tokens:,} tokens"
    return dollars(cost.usd) if cost.usd >= 0.1 or not cost.usd else f"{cost.usd:.4f} US$"


def written_as(operator: str, idea: str) -> str:
    """Return how a candidate came about: its operator, or the name of a published heuristic."""
    return f"published {idea}" if operator == "seed" else operator


def state_badge(state: RunState) -> None:
    """Show what a run is doing."""
    st.badge(str(state), color=STATES[state])  # type: ignore[arg-type]


def status_badge(status: Status) -> None:
    """Show how an evaluation ended."""
    st.badge(str(status), color="green" if status is Status.OK else "red" if status.failed else "gray")


def metrics(values: Mapping[str, str]) -> None:
    """Show figures side by side.

    Args:
        values: By label; both are our own words and numbers, since Streamlit reads them as Markdown.
    """
    with st.container(horizontal=True, gap="small"):
        for label, value in values.items():
            st.metric(label, value, border=True, width="stretch")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        label: With the unit of the values.
        values: One per row; None is shown as an empty cell.
        form: Of numbers, as for `printf`; empty for text.
        width: In pixels; None for what the values need.
    """

    label: str
    values: Sequence[str | float | None]
    form: str = ""
    width: int | None = None


def table(columns: Sequence[Column], height: Height = None) -> None:
    """Show a table."""
    _show(columns, height)


def clickable(key: str, rows: Sequence[str], columns: Sequence[Column], height: Height = None) -> str | None:
    """Show a table and return the row that was just clicked on, if one was.

    Args:
        key: Unique on the page.
        rows: What each row stands for; one of these is returned.
    """
    picked: str | None = st.session_state.pop(f"{key} picked", None)
    # The click is looked up among the rows that were shown when it was made: while a run goes on, they change.
    st.session_state[f"{key} shown"] = list(rows)
    _show(columns, height, key)
    return picked


def chart(spec: Spec, key: str, alt: str) -> None:
    """Show a chart that nothing in can be clicked on."""
    st.vega_lite_chart(spec=spec, key=key, alt=alt)


def clickable_chart(spec: Spec, key: str, alt: str) -> str | None:
    """Show a chart and return what was just clicked on, if something was: the value of `charts.base.PICKED`."""
    picked: str | None = st.session_state.pop(f"{key} picked", None)
    st.vega_lite_chart(spec=spec, key=key, alt=alt, on_select=lambda: _pick_mark(key), selection_mode=PICK)
    return picked


def _pick_mark(key: str) -> None:
    marks = st.session_state[key]["selection"][PICK]
    if marks:
        st.session_state[f"{key} picked"] = str(marks[0][PICKED])


def _show(columns: Sequence[Column], height: Height, key: str | None = None) -> None:
    form = {
        column.label: st.column_config.NumberColumn(format=column.form, width=column.width)
        if column.form
        else st.column_config.TextColumn(width=column.width)
        for column in columns
    }
    data = {column.label: list(column.values) for column in columns}
    tall: Literal["auto", "content"] | int = "auto" if height is None else height
    if key is None:
        st.dataframe(data, hide_index=True, column_config=form, placeholder="", height=tall)
        return
    st.dataframe(
        data,
        hide_index=True,
        column_config=form,
        placeholder="",
        height=tall,
        key=key,
        on_select=lambda: _pick(key),
        selection_mode="single-cell",
    )


def _pick(key: str) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    if cells:
        st.session_state[f"{key} picked"] = st.session_state[f"{key} shown"][cells[0][0]]
