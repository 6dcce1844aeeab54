"""The section on width and data: a power law fitted to small models predicts a larger one."""

from __future__ import annotations

import statistics

import streamlit as st

from core.linear_rnn.spectrum import with_minus
from core.models.power_law import history
from core.models.power_law.fit import Law, fit, left_out
from core.models.power_law.history import DIALOGUES, HELD_OUT, LEAST, WIDTHS, History
from dashboard import controls
from dashboard.components import page
from dashboard.components.measurements import read_or_explain
from dashboard.components.panes import panes
from dashboard.figures.trained import power_law as figures
from dashboard.text import power_law_instrument

CLOSE = 0.05  # nats
ANSWERS = (f"within {CLOSE} nats of that", f"more than {CLOSE} lower", f"more than {CLOSE} higher")


@page.fragment
def show() -> None:
    """The prediction and the law beside the instrument."""
    trained = read_or_explain(history.read, "trained models", history.COMMAND)
    if trained is None:
        return
    law = fit(trained.fitted(), trained.about["floor"])
    left, right = panes("power-law", (2, 3))
    with left:
        known = _predict(trained, law)
        page.show_math(
            r"L(w, D) = L_\infty + a\, w^{-\alpha}\, D^{-\beta}",
            f"α = {law.alpha:.2f} and β = {law.beta:.2f} are fitted to the logarithms by least "
            "squares. The grammar draws words at random, so no model gets below its entropy, "
            f"L∞ = {law.floor:.3f} nats a token.",
        )
        errors = left_out(trained.fitted(), law.floor)
        st.caption(
            f"Fitted to all models but one, the law misses that one by "
            f"{statistics.mean(map(abs, errors)):.3f} nats on average, at most "
            f"{max(map(abs, errors)):.3f}. Models with fewer than {LEAST:,} dialogues are shown, "
            "but not fitted."
        )
    dials = [
        controls.dial("Width w", 2, 6, 4, key="law-width"),
        controls.dial("Dialogues D, each read once", 0, 4, 2, key="law-data"),
    ]
    with right:
        held_out = trained.of(*HELD_OUT) if known else None
        if not power_law_instrument.show(law, trained.grid(), held_out, dials):
            _show_figures(trained, law, known, *(int(dial.value) for dial in dials))
    page.show_source(
        "core.models.power_law.fit.Law.loss", "core.models.power_law.fit.fit",
        "core.data.text.grammar.entropy",
    )  # fmt: skip


def _predict(trained: History, law: Law) -> bool:
    width, count = HELD_OUT
    predicted, loss = law.loss(width, count), trained.of(*HELD_OUT).loss
    off = loss - predicted
    by = with_minus(f"{off:+.3f}")
    right = ANSWERS[0] if abs(off) <= CLOSE else ANSWERS[1] if off < 0 else ANSWERS[2]
    return controls.predict(
        f"A law is fitted to {len(trained.fitted())} small GPTs that are at most {WIDTHS[-1]} wide "
        f"and were trained on at most {DIALOGUES[-1]:,} dialogues of a grammar. For width {width} "
        f"and {count:,} dialogues it predicts a loss of {predicted:.3f} nats. What is the loss of "
        "such a model?",
        ANSWERS,
        lambda: (
            f"It is **{loss:.3f} nats**, {by} from the prediction. This is "
            f"{loss - law.floor:.3f} above L∞; the law says {predicted - law.floor:.3f}."
        ),
        right=right,
        key="guess-law",
    )


def _show_figures(trained: History, law: Law, known: bool, at_width: int, at_data: int) -> None:
    """The figures as the server draws them: for a browser in which the instrument stopped."""
    width, count = 2**at_width, DIALOGUES[0] * 2**at_data
    shown = trained.trained if known else trained.grid()
    by_width = [(t.width, t.loss - law.floor) for t in shown if t.dialogues == count]
    by_data = [(t.dialogues, t.loss - law.floor) for t in shown if t.width == width]
    page.show_figure(
        figures.against(
            "width w", (*WIDTHS, HELD_OUT[0]), lambda w: law.loss(w, count) - law.floor, by_width
        ),
        title=f"Loss above the floor against the width, D = {count:,}", key="by-width",
        description=f"The law says {law.loss(width, count):.3f} nats for w = {width}.",
    )  # fmt: skip
    page.show_figure(
        figures.against(
            "dialogues D", (*DIALOGUES, HELD_OUT[1]), lambda d: law.loss(width, d) - law.floor,
            by_data,
        ),
        title=f"Loss above the floor against the data, w = {width}", key="by-data",
        description="Diamonds: trained models. Line: the law.",
    )  # fmt: skip
