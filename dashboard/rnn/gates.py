"""The section "Gates": what the gates of an LSTM do while it keeps one symbol."""

from __future__ import annotations

import streamlit as st

from core.linear_rnn.through_time import gates
from dashboard import controls
from dashboard.components import page
from dashboard.components.live import Dial
from dashboard.components.measurements import read_or_explain
from dashboard.components.panes import panes
from dashboard.figures.rnn import through_time as figures
from dashboard.rnn import gates_instrument

ANSWERS = (
    "about 0.5, as before training",
    "above 0.9, but not 1",
    "exactly 1: nothing is forgotten",
)
BIAS = 1.0  # of the LSTM that is asked about


def show() -> None:
    """The LSTM, the prediction, and its gates as the sequence changes."""
    trained = read_or_explain(gates.read, "trained LSTMs", gates.COMMAND)
    if trained is None:
        return
    lstms, about = trained
    left, right = panes("gates", (2, 3))
    with left:
        st.markdown(
            f"Three LSTMs of {about['units']} units learned the latch task: name the symbol that "
            f"came first, after {about['delay']} steps of noise. They began with different biases "
            "of the forget gate."
        )
        bias = controls.pick(
            "Forget-gate bias before training", gates.BIASES, key="gate_bias", index=1,
            show=lambda b: f"{b:g} (torch)" if not b else f"{b:g}",
        )  # fmt: skip
        known = _predict(lstms[BIAS])
        page.show_math(
            r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
            "The cell c is the memory of the LSTM. The forget gate f says how much of it is kept, "
            "the input gate i how much of the new content g is written.",
        )
    dials = [
        controls.dial("Symbol at step 1", 1, gates.SYMBOLS, 3, key="gate_symbol"),
        controls.dial("Steps of noise", 5, gates.LONGEST, gates.DELAY, key="gate_delay"),
        controls.dial("Add to the bias of f", -4, 4, 0, key="gate_added", step=0.25),
    ]
    with right:
        if not gates_instrument.show(lstms[bias], dials, asked=not known):
            _show_figures(lstms[bias], dials, known)
        _, delay, added = (dial.value for dial in dials)
        share = gates.accuracy(lstms[bias], int(delay), added)
        st.markdown(f"With these settings the LSTM is right on **{share:.0%}** of 256 sequences.")


def _predict(lstm: gates.LSTM) -> bool:
    return controls.predict(
        f"The LSTM that began with bias {BIAS:g} is always right. How large is the forget gate of "
        "the unit that keeps most of its cell?",
        ANSWERS, lambda: _reply(lstm), right=ANSWERS[1], key="guess-gate",
    )  # fmt: skip


def _reply(lstm: gates.LSTM) -> str:
    left, gate = gates.most_kept(lstm)
    closed = gates.accuracy(lstm, gates.DELAY, added=-2)
    return (
        f"**Above 0.9**: on average {gate:.2f} over all symbols, so {left:.0%} of the cell is left "
        f"after {gates.DELAY} steps; a gate of 0.5 would leave {0.5**gates.DELAY:.4%}. Add −2 to "
        f"the bias, and the LSTM is right only **{closed:.0%}** of the time."
    )


def _show_figures(lstm: gates.LSTM, dials: list[Dial], known: bool) -> None:
    """The figures as the server draws them: for a browser in which the instrument stopped."""
    symbol, delay, added = (dial.value for dial in dials)
    steps = gates.run(lstm, gates.sequence(int(symbol) - 1, int(delay)), added)
    shown = {"Cell c": (steps.c[0].T, True)}
    if known:
        shown |= {"Forget gate f": (steps.f[0].T, False), "Input gate i": (steps.i[0].T, False)}
    for name, (values, signed) in shown.items():
        page.show_figure(
            figures.units(values, signed=signed), title=name, key=f"gate-{name[:4].lower()}",
            description="A row for each unit, a column for each step.",
        )  # fmt: skip
