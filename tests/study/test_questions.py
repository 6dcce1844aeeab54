"""The questions as data: all of them, well formed, their links and names real."""

import re

import pytest

from core.study import question as q
from core.study.grading.checks import grade_answer, shuffled
from core.study.grading.numbers import VARIANTS, draw, grade_number, read_number
from core.study.measure.store import MEASUREMENTS, fill, measure, placeholders
from core.study.question import own_files, own_folder, read_question
from core.study.tasks import Choice, Number, Order, Rubric
from tests.conftest import ROOT

QUESTIONS = q.shipped()
TASKS = [
    pytest.param(task, id=f"{name}-{i}")
    for name, question in QUESTIONS.items()
    for i, task in enumerate((question.predict, *question.checks))
]


def test_all_questions_are_there_in_the_course_s_order():
    assert list(QUESTIONS) == list(q.ORDER)
    assert {"1a", "1f", "2d", "3b", "3e", "4e", "4i"} <= {*QUESTIONS}
    assert len(QUESTIONS) >= 16
    assert all(question.id == name for name, question in QUESTIONS.items())


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_code_a_question_links_to_exists(name):
    from dashboard.components.source import read_source

    for code in QUESTIONS[name].answer.code:
        assert read_source(code).text


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_placeholder_names_a_measured_value(name):
    for sentence in QUESTIONS[name].answer.measured:
        assert sentence.name in MEASUREMENTS
        for place, key in placeholders(sentence.text):
            assert place == sentence.name
            assert key in (*MEASUREMENTS[place].keys, "machine")
        assert "{" not in re.sub(r"\{\w+\.\w+(:[^}]*)?\}", "", sentence.text)
    for text in (QUESTIONS[name].answer.text, QUESTIONS[name].answer.loose):
        assert placeholders(text) == []


def test_every_model_answer_quotes_this_machine():
    assert [name for name in QUESTIONS if not QUESTIONS[name].answer.measured] == []


@pytest.mark.parametrize("name", ["unrolled", "decay", "gradient", "positions", "pieces"])
def test_measurements_without_a_model_work_everywhere(name):
    values = measure(name)
    assert set(MEASUREMENTS[name].keys) <= set(values)
    sentences = [m.text for q in QUESTIONS.values() for m in q.answer.measured if m.name == name]
    assert all(fill(text, {name: values}) for text in sentences)
    if name == "unrolled":
        assert max(values.values()) < 1e-12
    if name == "gradient":  # a product of T - 1 factors against one sum of T terms
        assert values["rnn_far"] < 1e-6 < values["attention_far"] < values["attention_near"]
    if name == "positions":
        assert values["sinusoidal"] < 1e-9
        assert values["random"] > 0.5


def test_a_sentence_without_its_numbers_is_not_shown():
    sentence = "It took {cost.rnn_low:.2f} ms."
    assert fill(sentence, {}) is None
    assert fill(sentence, {"cost": {"rnn_low": 1.234}}) == "It took 1.23 ms."
    assert fill("{cost.rnn_low:e}", {"cost": {"rnn_low": 1.234e-11}}) == "1·10⁻¹¹"
    assert fill("$W_h^{T-1}$ and {cost.rnn_low}", {"cost": {"rnn_low": 2}}) == "$W_h^{T-1}$ and 2"


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_right_answer_and_a_reply_to_every_wrong_one(task):
    if isinstance(task, Choice):
        replies = [grade_answer(task, option.text, "1") for option in task.options]
        assert [grade.correct for grade in replies].count(True) == 1
        assert len({grade.message for grade in replies}) == len(task.options)
    if isinstance(task, Order):
        assert grade_answer(task, task.items, "1").correct
        mixed = tuple(shuffled(task.items, "1"))
        assert mixed != task.items
        assert not grade_answer(task, mixed, "1").correct
        for early, before, reply in task.slips:
            wrong = list(task.items)
            wrong.insert(before, wrong.pop(early))
            replies = {
                r
                for a, b, r in task.slips
                if wrong.index(task.items[a]) < wrong.index(task.items[b])
            }
            assert grade_answer(task, tuple(wrong), "1").message in replies
            assert reply in replies
    if isinstance(task, Number):
        drawn = draw(task.variant, "1")
        assert grade_answer(task, str(drawn.answer), "1").correct
    if isinstance(task, Rubric):
        points = "\n".join(point.text for point in task.points)
        assert grade_answer(task, points, "1").correct
        assert not grade_answer(task, "", "1").correct
    assert grade_answer(task, "nonsense", "1").message
    assert grade_answer(task, ("nonsense",), "1").message
    assert not grade_answer(task, "nonsense", "1").correct


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_seed_draws_the_same_task_and_its_mistakes_differ(variant):
    drawn = {draw(variant, str(seed)).prompt for seed in range(40)}
    assert len(drawn) > 5
    for seed in range(100):
        task = draw(variant, str(seed))
        assert task == draw(variant, str(seed))
        assert grade_number(
            task, f"{task.answer:.6g}" if task.tolerance else f"{task.answer}"
        ).correct
        for value, reply in task.mistakes:
            grade = grade_number(task, repr(value))
            assert not grade.correct, (task.prompt, value)
            assert grade.message in [r for _, r in task.mistakes]
            assert reply


def test_known_numbers():
    """Half of 0.9^k is reached at ln ½ / ln 0.9 = 6.58; a head of 128 → 64 has 24,768 numbers."""
    import torch

    from core.attention import AttentionHead

    task = next(
        t
        for s in range(99)
        if "dim=128, n_hidden=32)" in (t := draw("head_parameters", str(s))).prompt
    )
    assert task.answer == sum(p.numel() for p in AttentionHead(128, 32).parameters())
    task = next(t for s in range(99) if "ρ = 0.9." in (t := draw("half_life", str(s))).prompt)
    assert task.answer == pytest.approx(6.5788, abs=1e-4)
    assert torch.linalg.matrix_norm(torch.eye(2) * 0.9**task.answer, 2).item() == pytest.approx(0.5)


def test_the_drawn_nucleus_is_the_one_that_decoding_keeps():
    import torch

    from core.decoding.strategies import nucleus

    for seed in range(30):
        task = draw("nucleus_size", str(seed))
        *shares, p = [float(number) for number in re.findall(r"0\.\d+", task.prompt)]
        kept = nucleus(torch.tensor([shares], dtype=torch.float64).log(), p)
        assert int((kept > -torch.inf).sum()) == task.answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234), ("1,234", 1234), ("1 234", 1234), ("1.2e6", 1.2e6), ("1.2·10^6", 1.2e6),
        ("2.3 MB", 2.3e6), ("1 KiB", 1024), ("4 million", 4e6), ("13,5", 13.5), ("≈ 12 steps", 12),
        ("-3", -3), ("12.", 12), ("", None), ("many", None), ("2^20", None), ("1e999", None),
        ("--1", None), ("9" * 100, None),
    ],
)  # fmt: skip
def test_numbers_as_students_write_them(text, value):
    assert read_number(text) == value


OWN = """
id = "own-1"
title = "Mine"
text = "What is **this**, $x^2$?"
[predict]
kind = "choice"
prompt = "?"
options = [{ text = "a", reply = "yes", right = true }, { text = "b", reply = "no" }]
[experiment]
say = "look"
page = "rnn"
label = "Look"
state = { T = 3 }
[[check]]
kind = "number"
variant = "half_life"
[answer]
text = "So."
loose = "Not so."
code = ["core.attention.AttentionHead"]
"""


def test_a_teacher_s_own_folder_is_read(tmp_path):
    (tmp_path / "mine.toml").write_text(OWN)
    (tmp_path / "broken.toml").write_text("id = ")
    questions, errors = own_folder(tmp_path)
    assert list(questions) == ["own-1"]
    assert len(errors) == 1
    assert errors[0].startswith("broken.toml: it is not TOML")
    assert own_folder(tmp_path / "none")[1][0].startswith("There is no folder")


def test_the_question_in_the_contributing_guide_is_valid():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    example = guide.split("```toml\n")[1].split("```")[0]
    assert read_question("guide.toml", example.encode()).experiment.page == "gpt"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('id = "own-1"', 'id = "../x"'), "the id '../x' must be"),
        (('id = "own-1"', 'id = "1a"'), "the id '1a' is taken"),
        (('title = "Mine"', ""), "title is missing"),
        (("right = true", "right = false"), "exactly one option"),
        (('kind = "number"', 'kind = "essay"'), "the kind is 'essay'"),
        (("half_life", "full_life"), "there is no variant 'full_life'"),
        (("**this**", "<script>"), "holds a link, a picture or HTML"),
        (("**this**", "![x](http://y)"), "holds a link, a picture or HTML"),
        (("T = 3", "T = [3]"), "T must be a number or a text"),
        (("core.attention.AttentionHead", "os.system"), "must be a name such as"),
        (('page = "rnn"', 'page = "../etc"'), "must be a lesson's name"),
        (("[answer]", "[reply]"), "has no key 'reply'"),
    ],
)
def test_a_mistake_in_an_own_question_is_one_sentence(change, sentence):
    questions, errors = own_files([("mine.toml", OWN.replace(*change).encode())])
    assert questions == {}
    assert len(errors) == 1
    assert re.match(r"mine\.toml(, line \d+)?: ", errors[0])
    assert sentence in errors[0]


def test_an_own_file_that_is_no_text_or_too_long_is_refused():
    with pytest.raises(ValueError, match="not UTF-8"):
        read_question("x.toml", b"\xff\xfe")
    with pytest.raises(ValueError, match="keep it under"):
        read_question("x.toml", b"#" * 100_000)
