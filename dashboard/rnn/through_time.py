"""The section "Back through time": what tanh does to the gradient, beside autograd.

torch is imported when the proof is asked for.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.linear_rnn.spectrum import scientific
from core.linear_rnn.through_time import backward
from dashboard import controls
from dashboard.components import page
from dashboard.components.live import Dial
from dashboard.components.panes import panes
from dashboard.figures.rnn import through_time as figures
from dashboard.rnn import tanh_instrument

ANSWERS = (
    "it still explodes, only more slowly",
    "it vanishes: many units are saturated",
    "it stays near 1: tanh balances ρ",
)
RHO, SIZE, STEPS = 1.5, 4.0, 40  # where the prediction is made
RADII, SIZES = (0.5, 2.0), (0.0, 10.0)


def show() -> None:
    """The formula, the prediction, and the gradient as ρ, the inputs and T move."""
    left, right = panes("through-time", (2, 3))
    with left:
        st.markdown(
            f"This RNN with tanh has {backward.UNITS} units. $W_h$ is ρ times an orthogonal "
            f"matrix. Without tanh, ρ = {RHO} makes the gradient explode."
        )
        known = _predict()
        page.show_math(
            r"\frac{∂h_T}{∂h_t} = \textstyle\prod_{k=T}^{t+1} \mathrm{diag}(1 - h_k^2)\, W_h",
            "One factor for each step: $W_h$, multiplied by the slope of tanh at every unit, "
            "$\\varphi' = 1 - h^2$.",
        )
        proof = controls.switch("Prove it with autograd", key="autograd")
    dials = [
        controls.dial("ρ of W_h", *RADII, RHO, key="tanh_rho", step=0.05),
        controls.dial("Size of the inputs", *SIZES, SIZE, key="tanh_x", step=0.25),
        controls.dial("Steps T", 5, backward.LONGEST, STEPS, key="tanh_T"),
    ]
    W_h, inputs = network(dials)
    gradient = backward.norms_by_autograd(W_h, inputs) if proof and known else None
    with right:
        if not tanh_instrument.show(dials, gradient, asked=not known):
            _show_figure(W_h, inputs, known, gradient)
        if gradient is not None:
            apart = np.abs(backward.norms(W_h, inputs) / gradient - 1).max()
            st.caption(
                f"The product and autograd differ by at most {scientific(apart)} of the norm."
            )


def network(dials: list[Dial]) -> tuple[np.ndarray, np.ndarray]:
    """W_h (d, d) and W_x x_t (T, d) at these values."""
    rho, size, T = (dial.value for dial in dials)
    W, inputs = backward.drawn_network()
    return rho * W, size * inputs[: int(T)]


def _predict() -> bool:
    return controls.predict(
        f"With tanh and inputs of size {SIZE:g}: what happens to $∂h_T/∂h_1$ over {STEPS} steps?",
        ANSWERS, _reply, right=ANSWERS[1], key="guess-tanh",
    )  # fmt: skip


def _reply() -> str:
    W, inputs = backward.drawn_network()
    bent = backward.norms(RHO * W, SIZE * inputs[:STEPS])[0]
    flat = backward.linear_norms(RHO * W, STEPS)[0]
    small = backward.norms(RHO * W, 0.1 * inputs[:STEPS])[0]
    return (
        f"**It vanishes**: the norm is **{bent:.4f}** with tanh and {flat:,.0f} without. Large "
        f"inputs saturate the units, so that $\\varphi'$ is near 0. With inputs of size 0.1 the "
        f"norm is {small:.0f}."
    )


def _show_figure(
    W_h: np.ndarray, inputs: np.ndarray, known: bool, gradient: np.ndarray | None
) -> None:
    """The figure as the server draws it: for a browser in which the instrument stopped."""
    lines = {"without tanh": backward.linear_norms(W_h, len(inputs))}
    if known:
        lines["with tanh"] = backward.norms(W_h, inputs)
    page.show_figure(
        figures.norms_by_step(lines, gradient),
        title="Gradient of the last state with respect to the state at step t: ‖∂h_T/∂h_t‖",
        description="If the curve falls towards t = 1, the gradient vanishes; if it rises, the "
        "gradient explodes.",
        key="through-time",
    )
