"""What decides a question: each measurement with its number, and whether it says so here."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.study.claim import Claim
from core.study.claims import known_values
from core.study.measure.store import Values
from core.study.question import Question
from core.study.tasks import Choice
from dashboard.components.formula import formula


def show(question: Question, prediction: str) -> None:
    """The comparisons that the right prediction rests on, and what refutes the student's own."""
    refuted: Sequence[Claim] = ()
    if isinstance(question.predict, Choice):
        chosen = (option for option in question.predict.options if option.text == prediction)
        refuted = next((option.refuted for option in chosen), ())
    shown = dict.fromkeys([*refuted, *question.decides])
    if not shown:
        return
    with st.container(border=True, key="decided-by"):
        st.markdown("**What decides it**")
        supporting: dict[str, str] = {}  # each sentence once, with its source
        for claim in shown:
            known = known_values(claim.measure)
            if known is None:
                st.caption("This has not been measured on this machine yet.")
            else:
                supporting |= _claim(claim, *known)
        for source in dict.fromkeys(supporting.values()):
            sentences = [said for said, its in supporting.items() if its == source]
            st.markdown("\n".join(f"- {said}." for said in sentences))
            st.caption(source)


def _claim(claim: Claim, values: Values, source: str) -> dict[str, str]:
    """The sentence of a claim that holds, and its source; one that fails is shown at once."""
    sentence = formula(claim.sentence(values), safe=True)
    if not claim.holds(values):
        st.warning(
            f"{sentence}. {source} This number is not {claim.comparison} "
            f"{claim.bound(values):.3g}, so the measurement on this machine does not support "
            "the answer: trust the measurement.",
            icon=":material/rule:",
        )
        return {}
    return {sentence[:1].upper() + sentence[1:]: source}
