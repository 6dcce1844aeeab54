"""Unrolling an RNN: the sum by substitution, the powers of W_h, what they do to learning, the cost.

Nothing here imports torch until a gradient, a training or the clock is asked for.
"""

import streamlit as st

from core.linear_rnn import general_sum, same_expression, unroll, unroll_steps
from core.linear_rnn.proof import difference, remainder
from core.linear_rnn.spectrum import scientific
from dashboard import controls
from dashboard.components import page
from dashboard.components.formula import formula
from dashboard.components.panes import panes
from dashboard.rnn import (
    clipping,
    decay_figures,
    gates,
    instrument,
    learning as latch,
    matrix_choice,
    network,
    through_time,
)
from dashboard.rnn.cost import cost_controls, show_costs
from dashboard.rnn.expansion import check_answer, copies, show_step, stepper

DIFFER = "How many terms are left when the multiplied-out recurrence is subtracted from the sum."
NUMBERS = (
    "The largest difference between the sum and the recurrence on random matrices. It is only "
    "rounding error."
)


@page.fragment
def expansion() -> None:
    left, right = st.columns([3, 4], gap="medium", vertical_alignment="bottom")
    with left:
        T = controls.slider("T, the number of steps", 1, 12, 3, key="T")
    with right, st.container(horizontal=True):
        start = controls.switch("$h_0 ≠ 0$", key="h0")
        bias = controls.switch("bias $b$", key="bias")
        by_power = controls.switch("sort by powers of $W_h$", key="power")
    options = {"start_state": start, "bias": bias}
    steps = unroll_steps(T, collect="power" if by_power else "input", **options)
    at = stepper(len(steps))
    name = f"y_{{{T}}}"
    show_step(steps, at, name)

    left, right = st.columns(2, gap="medium")
    with left, st.container(key="figure-general-sum"):
        page.show_math(general_sum(**options), "The same sum for any T.")
    with right, st.container(horizontal=True, gap="medium"):
        st.metric("Terms that differ", remainder(T, **options), help=DIFFER, width="content")
        number = scientific(difference(T, **options), 1)
        st.metric("Difference in numbers", number, help=NUMBERS, width="content")
    check_answer(T, **options)
    copies(steps[-1].expression, name)
    page.show_source(unroll, unroll_steps, same_expression, label="Show the algebra")


@page.fragment
def eigenvalues_and_decay() -> None:
    with page.one_sentence_for_errors():
        view, closer = matrix_choice.matrix_controls()
        proof = st.session_state.get("autograd", st.query_params.get("autograd") == "true")
        gradient = matrix_choice.gradient(view.W) if proof else None
        rho, longest = view.dials
        at = controls.dial("T, the state that is read", 1, longest.value, 20, key="at")
        dials = [rho, at, longest]
        if closer == "orbit":
            dials.append(controls.dial("Direction of x", 0, 360, 60, key="angle", unit="°"))
            dials.append(controls.dial("Steps k of the orbit", 0, 40, 40, key="k"))
        if not instrument.show(view, dials, closer, gradient):
            decay_figures.show(view, int(longest.value), closer, gradient)
        controls.switch("Prove it with autograd", key="autograd")
        st.markdown(formula(f"{view.sentence} {matrix_choice.explanation(view)}", safe=True))
        if closer == "entries":
            matrix_choice.edit_entries(view)
    page.show_source("core.linear_rnn.powers.powers", "core.linear_rnn.gradient.gradient_norms")


@page.fragment
def back_through_time() -> None:
    through_time.show()
    page.show_source(
        "core.linear_rnn.through_time.backward.jacobians",
        "core.linear_rnn.through_time.backward.norms_by_autograd",
    )


@page.fragment
def learning() -> None:
    left, right = panes("learning")
    with left:
        st.markdown(latch.LATCH_TASK)
        settings = latch.training_controls()
        train = st.button("Train all five here", type="primary", icon=":material/play_arrow:")
    with right:
        if train:
            latch.train_all(**settings)
        latch.show_trained()
        latch.show_sweep()
    latch.explain_sweep()
    task = "core.linear_rnn.latch_task"
    page.show_source(f"{task}.train_memory", f"{task}.open_forget_gate")


@page.fragment
def clipped() -> None:
    clipping.show()
    task = "core.linear_rnn.through_time.clipping"
    page.show_source(f"{task}.clip", f"{task}.train")


@page.fragment
def lstm_gates() -> None:
    gates.show()
    page.show_source("core.linear_rnn.through_time.gates.run")


@page.fragment
def cost() -> None:
    left, right = panes("cost")
    with left:
        d, T, P = cost_controls(right)
    show_costs(d, T, P, left, right)
    page.show_source(
        "core.linear_rnn.flops.counts",
        "core.linear_rnn.flops.time_on_units",
        "core.linear_rnn.cost.measure",
    )


SECTIONS = {
    "Expansion": expansion,
    "Network": page.fragment(network.show),
    "Eigenvalues and decay": eigenvalues_and_decay,
    "Back through time": back_through_time,
    "Learning": learning,
    "Clipping": clipped,
    "Gates": lstm_gates,
    "Cost": cost,
}
page.page_header(
    "Unrolled RNN", "What does a recurrent network still know of its first input after T steps?"
)
section = controls.pick("Section", list(SECTIONS), key="section", bare=True)
with st.container(key=SECTIONS[section].__name__):
    SECTIONS[section]()
