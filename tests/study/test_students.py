"""Simulated students work through all questions: who knows earns all, who pretends earns none."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from core.study.exam import draw_exam, mark, points
from core.study.grading.checks import (
    Response,
    decides,
    grade_answer,
    right_settings,
    shuffled,
    tries,
)
from core.study.grading.numbers import draw
from core.study.grading.quantities import draw_quantity, written
from core.study.options import shown_options
from core.study.poll import right_answer
from core.study.progress import StudyProgress, attempt, predict
from core.study.question import Question, shipped
from core.study.tasks import (
    Bug,
    Choice,
    Expression,
    Match,
    Number,
    Order,
    Quantity,
    Rubric,
    Task,
)
from tests.study.essays import KNOWS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUESTIONS = shipped()
CHOICES = sum(
    isinstance(task, Choice) for q in QUESTIONS.values() for task in (q.predict, *q.checks)
)
ESSAYS = sum(isinstance(task, Rubric) for q in QUESTIONS.values() for task in q.checks)
SEEDS = [str(seed) for seed in range(1, 21)]

Student = Callable[[Question, Task, str, int], Response]  # question, task, seed, which try


def texts(task: Task, seed: str) -> list[str]:
    """Everything that the task itself shows, in its order."""
    match task:
        case Choice():
            return [task.prompt, *(option.text for option in shown_options(task, seed))]
        case Order():
            return [task.prompt, *task.items]
        case Number():
            return [draw(task.variant, seed).prompt]
        case Quantity():
            return [draw_quantity(task.variant, seed).task.prompt]
        case Bug():
            return [task.prompt, *task.code, *(option.text for option in task.symptoms)]
        case Match():
            return [task.prompt, *task.settings]
    return [task.prompt]


def pretends(choose: Callable[[list[str], str, int], str]) -> Student:
    """A student who only chooses: the rest is the question pasted back."""

    def answer(question: Question, task: Task, seed: str, nth: int) -> Response:
        if isinstance(task, Choice):
            return choose([o.text for o in shown_options(task, seed)], seed + task.prompt, nth)
        if isinstance(task, Bug):
            symptoms = sorted(o.text for o in task.symptoms)
            random.Random(f"{seed}{task.fault}").shuffle(symptoms)
            of_line = f"line {seed}{task.prompt}{task.fault}"
            return choose(list(task.code), of_line, nth), choose(symptoms, seed + task.fault, nth)
        if isinstance(task, Match):
            if nth == 0:
                return tuple(choose(list(task.settings), f"{seed}{i}", i) for i in range(4))
            return tuple(shuffled(task.settings, f"{seed}{nth}"))
        if isinstance(task, Order):
            return tuple(shuffled(task.items, f"{seed}{nth}"))
        return paste(question, task, seed, nth)

    return answer


def paste(question: Question, task: Task, seed: str, nth: int) -> Response:
    """Everything shown so far; an order backwards, and for a formula any formula."""
    shown = [question.text, question.experiment.say, *texts(task, seed)]
    if isinstance(task, Order):
        return tuple(reversed(task.items))
    if isinstance(task, Bug):
        return "\n".join(task.code), "\n".join(option.text for option in task.symptoms)
    if isinstance(task, Match):
        return task.settings
    if isinstance(task, Expression):
        earlier = [t for other in question.checks for t in texts(other, seed) if other != task]
        every = [*earlier, *question.text.replace("$", "\n").splitlines(), *shown]
        return every[nth % len(every)].split("=")[-1]
    return "\n".join(shown)


def gibberish(question: Question, task: Task, seed: str, nth: int) -> Response:
    listed = isinstance(task, Order | Bug | Match)
    count = 120 if not listed else 2 if isinstance(task, Bug) else 5
    words = _made_up(f"{seed}{nth}{question.id}", count)
    return words if listed else " ".join(words)


@lru_cache(maxsize=32)  # the checks of a question are answered with the same
def _made_up(seed: str, count: int) -> tuple[str, ...]:
    letters = random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=6 * count)
    return tuple("".join(letters[i : i + 6]) for i in range(0, len(letters), 6))


def knows(question: Question, task: Task, seed: str, nth: int) -> Response:
    match task:
        case Order():
            return task.items
        case Rubric():
            return KNOWS[question.id]
        case Number():
            return repr(draw(task.variant, seed).answer)
        case Quantity():
            return written(draw_quantity(task.variant, seed))
        case Bug():
            return task.right
        case Match():
            return right_settings(task, seed)
    return right_answer(task, seed)[0] if isinstance(task, Choice) else _formula(task)


def _formula(task: Expression) -> str:
    return {
        "1a": "phi_y(Wy Wh Wx x1 + Wy Wx x2)",
        "1b": "phi_y(Wy (Wh^2 Wx x1 + Wh Wx x2 + Wx x3))",
        "1c": "phi_y(Wy sum(Wh^(T-i) Wx x_i, i=1..T))",
        "start": "phi_y(Wy Wh^2 h0 + Wy Wh Wx x1 + Wy Wx x2)",
        "bias": "phi_y(Wy (Wh Wx x1 + Wh b + Wx x2 + b))",
    }[task.grade_as]


STUDENTS = {
    "first option": pretends(lambda options, seed, nth: options[0]),
    "longest option": pretends(lambda options, seed, nth: max(options, key=len)),
    "shortest option": pretends(lambda options, seed, nth: min(options, key=len)),
    "random": pretends(lambda options, seed, nth: random.Random(f"{seed}{nth}").choice(options)),
    "one after the other": pretends(lambda options, seed, nth: options[nth]),
    "ticks all": pretends(lambda options, seed, nth: "\n".join(options)),
    "pastes the question": paste,
    "gibberish": gibberish,
}


@dataclass(frozen=True)
class Report:
    choices: int  # of all, predictions included, right at once
    essays: int
    questions: int  # earned


def report(student: Student, seed: str) -> Report:
    """What the student earns in one round, with up to ten tries at every check."""
    progress, choices, essays, earned = StudyProgress(seed), 0, 0, 0
    for name, question in QUESTIONS.items():
        drawn, total = progress.task_seed(name), len(question.checks)
        said = student(question, question.predict, drawn, 0)
        if isinstance(question.predict, Choice):
            choices += grade_answer(question.predict, said, drawn).correct
        progress = predict(progress, name, str(said))
        for i, task in enumerate(question.checks):
            for nth in range(10):
                record = progress.record(name)
                if i in (*record.passed, *record.missed):
                    break
                right = grade_answer(task, student(question, task, drawn, nth), drawn).correct
                choices += right and nth == 0 and isinstance(task, Choice)
                essays += right and isinstance(task, Rubric)
                progress = attempt(progress, name, i, total, right, NOW, tries=tries(task))
        earned += progress.record(name).earned(total)
    return Report(choices, essays, earned)


def test_one_who_knows_earns_all() -> None:
    for seed in SEEDS[:5]:
        assert report(knows, seed) == Report(CHOICES, ESSAYS, len(QUESTIONS))


@pytest.mark.parametrize("name", STUDENTS)
def test_one_who_pretends_earns_no_more_choices_than_chance_and_no_question(name: str) -> None:
    reports = [report(STUDENTS[name], seed) for seed in SEEDS]
    assert {(r.essays, r.questions) for r in reports} == {(0, 0)}
    chance = [
        1 / len(task.options)
        for q in QUESTIONS.values()
        for task in (q.predict, *q.checks)
        if isinstance(task, Choice)
    ]
    deviation = (sum(p * (1 - p) for p in chance) / len(SEEDS)) ** 0.5
    assert sum(r.choices for r in reports) / len(SEEDS) <= sum(chance) + 3 * deviation


def test_no_question_is_passed_by_picking_alone() -> None:
    """Each has a check whose answer must be written or computed."""
    assert [n for n, q in QUESTIONS.items() if not any(map(decides, q.checks))] == []


@pytest.mark.parametrize("name", STUDENTS)
def test_picking_finds_faults_and_settings_no_more_often_than_chance(name: str) -> None:
    right = chance = variance = 0.0
    for seed in SEEDS:
        for question in QUESTIONS.values():
            for task in question.checks:
                if isinstance(task, Bug | Match):
                    said = STUDENTS[name](question, task, seed, 0)
                    right += grade_answer(task, said, seed).correct
                    p = 1 / (8 * len(task.symptoms)) if isinstance(task, Bug) else 1 / 24
                    chance, variance = chance + p, variance + p * (1 - p)
    assert right <= chance + 3 * variance**0.5


def exam_points(student: Student, seed: str) -> float:
    items = draw_exam(QUESTIONS, seed)
    said = {i.question: student(QUESTIONS[i.question], i.task, i.seed, 0) for i in items}
    return points(mark(items, said))


@pytest.mark.parametrize("name", STUDENTS)
def test_in_an_exam_one_who_pretends_earns_little_and_one_who_knows_all(name: str) -> None:
    """Parts of faults, settings and orders are right by chance; no whole task is."""
    earned = [exam_points(STUDENTS[name], seed) for seed in SEEDS]
    assert sum(earned) / len(earned) <= 1.5
    assert {exam_points(knows, seed) for seed in SEEDS[:3]} == {10.0}


def test_the_right_option_is_seldom_the_longest() -> None:
    """Also not when it is only as long as another."""
    longest = 0
    for question in QUESTIONS.values():
        for task in (question.predict, *question.checks):
            if isinstance(task, Choice):
                length = max(len(option.text) for option in task.options)
                longest += any(o.right and len(o.text) == length for o in task.options)
    assert longest <= 0.4 * CHOICES


if __name__ == "__main__":  # a line for each student
    for name, student in {**STUDENTS, "knows": knows}.items():
        reports = [report(student, seed) for seed in SEEDS]
        mean = sum(r.choices for r in reports) / len(SEEDS)
        in_exam = sum(exam_points(student, seed) for seed in SEEDS) / len(SEEDS)
        print(f"{name}: {mean:.1f} of {CHOICES} choices, {reports[0].essays} of {ESSAYS} essays, "
              f"{reports[0].questions} of {len(QUESTIONS)} questions, "
              f"{in_exam:.1f} of 10 points in an exam")  # fmt: skip
