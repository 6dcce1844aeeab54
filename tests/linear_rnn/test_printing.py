"""The unrolled sum written out, and the two checks that run on the page."""

import numpy as np
import pytest

from core.linear_rnn import general_sum, parse_answer, same_expression, unroll, unroll_steps
from core.linear_rnn.printing import to_latex, to_numpy, to_text
from core.linear_rnn.proof import difference, evaluate, remainder


@pytest.mark.parametrize("T", [1, 2, 5, 12])
@pytest.mark.parametrize("collect", ["input", "power"])
def test_text_is_read_back_as_the_same_expression(T: int, collect: str) -> None:
    for step in unroll_steps(T, start_state=True, bias=True, collect=collect):
        assert same_expression(parse_answer(to_text(step.expression)), step.expression)


def test_text_latex_and_numpy_keep_the_order_of_terms() -> None:
    y3 = unroll(3)
    assert to_text(y3) == "phi_y(W_y W_h^2 W_x x_1 + W_y W_h W_x x_2 + W_y W_x x_3)"
    assert to_numpy(y3) == (
        "phi_y(W_y @ matrix_power(W_h, 2) @ W_x @ x_1 + W_y @ W_h @ W_x @ x_2 + W_y @ W_x @ x_3)"
    )
    latex = to_latex(y3, left="y_{3}")
    assert latex.index("x_{1}") < latex.index("x_{2}") < latex.index("x_{3}")
    assert r"W_{h}^{2}" in latex


def test_the_numpy_text_computes_y_T() -> None:
    """The copied code, run here by us (the page never runs it), is the recurrence."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=(2, 2)) for name in ("W_h", "W_x", "W_y")}
    values |= {f"x_{t}": rng.normal(size=2) for t in range(1, 5)}
    scope = values | {"phi_y": np.tanh, "matrix_power": np.linalg.matrix_power}
    copied = eval(to_numpy(unroll(4)), {}, scope)
    assert np.allclose(copied, evaluate(unroll(4), values))


def test_every_new_part_is_marked_once() -> None:
    for step in unroll_steps(4, start_state=True, bias=True):
        latex = to_latex(step.expression, step.new, lambda s: f"<{s}>")
        assert latex.count("<") == len(step.new), step.number
        plain = to_latex(step.expression)
        assert latex.replace("<", "").replace(">", "") == plain


def test_brackets_only_where_they_are_needed() -> None:
    assert to_text(parse_answer("W_h (W_x x_1 + b)")) == "W_h (W_x x_1 + b)"
    assert to_text(parse_answer("(W_h W_h)^2 (x_1)")) == "(W_h W_h)^2 x_1"
    assert to_text(parse_answer("W_y phi(x_1)")) == "W_y phi_y(x_1)"


def test_the_general_sum_names_its_options() -> None:
    assert "h_0" not in general_sum()
    assert "h_0" in general_sum(start_state=True)
    assert "+ b" in general_sum(bias=True)


@pytest.mark.parametrize("T", [1, 2, 7, 12])
def test_both_checks_pass(T: int) -> None:
    for start_state in (False, True):
        for bias in (False, True):
            assert remainder(T, start_state=start_state, bias=bias) == 0
            assert difference(T, start_state=start_state, bias=bias) < 1e-12
