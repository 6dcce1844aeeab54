"""Unrolling an RNN: the sum by substitution, the powers of W_h, what they do to learning, the cost.

Nothing here imports torch until a gradient, a training or the clock is asked for.
"""

import math

import streamlit as st

from core.linear_rnn import general_sum, same_expression, unroll, unroll_steps
from core.linear_rnn_check import difference, remainder
from core.linear_rnn_decay import orbit, shares
from core.linear_rnn_writing import to_latex
from dashboard import components, controls, rnn_choice, rnn_live
from dashboard.figures import rnn_decay, rnn_matrix


@components.fragment
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
    at = rnn_live.stepper(len(steps))
    name = f"y_{{{T}}}"
    with st.container(border=True):
        st.markdown(f"**Step {at} of {len(steps) - 1}.** {rnn_live.in_math(steps[at].sentence)}")
        if at > 0:
            st.latex(to_latex(steps[at - 1].expression, left=name))
        st.latex(to_latex(steps[at].expression, steps[at].new, rnn_live.mark, left=name))

    left, middle, right = st.columns([2, 1, 1], gap="medium")
    with left:
        components.show_math(general_sum(**options), "The same sum for every T.")
    middle.metric("Sum − recurrence: terms", remainder(T, **options))
    right.metric("On random matrices", f"{difference(T, **options):.1e}")
    rnn_live.check_answer(T, unroll(T, **options))
    rnn_live.copies(steps[-1].expression, name)
    components.show_source(unroll, unroll_steps, same_expression, label="Show the algebra")


@components.fragment
def eigenvalues_and_decay() -> None:
    with components.one_sentence_for_errors():
        chosen, longest = rnn_choice.matrix_controls()
        decay = chosen.growth.at(chosen.radius)
        left, right = st.columns([2, 1], vertical_alignment="center")
        left.markdown(chosen.sentence)
        with right:
            proof = controls.switch("Prove it with autograd", key="autograd")
        gradient = rnn_live.gradient(chosen.W) if proof else None
        left, right = st.columns([2, 3])
        with left:
            components.show_figure(
                rnn_matrix.eigenvalue_plane(chosen.eigenvalues),
                title="Eigenvalues λ of W_h",
                description="Dotted: the unit circle. Inside it a mode fades, outside it explodes. "
                "Diamond: the largest |λ|, which decides.",
                key="eigenvalues",
            )
        with right:
            components.show_figure(
                rnn_decay.decay_curves(decay, longest, gradient),
                title="What is left of x₁ after T − 1 steps",
                description=f"{rnn_choice.peak(decay, longest)} "
                "W_x is orthogonal and ‖x₁‖ = 1: all that is seen is W_h's doing.",
                key="decay",
            )
        with st.container(horizontal=True):
            for name, value in rnn_choice.facts(chosen, decay).items():
                st.metric(name, value, width="content")
        st.markdown(chosen.growth.spectrum.verdict)
        look_closer(chosen, decay.energy, longest)
    components.show_source(
        "core.linear_rnn_powers.powers", "core.linear_rnn_gradient.gradient_norms"
    )


def look_closer(chosen: rnn_choice.Chosen, energy: object, longest: int) -> None:
    view = controls.pick("Look closer", ("closed", "shares", "orbit", "entries"), key="view")
    if view == "shares":
        components.show_figure(
            rnn_decay.share_map(*shares(energy, longest=longest)),
            title="The share of every input in every state",
            description="Down a column: how much of h_T is x₁, x₂, … (of its variance, for "
            "independent inputs). Bright near the diagonal only: a short memory.",
            key="shares",
        )
    elif view == "orbit":
        angle = controls.slider("Direction of x, degrees", 0, 360, 60, key="angle")
        W = rnn_choice.two_by_two(chosen)
        components.show_figure(
            rnn_matrix.orbit(orbit(W, math.radians(angle), 40)),
            title="The orbit x, W x, W² x, … of the 2 × 2 matrix",
            description="Press play. The modulus of λ decides where it ends, its angle makes it "
            "turn, and non-normality makes it swing out first.",
            key="orbit",
        )
    elif view == "entries":
        rnn_choice.edit_entries(chosen)
        components.show_figure(
            rnn_matrix.entries(chosen.W),
            title="The entries of W_h",
            description="Blue below zero, red above.",
            key="entries",
        )


@components.fragment
def learning() -> None:
    st.markdown(rnn_live.MEMORY_TASK)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        delay = controls.slider("Delay, steps", 1, 60, 20, key="delay")
    with right:
        orthogonal = controls.switch("Start W_h orthogonal (ρ = 1)", key="orthogonal")
    if st.button("Train all five here", type="primary", icon=":material/play_arrow:"):
        rnn_live.train_all(delay, orthogonal)
    rnn_live.show_trained()
    rnn_live.show_sweep()
    components.show_source("core.linear_rnn_memory.train_memory")


@components.fragment
def cost() -> None:
    with (row := st.container(horizontal=True, vertical_alignment="bottom")):
        d = controls.pick("Features d", rnn_live.D_VALUES, key="d", index=1)
    if row.button("Measure here", type="primary", icon=":material/timer:"):
        rnn_live.measure_here(d)
    rnn_live.show_costs(d)
    components.show_source("core.linear_rnn_operations.counts", "core.linear_rnn_cost.measure")


SECTIONS = {
    "Expansion": expansion,
    "Eigenvalues and decay": eigenvalues_and_decay,
    "Learning": learning,
    "Cost": cost,
}
components.page_header(
    "Unrolled RNN", "What does a recurrent network still know of its first input after T steps?"
)
section = controls.pick("Section", list(SECTIONS), key="section")
with st.container(key=SECTIONS[section].__name__):
    SECTIONS[section]()
