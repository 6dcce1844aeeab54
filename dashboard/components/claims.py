"""What decides an answer: each measurement with its number and its source."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.study.claim import Claim
from core.study.claims import known_values
from dashboard.components.formula import formula


def show(claims: Iterable[Claim]) -> None:
    """A sentence for each claim with its number; one that fails is a warning at once."""
    supporting: dict[str, str] = {}  # each sentence once, with its source
    for claim in claims:
        known = known_values(claim.measure)
        if known is None:
            st.caption("This has not been measured on this machine yet.")
        elif claim.holds(known[0]):
            sentence = formula(claim.sentence(known[0]), safe=True)
            supporting[sentence[:1].upper() + sentence[1:]] = known[1]
        else:
            st.warning(formula(claim.failure(*known), safe=True), icon=":material/rule:")
    for source in dict.fromkeys(supporting.values()):
        sentences = [sentence for sentence, its in supporting.items() if its == source]
        st.markdown("\n".join(f"- {sentence}." for sentence in sentences))
        st.caption(source)
