"""Positions: the sinusoidal and the learned code, and what happens past the trained length."""

import streamlit as st

from core.models import positions
from dashboard import controls, state
from dashboard.attention import position_data, positions_instrument, rotary
from dashboard.components import measurements, page
from dashboard.components.panes import panes
from dashboard.figures import positions as figures

TOKENS, NEAR = 200, 30

page.page_header(
    "Positions",
    "Attention sees all words at once, without their order. **How does the model know the "
    "order**, and what happens if a text is longer than all texts in training?",
)


@page.fragment
def tables_and_frequencies() -> None:
    """Its controls run nothing else of the page."""
    tables = {"sinusoidal": None, **position_data.learned_tables()}
    left, right = st.columns([2, 5], gap="medium", vertical_alignment="bottom")
    with left:
        name = controls.choice("Table", list(tables), key="table")
    right.markdown(position_data.INTRODUCTION)
    dim = controls.dial("Columns d of the formula", 8, 256, 64, key="dim", step=8)
    pairs = int(dim.value) // 2
    dials = [
        controls.dial("Position t", 0, TOKENS - 1, 10, key="t"),
        dim,
        controls.dial("Pair of columns i", 0, pairs - 1, min(6, pairs - 1), key="i"),
    ]
    if not positions_instrument.show(tables[name], TOKENS, dials):
        position_data.show_figures(tables[name], name, TOKENS, *(int(d.value) for d in dials))
    st.caption(
        "A learned table starts as noise, and rows that no training text reached stay noise. In "
        "the formula, fast pairs distinguish neighbours, and slow pairs early from late positions."
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
            title=f"Cosine similarity of any two of the first {NEAR} rows",
            description="All pairs on a diagonal have the same distance. For the formula, each "
            "diagonal has one colour.",
            key="similarity-map",
        )


def explain_code() -> None:
    """The formula of the code, and what follows for two of its rows."""
    page.show_math(
        r"\begin{gathered} P_{t,\,2i} = \sin(\omega_i t), \quad P_{t,\,2i+1} = \cos(\omega_i t) \\ "
        r"\omega_i = 10000^{-2i/d} \end{gathered}",
        "Even columns are sines and odd columns are cosines of the position t times a frequency. "
        "The frequency falls from 1 to nearly 1/10,000.",
    )
    page.show_math(
        r"\begin{gathered} P_t \cdot P_{t+k} = \sum_i \cos(\omega_i k) \\ P_{t+k} = R_k\, P_t "
        r"\end{gathered}",
        "The product of two rows depends only on their distance k, and a step of k positions is "
        "the same rotation for every t. So a head can learn to look “three words back”.",
    )


tables_and_frequencies()
rotary.show(position_data.compared())

# --- past the trained length ---
st.header("Beyond the trained length", anchor=False)
experiment = position_data.experiment()
if experiment is None:
    measurements.explain("measured curves", position_data.COMMAND)
    st.stop()
st.markdown(
    f"Five small GPTs differ in one thing: how they know the order. All were trained on texts of "
    f"**{experiment.trained}** tokens. Now they read **{experiment.read}** tokens. What happens to "
    f"the loss of each model beyond position {experiment.trained}? Predict first."
)
ANSWERS = ("stays the same", "rises a little", "rises a lot")
NAMES = {scheme: position_data.NAMES[scheme] for scheme in experiment.loss}
guesses = {}
for scheme, column in zip(NAMES, st.columns(len(NAMES)), strict=True):
    with column:
        guesses[scheme] = st.radio(NAMES[scheme], ANSWERS, index=None, key=f"guess-past-{scheme}")
losses = {NAMES[scheme]: experiment.loss[scheme] for scheme in NAMES}
known = None not in guesses.values() or state.revealed()
page.show_figure(
    figures.loss_curves(losses, experiment.trained, 5, known=known),
    title="Loss at every position, measured on held-out text",
    description="Means over {count:,} windows of {read} tokens and 5 neighbouring positions. "
    "Positions left of the line occurred in training; those right of it did not.".format(
        **experiment.about
    ),
    key="loss",
    data=losses if known else None,
)
if None in guesses.values():
    st.caption("Predict all five to see the curves beyond the line.")
else:
    before, after = position_data.means(experiment)
    for scheme, column in zip(NAMES, st.columns(len(NAMES)), strict=True):
        with column:
            change = f"{after[scheme] - before[scheme]:+.2f}"
            about = (
                f"mean loss beyond position {experiment.trained}; below it, the change from before"
            )
            value = f"{after[scheme]:.2f} nats"
            st.metric(NAMES[scheme], value, change, delta_color="inverse", help=about)
            truth = position_data.verdict(before[scheme], after[scheme], ANSWERS)
            graded = "right" if guesses[scheme] == truth else f"wrong: {guesses[scheme]}"
            st.caption(f"It {truth}. Your prediction was {graded}.")
    st.markdown(position_data.WHY)
page.show_source(
    "core.models.positions.sinusoidal", "core.models.sinusoidal_gpt.SinusoidalGPT",
    "core.models.positions.turn", "core.models.positions.rotate",
    "core.models.relative_positions.alibi_attention",
    "core.models.relative_positions.RotaryPositionGPT",
    "core.publish.position_experiment.loss_by_position",
)  # fmt: skip
