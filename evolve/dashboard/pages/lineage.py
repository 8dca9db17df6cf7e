"""Where the winner, or any candidate, comes from."""

from collections.abc import Sequence

import streamlit as st

from evolve.archive import Archive, Run, listing, population
from evolve.archive.listing import Line
from evolve.dashboard import parts, places, reading
from evolve.dashboard.charts.lineage import lineage
from evolve.dashboard.parts import Column
from evolve.report import chosen_best

MOST = 400  # candidates that the chart shows at most: those of the main line and the latest others


def page() -> None:
    """Show the page."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        objective = reading.objective_or_stop(run)
        listed = reading.lines(archive, run)
        line = _chosen(archive, run, listed, objective)
    main = [line, *listing.ancestors(listed, line.number)]
    family = population.family(listed, line.number)
    _head(run, line, main, family, objective)
    _chart(run, main, family, objective)
    _table(run, main, objective)


def _chosen(archive: Archive, run: Run, listed: Sequence[Line], objective: str) -> Line:
    """Return the candidate in the address, or else the winner; where there is none, say so and end the script."""
    by_number = {line.number: line for line in listed}
    text = st.query_params.get("candidate")
    if text is not None:
        number = places.number_in(text)
        if number is None or number not in by_number:
            parts.notice(f"Run {run.name} has no judged candidate {text!r}.")
            st.stop()
        return by_number[number]
    winner = chosen_best(archive, run, objective)
    if winner is None:
        parts.notice(f"Run {run.name} has no valid candidate yet. Its failures are on the page Live.")
        st.stop()
    return by_number[winner.number]


def _head(run: Run, line: Line, main: Sequence[Line], family: Sequence[Line], objective: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Lineage of candidate {line.number}", width="content")
        where = places.address(run.name, line.number)
        st.page_link(places.CANDIDATE, label="Open it", icon=":material/arrow_forward:", query_params=where)
    root = main[-1]
    gained = root.measures.get(objective, 0.0) - line.measures.get(objective, 0.0)
    begun = f"the published heuristic {root.idea}" if root.operator == "seed" else f"candidate {root.number}"
    if line.number == root.number:
        st.text("It descends from nothing: it is a published heuristic." if root.operator == "seed" else "No parents.")
        return
    st.text(
        f"{len(main) - 1:,} steps from {begun}, {gained:.2f}{parts.unit(objective)} better; {len(family) - 1:,} "
        "candidates had a part in it. Lower is better; the line of main parents is drawn bold. Click on one to open it."
    )


def _chart(run: Run, main: Sequence[Line], family: Sequence[Line], objective: str) -> None:
    if len(family) < 2:
        return
    numbers = [line.number for line in main]
    shown = list(family)
    if len(family) > MOST:
        kept = set(numbers) | {line.number for line in family[-(MOST - len(numbers)) :]}
        shown = [line for line in family if line.number in kept]
        st.text(f"The {len(shown):,} latest of {len(family):,} are drawn.")
    picked = parts.clickable_chart(lineage(shown, numbers, objective), "lineage", "The family of the candidate")
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


def _table(run: Run, main: Sequence[Line], objective: str) -> None:
    st.subheader("Line of descent")
    values = [line.measures.get(objective) for line in main]
    gains = [
        before - now if before is not None and now is not None else None
        for now, before in zip(values, [*values[1:], None], strict=True)
    ]
    columns = [
        Column("Number", [line.number for line in main], "%d", 80),
        Column("Operator", [parts.written_as(line.operator, line.idea) for line in main], width=170),
        Column("Parents", [", ".join(map(str, line.parents)) for line in main], width=100),
        Column(parts.titled(objective, " on train"), values, "%.2f", 130),
        Column(f"Better by{',' * bool(parts.unit(objective))}{parts.unit(objective)}", gains, "%+.2f", 100),
        Column("Idea", ["" if line.operator == "seed" else line.idea for line in main]),
        Column("Written by", [line.proposer for line in main], width=140),
    ]
    picked = parts.clickable("descent", [str(line.number) for line in main], columns)
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


page()
