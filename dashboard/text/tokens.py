"""The section of the GPT lesson on tokens."""

from collections.abc import Callable

import streamlit as st

from core.tokenizer import Tokenizer
from dashboard.components import measurements, page
from dashboard.components.panes import panes
from dashboard.text import comparison, own_merges

INTRODUCTION = (
    "A model reads numbers, so a text is first cut into tokens. With **characters** as tokens, "
    "a text is long. With **words** as tokens, some are unknown: a new text has words that are "
    "not in the vocabulary. **Byte pairs** are in between: frequent neighbours are merged into "
    "one token, and rare words stay in parts."
)


@page.fragment
def show(choose_tokenizer: Callable[[], Tokenizer]) -> None:
    """choose_tokenizer: draws the control. The section's controls run nothing else of the page."""
    curves = comparison.measured()
    if curves is None:
        st.markdown(INTRODUCTION)
        measurements.explain("measured curves", comparison.COMMAND)
    else:
        left, right = panes("vocabulary", (2, 3))
        left.markdown(INTRODUCTION)
        comparison.predict(curves, left, right)
    st.header("Merge by merge", anchor=False)
    own_merges.show()
    if curves is not None:
        st.header("The same sentence in words and in byte pairs", anchor=False)
        comparison.show(choose_tokenizer, curves)
    page.show_source(
        "core.bpe.learn_merges", "core.bpe.count_pairs", "core.bpe.merge_steps",
        label="Show the merge loop",
    )  # fmt: skip
