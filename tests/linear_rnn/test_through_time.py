"""Gradients through time: the product, autograd, and the section that asks before it shows."""

import numpy as np
import pytest

from core.linear_rnn.through_time import backward
from dashboard.figures.rnn import through_time as figures
from dashboard.rnn.through_time import ANSWERS
from tests import apps
from tests.dashboard.drawings import checked

W, INPUTS = backward.drawn_network()


@pytest.mark.parametrize(("rho", "size", "T"), [(1.5, 4.0, 40), (0.8, 1.0, 10), (1.2, 0.0, 20)])
def test_the_product_is_the_gradient(rho: float, size: float, T: int) -> None:
    product = backward.norms(rho * W, size * INPUTS[:T])
    autograd = backward.norms_by_autograd(rho * W, size * INPUTS[:T])
    np.testing.assert_allclose(product, autograd, rtol=1e-10)


def test_a_jacobian_is_the_slope_of_the_last_state() -> None:
    inputs, step = 2 * INPUTS[:6], 1e-6
    before = backward.states(W, inputs)
    moved = np.tanh(W @ (before[3] + step * np.eye(16)[2]) + inputs[4])
    last = np.tanh(W @ moved + inputs[5])
    slope = backward.jacobians(W, before)[3][:, 2]
    np.testing.assert_allclose((last - before[-1]) / step, slope, atol=1e-5)


def test_without_inputs_and_near_zero_it_is_the_linear_rnn() -> None:
    np.testing.assert_allclose(backward.norms(1.5 * W, 0 * INPUTS[:9]),
                               backward.linear_norms(1.5 * W, 9))  # fmt: skip
    np.testing.assert_allclose(backward.linear_norms(1.5 * W, 9)[0], 4 * 1.5**8)


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.opened("rnn", section="Back through time", tanh_T="20", autograd="true")
    assert app.session_state["tanh_T"] == 20
    said = [m.value for m in apps.check(app).markdown]
    assert not any("It vanishes" in text for text in said)
    app.radio(key="guess-tanh").set_value(ANSWERS[0])
    said = [m.value for m in apps.check(app.run()).markdown]
    wrong = f"**Your prediction was wrong:** {ANSWERS[0]}  \n"
    assert any("It vanishes" in text and text.startswith(wrong) for text in said)
    assert any("autograd differ by at most" in c.value for c in app.caption)


def test_the_server_s_figure() -> None:
    norms = backward.norms(W, INPUTS[:9])
    checked(figures.norms_by_step({"without tanh": norms, "with tanh": norms}, norms))
