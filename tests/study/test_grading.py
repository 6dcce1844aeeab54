"""The grader against the forms drawn up before it, and against noise."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from core.linear_rnn import unroll
from core.linear_rnn.algebra import words
from core.linear_rnn.expansion import Expander
from core.linear_rnn.parsing.normalise import normalise
from core.linear_rnn.parsing.series_ast import expand
from core.linear_rnn.parsing.series_parser import parse
from core.linear_rnn.printing import to_text
from core.study.grading.algebra import (
    canonical,
    grade_expression,
    grade_output,
    unrolled_words,
)

FORMS, MORE = (
    tomllib.loads((Path(__file__).parent / name).read_text("utf-8"))
    for name in ("answer_forms.toml", "stranger_forms.toml")
)
RIGHT = [(q, text) for forms in (FORMS, MORE) for q in forms for text in forms[q]["right"]]
WRONG = [
    (q, text, hint) for forms in (FORMS, MORE) for q in forms for text, hint in forms[q]["wrong"]
]


@pytest.mark.parametrize("question", ["1a", "1b", "1c"])
def test_there_are_twenty_forms_of_each_kind(question):
    assert len(set(FORMS[question]["right"])) >= 20
    assert len({text for text, _ in FORMS[question]["wrong"]}) >= 20


@pytest.mark.parametrize(("question", "text"), RIGHT)
def test_a_right_answer_in_any_usual_notation_is_right(question, text):
    grade = grade_expression(question, text)
    assert grade.correct, grade.message
    assert grade.message


@pytest.mark.parametrize(("question", "text", "hint"), WRONG)
def test_a_wrong_answer_is_wrong_with_a_reason(question, text, hint):
    grade = grade_expression(question, text)
    assert not grade.correct
    assert hint in grade.message


@pytest.mark.parametrize("question", ["1a", "1b", "1c"])
def test_no_feedback_gives_the_answer_away(question):
    for text, _ in FORMS[question]["wrong"]:
        for piece in normalise(grade_expression(question, text).message).split(": "):
            assert not grade_expression(question, piece).correct


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5])
def test_the_target_is_the_unrolled_recurrence(T):
    ((letter,),) = words(unroll(T))
    assert dict(letter[1]) == dict(unrolled_words(T))


@pytest.mark.parametrize(("question", "T"), [("1a", 2), ("1b", 3)])
def test_the_line_of_the_lesson_is_graded_as_the_question_is(question, T):
    for text in FORMS[question]["right"]:
        assert grade_output(T, text).correct, text
    for text, hint in FORMS[question]["wrong"]:
        grade = grade_output(T, text)
        assert not grade.correct
        assert hint in grade.message


@pytest.mark.parametrize("T", [1, 2, 7, 12])
@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_a_start_state_and_a_bias_belong_to_the_output_where_the_recurrence_has_them(
    T, start, bias
):
    options = {"start_state": start, "bias": bias}
    right = to_text(unroll(T, **options))
    assert grade_output(T, right, **options).correct
    for other in (True, False):
        for more in (True, False):
            if (other, more) != (start, bias):
                grade = grade_output(T, right, start_state=other, bias=more)
                assert not grade.correct
                assert "h_0" in grade.message or "b" in grade.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phi_y(Wy Wh Wx x1 + Wy Wx x2)", "The terms of b are missing"),
        ("phi_y(Wy Wh Wx x1 + Wy Wx x2 + Wy b)", "The part with b is not right: it has 2 terms"),
        ("phi_y(Wy Wh Wx x1 + Wx Wy x2 + Wy Wh b + Wy b)", "wrong order"),
        ("Wy Wh Wx x1 + Wy Wx x2 + Wy Wh b + Wy b", "Only φ_y is missing"),
        ("phi_y(Wy Wh Wx x1 + Wy Wx x2 + Wy Wh b + Wy b + Wy Wh^2 h0)", "contains h_0"),
        ("phi_y(x_T)", "T has no value in y_2"),
    ],
)
def test_what_is_wrong_with_a_bias_is_said(text, said):
    assert said in grade_output(2, text, bias=True).message


def test_a_term_that_starts_at_a_late_step_is_found():
    right = "sum(Wh^(T-i) Wx x_i, i=1..T)"
    for start in (6, 9, 15, 24, 90):
        grade = grade_expression("1c", f"phi_y(Wy ({right} + sum(Wx x_i, i={start}..T)))")
        assert not grade.correct
        assert "right for T = 1 to" in grade.message
    grade = grade_expression("1c", f"phi_y(Wy ({right} + sum(sum(Wx x_i, i=T..7), j=6..T)))")
    assert "T = 1 to 6 only" in grade.message


def test_a_sum_written_out_is_the_unrolled_recurrence():
    answer = parse("phi_y(Wy sum(Wh^(T-i) Wx x_i, i=1..T))")
    assert expand(answer, 7, Expander()) == words(unroll(7))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phi(Wx x2 + Wx x1)", "φ_y(W_x x_1 + W_x x_2)"),
        ("x1 + x1 + I", "2 x_1 + I"),
        ("0", "0"),
        ("phi_y(0 x1)", "φ_y(0)"),
        ("__import__", "not readable"),
        ("x1 " * 1000, "not readable"),
    ],
)
def test_a_poll_counts_one_spelling_of_an_answer(text, shown):
    assert canonical("1a", text) == shown


def test_an_unknown_question_is_named():
    with pytest.raises(ValueError, match="'9z'"):
        grade_expression("9z", "phi_y(x1)")


PIECES = [
    *"Wy Wh Wx x_1 x2 x_i x_(T-i) h_0 b phi_y( ( ) [ ] { } + - * @ ^ ** ^2 ^(T-i) ^{T} _ = , : <=",
    *("sum(", "sum_", "sum_{i=1}^{T}", "i=1..T", " i", "T", "for ", "in ", "range", "from ", "to "),
    *("Wy ", "Wh ", "Wx ", "x_1", "x_i", "x_(T-i)", "h_0", "phi_y(", "^(T-i)", "^2", "**", ".."),
    *("...", "Σ", "ᵀ⁻ⁱ", "₁", "φ", "\\sum", "__import__('os')", "9" * 40, "\x00", chr(0xD800)),
]


@given(st.sampled_from(["1a", "1b", "1c"]), st.lists(st.sampled_from(PIECES), max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_arrangement_of_pieces_is_graded(question, pieces):
    assert grade_expression(question, " ".join(pieces)).message
    assert grade_expression(question, "".join(pieces)).message


@given(st.sampled_from(["1a", "1b", "1c"]), st.text(max_size=3000))
@settings(max_examples=300, deadline=None)
def test_any_text_is_graded(question, text):
    assert grade_expression(question, text).message


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "(" * 1999,
        "phi_y(" * 18 + "x1" + ")" * 18,
        "((((Wh+Wh)^64)^64)^64)^64 x1",
        "sum(" * 15 + "x_i" + ", i=1..24)" * 15,
        "Wh " * 600,
        "x1+" * 600 + "x1",
        "9**9**9",
        "phi_y(" + "(Wh + Wx)" * 200 + ")",
        "a" * 10_000,
    ],
)
def test_an_answer_that_would_explode_is_refused_at_once(text):
    assert not grade_expression("1c", text).correct  # multiplied out, it would take hours
