"""The Dialogue GPT page: every control, and everything somebody might type."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.decoding.prompt import read_prompt
from core.models import zoo
from tests import apps
from tests.apps import check
from tests.conftest import ROOT

if not zoo.available_models("gpt"):
    pytest.skip("no GPT is shipped", allow_module_level=True)


def opened(**query: str) -> AppTest:
    return check(apps.opened("gpt", **query))


def typed(app: AppTest, text: str) -> list[str]:
    """Type into the prompt; the notes the page answers with."""
    check(app.text_area[0].set_value(text).run())
    return [note.value for note in app.info]


def test_it_opens_on_a_shipped_model_and_all_controls_work() -> None:
    app = opened(model="gpt-grammar")
    for way in ("greedy", "temperature", "top-k", "nucleus"):
        check(app.selectbox(key="way").select(way).run())
    app.session_state["t"], app.session_state["p"] = 0.0, 0.05
    check(app.run())
    assert app.button[0].disabled, "temperature 0 draws nothing"
    app.session_state["t"] = 1.0
    seed = check(app.run()).slider(key="seed").value
    check(app.button[0].click().run())
    assert app.slider(key="seed").value == seed + 1


def test_the_maps_of_each_layer_and_head_are_shown_with_their_text() -> None:
    app = opened(model="gpt-grammar", section="Where it looks", prompt="QUEEN: Good king")
    check(app.selectbox(key="layer").select(1).run())
    check(app.selectbox(key="head").select(2).run())
    assert any("Attention of layer 1, head 2" in m.value for m in app.markdown)
    check(app.selectbox(key="layer").select("all, side by side").run())
    assert any("Attention of every layer, head 2" in m.value for m in app.markdown)
    assert app.text_area[0].value == "QUEEN: Good king"


def test_where_it_looks_opens_on_the_head_that_looks_at_one_word() -> None:
    app = opened(section="Where it looks")
    assert any("Attention of layer 4, head 1" in m.value for m in app.markdown)
    app = opened(section="Where it looks", head="mean of all")
    assert any("Attention of layer 4, mean of all heads" in m.value for m in app.markdown)


def test_where_the_instrument_stopped_the_server_draws_the_step() -> None:
    app = check(apps.opened("gpt", ("decoding", "steps"), model="gpt-grammar"))
    check(app.slider(key="step").set_value(3).run())
    check(app.slider(key="t").set_value(0.5).run())
    assert any("tokens that are kept" in m.value for m in app.markdown)
    assert any("so the server draws it" in w.value for w in app.warning)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", []),
        ("   \n\n ", []),
        ("Zounds gadzooks", ["knows none of these words"]),
        ("KING: blockchain", ["read as <UNK>: blockchain"]),
        ("<script>alert(1)</script> **bold** $x$ :material/bug:", ["UNK"]),
        ("\x00\x1b[31m\u202egnik", ["UNK"]),
        ("the king " * 300, ["only the last 199 words are used"]),
    ],
)
def test_anything_may_be_typed(text: str, said: list[str]) -> None:
    notes = typed(opened(model="gpt-grammar"), text)
    shown = [note.replace("\\", "") for note in notes]
    for expected in said:
        assert any(expected in note for note in shown), shown
    if not said:
        assert notes == []


def test_a_million_characters_are_answered() -> None:
    app = opened(model="gpt-grammar")
    notes = typed(app, "the old king " * 77_000)
    assert any("1,001,000 characters" in note.replace("\\", "") for note in notes)


def test_a_link_carries_the_prompt_and_nonsense_in_it_does_no_harm() -> None:
    app = opened(model="gpt-grammar", prompt="QUEEN: Good king", t="hot", p="-3", layer="99")
    assert app.text_area[0].value == "QUEEN: Good king"
    assert opened(model="../../etc/passwd").selectbox(key="model").value in {
        entry.name for entry in zoo.available_models("gpt")
    }


def test_a_model_without_its_vocabulary_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = zoo.find_model("gpt-grammar").path
    copy = tmp_path / "no-words"
    copy.mkdir()
    for file in source.rglob("*"):
        if file.is_file() and file.name != "vocab.json":
            target = copy / file.relative_to(source)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes())
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "pages" / "gpt.py"), default_timeout=120)
    app.query_params["model"] = "no-words"
    app.run()
    assert not app.exception
    assert [e.value.replace("\\", "") for e in app.error] == [
        "vocab.json of the run no-words cannot be read: No such file or directory."
    ]


def test_a_link_carries_all_of_a_long_prompt_that_the_model_reads() -> None:
    text = "the old king sees the queen . " * 100  # more words than the model reads
    app = opened(model="gpt-grammar")
    typed(app, text)
    linked = app.query_params["prompt"]
    again = opened(model="gpt-grammar", prompt="".join(linked))
    entry = next(e for e in zoo.available_models("gpt") if e.name == "gpt-grammar")
    model = zoo.load_model(entry)
    read, as_linked = (
        read_prompt(one, model.tokenizer, model.model.max_N).ids
        for one in (text, again.text_area[0].value)
    )
    assert len(read) == model.model.max_N
    assert as_linked == read
