"""What a poll counts together, and the bars it shows."""

import pytest

from core.study.grading.checks import grade_answer
from core.study.grading.numbers import VARIANTS, draw
from core.study.options import shown_options
from core.study.poll import bars, countable, right_answer
from core.study.question import shipped
from core.study.tasks import Choice, Expression, Number


def test_equal_expressions_are_counted_together() -> None:
    task = shipped()["1b"].predict
    one = countable(task, "phi(Wy Wx x3 + Wy Wh Wx x2 + Wy Wh^2 Wx x1)", "ABCDE")
    two = countable(task, "phi_y(Wy (Wh Wh Wx x1 + Wh Wx x2 + Wx x3))", "ABCDE")
    assert one == two == right_answer(task, "ABCDE")[0]
    assert countable(task, "<b>no idea</b>", "ABCDE") == "not readable"


@pytest.mark.parametrize("name", ["1a", "1b", "1c"])
def test_the_right_expression_is_right(name: str) -> None:
    text, grade = right_answer(Expression("", name), "ABCDE")
    assert grade.correct
    assert "readable" not in text


@pytest.mark.parametrize("variant", VARIANTS)
def test_numbers_within_the_tolerance_are_counted_together(variant: str) -> None:
    task = Number(variant)
    answer = draw(variant, "ABCDE").answer
    text, grade = right_answer(task, "ABCDE")
    assert grade.correct
    assert countable(task, repr(answer), "ABCDE") == text
    nearly = answer * (1 + draw(variant, "ABCDE").tolerance / 2)
    assert countable(task, repr(nearly), "ABCDE") == text
    assert countable(task, repr(answer * 50), "ABCDE") != text
    assert countable(task, "many", "ABCDE") == "no number"


def test_every_option_has_its_bar_in_the_order_of_the_room() -> None:
    for question in shipped().values():
        task = question.predict
        if isinstance(task, Choice):
            shown = bars(task, {task.options[-1].text: 3}, "ABCDE", revealed=False)
            assert list(shown) == [o.text for o in shown_options(task, "ABCDE")]
            assert sum(shown.values()) == 3
            right, grade = right_answer(task, "ABCDE")
            assert right in shown
            assert grade == grade_answer(task, right, "ABCDE")


def test_the_right_expression_has_a_bar_once_it_is_revealed_and_not_before() -> None:
    task = shipped()["1b"].predict
    right, _ = right_answer(task, "ABCDE")
    assert bars(task, {"x": 2}, "ABCDE", revealed=False) == {"x": 2}
    assert bars(task, {"x": 2}, "ABCDE", revealed=True) == {"x": 2, right: 0}
    assert bars(task, {"x": 2, right: 5}, "ABCDE", revealed=True) == {"x": 2, right: 5}
