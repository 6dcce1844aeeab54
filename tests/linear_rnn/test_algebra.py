"""The algebra of the unrolled RNN: against the board, against itself, against bad answers."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings, strategies as st

from core.linear_rnn import parse_answer, same_expression, unroll, unroll_steps
from core.linear_rnn.algebra import W_h, W_x, W_y, h, phi_y, words, x
from core.linear_rnn.expansion import Expander, TooLong
from core.linear_rnn.parsing.series_ast import expand
from core.linear_rnn.parsing.series_parser import parse
from core.linear_rnn.unrolling import recurrence

OPTIONS = [
    {"start_state": s, "bias": b, "collect": c}
    for s in (False, True)
    for b in (False, True)
    for c in ("input", "power")
]


def test_y2_y3_y4_match_the_lecture() -> None:
    y2 = phi_y(W_y * W_h * W_x * x(1) + W_y * W_x * x(2))
    y3 = phi_y(W_y * W_h * W_h * W_x * x(1) + W_y * W_h * W_x * x(2) + W_y * W_x * x(3))
    y4 = phi_y(
        W_y * W_h**3 * W_x * x(1)
        + W_y * W_h**2 * W_x * x(2)
        + W_y * W_h * W_x * x(3)
        + W_y * W_x * x(4)
    )
    assert same_expression(unroll(1), phi_y(W_y * W_x * x(1)))
    assert same_expression(unroll(2), y2)
    assert same_expression(unroll(3), y3)
    assert same_expression(unroll(4), y4)
    assert not same_expression(unroll(3), y2)


@pytest.mark.parametrize("T", range(1, 13))
def test_the_unrolled_sum_equals_the_recurrence(T: int) -> None:
    for options in OPTIONS:
        plain = {k: options[k] for k in ("start_state", "bias")}
        assert same_expression(unroll(T, **options), recurrence(T, **plain))


@pytest.mark.parametrize("T", [1, 2, 3, 7, 12])
def test_every_step_equals_y_T_and_the_last_is_the_answer(T: int) -> None:
    for options in OPTIONS:
        steps = unroll_steps(T, **options)
        assert [s.number for s in steps] == list(range(len(steps)))
        assert steps[-1].expression == unroll(T, **options)
        meaning = _states(T, options["start_state"], options["bias"])
        for step in steps:
            put_in = step.expression.xreplace(meaning)
            assert same_expression(put_in, unroll(T, **options)), (step.number, options)


def _states(T: int, start_state: bool, bias: bool) -> dict[object, object]:
    """h_t → what it is in terms of the inputs, for every t, from the definition."""
    from core.linear_rnn.algebra import b

    value = W_h * h(0) if start_state else None
    meaning: dict[object, object] = {}
    for t in range(1, T + 1):
        if t > 1:
            value = W_h * meaning[h(t - 1)]
        fresh = W_x * x(t) + b if bias else W_x * x(t)
        meaning[h(t)] = fresh if value is None else value + fresh
        value = meaning[h(t)]
    return meaning


def test_each_new_part_is_in_the_expression() -> None:
    for step in unroll_steps(5, start_state=True, bias=True):
        for part in step.new:
            assert part in set(_subtrees(step.expression)), (step.number, part)


def _subtrees(expr):
    yield expr
    for a in expr.args:
        yield from _subtrees(a)


@pytest.mark.parametrize(
    "text",
    [
        "phi_y(W_y W_h W_x x_1 + W_y W_x x_2)",
        "phi(Wy Wh Wx x1 + Wy Wx x2)",
        "φ_y(Wy*Wh*Wx*x1 + Wy*Wx*x2)",
        "φ(W_y @ W_h @ W_x @ x_1 + W_y @ W_x @ x_2)",
        "phi_y(W_y W_x x_2 + W_y W_h W_x x_1)",
        "phi_y(W_y (W_h W_x x_1 + W_x x_2))",
        "phi_y[W_y (W_h^1 W_x x_1 + W_h**0 W_x x_2)]",
        "phi_y(WyWhWxx1+WyWxx2)",
        "  φ_y ( W_y W_h\n W_x x₁ + W_y W_x x_02 ) ",
        "φ_y(W_y\u00a0W_h\u2009W_x x_1 + W_y W_x x_2)",  # pasted from a page or a PDF
    ],
)
def test_ways_to_write_y2(text: str) -> None:
    assert same_expression(parse_answer(text), unroll(2))


@pytest.mark.parametrize(
    "text",
    [
        r"\phi_y\left(W_y W_h W_x x_{1} + W_{y} W_x x_2\right)",
        r"\varphi_{y}( \mathbf{W}_y W_h^{1} W_x x_1 + W_y W_{x} x_{2} )",
        r"$\phi(W_y\, W_h W_x\, x_1 + W_y W_x x_2)$",
    ],
)
def test_y2_is_read_in_latex_too(text: str) -> None:
    assert same_expression(parse_answer(text), unroll(2))


@pytest.mark.parametrize("term", ["bWhx1", "bb", "bphi(x1)", "Wyh0", "Wyx1", "x_₂", "h₁₂b²"])
def test_letters_written_without_spaces_are_graded_as_they_are_compared(term: str) -> None:
    words_typed = words(parse_answer(term))
    assert expand(parse(term), 2, Expander()) == words_typed


def test_a_bias_and_a_start_state_can_be_written() -> None:
    answer = "phi_y(Wy Wh Wh h0 + Wy Wh (Wx x1 + b) + Wy (Wx x2 + b))"
    assert same_expression(parse_answer(answer), unroll(2, start_state=True, bias=True))


@pytest.mark.parametrize("square", ["W_h^2", "Wh**2", "W_h²", "W_h W_h", "(W_h)^2", "W_h ^ 2"])
def test_ways_to_write_a_power(square: str) -> None:
    y3 = f"phi_y(W_y {square} W_x x_1 + W_y W_h W_x x_2 + W_y W_x x_3)"
    assert same_expression(parse_answer(y3), unroll(3))


@pytest.mark.parametrize(
    "wrong",
    [
        "phi_y(W_y W_x W_h x_1 + W_y W_x x_2)",  # products do not commute
        "phi_y(W_h W_y W_x x_1 + W_y W_x x_2)",
        "phi_y(W_y W_h W_x x_2 + W_y W_x x_1)",  # inputs swapped
        "phi_y(W_y W_h^2 W_x x_1 + W_y W_x x_2)",
        "phi_y(W_y W_h W_x x_1)",
        "phi_y(W_y W_h W_x x_1 + W_y W_x x_2 + W_y W_x x_2)",  # a term twice
        "W_y W_h W_x x_1 + W_y W_x x_2",  # no activation
        "phi_y(W_y W_h W_x x_1) + phi_y(W_y W_x x_2)",  # φ_y is not linear
        "W_y phi_y(W_h W_x x_1 + W_x x_2)",
        "W_y (phi(W_h W_x x_1) + W_x x_2)^2",
        "x_1",
        "phi(phi(x_1^2))",
    ],
)
def test_wrong_answers_are_read_and_are_wrong(wrong: str) -> None:
    assert not same_expression(parse_answer(wrong), unroll(2))


BAD = [
    "",
    "   ",
    "__import__('os').system('true')",
    "W_h.__class__",
    "W_h.T",
    "x_1" * 4000,
    "W_h^" + "9" * 9996,
    "9**9**9",
    "W_h**9**9**9",
    "W_h^99999999999",
    "W_h^2^3",
    "W_h^(2)",
    "W_h^T",
    "W_h^-1",
    "2 W_h",
    "y_2 = W_y",
    "W_y - W_x",
    "phi_y",
    "phi_y()",
    "phi_y W_x",
    "()",
    "(W_h",
    "W_h)",
    "(W_h]",
    "W_h +",
    "+ W_h +",
    "W_h * * W_x",
    "W_h, W_x",
    "x_0",
    "x_100",
    "x",
    "h",
    "lambda: 0",
    "exec('1')",
    "[x_1 for x_1 in x_2]",
    "f'{x_1}'",
    '"x_1"',
    "x_1; x_2",
    "x_1 if x_2 else x_3",
    "\x00",
    "𝓦_h",
    "🙂",
    "(" * 1000 + "x_1" + ")" * 1000,
    "((x_1 + x_2)^64)^64",
    "(x_1 + x_2)^13",
    "((((W_h+W_x)^64)^64)^64)^0",
    "((((phi_y(x_1^0)^64)^64)^64)^64)^64",
    " + ".join(["(x_1+x_2)^9"] * 150),
    "+".join("b" * 1001)[:2000] + "+",
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_answers_get_one_sentence_at_once(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_answer(text)
    sentence = str(caught.value)
    assert type(caught.value) in (ValueError, TooLong)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert 20 < len(sentence) < 200


@pytest.mark.parametrize("odd", [None, 3, b"W_h x_1", ["W_h"], W_h])
def test_only_text_is_parsed(odd: object) -> None:
    with pytest.raises(ValueError, match="cannot be read: give its text"):
        parse_answer(odd)  # type: ignore[arg-type]


def test_only_expressions_are_compared() -> None:
    for odd in ("W_h x_1", None, 1):
        with pytest.raises(ValueError, match="is not an expression: read it with parse_answer"):
            same_expression(odd, unroll(1))  # type: ignore[arg-type]


def test_every_bad_answer_is_refused_fast() -> None:
    """Each is refused by a bound on its size, so even a slow machine needs far less than this."""
    start = time.thread_time()
    for text in BAD:
        with pytest.raises(ValueError):  # noqa: PT011
            parse_answer(text)
    assert time.thread_time() - start < 0.1 * len(BAD)


@given(st.text(alphabet="WhxyφpiT_0129^*@+()[] b²=.-'\n", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_parsed_or_refused_with_a_sentence(text: str) -> None:
    try:
        expression = parse_answer(text)
    except ValueError as error:
        sentence = str(error)
    else:
        sentence = "It could be read."
        assert same_expression(expression, expression)
    assert sentence.endswith(".")


@pytest.mark.parametrize("T", [0, -1, 13, 2.0, "3", None, True])
def test_T_out_of_range(T: object) -> None:
    for function in (unroll, unroll_steps, recurrence):
        with pytest.raises(ValueError, match="from 1 to 12"):
            function(T)  # type: ignore[operator]


def test_words_of_a_product_of_sums() -> None:
    assert words(W_x * x(1) + W_x * x(1)) == {("W_x", "x_1"): 2}


def test_unrolled_minus_recurrence_is_zero() -> None:
    difference = unroll(6).args[0] - recurrence(6).args[0]
    assert words(difference) == {}
    assert difference.expand().doit().is_ZeroMatrix


def test_neither_torch_nor_numpy_is_imported_for_the_algebra() -> None:
    code = (
        "import sys, core.linear_rnn; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'streamlit', 'plotly')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
