"""Short parallel tests have no variant in common, and the gain of a class is Hake's."""

import random
from itertools import combinations

import pytest

from core.study.gain.normalised import class_gains, interval, normalised_gain
from core.study.gain.short_test import (
    LESSONS,
    MOMENTS,
    correct_answers,
    items_of,
    short_test,
    variant_sets,
)
from core.study.storage.classes import ShortTest
from dashboard import lessons as dashboard_lessons

SEEDS = [str(seed) for seed in range(12)]


def test_every_lesson_that_teaches_has_a_test() -> None:
    tools = {"home", "study", "train", "runs"}
    assert set(LESSONS) == {lesson.name for lesson in dashboard_lessons.LESSONS} - tools


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_three_sets_of_an_item_are_disjoint_and_give_other_tasks(lesson: str) -> None:
    for item in items_of(lesson):
        sets = variant_sets(item)
        assert min(map(len, sets)) >= 2
        prompts = [{item.ask(value).prompt for value in values} for values in sets]
        for one, other in combinations(prompts, 2):
            assert not one & other
        for values in sets:
            for value in values:
                asked = item.ask(value)
                assert correct_answers([asked], [repr(asked.answer)]) == 1, asked
                assert correct_answers([asked], [""]) == 0
                assert correct_answers([asked], [repr(asked.answer * 1.5 + 1)]) == 0


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_tests_of_a_student_have_no_task_in_common(lesson: str) -> None:
    for seed in SEEDS:
        drawn = [short_test(lesson, seed, moment) for moment in range(len(MOMENTS))]
        assert drawn[0] == short_test(lesson, seed, 0)
        assert len({task.prompt for tasks in drawn for task in tasks}) == 3 * len(drawn[0])
    assert len({short_test(lesson, seed, 0)[0].prompt for seed in SEEDS}) > 1


def test_each_set_is_the_first_one_for_about_a_third_of_a_class() -> None:
    item = items_of("rnn")[0]
    sets = [{item.ask(value).prompt for value in values} for values in variant_sets(item)]
    first = [
        next(i for i, prompts in enumerate(sets) if task.prompt in prompts)
        for task in (short_test("rnn", str(seed), 0)[0] for seed in range(300))
    ]
    assert min(first.count(i) for i in range(3)) > 70


def test_a_lesson_without_a_test_is_named() -> None:
    with pytest.raises(ValueError, match=r"no test for '\.\./x'"):
        short_test("../x", "1", 0)


@pytest.mark.parametrize(
    ("pre", "post", "gain"),
    [(0, 1, 1), (0.5, 0.75, 0.5), (0.5, 0.5, 0), (0.5, 0.25, -0.5), (1, 1, None), (1, 0, None)],
)
def test_the_gain_is_the_share_of_what_was_left_to_gain(pre, post, gain) -> None:
    assert normalised_gain(pre, post) == gain


def taken(student: int, moment: int, correct: int) -> ShortTest:
    return ShortTest(student, "rnn", moment, correct, 4, 0.0)


def test_the_gain_of_a_class_is_that_of_its_means_over_those_who_took_both() -> None:
    tests = [taken(1, 0, 0), taken(1, 1, 2), taken(2, 0, 2), taken(2, 1, 4), taken(3, 0, 4)]
    (gain,) = class_gains([*tests, taken(4, 1, 4)])
    assert (gain.pre, gain.post) == (0.25, 0.75)
    assert gain.gain == pytest.approx(2 / 3)
    assert gain.students == (0.5, 1.0)
    assert gain.interval is None, "two students are too few"
    assert class_gains([taken(1, 0, 1)]) == []


def test_nobody_has_anything_left_to_gain() -> None:
    tests = [taken(s, moment, 4) for s in range(6) for moment in (0, 1)]
    (gain,) = class_gains(tests)
    assert (gain.gain, gain.interval) == (None, None)
    assert gain.students == (None,) * 6


def test_the_interval_covers_the_true_gain_about_as_often_as_it_says() -> None:
    """A hundred made-up classes of 40 students whose true gain is 0.5."""
    rng, covered = random.Random(1), 0
    for number in range(100):
        pairs = []
        for _ in range(40):
            knows = [rng.random() < 0.4 for _ in range(3)]
            later = [known or rng.random() < 0.5 for known in knows]
            pairs.append((sum(knows) / 3, sum(later) / 3))
        ends = interval(pairs, str(number))
        assert ends is not None
        assert interval(pairs, str(number)) == ends, "the seed draws the same classes"
        covered += ends[0] <= 0.5 <= ends[1]
    assert 88 <= covered <= 99
