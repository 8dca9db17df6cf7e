"""Two heuristics side by side: on every instance, and in the schedules they build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from evaluators.base import Measures, Status
from evolve.archive import Archive, Run
from evolve.candidate import Record
from evolve.dashboard import palette, parts, reading, sandboxed
from evolve.dashboard.charts.instances import instances
from evolve.dashboard.charts.schedule import schedule
from evolve.execute import name_of
from evolve.render import p_text
from evolve.statistics import compare
from problems.base import Picture, Split

MANY = 32
TALL = 640
BESIDE = 20
"""Lanes up to which two schedules stand one above the other, with one time axis."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A heuristic that is compared.

    Attributes:
        name: As charts show it.
        run: The run it belongs to, whose settings say how it is judged.
    """

    name: str
    run: Run
    record: Record


def shown(run: Run, record: Record, *, told: bool = False) -> Shown:
    """Return a candidate to be compared.

    Args:
        told: Name its run and its number, so that no two have one name.
    """
    name = name_of(record)
    if told:
        name = f"{run.name}:{record.number}" + (f" {name}" if record.candidate.operator == "seed" else "")
    return Shown(name, run, record)


def on_instances(first: Shown, second: Shown, objective: str) -> None:
    """Show both on every instance of train that both were judged on."""
    mine, others = first.record.evaluation.per_instance, second.record.evaluation.per_instance
    both = [name for name in mine if name in others and objective in others[name]]
    if not both:
        parts.notice("There is no instance that both were judged on.")
        return
    sentence = st.empty()
    published = second.record.candidate.operator == "seed"
    colour = palette.PUBLISHED if published else palette.OTHER
    spec = instances(mine, others, (first.name, second.name), objective, "train", colour)
    with st.container(height=TALL if len(both) > MANY else "content", border=False):
        parts.chart(spec, "instances", f"{objective} on every instance")
    # After the chart, since the first comparison takes seconds: it loads the statistics.
    sentence.text(_told(first.name, second.name, mine, others, both, objective))


def _told(
    first: str,
    second: str,
    mine: Mapping[str, Measures],
    others: Mapping[str, Measures],
    both: Sequence[str],
    objective: str,
) -> str:
    versus = compare([mine[name][objective] for name in both], [others[name][objective] for name in both])
    words = {"better": "better than", "worse": "worse than", "not distinguishable": "not distinguishable from"}
    between = f" (95 % interval {versus.interval.low:+.2f} to {versus.interval.high:+.2f})" if versus.interval else ""
    return (
        f"On {len(both)} instances of train, {first} is {words[versus.verdict]} {second}: "
        f"{versus.difference:+.2f}{parts.unit(objective)} in mean {objective}{between}; better on {versus.wins}, "
        f"equal on {versus.ties}, worse on {versus.losses}; Wilcoxon p = {p_text(versus.p_value)}."
    )


def schedules(archive: Archive, first: Shown, others: Sequence[Shown], key: str) -> None:
    """Let the user choose an instance and another heuristic, and show both schedules when asked to.

    Args:
        others: What the first may be compared with; the first of them is suggested.
        key: Unique on the page.
    """
    problem = reading.problem(first.run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opened = any(event.kind == "test opened" for event in archive.events(first.run))
        splits = [split for split in Split if split is not Split.TEST or opened]
        split = st.selectbox("Split", splits, key=f"{key} split", width=140)
        names = [instance.name for instance in problem.instances(split)]
        index = st.selectbox(
            "Instance", range(len(names)), format_func=lambda place: names[place], key=f"{key} instance", width=300
        )
        beside = st.selectbox(
            "Beside",
            [None, *range(len(others))],
            index=1 if others else 0,
            format_func=lambda place: "nothing" if place is None else others[place].name,
            key=f"{key} beside",
            width=260,
        )
        wanted = (first.run.id, first.record.number, beside, split, index)
        if st.button("Build in the sandbox", key=f"{key} build", type="primary", icon=":material/view_timeline:"):
            st.session_state[f"{key} wanted"] = wanted
    if st.session_state.get(f"{key} wanted") != wanted:
        st.text("A schedule is built when you ask for it: the heuristic runs in the sandbox, never in this page.")
        return
    _draw([first, *([others[beside]] if beside is not None else [])], split, index, key)


def _draw(both: Sequence[Shown], split: Split, index: int, key: str) -> None:
    try:
        with st.spinner("The heuristics are at work in the sandbox."):
            sources = [each.record.candidate.source for each in both]
            made = sandboxed.pictures(both[0].run, sources, split, index)
    except sandboxed.NotMade as error:
        parts.notice(str(error))
        return
    pictures: dict[str, Picture] = {}
    for each, found in zip(both, made, strict=True):
        if isinstance(found, Picture):
            pictures[each.name] = found
        else:
            parts.notice(f"{each.name} {found}")
    if not pictures:
        return
    groups = list(dict.fromkeys(bar.group for picture in pictures.values() for bar in picture.bars))
    end = max(_end(picture) for picture in pictures.values())
    above = all(len(picture.lanes) <= BESIDE for picture in pictures.values())
    places = [st.container() for _ in pictures] if above else st.columns(len(pictures))
    for place, (name, picture) in zip(places, pictures.items(), strict=True):
        with place:
            st.text(name)
            parts.chart(schedule(picture, groups, end), f"{key} {name}", f"What {name} makes of the instance")


def _end(picture: Picture) -> float:
    return max([bar.end for bar in picture.bars] + list(picture.marks.values()), default=1.0) * 1.01


def valid(record: Record) -> bool:
    """Return whether a candidate can be compared at all."""
    return record.evaluation.status is Status.OK
