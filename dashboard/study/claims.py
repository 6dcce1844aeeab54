"""What decides a question, and the button that measures it on this machine."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.study.claim import Claim
from core.study.measure.store import load_measurements, measure, save_measurement
from core.study.question import Question
from core.study.tasks import Choice
from dashboard.components import claims, page


def show(question: Question, prediction: str) -> None:
    """The comparisons that the right prediction rests on, and what refutes the student's own."""
    refuted: Sequence[Claim] = ()
    if isinstance(question.predict, Choice):
        predicted = (option for option in question.predict.options if option.text == prediction)
        refuted = next((option.refuted for option in predicted), ())
    shown = dict.fromkeys([*refuted, *question.decides])
    if not shown:
        return
    with st.container(border=True, key="decided-by"):
        st.markdown("**What decides it**")
        claims.show(shown)
        here = load_measurements()
        names = [n for n in dict.fromkeys(claim.measure for claim in shown) if n not in here]
        if names and st.button("Measure it here", key="measure-claims", icon=":material/timer:"):
            with st.spinner("Measuring …"):
                for name in names:
                    take(name)
            st.rerun()


def take(name: str) -> None:
    """Measure and store it; the page ends with a sentence if that is impossible here."""
    with page.or_stop():
        save_measurement(name, measure(name))
