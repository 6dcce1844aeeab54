"""Measurements of decoding: what a token costs, and what a way of choosing costs.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from core.models.zoo import find_model, load_model
from core.study.measure.store import Values

if TYPE_CHECKING:
    from torch import Tensor

    from core.decoding.engine import DecodingEngine
    from core.decoding.timing import Passes, TokenTiming
    from core.gpt import DialogueGPT

MODEL = "gpt-shakespeare"
T = 100
TOKENS = 150


def _engine() -> DecodingEngine:
    from core.decoding.engine import DecodingEngine

    return DecodingEngine.of(cast("DialogueGPT", load_model(find_model(MODEL)).model))


def generation() -> Values:
    """A text read in one pass, and token by token: alone, sixteen at once, and without a cache."""
    from core.decoding.timing import Passes, time_passes

    engine = _engine()
    *_, passes = time_passes(engine.model, engine, T)
    return generation_values(MODEL, cast(Passes, passes), engine)


def generation_values(model: str, passes: Passes, engine: DecodingEngine) -> Values:
    """What MEASUREMENTS names for `generation`: milliseconds a token, but for batch_step_ms, which
    is those of a step of all 16 texts. single_mb, batch_mb: what the last step reads for one text
    and for 16, the weights once and the cache of each text."""
    from core.decoding.cost import bytes_read, cache_bytes
    from core.decoding.timing import BATCH
    from core.system.device import this_machine

    single = bytes_read(engine.weights, passes.tokens, 32)
    batch = single + (BATCH - 1) * cache_bytes(engine.weights, passes.tokens)
    return {
        **{"machine": this_machine(), "model": model, "tokens": passes.tokens},
        **{"single_mb": single / 1e6, "batch_mb": batch / 1e6, "batch_growth": batch / single},
        **{"training_ms": passes.training, "pass_ms": passes.one_pass, "batch_ms": passes.batch},
        **{"single_ms": passes.single, "whole_ms": passes.whole, "engine_ms": passes.engine},
        **{"batch_step_ms": BATCH * passes.batch, "pass_gain": passes.single / passes.one_pass},
        **{"batch_gain": passes.single / passes.batch},
        "weights_mb": bytes_read(engine.weights, 0, 32) / 1e6,
    }


def cache() -> Values:
    """The next token in the same eager code: head on all positions, head on the last one only, and
    with a KV cache; then as the engine does it. And the multiply-adds of each."""
    from core.decoding.timing import lengths, time_tokens

    engine = _engine()
    timings = list(time_tokens(engine.model, engine, lengths(engine.weights.context_length, 4)))
    return cache_values(MODEL, timings, engine)


def cache_values(model: str, timings: Sequence[TokenTiming], engine: DecodingEngine) -> Values:
    """What MEASUREMENTS names for `cache`, from timings in which the one nearest T = 100 counts.

    slope: ms a token for 100 tokens more of text. doubled: operations at 2 T over those at T.
    head_share: of the multiply-adds of the first variant, those of the vocabulary head.
    """
    from core.decoding.cost import ALL, CACHE, LAST, operations
    from core.decoding.timing import COMPILED, slope
    from core.system.device import this_machine

    near = min(timings, key=lambda timing: abs(timing.length - T))
    length, ms = near.length, near.ms
    every, last, cached = (operations(engine.weights, length, v) for v in (ALL, LAST, CACHE))
    doubled = {v: operations(engine.weights, 2 * length, v) for v in (LAST, CACHE)}
    return {
        **{"machine": this_machine(), "model": model, "T": length, "all_ms": ms[ALL]},
        **{"last_ms": ms[LAST], "cache_ms": ms[CACHE], "engine_ms": ms.get(COMPILED, ms[CACHE])},
        **{f"{name}_slope": slope(timings, v)
           for name, v in (("all", ALL), ("last", LAST), ("cache", CACHE))},
        **{"all_operations": every, "last_operations": last, "cache_operations": cached},
        **{"last_doubled": doubled[LAST] / last, "cache_doubled": doubled[CACHE] / cached},
        **{"head_share": (every - last) / every * length / max(length - 1, 1)},
        **{"gain": ms[LAST] / ms[CACHE], "operations_gain": last / cached},
    }  # fmt: skip


def strategies() -> Values:
    """Time a token and share of different tokens, greedily and from the nucleus p = 0.9; both
    chosen by the same engine."""
    import torch

    from core.decoding.strategies import Greedy, Nucleus
    from core.decoding.timing import time_strategy
    from core.system.device import this_machine

    engine = _engine()
    tokens = min(TOKENS, engine.weights.context_length - 1)
    values: Values = {"machine": this_machine(), "model": MODEL, "tokens": tokens}
    for name, strategy in (("greedy", Greedy()), ("nucleus", Nucleus(p=0.9, t=1.0))):
        made = engine.draw([0], strategy, tokens, 1, torch.Generator().manual_seed(0)).ids[0]
        values[f"{name}_ms"] = time_strategy(engine, [0], strategy, tokens)
        values[f"{name}_distinct"] = len(set(made.tolist())) / tokens
    return values


def next_word() -> Values:
    """The opening of a speech, up to a comma: the most probable next word (first: 1 if it is "my"),
    and the largest weight of the comma in head 1 of the first and of the last layer."""
    import torch

    from core.decoding.prompt import read_prompt

    loaded = load_model(find_model(MODEL))
    model = cast("DialogueGPT", loaded.model)
    assert loaded.tokenizer is not None
    ids = read_prompt("KING RICHARD III:\nWhy,", loaded.tokenizer, model.max_N).ids
    with torch.no_grad():
        logits, alphas = model(torch.tensor([ids]), return_attn=True)
    probability = logits[0, -1].softmax(-1)
    word = loaded.tokenizer.vocab[int(probability.argmax())]
    comma = alphas[0, :, 0, -1].max(-1).values
    return {
        **{"model": MODEL, "word": word, "first": float(word == "my")},
        **{"probability": float(probability.max()), "sum": float(probability.sum())},
        **{"first_layer": float(comma[0]), "last_layer": float(comma[-1])},
    }


def groups() -> Values:
    """The small GPTs before and after their heads share keys and values: bytes of the caches that
    are allocated for T tokens, weights of the heads, multiply-adds of the scores, and the loss."""
    from core.decoding.kv_cache import KVCache
    from core.models import llama_history, llama_steps

    history = llama_history.read()
    values: Values = {"T": llama_steps.SIZES["max_N"], "heads": llama_steps.SIZES["num_heads"]}
    for name, step in (("full", 4), ("shared", 5)):
        model = llama_steps.build(step, 50, seed=0)
        cache = KVCache(model, room=llama_steps.SIZES["max_N"])
        attn = cast("Any", model.transformer.layers[0]).attn
        weights = sum(p.numel() for p in attn.parameters())
        q, k, _ = attn.split_qkv(_ones(llama_steps.SIZES["max_N"], llama_steps.SIZES["dim"]))
        values |= {
            f"bytes_{name}": cache.keys.nbytes + cache.values.nbytes,
            f"weights_{name}": weights,
            f"scores_{name}": q.numel() * k.shape[-2],
        }
    return values | {
        "groups": llama_steps.KV_HEADS, "change": history.change(5), "spread": history.spread(),
    }  # fmt: skip


def _ones(tokens: int, dim: int) -> Tensor:
    import torch

    return torch.ones(1, tokens, dim)
