"""The files for other systems keep to the rules of their formats: QTI 2.1 and Moodle XML.

The tables hold what the schemas of IMS QTI 2.1.1 and IMS Content Packaging 1.1.4 and Moodle's
reader say of the elements that Unrolled writes, and nothing else is allowed: what keeps to QTI or
MANIFEST, with identifiers given once, is valid by its schema. The schemas are not here: their
licence asks whoever ships them to register first.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from core.study.export.moodle import moodle_xml
from core.study.export.qti import NAMESPACE, qti_package
from core.study.question import shipped

QUESTIONS = list(shipped().values())
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"

NAME, BOOLEAN, INTEGER = "[A-Za-z_][A-Za-z0-9_.-]*", "true|false", "[0-9]{1,9}"
NUMBER, FILE = r"-?[0-9]+(\.[0-9]+)?", r"[A-Za-z0-9_.-]+\.xml"
BASE, EMPTY = "identifier|float", ""
INLINE = "(strong |code )*"
EXPRESSION = "(match |equal |variable |correct |baseValue )"
# Element: (attributes, children in their order, whether it holds text). An attribute with "?" may
# be missing.
QTI = {
    "assessmentItem": (
        {"identifier": ".+", "title": ".+", "adaptive": BOOLEAN, "timeDependent": BOOLEAN,
         SCHEMA_LOCATION: r"\S+ \S+"},
        "(responseDeclaration )*(outcomeDeclaration )*itemBody (responseProcessing )?"
        "(modalFeedback )*", False),
    "responseDeclaration": (
        {"identifier": NAME, "cardinality": "single|ordered", "baseType": BASE},
        "(correctResponse )?", False),
    "outcomeDeclaration": (
        {"identifier": NAME, "cardinality": "single", "baseType": BASE}, "(defaultValue )?", False),
    "correctResponse": ({}, "(value )+", False),
    "defaultValue": ({}, "(value )+", False),
    "value": ({}, EMPTY, True),
    "itemBody": ({}, "(div |p |choiceInteraction |orderInteraction )+", False),
    "div": ({}, "(p )+", False),
    "p": ({}, "(strong |code |textEntryInteraction )*", True),
    "strong": ({}, EMPTY, True),
    "code": ({}, EMPTY, True),
    "prompt": ({}, INLINE, True),
    "simpleChoice": ({"identifier": NAME}, INLINE, True),
    "choiceInteraction": (
        {"responseIdentifier": NAME, "shuffle": BOOLEAN, "maxChoices": "1"},
        "prompt (simpleChoice )+", False),
    "orderInteraction": (
        {"responseIdentifier": NAME, "shuffle": BOOLEAN}, "prompt (simpleChoice )+", False),
    "textEntryInteraction": (
        {"responseIdentifier": NAME, "expectedLength": INTEGER}, EMPTY, False),
    "responseProcessing": ({}, "(responseCondition |setOutcomeValue )+", False),
    "responseCondition": ({}, "responseIf (responseElseIf )*", False),
    "responseIf": ({}, EXPRESSION + "(setOutcomeValue )*", False),
    "responseElseIf": ({}, EXPRESSION + "(setOutcomeValue )*", False),
    "match": ({}, EXPRESSION + "{2}", False),
    "equal": (
        {"toleranceMode": "exact|absolute|relative", "tolerance": f"{NUMBER} {NUMBER}"},
        EXPRESSION + "{2}", False),
    "variable": ({"identifier": NAME}, EMPTY, False),
    "correct": ({"identifier": NAME}, EMPTY, False),
    "baseValue": ({"baseType": BASE}, EMPTY, True),
    "setOutcomeValue": ({"identifier": NAME}, EXPRESSION, False),
    "modalFeedback": (
        {"outcomeIdentifier": NAME, "showHide": "show|hide", "identifier": NAME}, INLINE, True),
}  # fmt: skip
MANIFEST = {
    "manifest": ({"identifier": NAME}, "metadata organizations resources ", False),
    "metadata": ({}, "schema schemaversion ", False),
    "schema": ({}, EMPTY, True),
    "schemaversion": ({}, EMPTY, True),
    "organizations": ({}, EMPTY, False),
    "resources": ({}, "(resource )+", False),
    "resource": (
        {"identifier": NAME, "type": "imsqti_item_xmlv2p1", "href": FILE}, "file ", False),
    "file": ({"href": FILE}, EMPTY, False),
}  # fmt: skip
FORMAT = {"format?": "html|plain_text|moodle_auto_format|markdown"}
ASKED = "name questiontext generalfeedback defaultgrade penalty hidden "
MOODLE = {
    "quiz": ({}, "(question )+", False),
    "question": (
        {"type": "category|multichoice|numerical|ordering"},
        f"(category |{ASKED}(single shuffleanswers answernumbering (answer ){{2,}}"
        "|(answer )+unitgradingtype showunits unitsleft "
        "|layouttype selecttype selectcount gradingtype showgrading numberingstyle "
        "shownumcorrect (answer ){2,}))", False),
    "category": ({}, "text ", False),
    "name": ({}, "text ", False),
    **{tag: (FORMAT, "text ", False) for tag in ("questiontext", "generalfeedback", "feedback")},
    "answer": ({"fraction": NUMBER, **FORMAT}, "text feedback (tolerance )?", False),
    **{tag: ({}, EMPTY, True) for tag in (
        "text", "tolerance", "defaultgrade", "penalty", "hidden", "single", "shuffleanswers",
        "answernumbering", "unitgradingtype", "showunits", "unitsleft", "layouttype", "selecttype",
        "selectcount", "gradingtype", "showgrading", "numberingstyle", "shownumcorrect")},
}  # fmt: skip
MOODLE_VALUES = {
    "single": BOOLEAN, "shuffleanswers": "true|false|0|1", "hidden": "0|1",
    "answernumbering": "none|abc|ABCD|123|iii|IIII", "unitgradingtype": "[012]",
    "showunits": "[0-3]", "unitsleft": "0|1", "layouttype": "VERTICAL|HORIZONTAL",
    "selecttype": "ALL|RANDOM|CONTIGUOUS", "selectcount": INTEGER, "showgrading": "SHOW|HIDE",
    "gradingtype": "ALL_OR_NOTHING|ABSOLUTE_POSITION|RELATIVE_NEXT_(EX|IN)CLUDE_LAST|"
    "RELATIVE_ONE_PREVIOUS_AND_NEXT|RELATIVE_ALL_PREVIOUS_AND_NEXT|RELATIVE_TO_CORRECT|"
    "LONGEST_(ORDERED|CONTIGUOUS)_SUBSET",
    "numberingstyle": "none|abc|ABCD|123|iii|IIII", "shownumcorrect": "0|1",
    "defaultgrade": NUMBER, "penalty": NUMBER, "tolerance": NUMBER,
}  # fmt: skip


def faults(root: ET.Element, rules: dict, namespace: str = "") -> Iterator[str]:
    """Every departure from the rules, one sentence each."""
    prefix = f"{{{namespace}}}" if namespace else ""
    for element in root.iter():
        tag = element.tag.removeprefix(prefix)
        if (tag == element.tag and prefix) or tag not in rules:
            yield f"<{element.tag}> is not an element of the format"
            continue
        attributes, children, text = rules[tag]
        known = {name.removesuffix("?"): pattern for name, pattern in attributes.items()}
        for name, value in element.items():
            if not re.fullmatch(known.get(name, "(?!)"), value):
                yield f"<{tag}> may not have {name}={value!r}"
        for name in attributes:
            if not name.endswith("?") and element.get(name) is None:
                yield f"<{tag}> needs {name}"
        inside = "".join(f"{child.tag.removeprefix(prefix)} " for child in element)
        if not re.fullmatch(children, inside):
            yield f"<{tag}> may not hold {inside!r}"
        said = (element.text or "") + "".join(child.tail or "" for child in element)
        if said.strip() and not text:
            yield f"<{tag}> may not hold text"


def qti_faults(item: ET.Element) -> Iterator[str]:
    """Those of one item, names that are declared nowhere or twice, and values of another type."""
    yield from faults(item, QTI, NAMESPACE)
    q = f"{{{NAMESPACE}}}"
    response = {e.get("identifier"): e for e in item.iter(f"{q}responseDeclaration")}
    outcome = {e.get("identifier"): e for e in item.iter(f"{q}outcomeDeclaration")}
    shown = [e.get("identifier") for e in item.iter(f"{q}simpleChoice")]
    said = [e.get("identifier") for e in item.iter(f"{q}modalFeedback")]
    asked = [e.get("responseIdentifier") for e in item.iter() if e.get("responseIdentifier")]
    if asked != list(response):
        yield f"the interactions are {asked} and the declarations {list(response)}"
    declared = [e.get("identifier") for e in item.iter(f"{q}responseDeclaration")]
    for names in (shown, said, declared):
        if len(set(names)) < len(names):
            yield f"a name is used twice: {names}"
    for tag, declared in (
        ("variable", response), ("correct", response), ("setOutcomeValue", outcome),
    ):  # fmt: skip
        for e in item.iter(f"{q}{tag}"):
            if e.get("identifier") not in declared:
                yield f"<{tag}> names {e.get('identifier')}, which is not declared"
    for rule in item.iter(f"{q}setOutcomeValue"):
        kind = outcome[rule.get("identifier")].get("baseType") if outcome else None
        for value in rule.iter(f"{q}baseValue"):
            if value.get("baseType") != kind:
                yield f"{rule.get('identifier')} is set to a {value.get('baseType')}"
            if kind == "identifier" and value.text not in said:
                yield f"there is no feedback {value.text}"
    for declaration in response.values():
        values = [e.text or "" for e in declaration.iter(f"{q}value")]
        if declaration.get("baseType") == "identifier" and not set(values) <= set(shown):
            yield f"{values} are not among {shown}"
        if declaration.get("baseType") == "float" and not all(
            re.fullmatch(NUMBER, value) for value in values
        ):
            yield f"{values} is not a number"
        if declaration.get("cardinality") == "single" and len(values) != 1:
            yield f"{values} is not a single value"
    if {e.get("outcomeIdentifier") for e in item.iter(f"{q}modalFeedback")} - set(outcome):
        yield "feedback depends on an outcome that is not declared"


def moodle_faults(root: ET.Element) -> Iterator[str]:
    """Those of the file, and fields with a value that Moodle does not know."""
    yield from faults(root, MOODLE)
    for element in root.iter():
        pattern = MOODLE_VALUES.get(element.tag)
        if pattern and not re.fullmatch(pattern, element.text or ""):
            yield f"<{element.tag}> may not be {element.text!r}"
    for question in root.iter("question"):
        fractions = [float(answer.get("fraction", "")) for answer in question.findall("answer")]
        if question.get("type") == "ordering" and fractions != list(range(1, len(fractions) + 1)):
            yield f"the places of an order are {fractions}"
        elif question.get("type") in ("multichoice", "numerical") and fractions.count(100) != 1:
            yield f"the fractions are {fractions}: exactly one answer must be right"
        name = question.findtext("name/text") or ""
        if "<" in name or len(name) > 255:  # Moodle takes tags out, and cuts
            yield f"Moodle would change the name {name!r}"
        texts = [answer.findtext("text") or "" for answer in question.findall("answer")]
        seen = [re.sub("<[^>]+>", "", text)[:100] for text in texts]  # as Moodle's reports do
        if question.get("type") != "numerical" and len(set(seen)) < len(seen):
            yield f"two answers begin alike: {seen}"
        for field in question.iter("text"):
            if "<" in (field.text or ""):
                ET.fromstring(f"<div>{field.text}</div>")  # what a browser is given is well formed


@pytest.fixture(scope="module")
def package() -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(qti_package(QUESTIONS, "7"))) as archive:
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}


def test_every_item_of_the_package_keeps_to_the_rules_of_qti(package) -> None:
    items = {name: root for name, root in package.items() if name != "imsmanifest.xml"}
    found = {name: list(qti_faults(root)) for name, root in items.items()}
    assert {name: said for name, said in found.items() if said} == {}
    assert len({root.get("identifier") for root in items.values()}) == len(items) > 100


def test_the_manifest_keeps_to_the_rules_and_names_every_file_once(package) -> None:
    root = package["imsmanifest.xml"]
    assert list(faults(root, MANIFEST, PACKAGE)) == []
    resources = root.findall(f".//{{{PACKAGE}}}resource")
    names = [resource.get("href") for resource in resources]
    assert sorted(names) == sorted(set(package) - {"imsmanifest.xml"})
    assert names == [resource[0].get("href") for resource in resources]
    identifiers = [e.get("identifier") for e in root.iter() if e.get("identifier")]
    assert len(set(identifiers)) == len(identifiers)


def test_the_file_for_moodle_keeps_to_the_rules_of_its_format() -> None:
    assert list(moodle_faults(ET.fromstring(moodle_xml(QUESTIONS, "7")))) == []


CHANGES = [
    (('cardinality="single"', 'cardinality="one"'), "may not have cardinality='one'"),
    (("<itemBody>", "<itemBody>!"), "<itemBody> may not hold text"),
    (("<prompt>", "<prompt><p>a</p>"), "<prompt> may not hold 'p '"),
    (('identifier="option-1"', 'identifier="1 a"'), "<simpleChoice> may not have identifier='1 a'"),
    (('identifier="option-2"', 'identifier="option-1"'), "a name is used twice"),
    ((' maxChoices="1"', ""), "<choiceInteraction> needs maxChoices"),
    (('responseIdentifier="RESPONSE"', 'responseIdentifier="R"'), "the interactions are ['R']"),
    (('<correct identifier="RESPONSE"', '<correct identifier="R"'), "which is not declared"),
    (('<baseValue baseType="float">', '<baseValue baseType="identifier">'), "set to a identifier"),
    (("<value>option-", "<value>answer-"), "are not among"),
    (("modalFeedback", "feedback"), "is not an element of the format"),
    (('identifier="option-1"', 'identifier="option-²"'), "may not have identifier='option-²'"),
    (('showHide="show"', 'showHide="yes"'), "may not have showHide='yes'"),
    (("<itemBody>", '<responseDeclaration identifier="RESPONSE" cardinality="single" '
      'baseType="float" /><itemBody>'), "a name is used twice: ['RESPONSE', 'RESPONSE']"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=lambda value: str(value)[:30])
def test_a_departure_from_qti_is_found(change: tuple[str, str], said: str) -> None:
    with zipfile.ZipFile(io.BytesIO(qti_package(QUESTIONS[3:4], "7"))) as archive:
        text = archive.read("q-1d-0.xml").decode()
    assert change[0] in text
    assert said in " ".join(qti_faults(ET.fromstring(text.replace(*change))))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('fraction="100"', 'fraction="0"'), "exactly one answer must be right"),
        (("<single>true", "<single>yes"), "<single> may not be 'yes'"),
        (('type="numerical"', 'type="number"'), "<question> may not have type='number'"),
        (("generalfeedback", "reply"), "<reply> is not an element of the format"),
        (("<name>", '<name format="html">'), "<name> may not have format='html'"),
        (("<text>1d-0 ", "<text>1d-0 &lt;b/&gt;"), "Moodle would change the name '1d-0 <b/>"),
    ],
)
def test_a_departure_from_moodle_s_format_is_found(change: tuple[str, str], said: str) -> None:
    text = moodle_xml(QUESTIONS[3:4], "7").decode()
    assert change[0] in text
    assert said in " ".join(moodle_faults(ET.fromstring(text.replace(*change))))
