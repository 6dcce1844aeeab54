"""Eigenvalues and decay as the server draws them: for a browser in which the instrument stopped."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from core.linear_rnn.decay import orbit, shares
from dashboard.components import page
from dashboard.figures.rnn import decay as rnn_decay, matrix
from dashboard.rnn import matrix_choice
from dashboard.rnn.matrix_choice import MatrixView


def show(
    view: MatrixView, longest: int, closer: str, gradient: tuple[np.ndarray, np.ndarray] | None
) -> None:
    """The eigenvalues, the curves, the numbers, and the figure that was asked for."""
    decay = view.growth.at(view.radius)
    left, right = st.columns([2, 3])
    with left:
        page.show_figure(
            matrix.eigenvalue_plane(view.eigenvalues),
            title="Eigenvalues λ of W_h",
            description="Dotted: the unit circle. A mode inside it fades, a mode outside it "
            "explodes. Diamond: the largest |λ|, which decides in the end.",
            key="eigenvalues",
        )
    with right:
        page.show_figure(
            rnn_decay.decay_curves(decay, longest, gradient),
            title="What is left of x₁ after T − 1 steps",
            description=f"{matrix_choice.peak(decay, longest)} W_x is orthogonal and ‖x₁‖ = 1, so "
            "only W_h changes the length.",
            key="curves",
        )
    with st.container(horizontal=True):
        for name, value in matrix_choice.facts(view, decay).items():
            st.metric(name, value, width="content")
    if closer == "shares":
        page.show_figure(
            rnn_decay.share_map(*shares(decay.energy, longest=longest)),
            title="The share of every input in every state",
            description="A column shows how much of h_T comes from x₁, x₂, … (as shares of its "
            "variance, for independent inputs). If only the cells near the diagonal are "
            "bright, the memory is short.",
            key="shares",
        )
    elif closer == "orbit":
        W = matrix_choice.two_by_two(view)
        page.show_figure(
            matrix.orbit(orbit(W, math.radians(st.session_state.get("angle", 60)), 40)),
            title="The orbit x, W x, W² x, … of the 2 × 2 matrix",
            description="Press play. The modulus of λ decides whether the orbit shrinks or "
            "grows, and its angle makes it rotate. If W is non-normal, the orbit can move "
            "outwards first.",
            key="orbit",
        )
    elif closer == "entries":
        page.show_figure(
            matrix.entries(view.W),
            title="The entries of W_h",
            description="Blue entries are below zero, red ones above.",
            key="entries",
        )
