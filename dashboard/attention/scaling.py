"""The section "Why √n?": entropy and gradient of the softmax, with the division and without."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st

from core.interpret import softmax_scale
from core.linear_rnn.spectrum import scientific
from dashboard import controls
from dashboard.attention import scaling_instrument
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import scaling as figures

ANSWERS = (
    "it stays about the same",
    "it falls: one key takes nearly all the weight",
    "it rises: all keys get equal weight",
)
FEW, MANY = 4, 256  # of WIDTHS: where the means are compared


@page.fragment
def show() -> None:
    """The formula, the prediction, and the instrument with its slider for n."""
    left, right = panes("scaling", (2, 3))
    with left:
        st.markdown(
            "Here the entries of queries and keys are standard normal numbers. Then $q · k$, a sum "
            "of $n$ products, has **variance** $n$: scores grow like $\\sqrt{n}$."
        )
        known = _predict()
        page.show_math(
            r"\begin{gathered} p = \mathrm{softmax}(q K^\top / \sqrt{n}) \\ "
            r"\partial p / \partial s = \mathrm{diag}(p) - p\,p^\top \end{gathered}",
            "The gradient of the softmax with respect to its input s. Formula and autograd differ "
            f"by at most {scientific(agreement())} in all rows shown.",
        )
    dial = controls.dial("Head dimension n", 1, softmax_scale.WIDTHS[-1], FEW, key="n")
    with right:
        if not scaling_instrument.show(dial, asked=not known):
            _show_figures(int(dial.value), known)
    page.show_source(
        "core.interpret.softmax_scale.entropy", "core.interpret.softmax_scale.jacobian",
        "core.attention.attention_weights",
    )  # fmt: skip


def _predict() -> bool:
    question = f"Without √n: n grows from {FEW} to {MANY}. What happens to the entropy of a row?"
    return controls.predict(question, ANSWERS, _reply, right=ANSWERS[1], key="guess-scale")


def _reply() -> str:
    curves = softmax_scale.curves()
    few, many = (curves.widths.index(n) for n in (FEW, MANY))
    entropy, gradient = curves.entropy, curves.gradient
    return (
        f"**It falls**, from {entropy['undivided'][few]:.2f} to "
        f"**{entropy['undivided'][many]:.2f}** nats (means of {softmax_scale.QUERIES} queries). "
        f"With √n it is {entropy['divided'][many]:.2f} nats. Without √n the gradient falls from "
        f"{gradient['undivided'][few]:.2f} to **{gradient['undivided'][many]:.2f}**: a query "
        f"that looks at a single key hardly learns."
    )


@lru_cache(maxsize=1)
def agreement() -> float:
    """The largest difference between the formula of the gradient and autograd, at every width."""
    rows = softmax_scale.one_query()[np.array(softmax_scale.WIDTHS) - 1]
    return max(
        float(np.abs(softmax_scale.jacobian(softmax_scale.softmax(row))
                     - softmax_scale.by_autograd(row)).max())
        for row in rows
    )  # fmt: skip


def _show_figures(n: int, known: bool) -> None:
    """The figures as the server draws them: for a browser in which the instrument stopped."""
    scores = softmax_scale.one_query()[n - 1]
    rows = {"with √n": softmax_scale.softmax(scores / np.sqrt(n))}
    curves = softmax_scale.curves()
    lines = {"with √n": (curves.entropy["divided"], curves.gradient["divided"])}
    if known:
        rows["without"] = softmax_scale.softmax(scores)
        lines["without"] = (curves.entropy["undivided"], curves.gradient["undivided"])
    page.show_figure(
        figures.weights(rows), title=f"Weights of one query, n = {n}", key="scaled-weights",
        description="One bar for each key; the weights of a row sum to one.",
    )  # fmt: skip
    page.show_figure(
        figures.against_width(curves.widths, lines),
        title="Entropy of a row, and gradient of the softmax, against n", key="scaled-curves",
        description=f"The mean over {softmax_scale.QUERIES} queries.",
    )  # fmt: skip
