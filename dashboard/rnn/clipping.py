"""The section "Clipping": one training with its gradient clipped and one without.

Both are trained here, in less than a second; torch is imported when the section is opened.
"""

from __future__ import annotations

import math

import streamlit as st

from core.linear_rnn.through_time import clipping
from core.linear_rnn.through_time.clipping import Training
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures.rnn import through_time as figures

ANSWERS = (
    "it learns: the loss falls",
    "it stays finite, but it does not learn",
    "it explodes too, some steps later",
)
RIGHT = 0.9  # accuracy from which a run has learned the task
trained = st.cache_data(max_entries=30, show_spinner="Training …")(clipping.train)


def show() -> None:
    """The task, the prediction, and both runs."""
    left, right = panes("clipping", (2, 3))
    with left:
        st.markdown(
            "A linear RNN learns the latch task by gradient descent: which of 8 symbols came "
            f"first, {clipping.DELAY} steps ago?"
        )
        rate = controls.pick("Learning rate", clipping.RATES, key="clip_rate", index=1)
        c = controls.pick(
            "Clip the gradient to the norm c", clipping.THRESHOLDS, key="clip_c", index=1,
            show="{:g}".format,
        )  # fmt: skip
        plain = trained(rate)
        known = controls.predict(
            "With a learning rate of 0.1 the run explodes. What happens to it with c = 1?",
            ANSWERS, lambda: verdict(plain, trained(rate, c), c), right=ANSWERS[0],
            key="guess-clip", case=" for c = 1",
        )  # fmt: skip
        page.show_math(
            r"g \leftarrow g \cdot \min(1,\; c / \lVert g \rVert)",
            "A gradient longer than c is scaled to the length c; its direction stays the same.",
        )
    with right:
        page.show_figure(
            figures.trainings(plain, trained(rate, c) if known else None, c),
            title="Loss, and norm of the gradient before clipping",
            description="A cross marks the last step of a run that exploded. The dotted line is c.",
            key="clipping",
        )
        page.lesson_link(
            "train", "Clip the gradient in your own training (on the page Train, under Recipe)"
        )


def verdict(plain: Training, clipped: Training, c: float) -> str:
    """Both runs in words, with their numbers."""
    first = (
        f"Without clipping, the gradient is no longer finite at step {len(plain.loss) + 1}."
        if plain.exploded
        else f"Without clipping, the run is right {plain.accuracy:.0%} of the time."
    )
    times = sum(norm > c for norm in clipped.norm)
    what = "it learns" if clipped.accuracy >= RIGHT else "it stays finite but does not learn"
    if clipped.exploded:
        what = f"it explodes at step {len(clipped.loss) + 1}"
    return (
        f"{first} With c = {c:g} **{what}** and is right **{clipped.accuracy:.0%}** of the "
        f"time. {times} of {len(clipped.norm)} steps were clipped; the longest gradient had the "
        f"norm {max(clipped.norm, default=math.nan):,.0f}."
    )
