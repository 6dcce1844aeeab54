"""Questions as Moodle XML: multichoice, numerical and ordering (part of Moodle from 4.4 on).

Of a choice, the reply to each option comes along as feedback; of a number, the reply to each usual
mistake and the unit as a sentence, since Moodle takes the number alone; an order is graded as in
Unrolled: right or wrong as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from core.study.export.exercises import (
    Exercise,
    decimal,
    inline,
    mistakes,
    portable,
    tolerance,
    xhtml,
)
from core.study.grading.number_task import NumberTask
from core.study.question import Question
from core.study.tasks import Choice, Order


def moodle_xml(questions: Iterable[Question], seed: str = "1") -> bytes:
    """The file for Moodle's question bank (Import, Moodle XML format)."""
    root = ET.Element("quiz")
    category = ET.SubElement(ET.SubElement(root, "question", type="category"), "category")
    ET.SubElement(category, "text").text = "Unrolled"  # in the question bank one imports into
    for exercise in portable(questions, seed):
        _question(root, exercise)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _question(root: ET.Element, exercise: Exercise) -> None:
    match exercise.task:
        case Choice():
            asked = _begun(root, "multichoice", exercise)
            _fields(asked, single="true", shuffleanswers="true", answernumbering="none")
            for option in exercise.task.options:
                _answer(asked, "100" if option.right else "0", inline(option.text), option.reply)
        case NumberTask():
            task = exercise.task
            note = f"Write the number alone, without its unit ({task.unit})." if task.unit else ""
            asked = _begun(root, "numerical", exercise, note)
            _answer(asked, "100", decimal(task.answer), task.worked, tolerance(task))
            for value, reply, within in mistakes(task):
                _answer(asked, "0", decimal(value), reply, within)
            _fields(asked, unitgradingtype="0", showunits="3", unitsleft="0")
        case Order():
            asked = _begun(root, "ordering", exercise)
            _fields(
                asked, layouttype="VERTICAL", selecttype="ALL", selectcount="0",
                gradingtype="ALL_OR_NOTHING", showgrading="SHOW", numberingstyle="none",
                shownumcorrect="1",
            )  # fmt: skip
            for number, item in enumerate(exercise.task.items, 1):
                _answer(asked, str(number), inline(item), "")


def _begun(root: ET.Element, kind: str, exercise: Exercise, note: str = "") -> ET.Element:
    asked = ET.SubElement(root, "question", type=kind)
    _text(asked, "name", f"{exercise.name} {exercise.title}")
    prompt = f"<p>{inline(exercise.prompt)}</p>" + (f"<p>{note}</p>" if note else "")
    _text(asked, "questiontext", xhtml(exercise.text) + prompt, "html")
    _text(asked, "generalfeedback", "", "html")
    _fields(asked, defaultgrade="1", penalty="0.3333333", hidden="0")
    return asked


def _answer(
    asked: ET.Element, fraction: str, text: str, reply: str, within: float | None = None
) -> None:
    kind = "html" if within is None else "moodle_auto_format"
    answer = ET.SubElement(asked, "answer", fraction=fraction, format=kind)
    ET.SubElement(answer, "text").text = text
    _text(answer, "feedback", inline(reply), "html")
    if within is not None:
        ET.SubElement(answer, "tolerance").text = decimal(within)


def _text(parent: ET.Element, tag: str, text: str, kind: str = "") -> None:
    element = ET.SubElement(parent, tag, {"format": kind} if kind else {})
    ET.SubElement(element, "text").text = text


def _fields(parent: ET.Element, **values: str) -> None:
    for tag, value in values.items():
        ET.SubElement(parent, tag).text = value
