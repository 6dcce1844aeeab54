"""The study page as a student uses it: every question worked through, right and wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.study.grading.checks import shuffled
from core.study.measure.store import placeholders
from core.study.options import shown_options
from core.study.progress import StudyProgress, predict as predicted
from core.study.storage.progress_file import dump, load
from core.study.tasks import Choice, Rubric
from dashboard.study.tasks import formula
from tests.dashboard.study_page import (
    QUESTIONS,
    RIGHT,
    button,
    fill_in,
    open_list,
    open_question,
    text_of,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("UNROLLED_STATE", str(tmp_path / "state"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_worked_through_wrong_and_then_right(name: str) -> None:
    question = QUESTIONS[name]
    seed = StudyProgress().task_seed(name)
    app = open_question(name)
    assert "2 · Try it" not in text_of(app)

    fill_in(app, question.predict, f"{name}-1-predict", seed, right=False)
    button(app, "Keep my prediction").click().run()
    assert "2 · Try it" in text_of(app)

    for i, task in enumerate(question.checks):
        place = f"{name}-1-check-{i}"
        fill_in(app, task, place, seed, right=False)
        app.button(f"{place}-send").click().run()
        assert len(app.warning) == 1, "a wrong answer gets exactly one reply"
        assert app.warning[0].value

        secret = question.answer.text[:60]
        assert secret not in text_of(app), "the model answer is not on the page before it is earned"
        assert question.answer.loose[:60] not in text_of(app)
        assert all(code not in text_of(app) for code in question.answer.code)

        fill_in(app, task, place, seed, right=True)
        app.button(f"{place}-send").click().run()
        assert len(app.success) == i + 1
    assert not app.exception
    assert "4 · Model answer" in text_of(app)
    assert question.answer.text[:60] in text_of(app)
    assert question.answer.loose[:60] in text_of(app)
    for sentence in question.answer.measured:
        assert placeholders(sentence.text)
        assert "has not been measured on this machine yet" in text_of(app)


def _said(task: Rubric) -> list[str]:
    return [said for point in task.points for said in (point.text, point.ask)]


def test_before_a_prediction_nothing_on_the_page_says_what_is_right() -> None:
    for name, question in QUESTIONS.items():
        shown = text_of(open_question(name))
        tasks = [question.predict, *question.checks]
        replies = [o.reply for task in tasks if isinstance(task, Choice) for o in task.options]
        points = [p for task in tasks if isinstance(task, Rubric) for p in _said(task)]
        for secret in (*replies, *points, question.answer.text, question.answer.loose):
            assert secret not in shown


def test_an_essay_is_answered_with_what_it_says_and_what_is_missing() -> None:
    task = QUESTIONS["4g"].checks[1]
    app = open_question("4g")
    fill_in(app, QUESTIONS["4g"].predict, "4g-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    fill_in(app, QUESTIONS["4g"].checks[0], "4g-1-check-0", "", right=True)
    app.button("4g-1-check-0-send").click().run()
    assert not app.checkbox, "nothing can be ticked"

    mine = "It starts with a speaker's name and a colon, as most do."
    app.text_area("4g-1-check-1-given").set_value(mine)
    app.button("4g-1-check-1-send").click().run()
    shown = text_of(app).replace("\\", "")
    assert "Your text makes 1 of 3 points; 2 are needed." in shown
    assert task.points[0].text in shown
    assert f"You wrote: “{mine}”" in shown
    for point in task.points[1:]:
        assert point.ask in shown
        assert point.text not in shown, "what is missing is asked for, not told"
    assert app.text_area("4g-1-check-1-given").value == mine, "nothing written is lost"

    app.text_area("4g-1-check-1-given").set_value(mine + " It loops, as greedy never changes.")
    app.button("4g-1-check-1-send").click().run()
    shown = text_of(app).replace("\\", "")
    assert "4 · Model answer" in shown
    answer = QUESTIONS["4g"].answer.text[:40]
    assert shown.index("**Your answer:** It starts with") < shown.index(answer)
    assert f"Not in your text: {task.points[1].text}" in shown


def test_after_three_wrong_answers_the_answer_may_be_asked_for() -> None:
    app = open_question("1a")
    fill_in(app, QUESTIONS["1a"].predict, "1a-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    for wrong in range(3):
        assert not [b for b in app.button if b.label == "Show me the answer"]
        app.text_input("1a-1-check-0-given").set_value(f"phi_y(x{wrong + 1})")
        app.button("1a-1-check-0-send").click().run()
    button(app, "Show me the answer").click().run()
    assert "4 · Model answer" in text_of(app)


def test_a_choice_takes_two_tries_and_then_shows_what_was_right() -> None:
    question = QUESTIONS["1f"]
    task = question.checks[0]
    wrong = [option for option in task.options if not option.right]
    right = next(option for option in task.options if option.right)
    app = open_question("1f")
    fill_in(app, question.predict, "1f-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    app.radio("1f-1-check-0-given").set_value(wrong[0].text)
    app.button("1f-1-check-0-send").click().run()
    assert app.warning[0].value.endswith("You have 1 more try\\.")
    assert right.reply not in text_of(app).replace("\\", "")
    app.radio("1f-1-check-0-given").set_value(wrong[1].text)
    app.button("1f-1-check-0-send").click().run()
    shown = text_of(app).replace("\\", "")
    assert f"The right answer: {right.text}. {right.reply}" in shown
    assert "1f-1-check-0-given" not in [radio.key for radio in app.radio], "no third try"

    fill_in(app, question.checks[1], "1f-1-check-1", "", right=True)
    app.button("1f-1-check-1-send").click().run()
    shown = text_of(app)
    assert "4 · Model answer" in shown
    assert "This question is not earned yet." in shown
    assert f"0 of {len(QUESTIONS)} earned" in shown
    assert "answer shown" in text_of(open_list(app)), "so says the list"
    assert "You have earned all" not in shown


def test_the_list_names_every_question_its_lesson_and_how_far_it_is() -> None:
    app = open_question("1a")
    assert "**1a** Unroll two steps" not in text_of(app), "not sent before it is opened"
    open_list(app)
    fill_in(app, QUESTIONS["1a"].predict, "1a-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    shown = text_of(app)
    for name, question in QUESTIONS.items():
        assert f"**{name}** {question.title} :small[· " in shown
    assert "**1a** Unroll two steps :small[· Unrolled RNN, started]" in shown
    app.text_input("1a-1-check-0-given").set_value(RIGHT["1a"])
    app.button("1a-1-check-0-send").click().run()
    assert "**1a** Unroll two steps :small[· Unrolled RNN, earned]" in text_of(app)
    assert "**3e** CNN against ViT :small[· ViT against CNN]" in text_of(app)
    assert "Next question: 1b · Unroll three steps" in text_of(app)


def test_a_line_of_an_order_is_clicked_in_and_out() -> None:
    question, task, seed = QUESTIONS["2d"], QUESTIONS["2d"].checks[1], "1:2d:1"
    app = open_question("2d")
    fill_in(app, question.predict, "2d-1-predict", "", right=True)
    button(app, "Keep my prediction").click().run()
    mixed, key = shuffled(task.items, seed), "2d-1-check-1-given"
    for line in (task.items[2], task.items[0], task.items[2], task.items[1]):
        app.button(f"{key}-{mixed.index(line)}").click().run()
    labels = [app.button(f"{key}-{i}").label for i in range(len(mixed))]
    assert labels[mixed.index(task.items[0])].startswith(":blue-badge[1]")
    assert labels[mixed.index(task.items[1])].startswith(":blue-badge[2]")
    assert sum(label.startswith(":blue-badge") for label in labels) == 2
    typed = app.session_state["study-progress"].record("2d").typed["1"]
    assert typed.lines == task.items[:2], "kept as it is, not checked yet"
    app.button("2d-1-check-1-send").click().run()
    assert "Place all 6 lines" in text_of(app)


def test_a_prediction_that_is_no_option_any_more_is_not_called_wrong() -> None:
    app = open_question("1a")
    app.session_state["study-progress"] = predicted(StudyProgress(), "1a", "An older option")
    app.run()
    app.text_input("1a-1-check-0-given").set_value(RIGHT["1a"])
    app.button("1a-1-check-0-send").click().run()
    assert "**Your prediction:** An older option" in text_of(app)
    assert "prediction was wrong" not in text_of(app)


def test_the_same_seed_asks_the_same_number_and_another_seed_another() -> None:
    def prompt(seed: str) -> str:
        app = open_question("4i", seed=seed)
        app.radio("4i-1-predict-given").set_value("O(1)")
        button(app, "Keep my prediction").click().run()
        return next(m.value for m in app.markdown if "bytes" in m.value)

    assert prompt("group-a") == prompt("group-a")
    assert len({prompt(seed) for seed in ("group-a", "group-b", "group-c")}) > 1


def test_options_stand_in_the_order_of_the_seed() -> None:
    task = QUESTIONS["1d"].predict
    orders = {}
    for seed in ("group-a", "group-b", "group-c"):
        shown = open_question("1d", seed=seed).radio("1d-1-predict-given").options
        drawn = shown_options(task, StudyProgress(seed).task_seed("1d"))
        assert shown == [formula(option.text) for option in drawn]
        orders[seed] = tuple(shown)
    assert len(set(orders.values())) > 1


def test_a_measured_number_appears_in_the_answer_once_it_was_measured() -> None:
    app = open_question("1d")
    question, seed = QUESTIONS["1d"], StudyProgress().task_seed("1d")
    fill_in(app, question.predict, "1d-1-predict", seed, right=True)
    button(app, "Keep my prediction").click().run()
    for i, task in enumerate(question.checks):
        fill_in(app, task, f"1d-1-check-{i}", seed, right=True)
        app.button(f"1d-1-check-{i}-send").click().run()
    app.button("measure-decay").click().run()
    assert not app.exception
    assert "6\\.6 steps" in text_of(app)


def test_what_is_typed_is_never_shown_as_markup() -> None:
    app = open_question("1b")
    app.text_input("1b-1-predict-given").set_value("**bold** ![x](http://y) <b>")
    button(app, "Keep my prediction").click().run()
    shown = next(m.value for m in app.markdown if "Your prediction" in m.value)
    assert "**bold**" not in shown
    assert "\\<b\\>" in shown


def test_letters_of_the_rnn_are_set_as_formulas() -> None:
    assert formula("the term W_y W_h x_12") == "the term $W_{y}$ $W_{h}$ $x_{12}$"
    assert formula("φ_y(W_h^2 x_1)") == "$φ_{y}$\\($W_{h}^{2}$ $x_{1}$\\)"
    assert formula("‖W^k‖ and ρ^k = ½, ρ") == "‖$W^{k}$‖ and $ρ^{k}$ \\= ½, ρ"
    assert formula("a_b <i>") == "a\\_b \\<i\\>"
    assert formula("e^2 / (e^2 + 10)") == "$e^{2}$ \\/ \\($e^{2}$ \\+ 10\\)"
    assert formula("1.1^−6 and w^(−α)", safe=True) == "$1.1^{−6}$ and $w^{−α}$"
    assert formula("2.5^0.5 or e^(m · 4)") == "$2.5^{0.5}$ or $e^{m · 4}$"
    assert formula("Wh^2 $a x_1^2$ x^", safe=True) == "Wh^2 $a x_1^2$ x^"
    assert formula("1 − h_k² and c_{t−1}", safe=True) == "1 − $h_{k}$² and $c_{t−1}$"
    assert formula(r"e^(\\x) 2^(5%)") == r"$e^{x}$ 2\^\(5%\)"
    assert formula("W_h^{T+1−i} / e^{z_j}") == "$W_{h}^{T+1−i}$ \\/ $e^{z_{j}}$"


def test_progress_is_saved_and_loaded_through_the_page() -> None:
    app = open_question("1a")
    app.session_state["study-progress"] = load(dump(StudyProgress("group-9")))
    app.run()
    app.text_input("study-name").set_value("Ada")
    app.text_input("study-word").set_value("lovelace")
    button(app, "Save here").click().run()
    assert not app.error
    app.session_state["study-progress"] = StudyProgress()
    button(app, "Fetch").click().run()
    assert app.session_state["study-progress"].seed == "group-9"
    assert json.loads(dump(app.session_state["study-progress"]))["seed"] == "group-9"
    app.text_input("study-word").set_value("wrong")
    button(app, "Fetch").click().run()
    assert "check both" in app.error[0].value
