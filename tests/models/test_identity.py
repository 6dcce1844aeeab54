"""Models that share their weights and nothing else: what one says never changes another.

Caches are shared by all sessions, and anybody may take a run in. A copy of a shipped model with
other preprocessing, heads or words is opened before it and after it, on every page that shows what
models say.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.models import zoo
from core.models.identity import identity_of
from dashboard.attention import position_data
from dashboard.decoding import epochs
from tests.conftest import ROOT

PICTURES = [
    ("vit", {}),
    ("patches", {}),
    ("attention", {"reads": "pictures"}),
    ("heads", {"reads": "pictures", "try": "switch heads off"}),
    ("heads", {"reads": "pictures", "try": "all heads measured"}),
    ("heads", {"reads": "pictures", "try": "layer by layer"}),
    ("heads", {"reads": "pictures", "try": "side by side"}),
    ("maps", {"try": "one picture, six maps"}),
    ("maps", {"try": "take patches away"}),
    ("maps", {"try": "500 known objects"}),
    ("versus", {"data": "shapes", "compare": "shifted"}),
    ("versus", {"data": "shapes", "compare": "other sizes"}),
    ("versus", {"data": "shapes", "compare": "where they look"}),
]
TEXT = [
    ("gpt", {}),
    ("attention", {"reads": "text"}),
    ("heads", {"reads": "text", "try": "switch heads off"}),
    ("heads", {"reads": "text", "try": "all heads measured"}),
    ("heads", {"reads": "text", "try": "layer by layer"}),
    ("heads", {"reads": "text", "try": "the leak"}),
    ("decoding", {"section": "side by side"}),
    ("decoding", {"section": "what goes wrong"}),
    ("positions", {}),
]
CASES = [
    *[("vit-shapes", ("vit-mean", "vit-heads"), *where) for where in PICTURES],
    *[("gpt-grammar", ("gpt-words",), *where) for where in TEXT],
]


def copy_of(name: str, folder: Path, change: Any) -> None:
    """A copy of a shipped model whose JSON, and vocabulary, `change` has had its way with."""
    shutil.copytree(zoo.ASSETS / name, folder)
    (about_path,) = (folder / "checkpoints").glob("*.json")
    about, vocab_path = json.loads(about_path.read_text(encoding="utf-8")), folder / "vocab.json"
    vocab = json.loads(vocab_path.read_text(encoding="utf-8")) if vocab_path.exists() else []
    change(about, vocab)
    about_path.write_text(json.dumps(about), encoding="utf-8")
    if vocab:
        vocab_path.write_text(json.dumps(vocab), encoding="utf-8")


def other_mean(about: dict[str, Any], vocab: list[str]) -> None:
    about["extra"] |= {"mean": [0.1, 0.9, 0.2], "std": [0.9, 0.1, 0.6]}


def other_heads(about: dict[str, Any], vocab: list[str]) -> None:
    """As many numbers in as many rows, told apart otherwise."""
    config = about["config"]
    config |= {"num_heads": config["num_heads"] // 2, "attn_dim": config["attn_dim"] * 2}


def other_words(about: dict[str, Any], vocab: list[str]) -> None:
    vocab[5:] = vocab[:4:-1]


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    monkeypatch.setattr("dashboard.vision.versus.PICTURES", 10)
    monkeypatch.setattr("dashboard.vision.faithfulness.PICTURES", 50)
    # measured anew after `forget`, the milliseconds would differ for another reason
    monkeypatch.setattr("core.decoding.timing.time_strategy", lambda *_: 1.0)
    copy_of("vit-shapes", tmp_path / "vit-mean", other_mean)
    copy_of("vit-shapes", tmp_path / "vit-heads", other_heads)
    copy_of("gpt-grammar", tmp_path / "gpt-words", other_words)
    return tmp_path


def forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def said(page: str, model: str, query: dict[str, str]) -> list[tuple[str, bytes]]:
    """Every element of a page opened with that model, as it is sent."""
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    key = "vit" if page == "versus" or query.get("reads") == "pictures" else "model"
    app.query_params.update({**query, key: model})
    if page == "positions":
        app.query_params["table"] = model
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    sent = []
    for node in app.main:
        proto = getattr(node, "proto", None)
        if proto is not None and node.type != "download_button":  # its address is made anew
            sent.append((node.type, proto.SerializeToString(deterministic=True)))
    assert any(model.encode() in content for _, content in sent), "it is chosen"
    return sent


@pytest.mark.parametrize(
    ("shipped", "copied", "page", "query"), CASES,
    ids=["-".join([page, *query.values()]) for _, _, page, query in CASES],
)  # fmt: skip
def test_a_copy_changes_nothing_that_another_model_says(
    copies: Path, shipped: str, copied: tuple[str, ...], page: str, query: dict[str, str]
) -> None:
    models = (shipped, *copied)
    forget()
    once = {model: said(page, model, query) for model in models}
    forget()
    again = {model: said(page, model, query) for model in reversed(models)}
    for model in models:
        assert again[model] == once[model], model


def test_the_links_still_name_the_weights_alone(copies: Path) -> None:
    shipped, copy = zoo.find_model("vit-shapes"), zoo.find_model("vit-mean")
    assert shipped.digest == copy.digest
    assert shipped.identity != copy.identity


@pytest.mark.parametrize("change", ["config", "extra", "architecture", "sha256"])
def test_everything_in_the_checkpoint_is_part_of_the_identity(copies: Path, change: str) -> None:
    before = zoo.find_model("vit-mean")
    path = before.weights.with_suffix(".json")
    about = json.loads(path.read_text(encoding="utf-8"))
    others = {"architecture": "VisionTransformer", "sha256": "0" * 64}
    about[change] = others.get(change) or {**about[change], "dim": 63}
    path.write_text(json.dumps(about), encoding="utf-8")
    assert zoo.find_model("vit-mean").identity != before.identity


def test_kind_data_and_words_are_part_of_it_too(copies: Path) -> None:
    entry = zoo.find_model("gpt-words")
    vocab = entry.path / "vocab.json"
    words = json.loads(vocab.read_text(encoding="utf-8"))
    vocab.write_text(json.dumps([*words[:-2], words[-1], words[-2]]), encoding="utf-8")
    known = {entry.identity, zoo.find_model("gpt-words").identity}
    for kind, data in (("vit", "grammar"), ("gpt", "shapes"), ("gp", "tgrammar")):
        known.add(identity_of(entry.path, entry.weights, kind, data))
    assert len(known) == 5


def test_a_model_that_is_new_has_its_table_of_positions_at_once(copies: Path) -> None:
    assert "gpt-words" in position_data.learned_tables()
    shutil.rmtree(copies / "gpt-words")
    assert "gpt-words" not in position_data.learned_tables()


def test_a_checkpoint_continues_a_prompt_as_itself(copies: Path) -> None:
    """Two runs with checkpoints of the same names and the same newest weights."""
    forget()
    entry = zoo.find_model("gpt-words")
    (weights,) = (entry.path / "checkpoints").glob("*.safetensors")
    early = weights.with_name("epoch-1")
    shutil.copy(weights, early.with_suffix(".safetensors"))
    about = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    other_heads(about, [])
    early.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
    then = zoo.at_checkpoint(entry, early)
    assert then.identity != entry.identity
    assert then.digest == entry.digest
    now = epochs._continued(str(weights), entry.identity, (1, 2), entry)
    assert epochs._continued(str(weights), then.identity, (1, 2), then) != now
    early.with_suffix(".json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"checkpoints/epoch-1\.json .* is damaged"):
        zoo.at_checkpoint(entry, early)
