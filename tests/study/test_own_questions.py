"""A teacher's own questions: files that are read, and mistakes named in one sentence."""

import re

import pytest

from core.study.question import own_files, own_folder, read_question
from tests.conftest import ROOT

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
