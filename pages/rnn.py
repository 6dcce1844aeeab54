"""Unrolling an RNN: the sum by substitution, the powers of W_h, what they do to learning, the cost.

Nothing here imports torch until a gradient, a training or the clock is asked for.
"""

import math

import streamlit as st

from core.linear_rnn import general_sum, same_expression, unroll, unroll_steps
from core.linear_rnn.decay import orbit, shares
from core.linear_rnn.proof import difference, remainder
from dashboard import controls
from dashboard.components import page
from dashboard.figures.rnn import decay as rnn_decay, matrix
from dashboard.rnn import matrix_choice, network
from dashboard.rnn.cost import D_VALUES, measure_here, show_costs
from dashboard.rnn.expansion import check_answer, copies, show_step, stepper
from dashboard.rnn.learning import MEMORY_TASK, show_sweep, show_trained, train_all


@page.fragment
def expansion() -> None:
    left, right = st.columns([3, 4], gap="medium", vertical_alignment="bottom")
    with left:
        T = controls.slider("T, the step to unroll", 1, 12, 3, key="T")
    with right, st.container(horizontal=True):
        start = controls.switch("$h_0 ≠ 0$", key="h0")
        bias = controls.switch("bias $b$", key="bias")
        by_power = controls.switch("by power", key="power")
    options = {"start_state": start, "bias": bias}
    steps = unroll_steps(T, collect="power" if by_power else "input", **options)
    at = stepper(len(steps))
    name = f"y_{{{T}}}"
    show_step(steps, at, name)

    left, middle, right = st.columns([2, 1, 1], gap="medium")
    with left:
        page.show_math(general_sum(**options), "The same sum for every T.")
    middle.metric("Sum − recurrence: terms", remainder(T, **options))
    right.metric("On random matrices", f"{difference(T, **options):.1e}")
    check_answer(T, unroll(T, **options))
    copies(steps[-1].expression, name)
    page.show_source(unroll, unroll_steps, same_expression, label="Show the algebra")


@page.fragment
def eigenvalues_and_decay() -> None:
    with page.one_sentence_for_errors():
        matrix_view, longest = matrix_choice.matrix_controls()
        decay = matrix_view.growth.at(matrix_view.radius)
        left, right = st.columns([2, 1], vertical_alignment="center")
        left.markdown(matrix_view.sentence)
        with right:
            proof = controls.switch("Prove it with autograd", key="autograd")
        gradient = matrix_choice.gradient(matrix_view.W) if proof else None
        left, right = st.columns([2, 3])
        with left:
            page.show_figure(
                matrix.eigenvalue_plane(matrix_view.eigenvalues),
                title="Eigenvalues λ of W_h",
                description="Dotted: the unit circle. Inside it a mode fades, outside it explodes. "
                "Diamond: the largest |λ|, which decides.",
                key="eigenvalues",
            )
        with right:
            page.show_figure(
                rnn_decay.decay_curves(decay, longest, gradient),
                title="What is left of x₁ after T − 1 steps",
                description=f"{matrix_choice.peak(decay, longest)} "
                "W_x is orthogonal and ‖x₁‖ = 1: all that is seen is W_h's doing.",
                key="decay",
            )
        with st.container(horizontal=True):
            for name, value in matrix_choice.facts(matrix_view, decay).items():
                st.metric(name, value, width="content")
        st.markdown(matrix_view.growth.spectrum.explanation)
        look_closer(matrix_view, decay.energy, longest)
    page.show_source("core.linear_rnn.powers.powers", "core.linear_rnn.gradient.gradient_norms")


def look_closer(matrix_view: matrix_choice.MatrixView, energy: object, longest: int) -> None:
    view = controls.pick("Look closer", ("closed", "shares", "orbit", "entries"), key="view")
    if view == "shares":
        page.show_figure(
            rnn_decay.share_map(*shares(energy, longest=longest)),
            title="The share of every input in every state",
            description="Down a column: how much of h_T is x₁, x₂, … (of its variance, for "
            "independent inputs). Bright near the diagonal only: a short memory.",
            key="shares",
        )
    elif view == "orbit":
        angle = controls.slider("Direction of x, degrees", 0, 360, 60, key="angle")
        W = matrix_choice.two_by_two(matrix_view)
        page.show_figure(
            matrix.orbit(orbit(W, math.radians(angle), 40)),
            title="The orbit x, W x, W² x, … of the 2 × 2 matrix",
            description="Press play. The modulus of λ decides where it ends, its angle makes it "
            "turn, and non-normality makes it swing out first.",
            key="orbit",
        )
    elif view == "entries":
        matrix_choice.edit_entries(matrix_view)
        page.show_figure(
            matrix.entries(matrix_view.W),
            title="The entries of W_h",
            description="Blue below zero, red above.",
            key="entries",
        )


@page.fragment
def learning() -> None:
    st.markdown(MEMORY_TASK)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        delay = controls.slider("Delay, steps", 1, 60, 20, key="delay")
    with right:
        orthogonal = controls.switch("Start W_h orthogonal (ρ = 1)", key="orthogonal")
    if st.button("Train all five here", type="primary", icon=":material/play_arrow:"):
        train_all(delay, orthogonal)
    show_trained()
    show_sweep()
    page.show_source("core.linear_rnn.latch_task.train_memory")


@page.fragment
def cost() -> None:
    with (row := st.container(horizontal=True, vertical_alignment="bottom")):
        d = controls.pick("Features d", D_VALUES, key="d", index=1)
    if row.button("Measure here", type="primary", icon=":material/timer:"):
        measure_here(d)
    show_costs(d)
    page.show_source("core.linear_rnn.flops.counts", "core.linear_rnn.cost.measure")


SECTIONS = {
    "Expansion": expansion,
    "Network": page.fragment(network.show),
    "Eigenvalues and decay": eigenvalues_and_decay,
    "Learning": learning,
    "Cost": cost,
}
page.page_header(
    "Unrolled RNN", "What does a recurrent network still know of its first input after T steps?"
)
section = controls.pick("Section", list(SECTIONS), key="section")
with st.container(key=SECTIONS[section].__name__):
    SECTIONS[section]()
