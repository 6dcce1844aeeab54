"""Decoding: tokens a second against the course's loop and Hugging Face, and what a slider costs.

All on one thread, fp32, with the weights of the shipped Shakespeare model where it is there.
"""

import statistics
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from benchmarks.measure import Row, alternate, rate
from benchmarks.reference_gpt import greedy, textbook_logits
from benchmarks.threads import threads
from core.config.model_config import CompactGPTConfig
from core.data import load_dialogues
from core.decoding.engine import DecodingEngine
from core.decoding.kv_cache import KVCache
from core.decoding.strategies import Nucleus, Strategy, Temperature, TopK
from core.gpt import DialogueGPT
from core.models.registry import build
from core.models.zoo import available_models, load_model
from core.system.processor import processor_name

TOKENS, COURSE_VOCABULARY, NEAR_TIE = 199, 15_000, 1e-4


@cache
def shipped() -> tuple[DialogueGPT, str, list[list[int]]]:
    """The model, what it is in words, and 200 prompts of at most 50 tokens."""
    generator = torch.Generator().manual_seed(0)
    entry = next((e for e in available_models("gpt") if e.name == "gpt-shakespeare"), None)
    if entry is None:
        torch.manual_seed(0)
        model: Any = build("CompactGPT", CompactGPTConfig(COURSE_VOCABULARY)).eval()
        ids = torch.randint(3, COURSE_VOCABULARY, (200, 50), generator=generator).tolist()
        said = f"CompactGPT at its defaults, random weights, {COURSE_VOCABULARY:,} words"
    else:
        from benchmarks.rows_training import data_dir

        loaded = load_model(entry)
        model = loaded.model
        said = f"shipped {entry.name}, {len(loaded.tokenizer.vocab):,} words"
        try:
            lines = load_dialogues(entry.data, data_dir()).held_out[:200]
            ids = [loaded.tokenizer.ids(line) for line in lines]
        except (OSError, ValueError):
            count = len(loaded.tokenizer.vocab)
            ids = torch.randint(3, count, (200, 50), generator=generator).tolist()
    prompts = [text[: 1 + i % 50] for i, text in enumerate(ids)]
    return model, said, prompts


@cache
def engine() -> DecodingEngine:
    """Ours."""
    return DecodingEngine.of(shipped()[0])


@cache
def huggingface() -> Any:
    """GPT-2 of the same shape: the same layers, heads, widths and vocabulary."""
    from transformers import GPT2Config, GPT2LMHeadModel

    weights = engine().weights
    config = GPT2Config(
        vocab_size=weights.vocab_size,
        n_positions=weights.context_length,
        n_embd=weights.dim,
        n_layer=len(weights.blocks),
        n_head=weights.num_heads,
        n_inner=weights.mlp_dim,
        activation_function="gelu",
        bos_token_id=0,
        eos_token_id=None,
        pad_token_id=1,
    )
    return GPT2LMHeadModel(config).eval()


def huggingface_generate(batch: int, tokens: int, prompt: int = 1, **options: object) -> None:
    """`generate` with its cache, exactly `tokens` new tokens."""
    ids = torch.zeros(batch, prompt, dtype=torch.long)
    with torch.inference_mode():
        huggingface().generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens,
            min_new_tokens=tokens, use_cache=True, **options,
        )  # fmt: skip


def cached_greedy(
    prompt: list[int], num_tokens: int, ours: DecodingEngine | None = None
) -> list[int]:
    """Our greedy loop, from an empty cache."""
    read = (ours or engine()).read
    cache_, new, made = KVCache(shipped()[0]), torch.tensor([prompt]), []
    for _ in range(num_tokens):
        new = read(cache_, new).argmax(-1, keepdim=True)
        made.append(new)
    return [int(token) for token in made]


def milliseconds(work: Callable[[], object], count: int) -> list[float]:
    """Each of `count` calls, sorted, after one that does not count."""
    work()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return sorted(times)


def p95(times: list[float]) -> float:
    """The 95th percentile of sorted times."""
    return times[min(len(times) - 1, round(0.95 * len(times)))]


def _product() -> int:
    return len(cached_greedy([0], TOKENS))


def decode_vs_uncached(repeats: int) -> Row:
    """199 greedy tokens, one text, against recomputing everything one head at a time."""
    weights, said = engine().weights, shipped()[1]
    start = torch.zeros(1, 1, dtype=torch.long)

    def reference() -> int:
        return greedy(weights, start, TOKENS).shape[1] - 1

    with threads(1):
        return alternate(
            "decode-vs-uncached", "tokens/s", lambda: rate(reference), lambda: rate(_product),
            repeats, f"199 tokens greedy, one thread, fp32, {said}; {engine().path}",
        )  # fmt: skip


def decode_vs_huggingface(repeats: int) -> Row:
    """199 greedy tokens, one text, against transformers' `generate` with its cache."""
    import transformers

    def reference() -> int:
        huggingface_generate(1, TOKENS, do_sample=False)
        return TOKENS

    with threads(1):
        return alternate(
            "decode-vs-huggingface", "tokens/s", lambda: rate(reference), lambda: rate(_product),
            repeats,
            f"199 tokens greedy, one thread, fp32, {shipped()[1]}; GPT-2 of the same shape, "
            f"transformers {transformers.__version__}",
        )  # fmt: skip


def decode_kernel_vs_eager_cache(repeats: int) -> Row:
    """199 greedy tokens, one text: the compiled kernel against our own cached loop in PyTorch."""
    model, said, _ = shipped()
    eager = DecodingEngine(model, None)

    def reference() -> int:
        return len(cached_greedy([0], TOKENS, eager))

    with threads(1):
        return alternate(
            "decode-kernel-vs-eager-cache", "tokens/s", lambda: rate(reference),
            lambda: rate(_product), repeats,
            f"199 tokens greedy, one thread, fp32, {said}, {processor_name()}; {engine().path} "
            "against the KV cache in PyTorch",
        )  # fmt: skip


def decode_16x60(repeats: int) -> Row:
    """16 texts of 60 words after a slider moved: every call other settings; p95 of the calls."""
    settings: list[Strategy] = [Nucleus(p=0.5 + 0.025 * i) for i in range(20)]
    settings += [Temperature(t=0.5 + 0.05 * i) for i in range(20)]
    settings += [TopK(k=10 * (i + 1)) for i in range(10)]
    turn = iter(settings * 100)

    def ours() -> float:
        generator = torch.Generator().manual_seed(0)
        prompt = shipped()[2][7]
        return p95(milliseconds(lambda: engine().draw(prompt, next(turn), 60, 16, generator), 20))

    def theirs() -> float:
        options = {"do_sample": True, "top_p": 0.9, "top_k": 0}
        return p95(milliseconds(lambda: huggingface_generate(16, 60, 8, **options), 2))

    with threads(1):
        return alternate(
            "decode-16x60", "ms, p95 (less is better)", theirs, ours, repeats,
            f"16 texts × 60 words at once, another setting each time, one thread, {shipped()[1]}; "
            "without the browser; reference transformers, top-p 0.9",
        )  # fmt: skip


def decode_first_token(repeats: int) -> Row:
    """The first token after a prompt of 50 tokens never seen before; p95 of the calls."""
    counter = iter(range(3, 10**9))

    def new_prompt() -> torch.Tensor:
        return engine()([0, next(counter) % engine().weights.vocab_size, *range(3, 51)])

    with threads(1):
        return alternate(
            "decode-first-token", "ms, p95 (less is better)",
            lambda: p95(milliseconds(lambda: huggingface_generate(1, 1, 50), 20)),
            lambda: p95(milliseconds(new_prompt, 100)), repeats,
            f"a new prompt of 50 tokens each time, one thread, {shipped()[1]}",
        )  # fmt: skip


def decode_nucleus_vs_greedy(repeats: int) -> Row:
    """Time per token of greedy (reference) beside nucleus p = 0.9 (product), both ours."""

    def nucleus() -> None:
        generator = torch.Generator().manual_seed(0)
        engine().draw([0], Nucleus(p=0.9), TOKENS, 1, generator)

    with threads(1):
        return alternate(
            "decode-nucleus-vs-greedy", "ms/token (less is better)",
            lambda: statistics.median(milliseconds(_product, 3)) / TOKENS,
            lambda: statistics.median(milliseconds(nucleus, 3)) / TOKENS, repeats,
            f"199 tokens, one text, one thread, {shipped()[1]}; reference greedy, product nucleus",
        )  # fmt: skip


@torch.inference_mode()
def decode_ids_equal(repeats: int) -> Row:
    """200 prompts continued to 200 positions: share of tokens that the uncached model picks too.

    By causality one uncached pass over the finished text gives the uncached logits at every step.
    Steps whose two best logits lie within 1e-4 are near-ties: listed, and left out.
    """
    (_, said, prompts), weights = shipped(), engine().weights
    checked = equal = 0
    ties: list[str] = []
    with threads(1):
        for number, prompt in enumerate(prompts, 1):
            made = cached_greedy(prompt, weights.context_length - len(prompt))
            logits = textbook_logits(weights, torch.tensor([[*prompt, *made]]))[0]
            best = logits[len(prompt) - 1 : -1].topk(2).values
            gap = best[:, 0] - best[:, 1]
            clear = gap >= NEAR_TIE
            same = logits[len(prompt) - 1 : -1].argmax(-1) == torch.tensor(made)
            at = (~clear).nonzero().flatten().tolist()
            ties += [f"{number}:{len(prompt) + i} ({float(gap[i]):.0e})" for i in at]
            checked += int(clear.sum())
            equal += int((same & clear).sum())
    share = equal / checked
    return {
        "name": "decode-ids-equal",
        "unit": "share of tokens",
        "reference": 1.0,
        "product": share,
        "ratio": share,
        "ratio_low": share,
        "ratio_high": share,
        "conditions": f"{len(prompts)} prompts of 1 to 50 tokens continued to "
        f"{weights.context_length} positions, {said}; {checked:,} tokens "
        f"checked, {len(ties)} near-ties (< 1e-4) left out"
        + (f", as prompt:position (gap): {', '.join(ties)}" if ties else ""),
    }


ROWS = {
    "decode-vs-uncached": decode_vs_uncached,
    "decode-vs-huggingface": decode_vs_huggingface,
    "decode-kernel-vs-eager-cache": decode_kernel_vs_eager_cache,
    "decode-16x60": decode_16x60,
    "decode-first-token": decode_first_token,
    "decode-nucleus-vs-greedy": decode_nucleus_vs_greedy,
    "decode-ids-equal": decode_ids_equal,
}
