"""What is beside a check: hints, how sure the student is, and an objection to a grade."""

from __future__ import annotations

import streamlit as st

from core.study.progress import calibration, object_to, open_hint
from core.study.question import Question
from core.study.record import CONFIDENCE, HINT_COSTS, HINTS, MAX_OBJECTION
from dashboard.components import page
from dashboard.components.formula import formula
from dashboard.figures.study.answers import calibration_bars
from dashboard.study import study_state

FEWEST = 5  # judged answers, before their picture is shown


def hints(question: Question) -> None:
    """The hints that are open, and the button that opens the next one and says what it costs."""
    record = study_state.progress().record(question.id)
    for number, hint in enumerate(question.hints[: record.hints], 1):
        st.markdown(f":material/lightbulb: **Hint {number}:** {formula(hint, safe=True)}")
    if record.hints < len(question.hints) and not record.done(len(question.checks)):
        st.button(
            f"Hint {record.hints + 1} of {HINTS}: the question then earns "
            f"{record.worth - HINT_COSTS:.0%} instead of {record.worth:.0%}",
            key=f"{question.id}-{record.round}-hint",
            type="tertiary",
            icon=":material/lightbulb:",
            on_click=_open_hint,
            args=(question.id,),
        )


def _open_hint(name: str) -> None:
    study_state.save_progress(open_hint(study_state.progress(), name))


def confidence(key: str) -> None:
    """How sure the student is of the first answer to a check; it may be left open."""
    st.pills("How sure are you?", CONFIDENCE, key=key)


def objection(question: Question) -> None:
    """The popover in which a student objects to a grade, once something was graded."""
    record = study_state.progress().record(question.id)
    if record.objection:
        st.caption(f"Your objection: {page.escape(record.objection)}")
    if not record.sent:
        return
    key = f"{question.id}-{record.round}-objection"
    with st.popover("I object to a grade", icon=":material/gavel:", type="tertiary"):
        st.markdown(
            "Write one sentence. It is shown with the grade and in the summary that you hand in."
        )
        st.text_area(
            "What is wrong with the grade", value=record.objection, max_chars=MAX_OBJECTION, key=key
        )
        st.button("Keep my objection", key=f"{key}-keep", on_click=_object, args=(question.id, key))


def _object(name: str, key: str) -> None:
    objection = st.session_state.get(key) or ""
    study_state.save_progress(object_to(study_state.progress(), name, objection))


def calibrated() -> None:
    """How often the student was right when sure, less sure or guessing; after a few answers."""
    questions = study_state.questions()
    checks = {name: len(question.checks) for name, question in questions.items()}
    counts = calibration(study_state.progress(), checks)
    if sum(given for _, given in counts.values()) >= FEWEST:
        with st.expander(
            "How sure you were, and how often you were right", icon=":material/balance:"
        ):
            _show_calibration(counts)


def _show_calibration(counts: dict[str, tuple[int, int]]) -> None:
    """The picture of `core.study.progress.calibration`, with its counts."""
    levels = "; ".join(f"{level}: {right} of {given}" for level, (right, given) in counts.items())
    page.show_figure(
        calibration_bars(counts),
        title="Share of right first answers, by how sure you were",
        description=f"First answers that were right ({levels}). If you judge yourself well, "
        "you are nearly always right when you are sure.",
        key="calibration",
        data={
            "level": list(counts),
            "right": [right for right, _ in counts.values()],
            "answers": [given for _, given in counts.values()],
        },
    )
