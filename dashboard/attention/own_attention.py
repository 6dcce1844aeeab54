"""Attention written by the student: a notebook to download and fill in. Nothing is run here."""

from __future__ import annotations

import streamlit as st

from core.study.handouts import export

_CASES = (
    "the **shapes** of outputs and weights",
    "**no mask**: every row of weights is softmax(QKᵀ/√n) and sums to one",
    "**any mask**: masked weights are exactly 0, in every layer and head",
    "**causal mask**: changing a later token changes no earlier output and no earlier weight",
)


def show() -> None:
    """What the notebook asks for, and the buttons that download it."""
    st.header("Write attention yourself", anchor=False)
    with st.container(border=True, key="own-attention"):
        st.markdown(
            "Write attention with one head and with several heads in your own notebook, which "
            "needs only torch. Four test cases check your code, and a case that fails says what is "
            "wrong. They check:"
        )
        st.markdown("\n".join(f"{i}. {case}" for i, case in enumerate(_CASES, 1)))
        with st.container(horizontal=True):
            _download("Notebook to fill in", "ipynb", "application/x-ipynb+json")
            _download("The same as a script", "py", "text/x-python")


def _download(label: str, ending: str, mime: str) -> None:
    """One button; the file is made on the click."""

    def make() -> bytes:
        source = export.exercise("attention")
        made = export.as_notebook(source, "own-attention") if ending == "ipynb" else source
        return made.encode()

    st.download_button(
        label,
        make,
        f"own-attention.{ending}",
        mime,
        key=f"own-{ending}",
        on_click="ignore",
        icon=":material/download:",
    )
