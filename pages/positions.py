"""Positions: the sinusoidal and the learned code, and what happens past the trained length."""

import streamlit as st

from core.models import positions
from dashboard import controls, state
from dashboard.attention import position_data, positions_instrument, rotary
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import positions as figures

TOKENS, NEAR = 200, 30

page.page_header(
    "Positions",
    "Attention sees all words at once, like a bag of words. **How does the model know their "
    "order**, and what if the text is longer than any it was trained on?",
)


@page.fragment
def tables_and_frequencies() -> None:
    """Its controls run nothing else of the page."""
    tables = {"sinusoidal": None, **position_data.learned_tables()}
    left, right = st.columns([2, 5], gap="medium", vertical_alignment="bottom")
    with left:
        name = controls.choice("Table", list(tables), key="table")
    right.markdown(position_data.INTRODUCTION)
    dim = controls.dial("Columns, d (of the formula)", 8, 256, 64, key="dim", step=8)
    pairs = int(dim.value) // 2
    dials = [
        controls.dial("Position, t", 0, TOKENS - 1, 10, key="t"),
        dim,
        controls.dial("Pair of columns, i", 0, pairs - 1, min(6, pairs - 1), key="i"),
    ]
    if not positions_instrument.show(tables[name], TOKENS, dials):
        position_data.show_figures(tables[name], name, TOKENS, *(int(d.value) for d in dials))
    st.caption(
        "A learned table starts as noise, and rows that no training text reached stay noise. Fast "
        "pairs tell neighbours apart, slow pairs tell early from late."
    )
    st.header("How similar are two positions?", anchor=False)
    left, right = panes("similarity", (4, 3))
    with left:
        explain_code()
    table = tables[name]
    if table is None:
        table = positions.sinusoidal(TOKENS, int(dim.value))
    with right:
        page.show_figure(
            figures.similarity_map(positions.similarity(table[:NEAR])),
            title=f"Cosine of any two of the first {NEAR} rows",
            description="A diagonal is one distance; for the formula each has one colour.",
            key="similarity-map",
        )


def explain_code() -> None:
    """The formula of the code, and what follows for two of its rows."""
    page.show_math(
        r"\begin{gathered} P_{t,\,2i} = \sin(\omega_i t), \quad P_{t,\,2i+1} = \cos(\omega_i t) \\ "
        r"\omega_i = 10000^{-2i/d} \end{gathered}",
        "Even columns are sines, odd ones cosines, of position t times a frequency that falls from "
        "one to nearly one in ten thousand.",
    )
    page.show_math(
        r"\begin{gathered} P_t \cdot P_{t+k} = \sum_i \cos(\omega_i k) \\ P_{t+k} = R_k\, P_t "
        r"\end{gathered}",
        "The product of two rows depends only on their distance k, and going k further is one "
        "fixed rotation, whatever t is: a head can learn “three words back”.",
    )


tables_and_frequencies()
rotary.show(position_data.compared())

# --- past the trained length ---
st.header("Beyond the trained length", anchor=False)
experiment = position_data.experiment()
if experiment is None:
    st.info(f"The measured curves are missing; `{position_data.COMMAND}` computes them.")
    st.stop()
st.markdown(
    f"Three small GPTs, the same but for one thing: a **learned** table, the **sinusoidal** "
    f"formula, or **no positions** at all. All were trained on texts of **{experiment.trained}** "
    f"tokens. Now they read **{experiment.read}**. What happens to the loss of each beyond "
    f"position {experiment.trained}? Predict first."
)
ANSWERS = ("stays as it was", "rises a little", "rises a lot")
NAMES = {"learned": "learned table", "sinusoidal": "sinusoidal", "none": "no positions"}
guesses = {}
for scheme, column in zip(NAMES, st.columns(3), strict=True):
    with column:
        guesses[scheme] = st.radio(NAMES[scheme], ANSWERS, index=None, key=f"guess-{scheme}")
losses = {NAMES[scheme]: experiment.loss[scheme] for scheme in NAMES}
whole = None not in guesses.values() or state.revealed()
page.show_figure(
    figures.loss_curves(losses, experiment.trained, 5, whole=whole),
    title="Loss at every position, measured on held-out text",
    description="Mean over {count:,} windows of {read} tokens and 5 neighbouring positions. Left "
    "of the line are trained positions, right of it untrained ones.".format(**experiment.about),
    key="loss",
    data=losses if whole else None,
)
if None in guesses.values():
    st.caption("Answer all three to see the curves beyond the line.")
else:
    before, after = position_data.means(experiment)
    for scheme, column in zip(NAMES, st.columns(3), strict=True):
        with column:
            change = f"{after[scheme] - before[scheme]:+.2f}"
            about = f"past {experiment.trained}, and the change from before"
            value = f"{after[scheme]:.2f} nats"
            st.metric(NAMES[scheme], value, change, delta_color="inverse", help=about)
            truth = position_data.verdict(before[scheme], after[scheme], ANSWERS)
            st.caption(f"It {truth} (you predicted: {guesses[scheme]}).")
    st.markdown(position_data.WHY)
page.show_source(
    "core.models.positions.sinusoidal", "core.models.sinusoidal_gpt.SinusoidalGPT",
    "core.models.positions.turn", "core.models.positions.rotate",
    "core.publish.position_experiment.loss_by_position",
)  # fmt: skip
