"""The section "One head or many": equal parameters, and how many places a layer can read."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.models.recall import history
from core.models.recall.history import HEADS, PLACES, History
from dashboard import controls
from dashboard.components import page
from dashboard.components.measurements import read_or_explain
from dashboard.components.panes import panes
from dashboard.figures.maps import head_count as figures

ANSWERS = (
    "neither: they have equal parameters",
    "the large head: its values are wider",
    "the four small heads",
)


@page.fragment
def show() -> None:
    """The task, the prediction, the accuracy by the number of heads, and where the heads look."""
    trained = read_or_explain(history.read, "trained layers", history.COMMAND)
    if trained is None:
        return
    about, d = trained.about, trained.about["dim"]
    left, right = panes("head-count", (2, 3))
    with left:
        st.markdown(
            f"A text has {about['tokens']} random symbols out of {about['symbols']}. At its last "
            f"position, one attention layer must name the symbols at **{len(PLACES)} places**."
        )
        known = _predict(trained)
        heads = controls.pick("Heads H", HEADS, key="heads", index=2)
        page.show_math(
            r"\begin{gathered} y = W_O\,[\mathrm{head}_1; \ldots; \mathrm{head}_H] \\ "
            r"\mathrm{head}_h = \mathrm{softmax}(Q_h K_h^\top / \sqrt{n})\, V_h \end{gathered}",
            f"With d = {d}, each of the H heads has n = d/H components. So the number of "
            f"parameters is the same for every H: {trained.of(1)[0].parameters:,}.",
        )
    with right:
        page.show_figure(
            figures.accuracies(
                {h: [run.accuracy for run in trained.of(h)] for h in HEADS} if known else {},
                1 / about["symbols"],
            ),
            title="Symbols named correctly, by the number of heads",
            description="Each diamond is one of three seeds, trained for "
            f"{about['steps']} steps. The line is their mean.",
            key="head-count",
        )
        if known:
            _show_rows(trained, heads)
    page.show_source(
        "core.models.recall.task.Recall", "core.attention.MultiHeadedAttention.forward"
    )


def _predict(trained: History) -> bool:
    large, small = trained.accuracy(1), trained.accuracy(4)
    right = ANSWERS[0] if large == small else ANSWERS[1] if large > small else ANSWERS[2]
    return controls.predict(
        "Which names more of them: one head of width 32, or four of width 8?",
        ANSWERS,
        lambda: (
            f"**Four small heads** name {small:.0%}, one large head names **{large:.0%}** (means "
            "of three seeds). A head takes one weighted mean, so one head mixes the four symbols "
            "into one vector."
        ),
        right=right,
        key="guess-heads",
    )


def _show_rows(trained: History, heads: int) -> None:
    """Where each head looks from the last position."""
    rows = trained.of(heads)[0].rows
    page.show_figure(
        figures.rows(np.array(rows), PLACES),
        title=f"Where {heads} head{'s look' if heads > 1 else ' looks'} from the last position",
        description="Each row is a head, and its weights are means over 1,000 texts. Triangles "
        "mark the places that are asked for.",
        key="head-count-rows",
    )  # fmt: skip
