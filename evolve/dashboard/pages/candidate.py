"""One candidate: its code, where it came from, how it compares, what it schedules, and what it cost."""

from collections.abc import Sequence

import streamlit as st

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run, listing, population
from evolve.archive.listing import Line
from evolve.candidate import Record
from evolve.dashboard import comparing, conversation, parts, places, reading
from evolve.dashboard.differences import difference
from evolve.dashboard.parts import Column
from evolve.export.heuristic import readable
from problems.base import Split

RELATIVES = 6
ANOTHER = -1
LONG, TALL = 34, 640  # lines from which on code has a window of its own, and its height


def page() -> None:
    """Show the page."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        objective = reading.objective_or_stop(run)
        listed = reading.lines(archive, run)
        record = _chosen(archive, run, listed, objective)
        glance = reading.glance(archive, run, objective)
        seed = archive.records(run, number=glance.best_seed.number)[0] if glance.best_seed else None
        validation = archive.records(run, Split.VALIDATION, record.number)
        _head(run, record, seed, objective)
        code, origin = st.columns([3, 2], gap="medium")
        with code:
            _code(archive, run, listed, record)
        with origin:
            _measures(record, seed, validation[0].evaluation if validation else None)
            _relatives("Ancestors", listing.ancestors(listed, record.number), run, objective)
            _relatives("Descendants", population.descendants(listed, record.number), run, objective)
        if comparing.valid(record):
            _beside(archive, run, listed, record, seed, objective)
        conversation.show(record, archive.events(run))


def _chosen(archive: Archive, run: Run, listed: Sequence[Line], objective: str) -> Record:
    """Return the candidate in the address, or else the best; where there is none, say so and end the script."""
    text = st.query_params.get("candidate")
    best = listing.best(listed, objective)
    if text is None and best is None:
        parts.notice(f"Run {run.name} has no valid candidate yet. Its failures are on the page Live.")
        st.stop()
    number = best.number if text is None and best is not None else places.number_in(text or "")
    found = archive.records(run, number=number) if number is not None else []
    if not found:
        waiting = number in reading.glance(archive, run, objective).waiting
        parts.notice(
            f"Candidate {number} of run {run.name} has not been judged yet."
            if waiting
            else f"Run {run.name} has no candidate {text!r}."
        )
        st.stop()
    return found[0]


def _head(run: Run, record: Record, seed: Record | None, objective: str) -> None:
    candidate, evaluation = record.candidate, record.evaluation
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Candidate {record.number}", width="content")
        parts.status_badge(evaluation.status)
        st.page_link(
            places.LINEAGE,
            label="Where it comes from",
            icon=":material/account_tree:",
            query_params=places.address(run.name, record.number),
        )
    if candidate.operator == "seed":
        st.text(f"the published heuristic {candidate.idea}")
    else:
        of = f" of {' and '.join(map(str, candidate.parents))}" if candidate.parents else ""
        st.text(f"{candidate.operator}{of}, written by {candidate.proposer}: {candidate.idea}".removesuffix(": "))
    if evaluation.message:
        st.code(f"{evaluation.cause}: {evaluation.message}", language=None, wrap_lines=True)
    published = seed.evaluation.measures[objective] if seed else None
    figures = {
        f"{objective.capitalize()} on train": parts.valued(evaluation.measures.get(objective), objective),
        "Best published": parts.valued(published, objective),
        "CPU time": f"{1000 * evaluation.seconds:,.0f} ms",
        "Code": f"{len(candidate.source):,} characters",
        "Cost": parts.dollars(candidate.cost.usd) if candidate.cost.priced else "price unknown",
    }
    if candidate.cost.tokens:
        figures["Tokens"] = f"{candidate.cost.tokens:,}"
    parts.metrics(figures)


def _code(archive: Archive, run: Run, listed: Sequence[Line], record: Record) -> None:
    whole, change = st.tabs(["Code", "Change"])
    with whole:
        if record.candidate.source:
            source = readable(record.candidate.source)
            long = source.count("\n") > LONG
            st.code(source, line_numbers=True, wrap_lines=True, height=TALL if long else "content")
        else:
            st.text("The answer held no code; it is below.")
    with change:
        _change(archive, run, listed, record)


def _change(archive: Archive, run: Run, listed: Sequence[Line], record: Record) -> None:
    """Show what differs from a parent, a published heuristic or any other candidate."""
    names = {number: f"parent {number}" for number in record.candidate.parents}
    for line in listed:
        if line.operator == "seed" and line.number != record.number:
            names.setdefault(line.number, f"published {line.idea}")
    names[ANOTHER] = "another candidate"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Against", names, format_func=lambda number: names[number], width=280)
        typed = st.text_input("Its number", key="another", width=120) if chosen == ANOTHER else str(chosen)
    against = places.number_in(typed)
    found = archive.records(run, number=against) if against is not None else []
    if not found:
        st.text("Type the number of a judged candidate.")
        return
    before, after = found[0].candidate.source, record.candidate.source
    name = names.get(found[0].number, f"candidate {found[0].number}")
    st.code(difference(before, after, name, f"candidate {record.number}"), language="diff", wrap_lines=True)


def _measures(record: Record, seed: Record | None, validation: Evaluation | None) -> None:
    measures = record.evaluation.measures
    if not measures:
        return
    st.subheader("Measures")
    columns = [
        Column("Measure", [parts.titled(name) for name in measures]),
        Column("Train", list(measures.values()), "%.2f"),
    ]
    if seed is not None:
        columns.append(
            Column("Best published, train", [seed.evaluation.measures.get(name) for name in measures], "%.2f")
        )
    if validation is not None and validation.status is Status.OK:
        columns.append(Column("Validation", [validation.measures.get(name) for name in measures], "%.2f"))
    parts.table(columns)


def _relatives(title: str, found: Sequence[Line], run: Run, objective: str) -> None:
    """Show candidates as links, the nearest first."""
    if not found:
        return
    st.subheader(title)
    for line in found[:RELATIVES]:
        link, value, text = st.columns([3, 2, 5], vertical_alignment="center", gap="small")
        where = places.address(run.name, line.number)
        link.page_link(places.CANDIDATE, label=f"Candidate {line.number}", icon="", query_params=where)
        value.text(parts.valued(line.measures.get(objective), objective))
        text.text(parts.written_as(line.operator, line.idea))
    if len(found) > RELATIVES:
        st.text(f"and {len(found) - RELATIVES:,} more")


def _beside(
    archive: Archive, run: Run, listed: Sequence[Line], record: Record, seed: Record | None, objective: str
) -> None:
    """Show it beside other heuristics: on every instance, and in the schedules they build."""
    first = seed.number if seed and seed.number != record.number else None
    numbers = [first] if first is not None else []
    numbers += [number for number in record.candidate.parents if number not in numbers]
    numbers += [
        line.number
        for line in listed
        if line.operator == "seed" and line.number not in (*numbers, record.number) and line.status is Status.OK
    ]
    others = [archive.records(run, number=number)[0] for number in numbers]
    shown = [comparing.shown(run, other) for other in others if comparing.valid(other)]
    if not shown:
        return
    mine = comparing.shown(run, record)
    instances, schedules = st.tabs(["Instances", "Schedule"])
    with instances:
        with_ = st.selectbox(
            "Against",
            range(len(shown)),
            format_func=lambda place: shown[place].name,
            key="instances against",
            width=320,
        )
        comparing.on_instances(mine, shown[with_], objective)
    with schedules:
        comparing.schedules(archive, mine, shown, "schedules")


page()
