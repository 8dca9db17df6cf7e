"""One candidate: its code, where it came from, and how it compares."""

import difflib
from collections.abc import Sequence

import streamlit as st

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run, listing
from evolve.archive.listing import Line
from evolve.candidate import Record
from evolve.dashboard import charts, parts, places, reading
from evolve.dashboard.parts import Column
from evolve.statistics import compare
from problems.base import Split

ANCESTORS = 25
MANY = 40
TALL = 640


def page() -> None:
    """Show the page."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        link = "All candidates of this run"
        st.page_link(places.RUN, label=link, icon=":material/arrow_back:", query_params=places.address(run.name))
        objective = reading.objective_or_stop(run)
        listed = reading.lines(archive, run)
        record = _chosen(archive, run, listed, objective)
        glance = reading.glance(archive, run, objective)
        seed = archive.records(run, number=glance.best_seed.number)[0] if glance.best_seed else None
        validation = archive.records(run, Split.VALIDATION, record.number)
        _head(record, seed, objective)
        code, origin = st.columns([3, 2], gap="medium")
        with code:
            st.subheader("Code")
            st.code(record.candidate.source, line_numbers=True, wrap_lines=True)
            _change(archive, run, listed, record)
        with origin:
            _measures(record, seed, validation[0].evaluation if validation else None)
            _ancestors(run, listed, record, objective)
    if seed is not None and record.evaluation.status is Status.OK and seed.number != record.number:
        _instances(record, seed, objective)
    if record.candidate.transcript:
        with st.expander("Prompt and answer"):
            st.code(record.candidate.transcript, language=None, wrap_lines=True)


def _chosen(archive: Archive, run: Run, listed: Sequence[Line], objective: str) -> Record:
    """Return the candidate in the address, or else the best; where there is none, say so and end the script."""
    text = st.query_params.get("candidate")
    best = listing.best(listed, objective)
    if text is None and best is None:
        parts.notice(f"Run {run.name} has no valid candidate yet.")
        st.stop()
    number = best.number if text is None and best is not None else _number(text or "")
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


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _head(record: Record, seed: Record | None, objective: str) -> None:
    candidate, evaluation = record.candidate, record.evaluation
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Candidate {record.number}", width="content")
        parts.status_badge(evaluation.status)
    if candidate.operator == "seed":
        st.text(f"the published heuristic {candidate.idea}")
    else:
        of = f" of {' and '.join(map(str, candidate.parents))}" if candidate.parents else ""
        st.text(f"{candidate.operator}{of}, written by {candidate.proposer}: {candidate.idea}".removesuffix(": "))
    if evaluation.message:
        st.code(f"{evaluation.cause}: {evaluation.message}", language=None, wrap_lines=True)
    published = seed.evaluation.measures[objective] if seed else None
    parts.metrics(
        {
            f"{objective.capitalize()} on train": parts.valued(evaluation.measures.get(objective), objective),
            "Best published": parts.valued(published, objective),
            "CPU time": f"{1000 * evaluation.seconds:,.0f} ms",
            "Code": f"{len(candidate.source):,} characters",
            "Cost": parts.dollars(candidate.cost.usd),
        }
    )


def _change(archive: Archive, run: Run, listed: Sequence[Line], record: Record) -> None:
    """Show what differs from a parent or a published heuristic."""
    seeds = {line.number: line.idea for line in listed if line.operator == "seed" and line.number != record.number}
    names = {number: f"parent {number}" for number in record.candidate.parents}
    names |= {number: f"published {name}" for number, name in seeds.items() if number not in names}
    if not names:
        return
    st.subheader("Change")
    against = st.selectbox("Against", names, format_func=lambda number: names[number], width=320)
    other = archive.records(run, number=against)[0]
    difference = difflib.unified_diff(
        other.candidate.source.splitlines(),
        record.candidate.source.splitlines(),
        names[against],
        f"candidate {record.number}",
        lineterm="",
    )
    st.code("\n".join(difference) or "The code is the same.", language="diff", wrap_lines=True)


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


def _ancestors(run: Run, listed: Sequence[Line], record: Record, objective: str) -> None:
    """Show the line of main parents as links, the nearest first."""
    found = listing.ancestors(listed, record.number)
    if not found:
        return
    st.subheader("Ancestors")
    for line in found[:ANCESTORS]:
        link, value, text = st.columns([3, 2, 5], vertical_alignment="center", gap="small")
        where = places.address(run.name, line.number)
        link.page_link(places.CANDIDATE, label=f"Candidate {line.number}", icon="", query_params=where)
        value.text(parts.valued(line.measures.get(objective), objective))
        text.text(f"published {line.idea}" if line.operator == "seed" else line.operator)
    if len(found) > ANCESTORS:
        st.text(f"and {len(found) - ANCESTORS:,} more")


def _instances(record: Record, seed: Record, objective: str) -> None:
    """Show every instance beside the best published heuristic."""
    mine, others = record.evaluation.per_instance, seed.evaluation.per_instance
    both = [name for name in mine if name in others]
    if not both:
        return
    st.subheader("Instances")
    sentence = st.empty()
    names = (f"candidate {record.number}", seed.candidate.idea)
    with st.container(height=TALL if len(both) > MANY else "content", border=False):
        st.altair_chart(charts.instances(mine, others, names, objective), alt=f"{objective} on every instance")
    # After the chart, since the first comparison takes seconds: it loads the statistics.
    versus = compare([mine[name][objective] for name in both], [others[name][objective] for name in both])
    sentence.text(
        f"Against {seed.candidate.idea}, the best published rule, on {len(both)} instances of train: "
        f"better on {versus.wins}, equal on {versus.ties}, worse on {versus.losses}."
    )


page()
