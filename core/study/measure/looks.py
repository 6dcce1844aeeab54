"""Measurements that look into the shipped GPTs: causality, heads, texts, the cache.

Each function returns the values that `core.study.measure.store.MEASUREMENTS` names.
"""

from __future__ import annotations

from typing import Any, cast

import torch

from core.models import load_model
from core.models.zoo import LoadedModel
from core.study.measure.store import Values


def _ids(loaded: LoadedModel, text: str) -> torch.Tensor:
    from core.decoding.prompt import read_prompt

    assert loaded.tokenizer is not None
    return torch.tensor([read_prompt(text, loaded.tokenizer, cast(Any, loaded.model).max_N).ids])


def causality() -> Values:
    """Attention of a GPT on one line: the largest weight on a later word, the rows' sums, the
    first row's largest weight; and that the next-word probabilities sum to one."""
    from core.interpret.trace import trace

    loaded = load_model("gpt-shakespeare")
    traced = trace(cast(Any, loaded.model), _ids(loaded, "KING:\nGood queen, where are the"))
    attention = traced.attention
    later = attention.triu(1)
    return {
        **{"model": loaded.entry.name, "later": float(later.max())},
        "row_error": float((attention.sum(-1) - 1).abs().max()),
        "first_row": float(attention[..., 0, :].max(-1).values.min()),
        "probability": float(traced.logits[0, -1].softmax(-1).sum()),
    }


def repeats() -> Values:
    """Three greedy and three sampled texts of 100 tokens from the start token: how many of them
    differ, and the share of 4-grams that occurred before; then the mean probability that the model
    gives to the first 30 and to the last 50 tokens of the greedy text."""
    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Greedy, Nucleus, Strategy, generate
    from core.decoding.text_metrics import repetition

    loaded = load_model("gpt-shakespeare")
    model = cast(Any, loaded.model)
    engine = DecodingEngine.of(model)

    def text(strategy: Strategy, seed: int) -> list[int]:
        generator = torch.Generator().manual_seed(seed)
        return [step.token for step in generate(engine, [0], strategy, 100, generator)]

    greedy = [text(Greedy(), seed) for seed in range(3)]
    steps = generate(engine, [0], Greedy(), 100, torch.Generator())
    sure = torch.tensor([step.log_probability for step in steps]).exp()
    sampled = [text(Nucleus(p=0.9, t=1.0), seed) for seed in range(3)]
    return {
        "greedy_texts": len({tuple(one) for one in greedy}),
        "sampled_texts": len({tuple(one) for one in sampled}),
        "greedy_repetition": repetition(greedy[0], 4),
        "sampled_repetition": sum(repetition(one, 4) for one in sampled) / 3,
        **{"sure_first": float(sure[:30].mean()), "sure_last": float(sure[-50:].mean())},
    }


def first_difference() -> Values:
    """The step at which sampled text leaves greedy text, and the first step whose draw falls on
    another word than the most probable one, over 20 seeds."""
    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Greedy, Nucleus, generate

    loaded = load_model("gpt-shakespeare")
    engine = DecodingEngine.of(cast(Any, loaded.model))
    greedy = [s.token for s in generate(engine, [0], Greedy(), 40, torch.Generator())]
    agree, seeds = 0, 20
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        steps = list(generate(engine, [0], Nucleus(p=0.9, t=1.0), 40, generator))
        leaves = next((i for i, s in enumerate(steps) if s.token != greedy[i]), -1)
        draws = next((i for i, s in enumerate(steps) if s.rank > 1), -1)
        agree += leaves == draws
    return {"seeds": seeds, "agree": agree}


def calls() -> Values:
    """How often a GPT runs to generate tokens one after the other, and to predict each of them when
    the text is known, as in training; same: the share of tokens for which both agree."""
    loaded = load_model("gpt-shakespeare-course")
    model, tokens = cast(Any, loaded.model), 50
    runs: list[int] = []
    counter = model.register_forward_hook(lambda *_: runs.append(1))
    try:
        text = model.generate(torch.zeros(1, 1, dtype=torch.long), tokens)
        generating = len(runs)
        with torch.no_grad():
            known = model(text[:, :-1])[0].argmax(-1)
    finally:
        counter.remove()
    return {
        **{"model": loaded.entry.name, "tokens": tokens, "generating": generating},
        **{
            "training": len(runs) - generating,
            "same": float((known == text[:, 1:]).float().mean()),
        },
    }


def table() -> Values:
    """Rows of a GPT's learned position table; reads_more: 1 if it reads one token more, else 0."""
    loaded = load_model("gpt-shakespeare-course")
    model = cast(Any, loaded.model)
    try:
        with torch.no_grad():
            model(torch.zeros(1, model.max_N + 1, dtype=torch.long))
    except (ValueError, AssertionError, IndexError):
        return {"rows": model.max_N, "reads_more": 0.0}
    return {"rows": model.max_N, "reads_more": 1.0}
