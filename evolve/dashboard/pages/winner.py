"""The winner of a run: what is proven about it, beside the published heuristics, and as a module to take away."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from evaluators.base import Evaluation, Status
from evolve.archive import Archive, Run, RunState, listing
from evolve.candidate import Record
from evolve.dashboard import parts, places, reading, sandboxed
from evolve.dashboard.parts import Column
from evolve.execute import name_of
from evolve.export.heuristic import readable
from evolve.render import p_text, verdict
from evolve.report import Bench, chosen_best
from evolve.statistics import ALPHA, Comparison
from problems.base import Split

MIME = "text/x-python"


def page() -> None:
    """Show the page."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        objective = reading.objective_or_stop(run)
        record = chosen_best(archive, run, objective)
        if record is None:
            parts.notice(f"Run {run.name} has no valid candidate yet. Its failures are on the page Live.")
            return
        verdicts = _verdicts(archive, run, record)
        _head(archive, run, record, verdicts, objective)
        _later(archive, run, objective)
        if Split.VALIDATION in verdicts:
            _finalists(archive, run, record, objective)
        _table(archive, run, record, verdicts)
        _export(archive, run, record, verdicts)


def _verdicts(archive: Archive, run: Run, record: Record) -> dict[Split, Evaluation]:
    """Return the archived verdicts on a candidate."""
    found = {split: archive.records(run, split, record.number) for split in Split}
    return {split: records[0].evaluation for split, records in found.items() if records}


def _head(archive: Archive, run: Run, record: Record, verdicts: Mapping[Split, Evaluation], objective: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Candidate {record.number}", width="content")
        if Split.VALIDATION in verdicts:
            st.badge("chosen on validation", color="green", icon=":material/check:")
        else:
            st.badge("best on train only", color="orange")
        where = places.address(run.name, record.number)
        st.page_link(places.CANDIDATE, label="Open it", icon=":material/arrow_forward:", query_params=where)
        st.page_link(places.LINEAGE, label="Lineage", icon=":material/account_tree:", query_params=where)
    if record.candidate.operator == "seed":
        st.text(f"The published heuristic {record.candidate.idea}: the run has found nothing that is better.")
    else:
        st.text(f"{record.candidate.operator}, written by {record.candidate.proposer}: {record.candidate.idea}")
    figures = {}
    for split in Split:
        value = verdicts[split].measures.get(objective) if split in verdicts else None
        count = f", {len(verdicts[split].per_instance):,} instances" if split in verdicts else ""
        figures[f"{objective.capitalize()} on {split}{count}"] = parts.valued(value, objective)
    figures["Code"] = f"{len(record.candidate.source):,} characters"
    parts.metrics(figures)
    if Split.VALIDATION not in verdicts:
        going = archive.state(run) is RunState.RUNNING
        parts.notice(
            "The winner is chosen on validation when the run ends."
            if going
            else "No finalist was judged on validation, because the run did not come to its end. This ends it:",
            None if going else f"evolve resume {run.name} --archive {archive.url}",
        )
    st.code(readable(record.candidate.source), line_numbers=True, wrap_lines=True)


def _later(archive: Archive, run: Run, objective: str) -> None:
    """Say so where the run has found something since its finalists were judged."""
    validated = {each.number for each in archive.records(run, Split.VALIDATION)}
    leader = listing.best(reading.lines(archive, run), objective)
    if validated and leader is not None and leader.number not in validated:
        value = parts.valued(leader.measures[objective], objective)
        parts.notice(
            f"Candidate {leader.number}, with {value} on train, was found after the finalists were judged; it may "
            "become the winner when the run ends."
        )


def _finalists(archive: Archive, run: Run, record: Record, objective: str) -> None:
    st.subheader("Finalists")
    st.text("The best on train, judged on validation, which the search has never seen. The best there is the winner.")
    judged = archive.records(run, Split.VALIDATION)
    judged.sort(key=lambda each: (each.evaluation.measures.get(objective, float("inf")), each.number))
    by_number = {line.number: line for line in reading.lines(archive, run)}
    validated = [each.evaluation.measures.get(objective) for each in judged]
    columns = [
        Column("Candidate", [each.number for each in judged], "%d"),
        Column("Origin", [parts.written_as(each.candidate.operator, each.candidate.idea) for each in judged]),
        Column(
            parts.titled(objective, " on train"),
            [by_number[each.number].measures.get(objective) for each in judged],
            "%.2f",
        ),
        Column(
            parts.titled(objective, " on validation"),
            validated,
            "%.2f",
        ),
        Column("Verdict", [each.evaluation.cause or str(each.evaluation.status) for each in judged]),
        Column("Code, characters", [len(each.candidate.source) for each in judged], "%,d"),
    ]
    picked = parts.clickable("finalists", [str(each.number) for each in judged], columns)
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


def _table(archive: Archive, run: Run, record: Record, verdicts: Mapping[Split, Evaluation]) -> None:
    st.subheader("Beside the published heuristics")
    opened = [event for event in archive.events(run) if event.kind == "test opened"]
    if Split.TEST not in verdicts:
        parts.notice(
            "The test instances have not been opened for this candidate. Exporting it on the command line opens them, "
            "and the archive notes that:",
            f"evolve export {run.name}:{record.number} -o rule.py --archive {archive.url}",
        )
    else:
        last = datetime.fromtimestamp(opened[-1].created) if opened else None
        times = f"{len(opened)} time{'' if len(opened) == 1 else 's'}"
        st.text(
            f"The test instances of this run were opened {times}" + (f", last {last:%Y-%m-%d %H:%M}." if last else ".")
        )
    splits = [split for split in (Split.TEST, Split.VALIDATION) if split in verdicts]
    if not splits:
        return
    split = st.segmented_control("On", splits, default=splits[0], required=True, key="table split") or splits[0]
    wanted = (run.id, record.number, split)
    if st.button("Judge the published heuristics in the sandbox", icon=":material/table_chart:"):
        st.session_state["table wanted"] = wanted
    if st.session_state.get("table wanted") != wanted:
        st.text("This takes from some seconds to a minute.")
        return
    try:
        with st.spinner("The published heuristics are at work in the sandbox."):
            table = sandboxed.table(run, record, verdicts[split], split)
    except sandboxed.NotMade as error:
        parts.notice(str(error))
        return
    _bench(table, name_of(record))


def _bench(table: Bench, mine: str) -> None:
    """Show heuristics by group, with how the winner compares with each."""
    if not table.rows:
        parts.notice("None of them is valid on every instance.")
        return
    against = table.against(mine)
    if against:
        st.text(verdict(table, mine).plain)
    versus = [against.get(entry.name) for entry in table.rows]
    groups = {group: [entry.groups[group] for entry in table.rows] for group in table.groups}
    columns = [
        Column("Heuristic", [entry.name for entry in table.rows], width=140),
        Column(f"Mean {parts.titled(table.objective)}", [entry.mean for entry in table.rows], "%.2f", 100),
        Column("Difference", [each.difference if each else None for each in versus], "%+.2f", 90),
        Column("95 % interval", [_interval(each) for each in versus], width=130),
        Column("Win/tie/loss", [f"{each.wins}/{each.ties}/{each.losses}" if each else "" for each in versus], width=95),
        Column("p, corrected", [p_text(each.corrected) if each else "" for each in versus], width=95),
        Column("The winner is", [each.verdict if each else "" for each in versus], width=140),
        Column("CPU, ms", [round(entry.milliseconds) for entry in table.rows], "%,d", 75),
        *(Column(group, means, "%.1f", 80) for group, means in groups.items()),
    ]
    parts.table(columns, height="content")
    st.text(
        f"Differences are the winner's mean minus the other's, so negative is better, with bootstrap intervals; p by "
        f"Wilcoxon's signed ranks, corrected for their number after Holm; the level is {ALPHA:g}."
    )
    for name, message in table.failures.items():
        st.text(f"{name} is not valid: {message}")


def _interval(versus: Comparison | None) -> str:
    found = versus.interval if versus else None
    return f"{found.low:+.2f} to {found.high:+.2f}" if found else ""


def _export(archive: Archive, run: Run, record: Record, verdicts: Mapping[Split, Evaluation]) -> None:
    st.subheader("Export")
    if any(evaluation.status is not Status.OK for evaluation in verdicts.values()):
        parts.notice("It is not valid on every split that it was judged on, so it is not exported.")
        return
    splits = ", ".join(map(str, verdicts))
    st.text(
        f"A Python module of its own. The very text that you save is judged again ({splits}) and must repeat every "
        "archived number."
    )
    wanted = (run.id, record.number)
    if st.button("Judge again and export", type="primary", icon=":material/verified:"):
        st.session_state["export wanted"] = wanted
        st.session_state.pop("exported", None)
    if st.session_state.get("export wanted") != wanted:
        return
    if "exported" not in st.session_state:
        try:
            with st.spinner("The module is being judged in the sandbox."):
                st.session_state["exported"] = sandboxed.module(run, record, verdicts, archive.candidates(run))
        except sandboxed.NotMade as error:
            parts.notice(str(error))
            return
    text = st.session_state["exported"]
    name = f"{run.name}_{record.number}.py"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Save the module", text, file_name=name, mime=MIME, on_click="ignore", icon=":material/download:"
        )
        st.text("Judged again: it repeats every archived number.")
    with st.expander("The module"):
        st.code(text, line_numbers=True, wrap_lines=True)


page()
