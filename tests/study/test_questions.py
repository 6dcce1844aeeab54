"""The questions as data: all of them, well formed, their links and names real."""

import re

import pytest

from core.study import question as q
from core.study.grading.checks import grade_answer, right_settings, shuffled
from core.study.grading.numbers import VARIANTS, draw, grade_number, read_number
from core.study.grading.quantities import QUANTITIES, draw_quantity, grade_quantity, written
from core.study.kinds.pictures import SETS, finite
from core.study.measure.store import MEASUREMENTS, fill, measure, placeholders
from core.study.tasks import Bug, Choice, Match, Number, Order, Quantity, Rubric

QUESTIONS = q.shipped()
TASKS = [
    pytest.param(task, id=f"{name}-{i}")
    for name, question in QUESTIONS.items()
    for i, task in enumerate((question.predict, *question.checks))
]


def test_all_questions_are_there_in_the_course_s_order():
    assert list(QUESTIONS) == list(q.ORDER)
    assert {"1a", "1f", "2d", "3b", "3e", "4e", "4i"} <= {*QUESTIONS}
    assert len(QUESTIONS) >= 40


def test_every_lesson_decides_at_least_two_questions():
    pages = [question.experiment.page for question in QUESTIONS.values()]
    lessons = ["rnn", "attention", "heads", "positions", "vit", "patches", "maps", "versus"]
    assert [name for name in (*lessons, "gpt", "decoding") if pages.count(name) < 2] == []


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_indices_and_powers_are_set_as_formulas(question: q.Question) -> None:
    """In what is shown as Markdown; options and replies get theirs from `formula`."""
    prompts = [
        task.prompt for task in (question.predict, *question.checks) if hasattr(task, "prompt")
    ]
    answer = question.answer
    for text in (question.text, question.experiment.say, answer.text, answer.loose, *prompts):
        plain = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", text, flags=re.DOTALL)
        assert not re.search(r"(?<!\w)[A-Za-zφλ]_[A-Za-z0-9{]|\w\^[\w({]", plain), plain


def test_at_least_ten_questions_have_a_fault_to_find():
    bugs = [t for q in QUESTIONS.values() for t in q.checks if isinstance(t, Bug)]
    assert len({task.fault for task in bugs}) == len(bugs) >= 10
    assert sum(isinstance(t, Match) for q in QUESTIONS.values() for t in q.checks) >= 3


@pytest.mark.parametrize("name", [name for name in QUESTIONS if QUESTIONS[name].hints])
def test_a_question_has_three_hints_that_do_not_repeat_its_text(name):
    question = QUESTIONS[name]
    assert len(question.hints) == 3
    assert not set(question.hints) & {question.text, question.answer.text}
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
    assert fill("{cost.rnn_low:.2f} to {cost.rnn_low:e}", {"cost": {"rnn_low": -0.2}}) == (
        "−0.20 to −2·10⁻¹"
    )
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
    if isinstance(task, Quantity):
        drawn = draw_quantity(task.variant, "1")
        assert grade_answer(task, written(drawn), "1").correct
        assert "unit is missing" in grade_answer(task, f"{drawn.task.answer:.1f}", "1").message
    if isinstance(task, Bug):
        assert grade_answer(task, task.right, "1").correct
        replies = {
            grade_answer(task, (line, option.text), "1").message
            for line in task.code
            for option in task.symptoms
        }
        assert len(replies) >= len(task.symptoms) * 2
    if isinstance(task, Match):
        right = right_settings(task, "1")
        assert grade_answer(task, right, "1").correct
        exchanged = (right[1], right[0], *right[2:])
        assert grade_answer(task, exchanged, "1").message.startswith("2 of 4 are right.")
        assert len({right_settings(task, str(seed)) for seed in range(9)}) > 3
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
        assert task == draw.__wrapped__(variant, str(seed)), "drawn anew"
        assert grade_number(
            task, f"{task.answer:.6g}" if task.tolerance else f"{task.answer}"
        ).correct
        for value, reply in task.mistakes:
            grade = grade_number(task, repr(value))
            assert not grade.correct, (task.prompt, value)
            assert grade.message in [r for _, r in task.mistakes]
            assert reply


@pytest.mark.parametrize("variant", QUANTITIES)
def test_a_quantity_needs_its_unit_and_its_mistakes_have_replies(variant):
    assert len({draw_quantity(variant, str(seed)).task.prompt for seed in range(40)}) > 5
    for seed in range(50):
        drawn = draw_quantity(variant, str(seed))
        assert drawn == draw_quantity.__wrapped__(variant, str(seed)), "drawn anew"
        for unit, size in drawn.units.items():
            assert grade_quantity(drawn, f"{drawn.task.answer / size:.6g} {unit}").correct
        for value, reply in drawn.task.mistakes:
            grade = grade_quantity(drawn, f"{value!r} {drawn.task.unit}")
            assert not grade.correct, (drawn.task.prompt, value)
            assert grade.message in [r for _, r in drawn.task.mistakes]
            assert reply


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.0", "The unit is missing: write one of nats, nat, bits, bit after the number."),
        ("1 bit.", "Write a number and its unit"), ("bits", "Write a number and its unit"),
        ("3 MB", "MB is not a unit of this quantity: write one of nats"),
        ("", "Write a number and its unit"), ("9" * 99 + " bits", "Write a number and its unit"),
    ],
)  # fmt: skip
def test_a_quantity_that_cannot_be_read_gets_one_sentence(text, said):
    assert said in grade_quantity(draw_quantity("surprise", "1"), text).message


@pytest.mark.parametrize("name", SETS)
def test_the_figures_of_a_set_can_be_drawn_and_differ(name):
    assert finite(SETS[name])
    figures = SETS[name].compute()
    assert len(figures) == len(set(figures)) == SETS[name].count


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
