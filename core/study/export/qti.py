"""Questions as a package of QTI 2.1: one item for each choice, number and order.

The parts and their order follow the schema of IMS QTI 2.1.1 (2013). Of a choice, the reply to each
option comes along as feedback; of a number, the reply to each usual mistake.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
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

NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_SCHEMA = f"{NAMESPACE} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DATE = (2026, 1, 1, 0, 0, 0)  # the same questions give the same file
_ONCE = {"adaptive": "false", "timeDependent": "false"}


def qti_package(questions: Iterable[Question], seed: str = "1") -> bytes:
    """The zip for a system that imports QTI 2.1."""
    files = {f"q-{one.name}.xml": _item(one) for one in portable(questions, seed)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in {"imsmanifest.xml": _manifest(list(files)), **files}.items():
            ET.indent(root)
            text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
            archive.writestr(zipfile.ZipInfo(name, _DATE), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _manifest(files: Sequence[str]) -> ET.Element:
    root = ET.Element("manifest", xmlns=_PACKAGE, identifier="unrolled-questions")
    about = ET.SubElement(root, "metadata")
    ET.SubElement(about, "schema").text = "QTIv2.1 Package"
    ET.SubElement(about, "schemaversion").text = "1.0.0"
    ET.SubElement(root, "organizations")
    resources = ET.SubElement(root, "resources")
    for name in files:
        resource = ET.SubElement(
            resources, "resource",
            identifier=f"r-{name[:-4]}", type="imsqti_item_xmlv2p1", href=name,
        )  # fmt: skip
        ET.SubElement(resource, "file", href=name)
    return root


def _item(exercise: Exercise) -> ET.Element:
    root = ET.Element("assessmentItem", {"xmlns": NAMESPACE, "xmlns:xsi": _XSI})
    root.attrib |= {"xsi:schemaLocation": _SCHEMA, "identifier": f"q-{exercise.name}"}
    root.attrib |= {"title": f"{exercise.name} {exercise.title}", **_ONCE}
    match exercise.task:
        case Choice():
            _choice(root, exercise, exercise.task)
        case Order():
            _order(root, exercise, exercise.task)
        case NumberTask():
            _number(root, exercise, exercise.task)
    return root


def _choice(root: ET.Element, exercise: Exercise, task: Choice) -> None:
    names = [f"option-{number}" for number in range(1, len(task.options) + 1)]
    right = [name for name, option in zip(names, task.options, strict=True) if option.right]
    body = _declared(root, exercise, "single", "identifier", right)
    asked = ET.SubElement(
        body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle="true", maxChoices="1"
    )
    asked.append(_element("prompt", inline(task.prompt)))
    for name, option in zip(names, task.options, strict=True):
        asked.append(_element("simpleChoice", inline(option.text), identifier=name))
    rules = ET.SubElement(root, "responseProcessing")
    _score(rules, ET.Element("match"))
    feedback = ET.SubElement(rules, "setOutcomeValue", identifier="FEEDBACK")
    ET.SubElement(feedback, "variable", identifier="RESPONSE")
    for name, option in zip(names, task.options, strict=True):
        _feedback(root, name, option.reply)


def _order(root: ET.Element, exercise: Exercise, task: Order) -> None:
    names = [f"line-{number}" for number in range(1, len(task.items) + 1)]
    body = _declared(root, exercise, "ordered", "identifier", names)
    asked = ET.SubElement(body, "orderInteraction", responseIdentifier="RESPONSE", shuffle="true")
    asked.append(_element("prompt", inline(task.prompt)))
    for name, item in zip(names, task.items, strict=True):
        asked.append(_element("simpleChoice", inline(item), identifier=name))
    _score(ET.SubElement(root, "responseProcessing"), ET.Element("match"))


def _number(root: ET.Element, exercise: Exercise, task: NumberTask) -> None:
    body = _declared(root, exercise, "single", "float", [decimal(task.answer)])
    line = _element("p", inline(task.prompt) + " ")
    ET.SubElement(line, "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="12")
    line[-1].tail = task.with_unit("")
    body.append(line)
    rules = ET.SubElement(root, "responseProcessing")
    condition = _score(rules, _equal(tolerance(task)), feedback="right")
    for number, (value, _, within) in enumerate(mistakes(task), 1):
        otherwise = ET.SubElement(condition, "responseElseIf")
        same = _equal(within)
        ET.SubElement(same, "variable", identifier="RESPONSE")
        ET.SubElement(same, "baseValue", baseType="float").text = decimal(value)
        otherwise.append(same)
        _set(otherwise, "FEEDBACK", "identifier", f"mistake-{number}")
    _feedback(root, "right", task.worked)
    for number, (_, reply) in enumerate(task.mistakes, 1):
        _feedback(root, f"mistake-{number}", reply)


def _declared(
    root: ET.Element, exercise: Exercise, cardinality: str, base: str, right: Sequence[str]
) -> ET.Element:
    """Declare the response and the outcomes; return the body, with the text of the question."""
    response = ET.SubElement(
        root, "responseDeclaration",
        identifier="RESPONSE", cardinality=cardinality, baseType=base,
    )  # fmt: skip
    correct = ET.SubElement(response, "correctResponse")
    for value in right:
        ET.SubElement(correct, "value").text = value
    score = _outcome(root, "SCORE", "float")
    ET.SubElement(ET.SubElement(score, "defaultValue"), "value").text = "0"
    _outcome(root, "FEEDBACK", "identifier")
    body = ET.SubElement(root, "itemBody")
    body.append(_element("div", xhtml(exercise.text)))
    return body


def _outcome(root: ET.Element, name: str, base: str) -> ET.Element:
    return ET.SubElement(
        root, "outcomeDeclaration", identifier=name, cardinality="single", baseType=base
    )


def _score(rules: ET.Element, compared: ET.Element, feedback: str = "") -> ET.Element:
    """The rule that a response equal to the right one scores 1; `compared` is how they are."""
    condition = ET.SubElement(rules, "responseCondition")
    right = ET.SubElement(condition, "responseIf")
    ET.SubElement(compared, "variable", identifier="RESPONSE")
    ET.SubElement(compared, "correct", identifier="RESPONSE")
    right.append(compared)
    _set(right, "SCORE", "float", "1")
    if feedback:
        _set(right, "FEEDBACK", "identifier", feedback)
    return condition


def _equal(within: float) -> ET.Element:
    ends = f"{decimal(within)} {decimal(within)}"
    return ET.Element("equal", toleranceMode="absolute", tolerance=ends)


def _set(where: ET.Element, outcome: str, base: str, value: str) -> None:
    rule = ET.SubElement(where, "setOutcomeValue", identifier=outcome)
    ET.SubElement(rule, "baseValue", baseType=base).text = value


def _feedback(root: ET.Element, name: str, text: str) -> None:
    shown = _element("modalFeedback", inline(text))
    shown.attrib |= {"outcomeIdentifier": "FEEDBACK", "showHide": "show", "identifier": name}
    root.append(shown)


def _element(tag: str, content: str, **attributes: str) -> ET.Element:
    """An element of well-formed XHTML."""
    element = ET.fromstring(f"<{tag}>{content}</{tag}>")
    element.attrib |= attributes
    return element
