"""One run as it goes: how far it is, what fails, and what the models bring for their price."""

from collections.abc import Sequence

import streamlit as st

from evolve.archive import Archive, Run, RunState, listing
from evolve.archive.listing import Glance, Line
from evolve.dashboard import palette, parts, places, reading
from evolve.dashboard.charts.course import Level, Point, course
from evolve.dashboard.courses import Over, curve, overs, points
from evolve.dashboard.parts import Column
from evolve.dashboard.reading import Course
from evolve.spending import Yield

REFRESH = 3.0
SHOWN = 1000  # candidates beside the best ones that the course shows


def page() -> None:
    """Show the page; it follows the archive while the run goes on."""
    with reading.opened() as archive:
        run = places.choose_run(archive)
        live = archive.state(run) is RunState.RUNNING
    objective = reading.objective_or_stop(run)
    st.fragment(_overview, run_every=REFRESH if live else None)(run, objective, live)


def _overview(run: Run, objective: str, live: bool) -> None:
    with reading.opened() as archive:
        read = reading.course(archive, run)
        listed = read.lines
        glance = reading.glance(archive, run, objective)
        seconds = listing.moments(archive.events(run), listed)
        models = reading.brought(archive, run, objective)
        if live and glance.state is not RunState.RUNNING:
            st.rerun()
        _state(run, glance, archive)
        _figures(glance, objective, seconds, read)
        if not listed:
            parts.notice("No candidate has been judged.")
            return
        chart, failures = st.columns([7, 2], gap="medium")
        with chart:
            _course(run, glance, read, seconds, objective)
        with failures:
            _failures(glance)
        if models:
            _models(models)
        _insights(archive, run)


def _state(run: Run, glance: Glance, archive: Archive) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.state_badge(glance.state)
        if glance.best is not None:
            where = places.address(run.name, glance.best.number)
            label = f"Best so far: candidate {glance.best.number}"
            st.page_link(places.CANDIDATE, label=label, icon=":material/arrow_forward:", query_params=where)
    if glance.state is RunState.KILLED and glance.judged:
        parts.notice(
            "The process that worked on this run is gone. Nothing that was archived is lost; this goes on:",
            f"evolve resume {run.name} --archive {archive.url}",
        )


def _figures(glance: Glance, objective: str, seconds: dict[int, float], read: Course) -> None:
    best = glance.best.measures[objective] if glance.best else None
    pace = listing.pace(seconds)
    published = glance.best_seed.measures[objective] if glance.best_seed else None
    share = f" ({100 * glance.failed / glance.judged:.0f} %)" if glance.judged else ""
    parts.metrics(
        {
            f"Best {objective} on train": parts.valued(best, objective),
            "Best published": parts.valued(published, objective),
            "Better by": parts.valued(glance.gain if glance.best_seed else None, objective),
            "Judged": f"{glance.judged:,}",
            "Under way": f"{len(glance.waiting):,}",
            "Failed": f"{glance.failed:,}{share}",
            "Throughput": "–" if pace is None else f"{pace:,.0f} /min",
            "Cost": parts.amount(read.cost),
            "Time": parts.duration(glance.seconds),
        }
    )


def _course(run: Run, glance: Glance, read: Course, seconds: dict[int, float], objective: str) -> None:
    listed = read.lines
    found = listing.steps(listed, objective, seconds)
    if not found:
        parts.notice(f"No candidate of run {run.name} is valid yet. The failures say why.")
        return
    possible = {each.name: each for each in overs(listed, seconds, read.costs)}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Best so far over")
        name = st.segmented_control(
            "Over",
            list(possible),
            default=next(iter(possible)),
            required=True,
            key="over",
            label_visibility="collapsed",
        )
        known = objective in parts.UNITS  # a gap is zero at the best known
        from_zero = known and st.toggle("Down to the best known", value=True, key="from zero")
    over, levels = possible[name or next(iter(possible))], []
    if glance.best_seed is not None:
        value = glance.best_seed.measures[objective]
        text = f"best published: {glance.best_seed.idea}, {parts.valued(value, objective)}"
        levels.append(Level(value, text, palette.PUBLISHED))
    if from_zero:
        levels.append(Level(0.0, "best known or bound of every instance", palette.MUTED))
    mine = curve(run.name, found, listed, over)
    spec = course(mine, _others(listed, over, objective), levels, objective, over.title, from_zero=from_zero)
    picked = parts.clickable_chart(spec, "course", f"Best {objective} so far over {over.name}")
    if picked is not None:
        st.switch_page(places.CANDIDATE, query_params=places.address(run.name, int(picked)))


def _others(listed: Sequence[Line], over: Over, objective: str) -> list[Point]:
    """Return valid candidates, evenly spread where there are too many."""
    valid = points(listed, over, objective)
    stride = -(-len(valid) // SHOWN) or 1
    return valid[::stride]


def _failures(glance: Glance) -> None:
    st.subheader("Failures")
    if glance.causes:
        parts.table([Column("Cause", list(glance.causes)), Column("Count", list(glance.causes.values()), "%,d", 70)])
    else:
        st.text("None so far.")
    if glance.stopped:
        st.text(f"Judging of {glance.stopped:,} others was stopped early: they are duplicates or lost a race.")


def _models(models: Sequence[Yield]) -> None:
    st.subheader("Models and operators")
    charged = any(each.cost.usd for each in models)
    columns = [
        Column("Model", [each.writer for each in models]),
        Column("Operator", [each.operator for each in models]),
        Column("Answers", [each.calls for each in models], "%,d"),
        Column("Flawed", [each.flawed for each in models], "%,d"),
        Column("Not valid", [each.failed for each in models], "%,d"),
        Column("Better than parents", [each.better for each in models], "%,d"),
        Column("New best", [each.improvements for each in models], "%,d"),
        Column("Tokens read", [each.cost.input_tokens for each in models], "%,d"),
        Column("Tokens written", [each.cost.output_tokens for each in models], "%,d"),
        Column("Cost, US$", [each.cost.usd if each.cost.priced else None for each in models], "%.4f"),
    ]
    if charged:
        paid = [each.better / each.cost.usd if each.cost.usd else None for each in models]
        columns.append(Column("Better per US$", paid, "%.1f"))
    else:
        paid = [1e6 * each.better / each.cost.tokens if each.cost.tokens else None for each in models]
        columns.append(Column("Better per million tokens", paid, "%.1f"))
    parts.table(columns)


def _insights(archive: Archive, run: Run) -> None:
    told = [event for event in archive.events(run) if event.kind == "insights"]
    found = told[-1].detail["insights"] if told else []
    if not found:
        return
    st.subheader("What helps and what hurts")
    st.text(f"Counted after {told[-1].detail['told']:,} candidates. Where models write, they are told this.")
    parts.table(
        [
            Column("A candidate that", [each["change"] for each in found], width=420),
            Column("Better than parents", [each["better"] for each in found], "%,d"),
            Column("Not better", [each["worse"] for each in found], "%,d"),
            Column("Not valid", [each["failed"] for each in found], "%,d"),
            Column("Examples", [", ".join(map(str, each["examples"])) for each in found]),
        ]
    )


page()
