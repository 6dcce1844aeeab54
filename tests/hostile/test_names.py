"""More than 2,000 untrusted ids, link values and short texts: none reaches another path.

Each function that takes a name from a link is called with names from hypothesis and with known
path traversals; it finds nothing, says so in one sentence, and creates no file.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from core.models import zoo
from core.run_files.directory import RUN_ID, new_run_id
from core.runs import table
from core.study.handouts import export
from core.study.progress import SEED
from core.study.storage import class_store
from core.study.storage.rooms import Rooms
from core.study.storyline import Beat, Storyline, storyline
from dashboard import lessons
from dashboard.components import source
from dashboard.components.page import escape
from dashboard.training.run_view import find_run
from tests.hostile.conftest import one_sentence

CLASSICS = [
    "..", ".", "", "/", "../assets/gpt-grammar", "..\\assets\\gpt-grammar", "/etc/passwd",
    "....//....//etc/passwd", "%2e%2e%2f", "..%c0%af", "gpt-grammar/../gpt-grammar", "a\0b", "~",
    "~root", "$HOME", "con", "nul.txt", "a\n", "a\nb", "\u2024\u2024/x", "file:///etc/passwd",
    ".deleted", ".queue", "a" * 300, "gpt-grammar\n", "GPT-GRAMMAR", "gpt-grammar ", "-rf",
    "--help",
]  # fmt: skip
PARTS = st.sampled_from(
    ["..", "/", "\\", "a", "gpt-grammar", ".", "\0", "%2f", "~", "-", "\n", "𝒂"]
)
NAMES = st.one_of(
    st.text(max_size=90),
    st.lists(PARTS, max_size=8).map("".join),
    st.sampled_from(CLASSICS),
)
_SHARED = [HealthCheck.function_scoped_fixture]
many = settings(max_examples=300, deadline=None, suppress_health_check=_SHARED)
few = settings(max_examples=60, deadline=None, suppress_health_check=_SHARED)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    opened = Rooms(tmp_path / "rooms.sqlite3")
    yield opened
    opened.release()


def files_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def asked(function: Callable[[str], object]) -> Callable[[str], None]:
    """The function accepts any name, or refuses it in one sentence."""

    def ask(name: str) -> None:
        try:
            function(name)
        except ValueError as error:
            one_sentence(str(error))

    return ask


@pytest.mark.parametrize(
    "function", [find_run, table.undelete, zoo.find_model], ids=["run", "bin", "model"]
)
@pytest.mark.parametrize("name", CLASSICS)
def test_a_path_is_no_id(function: Callable[[str], object], name: str, runs: Path) -> None:
    (runs.parent / "other").mkdir(parents=True)
    (runs / ".deleted").mkdir(parents=True)
    before = files_below(runs.parent.parent)
    with pytest.raises(ValueError, match=r"There is no (run|deleted run|model)") as refused:
        function(name)
    one_sentence(str(refused.value))
    assert files_below(runs.parent.parent) == before


@many
@given(name=NAMES)
def test_run_ids(name: str, runs: Path) -> None:
    asked(find_run)(name)
    asked(table.undelete)(name)
    asked(zoo.find_model)(name)
    assert not runs.exists(), "looking for a run makes no folder"


@many
@given(name=NAMES)
def test_lessons_and_their_files(name: str) -> None:
    asked(lessons.by_name)(name)
    asked(export.settings)(name)
    assert storyline(name) is None or name in {lesson.name for lesson in lessons.LESSONS}


@many
@given(name=NAMES.map(lambda text: f"core.{text}"))
def test_source_is_read_from_the_project_alone(name: str) -> None:
    asked(source.read_source)(name)


@many
@given(number=st.one_of(st.text(max_size=12), st.from_regex(r"\d{1,5000}", fullmatch=True)))
@example("00019")
@example("0001" + "9" * 4400)
@example("²")
@example("١")
def test_a_beat_is_one_of_the_story(number: str) -> None:
    beat = Beat("It fades.", "", "", "", {}, ())
    assert Storyline("rnn", "RNN", (beat, beat)).beat(number) in (0, 1)


@many
@given(kind=st.sampled_from(["vit", "cnn", "gpt"]), data=st.text(max_size=200))
def test_a_new_run_is_named_by_an_id_whatever_its_data(kind: str, data: str) -> None:
    assert RUN_ID.fullmatch(new_run_id(kind, data))


@few
@given(code=NAMES, secret=st.text(max_size=40), token=st.text(max_size=70))
def test_rooms_refuse_what_is_no_code(code: str, secret: str, token: str, rooms: Rooms) -> None:
    for refused in (
        lambda: rooms.room(code),
        lambda: rooms.answer(code, token, "'); DROP TABLE room; --"),
        lambda: rooms.reveal(code, secret),
        lambda: rooms.close(code, secret),
    ):
        with pytest.raises(ValueError, match=r"There is no room|no token|Only the one") as said:
            refused()
        one_sentence(str(said.value))
    assert rooms.answer_of(code, token) is None


@few
@given(name=st.text(max_size=40), word=st.text(max_size=20))
def test_names_in_the_class_store(name: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite3"
    with pytest.raises(ValueError, match=r"cannot be used|has \d+ characters|Nothing is") as said:
        class_store.fetch(name, word, path)
    one_sentence(str(said.value))
    assert {p.name.split("-")[0] for p in path.parent.iterdir()} <= {"study.sqlite3"}


@many
@given(text=st.text(max_size=60))
def test_typed_text_stays_text(text: str) -> None:
    shown = re.sub(r"(?<=[^\W_])_(?=[^\W_])", "", escape(text))  # inside a word it is a letter
    for sign in "<>[]()$`*_!#|":
        assert shown.count(sign) == shown.count("\\" + sign), "every sign of markup is escaped"
    assert "\n" not in shown


@many
@given(seed=st.text(max_size=30))
def test_a_seed_is_letters_and_digits(seed: str) -> None:
    if SEED.fullmatch(seed):
        assert re.sub(r"[A-Za-z0-9-]", "", seed) == ""


@few
@given(
    chosen=st.dictionaries(
        st.sampled_from(sorted(export.settings("rnn"))),
        st.one_of(st.text(max_size=600), st.floats(), st.integers(), st.none(), st.booleans()),
    )
)
def test_settings_of_a_script_are_literals(chosen: dict[str, object]) -> None:
    compile(export.script("rnn", chosen), "rnn.py", "exec")
    plain_ones = export.settings("rnn")
    for name, value in zip(plain_ones, _literals(export.script("rnn", chosen)), strict=True):
        assert type(value) is type(plain_ones[name])


def _literals(script: str) -> list[object]:
    return [value for _, value, _ in export._assignments(script)]
