"""Generation with the cache: the logits of the whole text, in 32 bits and nearly so in 16."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.data.locations import drain
from core.decoding.kv_cache import KVCache
from core.decoding.real_engine import Reader, fast_dtype, greedy
from core.models import load_model
from core.models.pretrained import sources
from tests.models.pretrained.saved import VOCABULARY, random_model, save

KINDS = [
    ("GPT2", {}),
    ("Llama", {}),
    ("Llama", {"num_key_value_heads": 6, "attention_bias": True}),
    ("Llama", {"num_key_value_heads": 1, "tie_word_embeddings": True}),
    ("Qwen2", {}),
]


def loaded(kind: str, changed: dict[str, Any], tmp_path: Path) -> tuple[Any, Any]:
    theirs = random_model(kind, **changed)
    drain(sources.obtain(str(save(theirs, tmp_path / "files")), "real"))
    return theirs, load_model("real").model


@pytest.mark.parametrize(("kind", "changed"), KINDS, ids=str)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-4), (torch.float16, 0.1)])
def test_cached_logits_are_those_of_the_whole_text(
    kind: str, changed: dict[str, Any], dtype: torch.dtype, bound: float, tmp_path: Path
) -> None:
    _, model = loaded(kind, changed, tmp_path)
    ids = torch.randint(0, VOCABULARY, (3, 30), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        whole, _ = model(ids)
    read, cache = Reader(model, dtype), KVCache(model, batch=3, room=30)
    ends = [7, 8, 9, 15, 16, *range(17, 31)]  # prompts of several tokens, and single ones
    for start, stop in zip([0, *ends], ends, strict=False):
        logits = read(cache, ids[:, start:stop])
        assert (logits - whole[:, stop - 1]).abs().max() < bound
    with pytest.raises(ValueError, match="room for 0 more tokens"):
        read(cache, ids[:, :1])


@pytest.mark.parametrize(("kind", "changed"), KINDS, ids=str)
def test_greedy_tokens_are_those_of_transformers(
    kind: str, changed: dict[str, Any], tmp_path: Path
) -> None:
    theirs, model = loaded(kind, changed, tmp_path)
    ids = torch.randint(2, VOCABULARY, (1, 5), generator=torch.Generator().manual_seed(3))
    theirs.generation_config.eos_token_id = None
    expected = theirs.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False
    )
    assert greedy(model, ids, 24, torch.float32).equal(expected)


def test_what_a_step_keeps_may_meet_a_gradient_later(tmp_path: Path) -> None:
    from core.interpret.attribution import gradient_relevance

    _, model = loaded("Llama", {}, tmp_path)
    ids = torch.arange(6)[None]
    greedy(model, ids[:, :3], 3)
    relevance = gradient_relevance(model, ids, torch.tensor([4]))
    assert relevance.shape == (1, 6, 6)
    assert relevance.isfinite().all()


def test_grouped_heads_need_a_smaller_cache(tmp_path: Path) -> None:
    _, model = loaded("Llama", {"num_key_value_heads": 2}, tmp_path)
    layers, groups, n, tokens = 3, 2, 6, 10
    assert KVCache(model, 1, tokens).keys.nbytes * 2 == 2 * layers * groups * n * tokens * 4
    assert fast_dtype() in (torch.float16, torch.float32)


@pytest.mark.parametrize("kind", ["GPT2", "Llama"])
def test_the_decoding_engine_takes_real_models(kind: str, tmp_path: Path) -> None:
    from core.decoding.real_engine import RealEngine
    from core.decoding.strategies import Nucleus, Temperature

    _, model = loaded(kind, {}, tmp_path)
    engine = RealEngine(model)
    for text in ([5, 6, 7, 8], [5, 6, 7, 8, 9], [5, 6, 7, 30, 31], list(range(2, 62))):
        with torch.no_grad():
            whole, _ = model(torch.tensor([text[-model.max_N :]]))
        assert (engine(text) - whole[0, -1]).abs().max() < 0.1
    assert engine.runs == 4
    drawn = engine.draw([5, 6], Nucleus(p=0.9), 9, 4, torch.Generator().manual_seed(0))
    assert drawn.ids.shape == (4, 9)
    steps = list(engine.generate([5], Temperature(t=0.5), 6, torch.Generator().manual_seed(0)))
    assert len(steps) == 6
