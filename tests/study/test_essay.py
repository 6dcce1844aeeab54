"""Essays are read for their key points: who knows earns them, who pretends earns nothing."""

import random

import pytest
from hypothesis import given, settings, strategies as st

from core.study.grading.checks import grade_answer, points_found
from core.study.grading.essay import found
from core.study.points import Point, read_points
from core.study.question import read_question, shipped
from core.study.tasks import Rubric
from tests.study.essays import KNOWS

ESSAYS = {
    (name, i): task
    for name, question in shipped().items()
    for i, task in enumerate(question.checks)
    if isinstance(task, Rubric)
}
FADING = ESSAYS["1d", 2]

GREEK = "Η συνεισφορά της πρώτης εισόδου εξασθενεί, επειδή η μεγαλύτερη ιδιοτιμή λ είναι μικρή. "
NOTHING = {
    "empty": "",
    "blah": "blah blah " * 20,
    "gibberish": "asdf qwer zxcv uiop hjkl bnm, tyui ghjk vbnm rtfg edcv wsxq. " * 5,
    "emoji": "🙂🚀🔥 " * 500,
    "greek": GREEK * 20,
    "markup": "<script>alert(1)</script> **bold** [a](http://b) $\\frac{1}{2}$ <img src=x> " * 20,
    "ticks": "I find all of these points in my own text, each of them, and so it is complete.",
    "filler": "That is a very good question and the answer is clear if you think about it a lot.",
}


@pytest.mark.parametrize(("name", "i"), ESSAYS)
def test_one_who_knows_earns_the_essay(name: str, i: int) -> None:
    grade = grade_answer(ESSAYS[name, i], KNOWS[name], "1")
    assert grade.correct, points_found(ESSAYS[name, i], KNOWS[name])


@pytest.mark.parametrize(("name", "i"), ESSAYS)
def test_the_model_answer_earns_the_essay(name: str, i: int) -> None:
    answer = shipped()[name].answer
    assert grade_answer(ESSAYS[name, i], f"{answer.text}\n{answer.loose}", "1").correct


@pytest.mark.parametrize("kind", NOTHING)
@pytest.mark.parametrize(("name", "i"), ESSAYS)
def test_text_that_says_nothing_makes_no_point(name: str, i: int, kind: str) -> None:
    task = ESSAYS[name, i]
    assert not any(points_found(task, NOTHING[kind][:5000]))
    assert not grade_answer(task, NOTHING[kind][:5000], "1").correct


@pytest.mark.parametrize("joint", ["\n", " ", ". ", ", "])
@pytest.mark.parametrize(("name", "i"), ESSAYS)
def test_the_question_pasted_back_makes_no_point(name: str, i: int, joint: str) -> None:
    """Everything the page shows before the model answer, replies and hints included."""
    task = ESSAYS[name, i]
    for start in range(0, len(text := joint.join(task.shown)), 2500):
        assert not any(points_found(task, text[start : start + 5000]))
    assert not any(points_found(task, joint.join(reversed(task.shown))[:5000]))


@pytest.mark.parametrize(("name", "i"), ESSAYS)
def test_the_words_of_the_question_in_any_order_make_no_point(name: str, i: int) -> None:
    task = ESSAYS[name, i]
    for seed in range(20):
        words = " ".join(task.shown).replace(".", "").replace("?", "").split()
        random.Random(seed).shuffle(words)
        assert not any(points_found(task, " ".join(words)[:5000]))


@pytest.mark.parametrize(("name", "i"), ESSAYS)
def test_no_word_earns_a_point_by_being_repeated(name: str, i: int) -> None:
    task = ESSAYS[name, i]
    for word in {word for point in task.points for keys in point.needs for word in keys}:
        for joint in (" ", ". "):
            assert not any(points_found(task, f"{word}{joint}" * 1000))
    longest = max((keys[0] for point in task.points for keys in point.needs), key=len)
    assert not any(points_found(task, f"{longest} " * 5000))


def test_a_short_true_sentence_earns_its_point_and_the_others_stay_open() -> None:
    sentence = "x1 fades because the largest eigenvalue is below one."
    assert points_found(FADING, sentence) == (None, None, sentence, None)
    assert grade_answer(FADING, sentence, "1").message.startswith("Your text makes 1 of 4 points")


@pytest.mark.parametrize(
    "sentence",
    [
        "x₁ vanishes if |λ| < 1.",
        "The first input is gradually forgotten, since ρ is smaller than one",
        "**It decays** when $|λ_i| < 1$",
        "X_1 SHRINKS. THE MODULUS IS LESS THAN 1.",
    ],
)
def test_words_count_in_any_form_and_spelling(sentence: str) -> None:
    assert points_found(FADING, sentence)[2] is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "x1 does not fade when the eigenvalue is below one.",
        "It never really vanishes, even if it is less than 1.",
        "With values under 1 the first input doesn't decay.",
    ],
)
def test_a_denied_word_does_not_count(sentence: str) -> None:
    assert points_found(FADING, sentence)[2] is None


DEPENDS = [Point("t", "a", (("depend", "depends on"), ("length", "T")))]


@pytest.mark.parametrize(
    "sentence",
    [
        "The cost does not depend on the length here.",
        "It is not true that the cost depends on the length.",
        "It is false that the cost depends on the length.",
        "It is wrong to say that the cost depends on the length.",
        "I don't think that the cost of it depends on the length.",
        "The cost doesn't in any way at all depend on the length.",
        "The cost no longer depends on the length of it.",
        "The cost neither grows nor depends on the length.",
        "The cost is independent of the length of the text.",
    ],
)
def test_a_sentence_that_denies_the_point_does_not_earn_it(sentence: str) -> None:
    assert found(sentence, DEPENDS) == (None,)


@pytest.mark.parametrize(
    "sentence",
    [
        "The cost depends on the length of the text.",
        "The cost does not only depend on the length here.",
        "It is not true that it is cheap, since the cost depends on the length.",
        "It is true that the cost depends on the length.",
    ],
)
def test_a_sentence_that_says_the_point_earns_it(sentence: str) -> None:
    assert found(sentence, DEPENDS) == (sentence,)


def test_the_same_text_is_read_once() -> None:
    sentence = "x1 fades because the largest eigenvalue is below one."
    assert points_found(FADING, sentence) is points_found(FADING, sentence)


def test_a_negation_ends_with_its_clause() -> None:
    assert points_found(FADING, "Not the sign, it vanishes below 1 in any case.")[2] is not None
    assert points_found(FADING, "It is not the sign but decays below 1, always.")[2] is not None


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=5000))
def test_any_text_is_read(text: str) -> None:
    for task in ESSAYS.values():
        assert len(points_found(task, text)) == len(task.points)


def test_what_is_found_is_a_sentence_of_the_text() -> None:
    point = Point("p", "?", (("cats",), ("run", "sleep")))
    assert found("Dogs bark. The cat is sleeping there!\nEnd.", [point]) == (
        "The cat is sleeping there!",
    )
    assert found("A cat, an old one. It sleeps on the mat.", [point]) == (
        "A cat, an old one. It sleeps on the mat.",
    )


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (["It fades"], "the point 'It fades' has no key words; a point is"),
        ([{"text": "It fades", "ask": "What?"}], "the point 'It fades' has no key words"),
        ([{"text": "It fades", "ask": "What?", "needs": [["fade"]]}], "2 to 5 lists in needs"),
        ([{"text": "It fades", "ask": "?", "needs": [["a"], ["…"]]}], "needs holds '…'"),
        ([{"text": "It fades", "ask": "?", "needs": [["a"], "b"]}], "needs holds 'b'"),
        ([{"text": "It fades", "needs": [["a"], ["b"]]}], "has no ask"),
        ([{"text": "It fades", "hint": "?"}], "has the key 'hint'"),
        ([{"needs": [["a"], ["b"]]}], "a point has no text"),
        ("It fades", "points must be a list"),
        ([], "points must be a list"),
    ],
)
def test_points_without_key_words_are_refused(points: object, sentence: str) -> None:
    with pytest.raises(ValueError, match="check") as error:
        read_points(points, "[[check]] 1")
    assert sentence in str(error.value)
    assert str(error.value).count(". ") == 0


OWN = """
id = "mine"
title = "Mine"
text = "What becomes of it?"
[predict]
kind = "expression"
prompt = "Guess"
grade_as = "1a"
[experiment]
say = "Look"
page = "rnn"
label = "RNN"
[[check]]
kind = "number"
variant = "half_life"
[[check]]
kind = "rubric"
prompt = "Explain"
POINTS
enough = 1
[answer]
text = "It fades."
loose = "Not at once."
code = ["core.attention.AttentionHead"]
"""


@pytest.mark.parametrize(
    ("points", "start"),
    [
        ('points = ["It fades"]', "mine.toml, line 19: [[check]] 2: the point 'It fades' has no"),
        ("", "mine.toml, line 16: [[check]] 2: points must be a list of 1 to 12 points; a point"),
    ],
)
def test_the_sentence_names_the_file_the_line_and_what_is_allowed(points: str, start: str) -> None:
    with pytest.raises(ValueError, match="mine") as error:
        read_question("mine.toml", OWN.replace("POINTS", points).encode())
    assert str(error.value).startswith(start)
    assert "needs" in str(error.value)
