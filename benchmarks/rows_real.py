"""A real model: SmolLM2 with 135 million parameters, loaded, reading and generating.

All on one thread; `python -m core.models get smollm2` fetches it once.
"""

import time
from functools import cache
from typing import Any

import torch

from benchmarks.measure import Row, alternate, fixed, rate
from benchmarks.threads import threads
from core.data import MissingDataError
from core.decoding.kv_cache import KVCache
from core.decoding.real_engine import Reader, fast_dtype, greedy
from core.models.pretrained import store
from core.models.zoo import LoadedModel

TOKENS = 64
PROMPT = "The capital of France is Paris, and the capital of Germany is"


def load() -> LoadedModel:
    """SmolLM2. Errors: MissingDataError when it is not on this machine."""
    entry = store.entry("smollm2")
    if entry is None:
        raise MissingDataError("SmolLM2 is missing; get it with python -m core.models get smollm2.")
    return store.load_model(entry)


@cache
def smollm2() -> LoadedModel:
    """Loaded once."""
    return load()


@cache
def theirs() -> Any:
    """The same sizes in transformers; what the weights are does not change the time."""
    from transformers import LlamaConfig, LlamaForCausalLM

    ours = smollm2().config
    config = LlamaConfig(
        vocab_size=ours.vocab_size, hidden_size=ours.dim, intermediate_size=ours.mlp_dim,
        num_hidden_layers=ours.num_layers, num_attention_heads=ours.num_heads,
        num_key_value_heads=ours.num_kv_heads, max_position_embeddings=ours.max_N,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=None, pad_token_id=2,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def prompt(tokens: int = 0) -> torch.Tensor:
    """The prompt (1, T), repeated to that many tokens; 0: once."""
    ids = smollm2().tokenizer.ids(PROMPT)
    ids = (ids * (1 + tokens // len(ids)))[: tokens or len(ids)]
    return torch.tensor([ids])


def real_load(repeats: int) -> Row:
    """Verify the checksum, build the model and its tokenizer; the file is in the system's cache."""
    load()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        load()
        times.append(time.perf_counter() - began)
    seconds = sorted(times)[len(times) // 2]
    return fixed("real-load", "s (less is better)", 3.0, seconds, "SmolLM2, checksum included")


def real_reads_50(repeats: int) -> Row:
    """The logits after 50 new tokens, in 32 bits, beside transformers."""
    ids = prompt(50)

    def reference() -> float:
        began = time.perf_counter()
        with torch.inference_mode():
            theirs()(ids, use_cache=True, logits_to_keep=1)
        return time.perf_counter() - began

    def product() -> float:
        read, cache = Reader(smollm2().model), KVCache(smollm2().model, room=50)
        began = time.perf_counter()
        read(cache, ids)
        return time.perf_counter() - began

    with threads(1):
        return alternate(
            "real-reads-50", "s (less is better)", reference, product, repeats,
            "SmolLM2, 50 tokens, one thread, fp32",
        )  # fmt: skip


def real_vs_huggingface(repeats: int) -> Row:
    """64 greedy tokens after a short prompt, against transformers' `generate` with its cache."""
    import transformers

    ids = prompt()

    def reference() -> int:
        with torch.inference_mode():
            theirs().generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS,
                min_new_tokens=TOKENS, do_sample=False,
            )  # fmt: skip
        return TOKENS

    def product() -> int:
        greedy(smollm2().model, ids, TOKENS)
        return TOKENS

    with threads(1):
        bits = str(fast_dtype()).removeprefix("torch.")
        return alternate(
            "real-vs-huggingface", "tokens/s", lambda: rate(reference), lambda: rate(product),
            repeats,
            f"SmolLM2, {TOKENS} tokens greedy, one thread, our weights {bits}; transformers "
            f"{transformers.__version__}, fp32",
        )  # fmt: skip


ROWS = {
    "real-load": real_load,
    "real-reads-50": real_reads_50,
    "real-vs-huggingface": real_vs_huggingface,
}
