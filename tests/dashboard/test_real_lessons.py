"""Small real models of text in the lessons on attention, heads, GPT and decoding."""

import base64
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.decoding.cost import key_value_bytes
from core.decoding.kv_cache import KVCache
from core.decoding.real_engine import Reader
from core.interpret.trace import trace
from core.models import load_model
from dashboard.attention import head_search
from dashboard.components.program import squeezed
from dashboard.decoding import cache_drawing
from dashboard.decoding.instrument import encode
from tests.conftest import ROOT
from tests.models.pretrained.stored import write

FAMILIES = ("LlamaForCausalLM", "Qwen2ForCausalLM", "GPT2LMHeadModel")
PROMPT = "the man, the man"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))


def opened(page: str, stopped: bool = False, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    if stopped:  # the browser has reported an error of every instrument: the server draws
        for name in ("row", "heads", "decoding", "steps"):
            app.session_state[f"state-live-stopped-{name}"] = True
    for name, value in {"model": "tiny", "prompt": PROMPT, **query}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    assert app.selectbox(key="model").value == "tiny"
    return app


def captions(app: AppTest) -> str:
    return "\n".join(c.value for c in app.caption)


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_attention(family: str, stopped: bool) -> None:
    write("tiny", family)
    app = opened("attention", stopped, layer="2", head="3", step="q")
    assert ("R\\_t" in str(app.latex[0].value) or "R_t" in str(app.latex[0].value)) == (
        family != "GPT2LMHeadModel"
    )
    drawn = opened("attention", network="true", net_block="2", net_depth="1")
    assert drawn.toggle(key="network").value
    assert "state-network-stopped-drawn" not in drawn.session_state
    assert [drawn.session_state[f"net_{n}"] for n in ("block", "depth")] == [2, 1]


def test_a_head_that_was_searched_for_is_the_one_with_the_largest_score() -> None:
    write("tiny")
    loaded = load_model("tiny")
    seen = trace(loaded.model, torch.tensor([loaded.tokenizer.ids(PROMPT)]))
    scores = head_search.of(Mock(), seen, "first token")
    layer, head, value = head_search.best(scores, 8)[0]
    assert value == pytest.approx(float(seen.attention[0, :, :, 1:, 0].mean(-1).max()))
    assert scores[layer, head] == scores.max()
    assert [round(v, 6) for *_, v in head_search.best(scores, 3)] == sorted(
        (round(float(v), 6) for v in scores.flatten().topk(3).values), reverse=True
    )
    app = opened("attention", score="induction")
    assert [p.value for p in app.segmented_control if p.key == "score"] == ["induction"]


def test_a_word_is_replaced_by_one_token_of_the_model() -> None:
    write("tiny")
    app = opened("attention", word_at="1: ·", word="x")
    assert not [i for i in app.info if "no single token" in i.value]
    app = opened("attention", word_at="1: ·", word="xyz")
    assert [i for i in app.info if "xyz is no single token" in i.value]


@pytest.mark.parametrize(
    "section",
    ["switch heads off", "a head at work", "all heads measured", "layer by layer", "the leak"],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_heads(family: str, section: str) -> None:
    write("tiny", family)
    app = opened("heads", **{"try": section, "remove": "true"})
    told = [i.value for i in app.info if "does not exist here" not in i.value]
    assert not told, told


def test_nothing_stands_beside_a_real_model() -> None:
    write("tiny")
    app = opened("heads", **{"try": "side by side"})
    assert [i for i in app.info if "A real model comes without checkpoints" in i.value]


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_gpt(family: str, stopped: bool) -> None:
    write("tiny", family)
    app = opened("gpt", stopped)
    [length] = [s for s in app.slider if s.key == "length"]
    assert (length.label, length.value) == ("Tokens to generate", 24)
    [formula] = [one.value for one in app.latex]
    llama = family != "GPT2LMHeadModel"
    assert ("RMSNorm" in formula) == llama
    assert "+ b" not in formula


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_decoding_side_by_side(family: str, stopped: bool) -> None:
    write("tiny", family)
    app = opened("decoding", stopped, columns="3", **{"way-c": "beam"}, length="5")
    assert "eager PyTorch" in captions(app)


@pytest.mark.parametrize(
    ("section", "why"),
    [("what goes wrong", "held-out text"), ("epoch by epoch", "checkpoints of its training")],
)
def test_sections_that_make_no_sense_say_why(section: str, why: str) -> None:
    write("tiny")
    app = opened("decoding", section=section)
    assert [i for i in app.info if why in i.value]


@pytest.mark.parametrize(("family", "groups"), [*zip(FAMILIES, (2, 3, 5), strict=True)])
def test_the_cache_of_grouped_heads(family: str, groups: int) -> None:
    write("tiny", family)
    app = opened("decoding", section="the KV cache", tokens="10")
    model = load_model("tiny").model
    expected = 2 * KVCache(model, room=10).keys.nbytes
    assert expected == key_value_bytes(3, groups, 6, 10) == 2 * 3 * groups * 6 * 10 * 4
    assert f"{expected:,} bytes" in captions(app)


@pytest.mark.parametrize(("family", "groups"), [("LlamaForCausalLM", 2), ("GPT2LMHeadModel", 5)])
def test_the_cache_is_drawn_with_the_keys_it_keeps(family: str, groups: int) -> None:
    write("tiny", family)
    loaded = load_model("tiny")
    text = loaded.tokenizer.ids(PROMPT)
    traced = trace(loaded.model, torch.tensor([text]))
    model = cache_drawing.drawn(loaded, traced, text, len(text))
    cache = KVCache(loaded.model, room=len(text))
    Reader(loaded.model)(cache, torch.tensor([text]))
    for name, kept in (("keys", cache.keys), ("values", cache.values)):
        sent = torch.frombuffer(bytearray(base64.b64decode(str(model[name]))), dtype=torch.float32)
        assert torch.allclose(sent, kept[:, 0].square().sum((1, 3)).sqrt().flatten(), rtol=1e-4)
    assert model["width"] == groups * 6
    assert model["shared"] == loaded.config.num_heads // groups
    app = opened("decoding", section="the KV cache", network="true")
    assert [app.session_state[name] for name in ("cache_read", "cache_block")] == [len(text), 0]


def test_what_is_sent_of_a_step_fits_a_large_vocabulary() -> None:
    logits = torch.randn(49_152, generator=torch.Generator().manual_seed(0)).mul(3).numpy()
    logits[::-1].sort()
    codes = squeezed(encode(logits.astype("float64")))
    assert len(codes) < 7000  # characters, of the 20 KB of a release
