"""The tasks of questions one by one, and their text as the XHTML that other systems read.

Choices, numbers and orders are what QTI and Moodle have too; the other kinds are only printed.
Formulas stay LaTeX between \\( and \\), which MathJax typesets in Canvas and Moodle.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.study.grading.number_task import NumberTask
from core.study.grading.numbers import draw
from core.study.grading.quantities import QuantityTask, draw_quantity
from core.study.question import Question
from core.study.tasks import Choice, Number, Order, Quantity, Task

Portable = Choice | Order | NumberTask
_PARTS = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\*\*(.+?)\*\*|`(.+?)`", re.S)


@dataclass(frozen=True)
class Exercise:
    """One task of a question. name: unique among all, such as "1d-2"; a number is drawn."""

    name: str
    title: str
    text: str  # of the question
    task: Task | NumberTask | QuantityTask

    @property
    def prompt(self) -> str:
        """What is asked."""
        task = self.task.task if isinstance(self.task, QuantityTask) else self.task
        assert not isinstance(task, Number | Quantity), "numbers are drawn"
        return task.prompt


def exercises(questions: Iterable[Question], seed: str) -> Iterator[Exercise]:
    """The prediction and the checks of every question; numbers are drawn from the seed."""
    for question in questions:
        for number, task in enumerate((question.predict, *question.checks)):
            name = f"{question.id}-{number}"
            yield Exercise(name, question.title, question.text, _drawn(task, seed))


def _drawn(task: Task, seed: str) -> Task | NumberTask | QuantityTask:
    match task:
        case Number():
            return draw(task.variant, seed)
        case Quantity():
            return draw_quantity(task.variant, seed)
    return task


def portable(questions: Iterable[Question], seed: str) -> list[Exercise]:
    """Those that QTI and Moodle have too: choices, numbers and orders."""
    return [one for one in exercises(questions, seed) if isinstance(one.task, Portable)]


def tolerance(task: NumberTask) -> float:
    """How far an answer may be from the right one, in its unit; as in the course's own grading."""
    return max(task.tolerance * abs(task.answer), 1e-9)


def mistakes(task: NumberTask) -> list[tuple[float, str, float]]:
    """Each usual mistake, its reply, and how far an answer may be from it to get that reply: not
    past the middle between two mistakes, so that the nearest one replies, as in the course."""
    reached = []
    for value, reply in task.mistakes:
        halves = [abs(value - other) / 2 for other, _ in task.mistakes if other != value]
        reached.append((value, reply, min([max(task.tolerance * abs(value), 1e-9), *halves])))
    return reached


def decimal(value: float) -> str:
    """The number without an exponent, which not every system reads: twelve places at most."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def xhtml(text: str) -> str:
    """Paragraphs of well-formed XHTML: bold text, code and formulas; everything else literally."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(f"<p>{inline(paragraph)}</p>" for paragraph in paragraphs)


def inline(text: str) -> str:
    """The same for one line."""
    done, at = "", 0
    for match in _PARTS.finditer(text):
        shown, line, bold, code = (html.escape(part or "", quote=False) for part in match.groups())
        done += html.escape(text[at : match.start()], quote=False)
        done += (
            f"\\[{shown}\\]" if shown
            else f"\\({line}\\)" if line
            else f"<strong>{bold}</strong>" if bold
            else f"<code>{code}</code>"
        )  # fmt: skip
        at = match.end()
    return " ".join((done + html.escape(text[at:], quote=False)).split())
