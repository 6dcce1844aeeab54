"""The questions as data: all of them, well formed, their links and names real."""

import re

import pytest

from core.study import question as q
from core.study.grading.checks import grade_answer, right_settings, shuffled
from core.study.grading.numbers import VARIANTS, draw, grade_number, read_number
from core.study.grading.quantities import QUANTITIES, draw_quantity, grade_quantity, written
from core.study.kinds.pictures import SETS, finite
from core.study.measure.store import MEASUREMENTS, fill, measure, placeholders
from core.study.question import own_files, own_folder, read_question
from core.study.tasks import Bug, Choice, Match, Number, Order, Quantity, Rubric
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
    assert len(QUESTIONS) >= 40


def test_every_lesson_decides_at_least_two_questions():
    pages = [question.experiment.page for question in QUESTIONS.values()]
    lessons = ["rnn", "attention", "heads", "positions", "vit", "patches", "maps", "versus"]
    assert [name for name in (*lessons, "gpt", "decoding") if pages.count(name) < 2] == []


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
        assert task == draw(variant, str(seed))
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
        assert drawn == draw_quantity(variant, str(seed))
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


KINDS = {
    name: task
    for name, task in (
        ("bug", '''kind = "bug"
prompt = "Which?"
fault = "no_scale"
code = ["a", "b", "c", "d", "e", "f", "g", "h"]
wrong = "c"
repair = "C"
symptoms = [{ text = "a", reply = "yes", right = true }, { text = "b", reply = "no" }]'''),
        ("match", '''kind = "match"
prompt = "Which?"
figures = "powers"
settings = ["one", "two", "three", "four"]
reply = "Look."'''),
        ("order", '''kind = "order"
prompt = "Order."
items = ["one", "two", "three"]
slips = [{ early = "two", before = "one", reply = "No." }]'''),
        ("quantity", '''kind = "quantity"
variant = "surprise"'''),
        ("expression", '''kind = "expression"
prompt = "Type."
grade_as = "bias"'''),
        ("choice", '''kind = "choice"
prompt = "Choose."
options = [{ text = "c", reply = "yes", right = true }, { text = "d", reply = "no" }]'''),
        ("number", '''kind = "number"
variant = "half_life"'''),
        ("rubric", '''kind = "rubric"
prompt = "Explain."
points = [{ text = "one", ask = "What?", needs = [["a"], ["b"]] }]
enough = 1'''),
    )
}  # fmt: skip
WRONG = ["1", "[]", '""', "{}", "[[]]", '["<b>"]', '"<script>"', "true"]


def own(kind):
    return OWN.replace('kind = "number"\nvariant = "half_life"', KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_an_own_question_of_each_kind_is_read(kind):
    questions, errors = own_files([("mine.toml", own(kind).encode())])
    assert errors == []
    assert len(questions["own-1"].checks) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_that_is_missing_or_wrong_is_named_in_one_sentence(kind):
    for line in KINDS[kind].splitlines():
        key = line.split(" = ")[0]
        for value in [None, *WRONG]:
            if (key == "slips" and value in (None, "[]")) or (key, value) == ("repair", WRONG[6]):
                continue  # slips may be missing, and a line of code may hold any sign
            if (key, value) == ("enough", "1"):
                continue
            changed = "" if value is None else f"{key} = {value}"
            refused(own(kind).replace(line, changed), key, r"mine\.toml, line \d+: ")


def refused(file, key, begins):
    """The file is refused with one sentence that names the key."""
    questions, errors = own_files([("mine.toml", file.encode())])
    assert questions == {}, file
    assert len(errors) == 1
    assert re.match(begins, errors[0]), errors[0]
    assert errors[0].count(". ") == 0
    assert "None" not in errors[0]
    assert key.removesuffix("s") in errors[0], errors[0]


@pytest.mark.parametrize("part", re.split(r"\n(?=\[)", OWN), ids=lambda part: part.split()[0])
def test_each_field_of_the_file_and_of_its_tables_is_named_in_one_sentence(part):
    for line in [line for line in part.splitlines() if " = " in line]:
        key = line.split(" = ")[0]
        for value in [None, *WRONG]:
            if key == "state" and value in (None, "{}"):
                continue
            changed = "" if value is None else f"{key} = {value}"
            refused(OWN.replace(part, part.replace(line, changed)), key, r"mine\.toml[,:] ")


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("bug", ('"no_scale"', '"luck"'), "there is no fault 'luck'; there are no_scale, "),
        ("bug", ('"a", "b"', '"b", "b"'), "two lines of code are the same"),
        ("bug", ('"a", "b", ', '"a", '), "code must be a list of 8 lines, each of 1 to 90"),
        ("bug", ('wrong = "c"', 'wrong = "z"'), "wrong must be one of the lines of code"),
        ("bug", ('repair = "C"', 'repair = "a"'), "repair must be the line that replaces"),
        ("bug", ("right = true", "right = false"), "exactly one option"),
        ("match", ('"powers"', '"luck"'), "there are no figures 'luck'; there are powers, "),
        ("match", (', "four"', ""), "settings has 3 texts, and 'powers' has 4 figures"),
        ("quantity", ('"surprise"', '"luck"'), "there is no variant 'luck'; there are cache_"),
        ("expression", ('"bias"', '"luck"'), "use one of 1a, 1b, 1c, start, bias"),
        ("order", ('early = "two"', 'early = "luck"'), "a slip names two items"),
    ],
)
def test_a_mistake_in_a_new_kind_says_what_is_allowed(kind, change, said):
    questions, errors = own_files([("mine.toml", own(kind).replace(*change).encode())])
    assert questions == {}
    assert said in errors[0]


@pytest.mark.parametrize("hints", ["1", '["one"]', '["a", "a", "b"]', '["a", "b", "c", "d"]'])
def test_wrong_hints_are_refused(hints):
    file = OWN.replace("[predict]", f"hints = {hints}\n[predict]")
    _, errors = own_files([("mine.toml", file.encode())])
    assert "hints" in errors[0]


def test_an_own_file_that_is_no_text_or_too_long_is_refused():
    with pytest.raises(ValueError, match="not UTF-8"):
        read_question("x.toml", b"\xff\xfe")
    with pytest.raises(ValueError, match="keep it under"):
        read_question("x.toml", b"#" * 100_000)
