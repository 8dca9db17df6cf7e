"""One run: how far it is, and its candidates."""

from collections.abc import Sequence

import streamlit as st

from evaluators.base import Status
from evolve.archive import Run, RunState, listing
from evolve.archive.listing import Glance, Line, Step
from evolve.dashboard import charts, parts, places, reading
from evolve.dashboard.parts import Column

REFRESH = 3.0
FEW = 10
TALL = 420


def page() -> None:
    """Show the page; it follows the archive while the run goes on."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        live = archive.state(run) is RunState.RUNNING
    objective = reading.objective_or_stop(run)
    every = REFRESH if live else None
    st.fragment(_overview, run_every=every)(run, objective, live)
    st.fragment(_candidates, run_every=every)(run, objective)


def _overview(run: Run, objective: str, live: bool) -> None:
    with reading.opened() as archive:
        listed = reading.lines(archive, run)
        glance = reading.glance(archive, run, objective)
        seconds = listing.moments(archive.events(run), listed)
    if live and glance.state is not RunState.RUNNING:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.state_badge(glance.state)
        if glance.best is not None:
            where = places.address(run.name, glance.best.number)
            label = f"Best so far: candidate {glance.best.number}"
            st.page_link(places.CANDIDATE, label=label, icon=":material/arrow_forward:", query_params=where)
    _figures(glance, objective)
    if not listed:
        parts.notice("No candidate has been judged.")
        return
    chart, failures = st.columns([3, 1], gap="medium")
    with chart:
        _course(glance, listed, listing.steps(listed, objective, seconds), seconds, objective)
    with failures:
        _failures(glance)


def _figures(glance: Glance, objective: str) -> None:
    best = glance.best.measures[objective] if glance.best else None
    published = glance.best_seed.measures[objective] if glance.best_seed else None
    parts.metrics(
        {
            f"Best {objective} on train": parts.valued(best, objective),
            "Best published": parts.valued(published, objective),
            "Better by": parts.valued(glance.gain if glance.best_seed else None, objective),
            "Judged": f"{glance.judged:,}",
            "Under way": f"{len(glance.waiting):,}",
            "Failed": f"{glance.failed:,}",
            "Cost": parts.dollars(glance.usd),
            "Time": parts.duration(glance.seconds),
        }
    )


def _course(
    glance: Glance, listed: Sequence[Line], found: Sequence[Step], seconds: dict[int, float], objective: str
) -> None:
    st.subheader("Best so far")
    if not found or glance.best is None:
        parts.notice("No candidate is valid yet.")
        return
    over = st.segmented_control(
        "Over", ["candidates judged", "working time"], default="candidates judged", required=True, key="over"
    )
    now = Step(
        number=found[-1].number,
        operator=found[-1].operator,
        evaluations=len(listed),
        seconds=seconds[listed[-1].number],
        value=found[-1].value,
    )
    chart = charts.course(found, now, glance.best_seed, objective, by_time=over == "working time")
    st.altair_chart(chart, key="course", alt=f"Best {objective} so far over {over}")


def _failures(glance: Glance) -> None:
    st.subheader("Failures")
    if not glance.causes:
        st.text("None so far.")
        return
    parts.table([Column("Cause", list(glance.causes)), Column("Count", list(glance.causes.values()), "%,d")])


def _candidates(run: Run, objective: str) -> None:
    with reading.opened() as archive:
        listed = reading.lines(archive, run)
        if not listed:
            return
        st.subheader("Candidates")
        statuses, operators, text = _filters(listed)
        found = listing.containing(archive, run, text) if text else None
    shown = [
        line
        for line in listed
        if (not statuses or line.status in statuses)
        and (not operators or line.operator in operators)
        and (found is None or line.number in found)
    ]
    shown.sort(key=lambda line: (line.status is not Status.OK, line.measures.get(objective, 0.0), line.number))
    st.text(f"{len(shown):,} of {len(listed):,} candidates, the best first. Click on one to open it.")
    tall = TALL if len(shown) > FEW else None
    picked = parts.clickable("candidates", [str(line.number) for line in shown], _columns(shown, objective), tall)
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


def _filters(listed: Sequence[Line]) -> tuple[list[Status], list[str], str]:
    """Let the user choose statuses, operators and a text, and return them."""
    status, operator, text = st.columns([1, 1, 2])
    present = [member for member in Status if any(line.status is member for line in listed)]
    statuses = status.multiselect("Status", present, placeholder="any", key="statuses")
    every = sorted({line.operator for line in listed})
    operators = operator.multiselect("Operator", every, placeholder="any", key="operators")
    return statuses, operators, text.text_input("Text in code or idea", key="text")


def _columns(shown: Sequence[Line], objective: str) -> list[Column]:
    return [
        Column("Number", [line.number for line in shown], "%d", 80),
        Column("Operator", [line.operator for line in shown], width=110),
        Column("Idea", [line.idea for line in shown], width=430),
        Column("Status", [line.cause or str(line.status) for line in shown], width=120),
        Column(parts.titled(objective), [line.measures.get(objective) for line in shown], "%.2f", 90),
        Column("CPU, ms", [1000 * line.seconds for line in shown], "%.0f", 90),
        Column("Code, characters", [line.characters for line in shown], "%,d", 130),
    ]


page()
