"""What a model was asked for a candidate, what it answered, and what that took."""

import json
from collections.abc import Sequence

import streamlit as st

from evolve.archive import Event
from evolve.candidate import Record
from evolve.dashboard import parts

HEIGHT = 420
LONG = 1500
"""Characters from which on a text is long."""


def show(record: Record, events: Sequence[Event]) -> None:
    """Show the conversation that led to a candidate, and what models said about it later; nothing if there is none."""
    explained = [
        event.detail for event in events if event.kind == "explained" and event.detail["candidate"] == record.number
    ]
    if record.candidate.transcript:
        st.subheader("Prompt and answer")
        _figures(record)
        _texts(record.candidate.transcript)
    for detail in explained:
        st.subheader("Explanation")
        st.text(f"by {detail['model']}")
        st.code(detail["text"], language=None, wrap_lines=True)


def _figures(record: Record) -> None:
    cost = record.candidate.cost
    figures = {
        "Tokens read": f"{cost.input_tokens:,}",
        "of them cached": f"{cost.cached_tokens:,}",
        "Tokens written": f"{cost.output_tokens:,}",
        "of them reasoning": f"{cost.reasoning_tokens:,}",
        "Cost": f"{cost.usd:.6f} US$" if cost.priced else "price unknown",
        "Counted": "estimated here" if cost.estimated else "by the provider",
    }
    parts.metrics(figures)


def _texts(transcript: str) -> None:
    """Show a transcript part by part; one that is not in today's form is shown as it is."""
    try:
        told = json.loads(transcript)
        system, user, answer = (str(told[key]) for key in ("system", "user", "answer"))
    except (ValueError, TypeError, KeyError):
        _text(transcript)
        return
    facts = [
        f"answered by {told.get('model') or 'an unnamed model'} in {float(told.get('seconds', 0.0)):.1f} s",
        str(told.get("ending", "")),
        f"request {told['request']}" if told.get("request") else "",
    ]
    st.text(", ".join(fact for fact in facts if fact))
    for number, failure in enumerate(told.get("attempts", []), start=1):
        st.text(f"try {number} failed: {failure}")
    tabs = st.tabs(["Answer", "Prompt", "Standing instructions"])
    for tab, text in zip(tabs, (answer, user, system), strict=True):
        with tab:
            _text(text or "(empty)")


def _text(text: str) -> None:
    """Show a text as it is, in a window of its own if it is long."""
    st.code(text, language=None, wrap_lines=True, height=HEIGHT if len(text) > LONG else "content")
