"""Real models of text in the lessons: chosen, held in memory, refused, and used in each lesson."""

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from weakref import ref

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from core.decoding.prompt import read_prompt
from core.decoding.strategies import Greedy
from core.models.pretrained import store
from core.models.pretrained.store import load_model
from core.models.pretrained.tokens import SubwordTokenizer
from core.models.zoo import LoadedModel, ModelEntry
from dashboard.models.real_models import MOST_TOKENS, HeldModels, held
from tests.conftest import ROOT
from tests.models.pretrained.stored import tokenizer_json, write

FAMILIES = ("LlamaForCausalLM", "Qwen2ForCausalLM", "GPT2LMHeadModel")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_real_models_come_after_the_courses_own() -> None:
    assert opened("gpt").selectbox(key="model").value == "gpt-shakespeare"
    write("tiny")
    app = opened("gpt")
    assert app.selectbox(key="model").value == "gpt-shakespeare"
    assert app.selectbox(key="model").options[-1] == "tiny"


def test_a_link_to_a_model_that_is_not_here_says_so() -> None:
    app = opened("gpt", model="smollm2")
    assert app.selectbox(key="model").value == "gpt-shakespeare"
    [said] = [one.value for one in app.info if "asks for Model “smollm2”" in one.value]
    assert "gpt-shakespeare is shown instead" in said


def test_the_model_used_last_stays_and_another_is_let_go() -> None:
    models = HeldModels()
    entries = [write(f"tiny-{i}", seed=i) for i in range(3)]
    alive = [ref(models.get(entry).loaded.model) for entry in entries[:2]]
    models.get(entries[0])
    models.get(entries[2])
    gc.collect()
    assert [one() is not None for one in alive] == [True, False]
    assert [entry.identity in models for entry in entries] == [True, False, True]


def test_a_model_is_loaded_once_and_others_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    models = HeldModels()
    first, second = write("tiny-1", seed=1), write("tiny-2", seed=2)
    models.get(first)
    began, go, loads = Event(), Event(), []

    def slow(entry: ModelEntry) -> LoadedModel:
        loads.append(entry.name)
        began.set()
        assert go.wait(60)
        return load_model(entry)

    monkeypatch.setattr(store, "load_model", slow)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(models.get, second) for _ in range(2)]
        assert began.wait(60)
        assert is_free(models, first)
        go.set()
        assert both[0].result() is both[1].result()
    assert loads == ["tiny-2"]


def is_free(models: HeldModels, entry: ModelEntry) -> bool:
    """Whether a model in memory is given out within a minute, by a thread of its own."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(models.get, entry).result(timeout=60).loaded.entry == entry


def test_texts_and_the_decoder_do_not_keep_a_model_alive() -> None:
    models = HeldModels()
    entries = [write(f"tiny-{i}", seed=i) for i in range(3)]
    one = models.get(entries[0])
    text = one.generations.text((5, 6), Greedy(), 4)
    text.step(2)
    alive = ref(one.loaded.model)
    del one
    for entry in entries[1:]:
        assert len(models.get(entry).generations.text((5, 6), Greedy(), 4).tokens) == 4
    gc.collect()
    assert alive() is None
    with pytest.raises(ValueError, match="removed from memory"):
        text.logits(1)


def test_a_model_larger_than_the_memory_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = write("large", seed=110)  # no other test has this model in memory
    memory = psutil.virtual_memory()._replace(available=1000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    app = opened("gpt", model="large")
    [said] = [one.value for one in app.error]
    assert "GB of memory, but 0.0 GB are free; choose a smaller model" in said.replace("\\", "")
    assert entry.identity not in held()


def test_a_prompt_of_any_text_becomes_subwords() -> None:
    tokenizer = SubwordTokenizer(tokenizer_json())
    prompt = read_prompt("the\nan é", tokenizer, 20)
    assert prompt.words == ("the", "↵", "an", "·", r"\xc3", r"\xa9")
    assert prompt.notes == ()
    assert read_prompt("", tokenizer, 20).words == ("<|endoftext|>",)
    for long in ("x" * 21, "an" * 10**6):
        cut = read_prompt(long, tokenizer, 20)
        assert len(cut.ids) == 20
        assert f"({len(long):,} characters)" in cut.notes[0]
    assert MOST_TOKENS < 64
