"""All candidates of a run: filtered, sorted, searched."""

from collections.abc import Sequence

import streamlit as st

from evaluators.base import Status
from evolve.archive import Run, RunState, listing
from evolve.archive.listing import Line
from evolve.dashboard import parts, places, reading
from evolve.dashboard.parts import Column

REFRESH = 5.0
FEW = 16
TALL = 640


def page() -> None:
    """Show the page; it follows the archive while the run goes on."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        live = archive.state(run) is RunState.RUNNING
    objective = reading.objective_or_stop(run)
    st.fragment(_candidates, run_every=REFRESH if live else None)(run, objective, live)


def _candidates(run: Run, objective: str, live: bool) -> None:
    with reading.opened() as archive:
        if live and archive.state(run) is not RunState.RUNNING:
            st.rerun()
        listed = reading.lines(archive, run)
        if not listed:
            parts.notice("No candidate has been judged.")
            return
        statuses, operators, writers, text = _filters(listed)
        found = listing.containing(archive, run, text) if text else None
    shown = [
        line
        for line in listed
        if (not statuses or line.status in statuses)
        and (not operators or line.operator in operators)
        and (not writers or line.proposer in writers)
        and (found is None or line.number in found)
    ]
    shown.sort(key=lambda line: (line.status is not Status.OK, line.measures.get(objective, 0.0), line.number))
    st.text(f"{len(shown):,} of {len(listed):,} candidates, the best first. Click on one to open it.")
    tall = TALL if len(shown) > FEW else None
    picked = parts.clickable("candidates", [str(line.number) for line in shown], _columns(shown, objective), tall)
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


def _filters(listed: Sequence[Line]) -> tuple[list[Status], list[str], list[str], str]:
    """Let the user choose statuses, operators, writers and a text, and return them."""
    status, operator, writer, text = st.columns([1, 1, 1, 2])
    present = {line.status for line in listed}
    statuses = status.multiselect(
        "Status", [each for each in Status if each in present], placeholder="any", key="statuses"
    )
    every = sorted({line.operator for line in listed})
    operators = operator.multiselect("Operator", every, placeholder="any", key="operators")
    everyone = sorted({line.proposer for line in listed})
    writers = writer.multiselect("Written by", everyone, placeholder="anyone", key="writers")
    return statuses, operators, writers, text.text_input("Text in code or idea", key="text")


def _columns(shown: Sequence[Line], objective: str) -> list[Column]:
    columns = [
        Column("Number", [line.number for line in shown], "%d", 75),
        Column(parts.titled(objective), [line.measures.get(objective) for line in shown], "%.2f", 80),
        Column("Status", [line.cause or str(line.status) for line in shown], width=95),
        Column("Operator", [line.operator for line in shown], width=90),
        Column("Idea", [line.idea for line in shown], width=340),
        Column("Written by", [line.proposer for line in shown], width=110),
        Column("Parents", [", ".join(map(str, line.parents)) for line in shown], width=75),
        Column("CPU, ms", [round(1000 * line.seconds) for line in shown], "%,d", 75),
        Column("Characters", [line.characters for line in shown], "%,d", 85),
    ]
    if any(line.cost.usd for line in shown):
        columns.append(Column("Cost, US$", [line.cost.usd for line in shown], "%.4f", 80))
    elif any(line.cost.tokens for line in shown):
        columns.append(Column("Tokens", [line.cost.tokens for line in shown], "%,d", 80))
    return columns


page()
