"""Questions whose answer is a number: their units, and the mistakes that have a reply."""

import math
from itertools import combinations

import pytest

from core.study.grading.numbers import VARIANTS, draw, grade_number
from core.study.grading.quantities import QUANTITIES, draw_quantity


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_unit_is_a_word_or_missing_and_replies_read_well_with_it(variant: str) -> None:
    task = draw(variant, "1")
    assert not set("()") & set(task.unit)
    assert task.unit != "one"
    assert task.with_unit("3") == f"3 {task.unit}".rstrip()
    said = grade_number(task, "many").message
    assert said.endswith(f"or 3.5 ({task.unit})." if task.unit else "or 3.5.")
    if task.answer > 0:
        negative = grade_number(task, "-123456789").message
        assert negative == f"It cannot be negative: it is a number of {task.unit}." or (
            negative == "It cannot be negative." and not task.unit
        )


@pytest.mark.parametrize("variant", [*VARIANTS, *QUANTITIES])
def test_no_two_mistakes_lead_to_the_same_number(variant: str) -> None:
    """The reply to the second would never be seen, here or in another system."""
    for seed in map(str, range(100)):
        drawn = draw(variant, seed) if variant in VARIANTS else draw_quantity(variant, seed).task
        values = [value for value, _ in drawn.mistakes]
        assert not any(math.isclose(a, b) for a, b in combinations(values, 2)), drawn.prompt
