"""The section of the GPT lesson on tokens."""

import streamlit as st

from core.tokenizer import Tokenizer
from dashboard.components import page
from dashboard.text import comparison, own_merges


@page.fragment
def show(tokenizer: Tokenizer) -> None:
    """tokenizer: of the page's model. Its controls run nothing else of the page."""
    st.header("From characters to words to byte pairs", anchor=False)
    st.markdown(
        "A model reads numbers, so a text is first cut into tokens. With **characters** as "
        "tokens, a text is long. With **words** as tokens, some are unknown: a new text has "
        "words that are not in the vocabulary. **Byte pairs** are in between: frequent "
        "neighbours are merged into one token, and rare words stay in parts."
    )
    curves = comparison.measured()
    if curves is None:
        st.info(
            f"The measured curves are missing. The command `{comparison.COMMAND}` computes them."
        )
    else:
        comparison.predict(curves)
    st.subheader("Merge by merge", anchor=False)
    own_merges.show()
    if curves is not None:
        st.subheader("The same sentence in words and in byte pairs", anchor=False)
        comparison.show(tokenizer, curves)
    page.show_source(
        "core.bpe.learn_merges", "core.bpe.count_pairs", "core.bpe.merge_steps",
        label="Show the merge loop",
    )  # fmt: skip
