"""Questions in QTI 2.1, Moodle XML and on a sheet: what is read back is what the question says."""

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from core.study.__main__ import main
from core.study.export.exercises import decimal, exercises, inline, portable, xhtml
from core.study.export.moodle import moodle_xml
from core.study.export.qti import NAMESPACE, qti_package
from core.study.export.sheet import sheet
from core.study.grading.checks import shuffled
from core.study.grading.number_task import NumberTask
from core.study.grading.numbers import grade_number
from core.study.grading.quantities import QuantityTask
from core.study.options import shown_options
from core.study.question import shipped
from core.study.tasks import Bug, Choice, Number, Order

QUESTIONS = list(shipped().values())
EXERCISES = portable(QUESTIONS, "7")
Q = f"{{{NAMESPACE}}}"


def text_of(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def plain(text: str) -> str:
    """What `inline` makes of the text, without its marks."""
    return text_of(ET.fromstring(f"<p>{inline(text)}</p>"))


@pytest.fixture(scope="module")
def items() -> dict[str, ET.Element]:
    """The QTI item of each exercise."""
    with zipfile.ZipFile(io.BytesIO(qti_package(QUESTIONS, "7"))) as archive:
        manifest = ET.fromstring(archive.read("imsmanifest.xml"))
        files = [e.get("href") for e in manifest.iter() if e.tag.endswith("}resource")]
        assert sorted([*files, "imsmanifest.xml"]) == sorted(archive.namelist())
        return {
            name.removeprefix("q-").removesuffix(".xml"): ET.fromstring(archive.read(name))
            for name in files
        }


@pytest.fixture(scope="module")
def moodle() -> dict[str, ET.Element]:
    root = ET.fromstring(moodle_xml(QUESTIONS, "7"))
    assert root.tag == "quiz"
    assert root[0].get("type") == "category"
    # no context such as $course$, which has no questions of its own since Moodle 5.0
    assert root[0].findtext("category/text") == "Unrolled"
    return {question.find("name/text").text.split()[0]: question for question in root[1:]}


def test_every_choice_number_and_order_is_exported_once(items, moodle) -> None:
    expected = [
        f"{question.id}-{number}"
        for question in QUESTIONS
        for number, task in enumerate((question.predict, *question.checks))
        if isinstance(task, Choice | Number | Order)
    ]
    assert [one.name for one in EXERCISES] == list(items) == list(moodle) == expected
    assert len(expected) >= 25


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.name)
def test_an_item_of_qti_says_what_the_question_says(one, items) -> None:
    item, task = items[one.name], one.task
    order = [child.tag.removeprefix(Q) for child in item]
    outcomes = ["outcomeDeclaration"] * 2
    parts = ["responseDeclaration", *outcomes, "itemBody", "responseProcessing"]
    assert order[:5] == parts
    assert set(order[5:]) <= {"modalFeedback"}
    values = [v.text for v in item.findall(f"{Q}responseDeclaration/{Q}correctResponse/{Q}value")]
    shown = {c.get("identifier"): text_of(c) for c in item.iter(f"{Q}simpleChoice")}
    said = {f.get("identifier"): text_of(f) for f in item.iter(f"{Q}modalFeedback")}
    match task:
        case Choice():
            assert list(shown.values()) == [plain(o.text) for o in task.options]
            assert [shown[v] for v in values] == [plain(o.text) for o in task.options if o.right]
            assert said == {
                name: plain(option.reply) for name, option in zip(shown, task.options, strict=True)
            }
        case Order():
            assert [shown[v] for v in values] == [plain(line) for line in task.items]
        case NumberTask():
            (value,) = values
            assert grade_number(task, value).correct
            tolerances = [e.get("tolerance").split() for e in item.iter(f"{Q}equal")]
            assert all(low == high for low, high in tolerances)
            inside = float(value) + 0.99 * float(tolerances[0][0])
            assert grade_number(task, repr(inside)).correct
            outside = float(value) + 1.01 * float(tolerances[0][0]) + 1e-8 * float(value)
            assert not grade_number(task, repr(outside)).correct
            (entry,) = item.iter(f"{Q}textEntryInteraction")
            assert (entry.tail or "").rstrip() == (f" {task.unit}" if task.unit else "")
            wrong = [b.text for b in item.iter(f"{Q}baseValue") if b.get("baseType") == "float"]
            assert wrong == ["1", *(decimal(value) for value, _ in task.mistakes)]


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.name)
def test_a_question_of_moodle_says_what_the_question_says(one, moodle) -> None:
    question, task = moodle[one.name], one.task
    answers = [
        (a.get("fraction"), a.find("text").text, a.find("feedback/text").text or "")
        for a in question.findall("answer")
    ]
    assert inline(one.prompt) in question.find("questiontext/text").text
    match task:
        case Choice():
            assert question.get("type") == "multichoice"
            assert answers == [
                ("100" if o.right else "0", inline(o.text), inline(o.reply)) for o in task.options
            ]
        case Order():
            assert question.get("type") == "ordering"
            assert [a[1] for a in sorted(answers, key=lambda a: int(a[0]))] == [
                inline(line) for line in task.items
            ]
        case NumberTask():
            assert question.get("type") == "numerical"
            assert [a[0] for a in answers] == ["100"] + ["0"] * len(task.mistakes)
            assert grade_number(task, answers[0][1]).correct
            note = f"<p>Write the number alone, without its unit ({task.unit}).</p>"
            assert question.find("questiontext/text").text.endswith(note) == bool(task.unit)
            within = float(question.find("answer/tolerance").text)
            assert within == pytest.approx(max(task.tolerance * abs(task.answer), 1e-9))


def test_a_usual_mistake_gets_its_own_reply(items, moodle) -> None:
    """Other systems reply to the first number that is near enough, the course to the nearest."""
    for one in EXERCISES:
        if isinstance(one.task, NumberTask):
            _, *others = items[one.name].iter(f"{Q}equal")
            of_qti = [(e.find(f"{Q}baseValue").text, e.get("tolerance").split()[0]) for e in others]
            of_moodle = [
                (answer.findtext("text"), answer.findtext("tolerance"))
                for answer in moodle[one.name].findall("answer")[1:]
            ]
            assert of_qti == of_moodle
            for value, reply in one.task.mistakes:
                near = [abs(float(v) - value) <= float(within) for v, within in of_qti]
                assert one.task.mistakes[near.index(True)][1] == reply
                assert grade_number(one.task, repr(value)).message == reply


def test_markup_and_formulas_stay_text() -> None:
    assert inline("a < b & **c** `<d>` $x_1 < 2$") == (
        "a &lt; b &amp; <strong>c</strong> <code>&lt;d&gt;</code> \\(x_1 &lt; 2\\)"
    )
    assert xhtml("one\n\ntwo $$y$$") == "<p>one</p><p>two \\[y\\]</p>"
    for text in ("<script>", "]]>", "&lt;", "** *", "$", "`"):
        assert plain(text) == text


def test_the_same_seed_gives_the_same_file_and_another_one_other_numbers() -> None:
    for write in (qti_package, moodle_xml, sheet):
        assert write(QUESTIONS, "7") == write(QUESTIONS, "7")
        assert write(QUESTIONS, "7") != write(QUESTIONS, "8")


def test_the_sheet_has_every_question_before_the_key_and_every_answer_in_it() -> None:
    asked, key = re.split(r"page-break-before", sheet(QUESTIONS, "7"))
    for question in QUESTIONS:
        heading = f"## {question.id} · {question.title}"
        assert heading in asked
        assert heading in key
        assert question.answer.text not in asked
        assert question.answer.text in key
    for one in exercises(QUESTIONS, "7"):
        assert one.prompt in asked
        match one.task:
            case Choice():
                options = shown_options(one.task, "7")
                at = next(i for i, option in enumerate(options) if option.right)
                assert f"({'abcdefgh'[at]}) {options[at].text}: {options[at].reply}" in key
                assert all(option.text in asked for option in options)
                assert all(option.reply not in asked for option in options)
            case Order():
                shown = shuffled(one.task.items, "7")
                letters = ", ".join("abcdefghijkl"[shown.index(line)] for line in one.task.items)
                assert f"In this order: {letters}" in key
            case NumberTask():
                assert one.task.worked in key
                assert one.task.worked not in asked
            case QuantityTask():
                assert one.task.task.worked in key
            case Bug():
                line, _ = one.task.right
                at = one.task.code.index(line) + 1
                assert f"{at}  {line}" in asked
                assert f"Line {at}; repaired: `{one.task.repair.strip()}`" in key
                assert one.task.repair not in asked


def test_the_command_writes_each_file(tmp_path: Path, capsys) -> None:
    for kind, begins in (("qti", b"PK"), ("moodle", b"<?xml"), ("sheet", b"# Questions")):
        path = tmp_path / kind
        assert main(["export", "--to", kind, str(path), "--seed", "7"]) == 0
        assert path.read_bytes().startswith(begins)
        assert f"{len(QUESTIONS)} questions" in capsys.readouterr().out
    assert main(["export", "--to", "qti", str(tmp_path / "none" / "x.zip")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_command_exports_a_teacher_s_own_questions(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    own = (Path("core/study/questions") / "1d.toml").read_text(encoding="utf-8")
    (folder / "a.toml").write_text(own.replace('id = "1d"', 'id = "my-own"'), encoding="utf-8")
    (folder / "b.toml").write_text("not = [toml", encoding="utf-8")
    path = tmp_path / "own.xml"
    assert main(["export", "--to", "moodle", str(path), "--questions", str(folder)]) == 1
    assert b"my-own-0" in path.read_bytes()
    assert "b.toml: it is not TOML" in capsys.readouterr().err
