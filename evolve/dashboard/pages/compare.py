"""Side by side: runs over what they took, or two candidates on every instance."""

from collections.abc import Sequence

import streamlit as st

from evolve.archive import Archive, Run, UnknownRun, listing
from evolve.dashboard import comparing, palette, parts, places, reading
from evolve.dashboard.charts.course import Level, courses
from evolve.dashboard.courses import curve, overs
from evolve.dashboard.differences import difference
from evolve.dashboard.parts import Column
from evolve.settings import SettingsError

MOST = 6
VIEWS = ("Runs", "Candidates")


def page() -> None:
    """Show the page."""
    with reading.opened() as archive:
        runs = {run.name: run for run in reversed(archive.runs())}
        if not runs:
            places.no_runs(archive.url)
            return
        wanted = "Candidates" if "first" in st.query_params else "Runs"
        view = st.segmented_control(
            "Compare", VIEWS, default=wanted, required=True, key="compare view", label_visibility="collapsed"
        )
        if view == "Candidates":
            _candidates(archive, runs)
        else:
            _runs(archive, runs)


def _runs(archive: Archive, runs: dict[str, Run]) -> None:
    asked = [name for name in st.query_params.get_all("run") if name in runs]
    default = (asked if len(asked) > 1 else _alike(runs, asked))[:MOST]
    chosen = st.multiselect(
        "Runs",
        list(runs),
        default=default,
        max_selections=MOST,
        key="runs",
    )
    known = {}
    for name in chosen:
        try:
            known[name] = (runs[name], reading.objective(runs[name]))
        except SettingsError as error:
            parts.notice(f"{error}.")
    if not known:
        parts.notice("Choose runs of one problem to see them side by side.")
        return
    st.query_params.from_dict({"run": list(known)})
    kinds = {reading.settings(run).problem.kind for run, _ in known.values()}
    if len(kinds) > 1 or len({objective for _, objective in known.values()}) > 1:
        parts.notice("These runs are of different problems: their values cannot be compared. Only their figures are.")
    else:
        _courses(archive, [run for run, _ in known.values()], next(iter(known.values()))[1])
    _table(archive, list(known.values()))


def _alike(runs: dict[str, Run], asked: Sequence[str]) -> list[str]:
    """Return a run, the newest if none was asked for, and the newest other one of the same problem."""
    first = next(iter([*asked, *runs]))
    try:
        problem = reading.settings(runs[first]).problem.kind
        others = [name for name, run in runs.items() if reading.settings(run).problem.kind == problem]
    except SettingsError:
        return list(runs)[:2]
    return list(dict.fromkeys([first, *others]))[:2]


def _courses(archive: Archive, runs: Sequence[Run], objective: str) -> None:
    read = {run.name: reading.course(archive, run) for run in runs}
    moments = {run.name: listing.moments(archive.events(run), read[run.name].lines) for run in runs}
    longest = max((value for each in moments.values() for value in each.values()), default=0.0)
    possible = {
        run.name: {
            each.name: each for each in overs(read[run.name].lines, moments[run.name], read[run.name].costs, longest)
        }
        for run in runs
    }
    names = [name for name in next(iter(possible.values())) if all(name in each for each in possible.values())]
    name = st.segmented_control("Best so far over", names, default=names[0], required=True, key="compare over")
    curves = []
    for run in runs:
        listed = read[run.name].lines
        if steps := listing.steps(listed, objective, moments[run.name]):
            curves.append(curve(run.name, steps, listed, possible[run.name][name or names[0]]))
    if not curves:
        parts.notice("None of these runs has a valid candidate yet.")
        return
    title = next(iter(possible.values()))[name or names[0]].title
    parts.chart(
        courses(curves, _published(archive, runs, objective), objective, title),
        "courses",
        f"Best {objective} so far of each run",
    )


def _published(archive: Archive, runs: Sequence[Run], objective: str) -> list[Level]:
    """Return the best published heuristic where it is the same for all of the runs."""
    seeds = [reading.glance(archive, run, objective).best_seed for run in runs]
    known = {(seed.idea, seed.measures[objective]) for seed in seeds if seed is not None}
    if len(known) != 1 or None in seeds:
        return []
    ((name, value),) = known
    return [Level(value, f"best published: {name}, {parts.valued(value, objective)}", palette.PUBLISHED)]


def _table(archive: Archive, known: Sequence[tuple[Run, str]]) -> None:
    glances = [reading.glance(archive, run, objective) for run, objective in known]
    costs = [reading.course(archive, run).cost.tokens for run, _ in known]
    objectives = [objective for _, objective in known]
    pairs = list(zip(glances, objectives, strict=True))
    best = [glance.best.measures[name] if glance.best else None for glance, name in pairs]
    seeds = [glance.best_seed.measures[name] if glance.best_seed else None for glance, name in pairs]
    parts.table(
        [
            Column("Run", [run.name for run, _ in known]),
            Column("State", [str(glance.state) for glance in glances]),
            Column("Measure", [parts.titled(objective) for objective in objectives]),
            Column("Best on train", best, "%.2f"),
            Column("Best published", seeds, "%.2f"),
            Column("Better by", [glance.gain if glance.best_seed else None for glance in glances], "%.2f"),
            Column("Judged", [glance.judged for glance in glances], "%,d"),
            Column("Failed", [glance.failed for glance in glances], "%,d"),
            Column("Tokens", costs, "%,d"),
            Column("Cost, US$", [glance.usd for glance in glances], "%.4f"),
            Column("Time, min", [glance.seconds / 60 for glance in glances], "%.1f"),
        ]
    )


def _candidates(archive: Archive, runs: dict[str, Run]) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        first = _one(archive, runs, "first", 0)
    with right:
        second = _one(archive, runs, "second", 1)
    if first is None or second is None:
        return
    st.query_params.from_dict({"first": _reference(first), "second": _reference(second)})
    if first == second:
        parts.notice("Both are the same candidate: choose another one.")
        return
    objective = reading.objective_or_stop(first.run)
    if reading.settings(first.run).problem != reading.settings(second.run).problem:
        parts.notice("These candidates are of runs on different instances: choose two of one problem.")
        return
    instances, schedules, code = st.tabs(["Instances", "Schedules", "Code"])
    with instances:
        comparing.on_instances(first, second, objective)
    with schedules:
        comparing.schedules(archive, first, [second], "compared")
    with code:
        sources = (first.record.candidate.source, second.record.candidate.source)
        st.code(difference(*sources, first.name, second.name), language="diff", wrap_lines=True)


def _one(archive: Archive, runs: dict[str, Run], key: str, place: int) -> comparing.Shown | None:
    """Let the user choose a run and a valid candidate of it; say what is wrong where there is none."""
    name, _, number = st.query_params.get(key, "").rpartition(":")
    names = list(runs)
    last = st.session_state.get(places.LAST)
    suggested = name if name in runs else last if last in runs else names[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = runs[st.selectbox(f"{key.capitalize()} run", names, index=names.index(suggested), key=f"{key} run")]
        try:
            objective = reading.objective(run)
        except SettingsError as error:
            parts.notice(f"{error}.")
            return None
        glance = reading.glance(archive, run, objective)
        best = (glance.best, glance.best_seed)[place] or glance.best
        known = number if run.name == name else str(best.number) if best else ""
        wanted = st.text_input("Candidate", value=known, key=f"{key} candidate of {run.name}", width=120)
    try:
        record = archive.records(run, number=_number(run, wanted))[0]
    except (UnknownRun, IndexError):
        parts.notice(f"Run {run.name} has no judged candidate {wanted!r}.")
        return None
    if not comparing.valid(record):
        parts.notice(f"Candidate {record.number} of run {run.name} is not valid, so it has nothing to compare.")
        return None
    st.text(f"{parts.valued(record.evaluation.measures.get(objective), objective)}, {record.candidate.operator}")
    return comparing.shown(run, record, told=True)


def _number(run: Run, text: str) -> int:
    number = places.number_in(text)
    if number is None:
        raise UnknownRun(f"run {run.name} has no candidate {text!r}")
    return number


def _reference(shown: comparing.Shown) -> str:
    return f"{shown.run.name}:{shown.record.number}"


page()
