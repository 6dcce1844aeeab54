"""Positions: the sinusoidal and the learned code, and what happens past the trained length."""

import streamlit as st

from core.models import positions
from dashboard import controls, state
from dashboard.attention import position_data
from dashboard.components import page
from dashboard.figures import positions as figures

TOKENS, NEAR = 200, 64

page.page_header(
    "Positions",
    "Attention sees all words at once, like a bag of words. **How does the model know their "
    "order**, and what if the text is longer than any it was trained on?",
)
st.markdown(position_data.INTRODUCTION)


@page.fragment
def tables_and_frequencies() -> None:
    """Their controls run nothing else of the page."""
    tables = {"sinusoidal": None, **position_data.learned_tables()}
    one, two, three = st.columns(3)
    with one:
        name = controls.choice("Table", list(tables), key="table")
    with two:
        dim = int(controls.slider("Columns, d (of the formula)", 8, 256, 64, key="dim", step=8))
    with three:
        position = int(controls.slider("Position, t", 0, TOKENS - 1, 10, key="t"))
    formula = positions.sinusoidal(TOKENS, dim)
    table = formula if tables[name] is None else tables[name]

    st.header("The table", anchor=False)
    page.show_figure(
        figures.table_map(table, min(position, len(table) - 1)),
        title=f"The {'formula' if name == 'sinusoidal' else 'learned table'}: "
        f"{len(table)} positions, {table.shape[1]} columns",
        description="Each row is what is added to the word at that position. The formula turns "
        "fast on the left and slowly on the right; a learned table starts as noise, and rows that "
        "no training text reached stay noise.",
        key="table-map",
    )
    page.show_math(
        r"\begin{gathered} P_{t,\,2i} = \sin(\omega_i t), \quad P_{t,\,2i+1} = \cos(\omega_i t) \\ "
        r"\omega_i = 10000^{-2i/d} \end{gathered}",
        "Even columns are sines, odd ones cosines, of position t times a frequency that falls from "
        "one to nearly one in ten thousand.",
    )

    # --- similarity ---
    st.header("How similar are two positions?", anchor=False)
    shown = {"sinusoidal": positions.similarity_by_distance(formula)}
    if name != "sinusoidal":
        shown[name] = positions.similarity_by_distance(table)
    left, right = st.columns([2, 3])
    with left:
        page.show_figure(
            figures.similarity_map(positions.similarity(table[:NEAR])),
            title=f"Cosine of any two of the first {NEAR} rows",
            description="A diagonal is one distance; for the formula each has one colour.",
            key="similarity-map",
        )
    with right:
        page.show_figure(
            figures.similarity_curves(shown),
            title="Cosine of two rows, by how far apart they are",
            description="Mean over all pairs at that distance, and one standard deviation around "
            "it. For the formula there is none: the similarity depends on the distance alone.",
            key="similarity",
        )
    page.show_math(
        r"\begin{gathered} P_t \cdot P_{t+k} = \sum_i \cos(\omega_i k) \\ P_{t+k} = R_k\, P_t "
        r"\end{gathered}",
        "The product of two rows depends only on their distance k, and going k further is one "
        "fixed rotation, whatever t is: a head can learn “three words back”.",
    )

    # --- one frequency ---
    st.header("One frequency at a time", anchor=False)
    pair = int(
        controls.slider("Pair of columns, i", 0, dim // 2 - 1, min(6, dim // 2 - 1), key="i")
    )
    length = positions.wavelength(dim, pair)
    left, right = st.columns([2, 1])
    sine, cosine = formula[:, 2 * pair], formula[:, 2 * pair + 1]
    with left:
        page.show_figure(
            figures.one_frequency(sine, cosine, position),
            title=f"Columns {2 * pair} and {2 * pair + 1}: one turn in {length:,.1f} tokens",
            description="Fast pairs tell neighbours apart, slow pairs tell early from late.",
            key="frequency",
        )
    with right:
        page.show_figure(
            figures.clock(sine[position], cosine[position]),
            title=f"The hand at position {position}",
            description="A pair is a hand on a clock that turns at its own speed.",
            key="clock",
        )


tables_and_frequencies()

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
    st.stop()
before, after = position_data.means(experiment)
for scheme, column in zip(NAMES, st.columns(3), strict=True):
    with column:
        st.metric(
            NAMES[scheme], f"{after[scheme]:.2f} nats", f"{after[scheme] - before[scheme]:+.2f}",
            delta_color="inverse", help=f"past {experiment.trained}, and the change from before",
        )  # fmt: skip
        truth = position_data.verdict(before[scheme], after[scheme], ANSWERS)
        st.caption(f"It {truth} (you predicted: {guesses[scheme]}).")
st.markdown(position_data.WHY)
page.show_source(
    "core.models.positions.sinusoidal", "core.models.sinusoidal_gpt.SinusoidalGPT",
    "core.models.positions.turn", "core.publish.position_experiment.loss_by_position",
)  # fmt: skip
