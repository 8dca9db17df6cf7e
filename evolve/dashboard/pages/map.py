"""The population from above: islands, cells, and the front of what nothing else beats."""

from collections.abc import Sequence

import streamlit as st

from evaluators.base import Status
from evolve.archive import Run, listing, population
from evolve.archive.listing import Line
from evolve.archive.population import Axis
from evolve.dashboard import parts, places, reading
from evolve.dashboard.charts import population as charts
from evolve.dashboard.parts import Column

VIEWS = ("Front", "Cells", "Islands")
ISLANDS = 4  # of the search where a recipe does not say; see `evolve.search.islands.Islands`
EDGE = 0.95  # share of the candidates that a chart shows; the worst are beyond its edge


def page() -> None:
    """Show the page."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        objective = reading.objective_or_stop(run)
        listed = reading.lines(archive, run)
    valid = [line for line in listed if line.status is Status.OK]
    if not valid:
        parts.notice(f"Run {run.name} has no valid candidate yet. Its failures are on the page Live.")
        return
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], required=True, key="view", label_visibility="collapsed"
    )
    picked = {"Front": _front, "Cells": _cells, "Islands": _islands}[view or VIEWS[0]](run, valid, objective)
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


def axes(valid: Sequence[Line], objective: str) -> dict[str, Axis]:
    """Return what candidates can be spread over, by title: what every run has, and further measures."""
    found: dict[str, Axis] = {
        "Code, characters": lambda line: float(line.characters),
        "CPU time, ms": lambda line: 1000.0 * line.seconds,
    }
    for measure in sorted(set(valid[0].measures) - {objective}):
        found[parts.titled(measure)] = _measure(measure)
    return found


def _measure(name: str) -> Axis:
    return lambda line: line.measures[name]


def _edge(valid: Sequence[Line], axis: Axis) -> float:
    values = sorted(map(axis, valid))
    return values[int(EDGE * (len(values) - 1))]


def _front(run: Run, valid: Sequence[Line], objective: str) -> str | None:
    possible = axes(valid, objective)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Over", width="content")
        title = st.selectbox("Over", list(possible), key="front axis", width=280, label_visibility="collapsed")
    best = population.front(valid, possible[title], lambda line: line.measures[objective])
    kept = (max(_edge(valid, possible[title]), *map(possible[title], best)), _highest(valid, best, objective))
    st.text(
        f"{len(best):,} of {len(valid):,} valid candidates are beaten by no other in both numbers: blue. Published "
        "heuristics: orange diamonds. Click on one to open it."
    )
    spec = charts.front(valid, best, possible[title], title, objective, kept)
    picked = parts.clickable_chart(spec, "front", f"{objective} over {title}")
    columns = [
        Column("Number", [line.number for line in best], "%d", 80),
        Column(title, [possible[title](line) for line in best], "%.0f", 150),
        Column(parts.titled(objective, " on train"), [line.measures[objective] for line in best], "%.2f", 150),
        Column("Operator", [parts.written_as(line.operator, line.idea) for line in best], width=170),
        Column("Idea", ["" if line.operator == "seed" else line.idea for line in best]),
    ]
    return parts.clickable("front table", [str(line.number) for line in best], columns, "content") or picked


def _highest(valid: Sequence[Line], best: Sequence[Line], objective: str) -> float:
    of_most = _edge(valid, lambda line: line.measures[objective])
    return max([of_most, *(line.measures[objective] for line in best)])


def _cells(run: Run, valid: Sequence[Line], objective: str) -> str | None:
    possible = axes(valid, objective)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Across", width="content")
        x = st.selectbox("Across", list(possible), key="cells x", width=280, label_visibility="collapsed")
        st.text("and up", width="content")
        y = st.selectbox("Up", list(possible), index=1, key="cells y", width=280, label_visibility="collapsed")
    found = population.cells(valid, possible[x], possible[y], objective)
    st.text(f"{len(found):,} cells hold {len(valid):,} valid candidates. A click opens the best one of a cell.")
    return parts.clickable_chart(charts.cells(found, x, y, objective), "cells", f"Best {objective} in each cell")


def _islands(run: Run, valid: Sequence[Line], objective: str) -> str | None:
    search = reading.settings(run).search
    if search.kind != "islands":
        parts.notice(f"The search of this run, {search.kind}, has no islands.")
        return None
    count = int(search.arguments.get("islands", ISLANDS))
    bred = [line for line in valid if line.operator != "seed"]
    homes = {f"island {home + 1}": [line for line in bred if line.number % count == home] for home in range(count)}
    st.text(
        "Where each candidate was bred, one dot each, the latest darkest; the best value of each island is written "
        "above it. Click on one to open it."
    )
    highest = _highest(valid, (), objective)
    picked = parts.clickable_chart(charts.islands(homes, objective, highest), "islands", "Candidates by island")
    first = {home: best for home, lines in homes.items() if (best := listing.best(lines, objective)) is not None}
    columns = [
        Column("Island", list(first)),
        Column("Valid candidates", [len(homes[home]) for home in first], "%,d"),
        Column("Best candidate", [line.number for line in first.values()], "%d"),
        Column(parts.titled(objective, " on train"), [line.measures[objective] for line in first.values()], "%.2f"),
        Column("Operator", [line.operator for line in first.values()]),
        Column("Idea", [line.idea for line in first.values()], width=420),
    ]
    return parts.clickable("island table", [str(line.number) for line in first.values()], columns) or picked


page()
