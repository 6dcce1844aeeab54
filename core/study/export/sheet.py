"""Questions as a sheet to print, with its key on separate pages: Markdown with formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.study.export.exercises import exercises
from core.study.grading.checks import shuffled
from core.study.grading.number_task import NumberTask
from core.study.grading.quantities import QuantityTask
from core.study.options import shown_options
from core.study.question import Question
from core.study.tasks import Bug, Choice, Match, Order, Rubric, Task

_LETTERS = "abcdefghijklmnop"
ONLY_THERE = "*The figures of this task are on the Study page.*"
_PAGE = '\n<div style="page-break-before: always"></div>\n'
_LINES = "\n".join(["\\_" * 60 + "  "] * 4)


def sheet(questions: Sequence[Question], seed: str = "1") -> str:
    """The questions, then the key with the model answers. The seed draws numbers and orders."""
    asked = ["# Questions", f"Seed {seed}. Name: " + "\\_" * 40]
    key = ["# Key", f"Seed {seed}."]
    for question in questions:
        heading = f"## {question.id} · {question.title}"
        asked += [heading, question.text]
        key += [heading]
        for number, exercise in enumerate(exercises([question], seed)):
            label = "Predict" if number == 0 else f"Task {number}"
            asked += [f"**{label}.** {exercise.prompt}", *_space(exercise.task, seed)]
            key += [f"**{label}.** {_right(exercise.task, seed)}"]
        key += [
            question.answer.text,
            f"*Where common notes are imprecise:* {question.answer.loose}",
        ]
    return "\n\n".join([*asked, _PAGE, *key]) + "\n"


def _space(task: Task | NumberTask | QuantityTask, seed: str) -> Iterable[str]:
    """What is printed below the prompt: options, lines to be numbered, or room to write."""
    match task:
        case Choice():
            texts = [option.text for option in shown_options(task, seed)]
            return [_listed(texts, "☐")]
        case Order():
            return [_listed(shuffled(task.items, seed), "\\_\\_\\_")]
        case NumberTask():
            return [task.with_unit("\\_" * 12)]
        case QuantityTask():
            return ["\\_" * 12 + " (a number and its unit)"]
        case Bug():
            lines = "\n".join(f"{number}  {line}" for number, line in enumerate(task.code, 1))
            return [f"```python\n{lines}\n```", _listed(_symptoms(task, seed), "☐")]
        case Match():
            return [_listed(shuffled(task.settings, seed), "☐"), ONLY_THERE]
    return [_LINES]


def _symptoms(task: Bug, seed: str) -> list[str]:
    return shuffled(tuple(option.text for option in task.symptoms), seed)


def _listed(texts: Iterable[str], box: str) -> str:
    return "\n".join(
        f"- {box} ({letter}) {text}" for letter, text in zip(_LETTERS, texts, strict=False)
    )


def _right(task: Task | NumberTask | QuantityTask, seed: str) -> str:
    """The right answer to one task, as the key gives it."""
    match task:
        case Choice():
            options = shown_options(task, seed)
            at = next(number for number, option in enumerate(options) if option.right)
            return f"({_LETTERS[at]}) {options[at].text}: {options[at].reply}"
        case Order():
            shown = shuffled(task.items, seed)
            return "In this order: " + ", ".join(_LETTERS[shown.index(item)] for item in task.items)
        case NumberTask():
            return f"{task.with_unit(f'{task.answer:,.6g}')}. {task.worked}"
        case QuantityTask():
            return f"{task.task.answer:,.6g} {task.task.unit}. {task.task.worked}"
        case Bug():
            line, symptom = task.right
            repair = f"Line {task.code.index(line) + 1}; repaired: `{task.repair.strip()}`."
            reply = next(option.reply for option in task.symptoms if option.right)
            return f"{repair} ({_LETTERS[_symptoms(task, seed).index(symptom)]}) {symptom}: {reply}"
        case Match():
            return f"{task.reply} {ONLY_THERE}"
        case Rubric():
            points = "\n".join(f"- {point.text}" for point in task.points)
            return f"At least {task.enough} of these points:\n\n{points}"
    return "See the model answer."
