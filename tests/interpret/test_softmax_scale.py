"""Why √n: the variance of scores, and the gradient of the softmax by formula and by autograd."""

import numpy as np
import torch
from streamlit.testing.v1 import AppTest

from core.attention import attention_weights
from core.interpret import softmax_scale as scale
from dashboard.attention.scaling import ANSWERS
from tests import apps


def test_scores_have_variance_n() -> None:
    scores = scale.scores_by_width(64, queries=4000)
    np.testing.assert_allclose(scores[[0, 15, 63]].var((1, 2)), [1, 16, 64], rtol=0.05)


def test_the_formula_is_the_gradient() -> None:
    for row in scale.one_query()[[0, 3, 63, 255]]:
        p = scale.softmax(row)
        np.testing.assert_allclose(scale.jacobian(p), scale.by_autograd(row), atol=1e-14)
        np.testing.assert_allclose(scale.jacobian(p).sum(0), 0, atol=1e-14)


def test_the_rows_are_those_of_attention() -> None:
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(1, 16)), rng.normal(size=(5, 16))
    mine = scale.softmax(q @ k.T / 4)
    theirs = attention_weights(torch.from_numpy(q), torch.from_numpy(k)).numpy()
    np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_entropy_of_certain_and_of_equal_rows() -> None:
    np.testing.assert_allclose(
        scale.entropy(np.array([[1.0, 0, 0, 0], [0.25] * 4])), [0, np.log(4)]
    )


def shown(app: AppTest) -> str:
    return " ".join(m.value for m in apps.check(app).markdown)


def test_the_section_answers_after_the_prediction_alone() -> None:
    app = apps.opened("attention", section="Why √n?", n="64")
    assert app.session_state["n"] == 64
    assert "It falls" not in shown(app)
    app.radio(key="guess-scale").set_value(ANSWERS[0])
    said = shown(app.run())
    assert f"**{scale.curves().entropy['undivided'][-1]:.2f}** nats" in said
    assert f"**Your prediction was wrong:** {ANSWERS[0]}  \n" in said
