"""The drawing of generation with a key-value cache: what is stored, computed and attended to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components.live import packed
from dashboard.components.network_view import keep, linked, network_view
from dashboard.components.program import is_index
from dashboard.models import gpt_models, traces

if TYPE_CHECKING:
    from core.decoding.prompt import Prompt
    from core.interpret.trace import Trace
    from core.models.zoo import LoadedModel, ModelEntry

MADE = 8  # words generated after the prompt
MOST = 40  # tokens drawn at most: of a longer prompt its end
LONGEST_NAME = 40  # characters of a word
DEFAULTS = {"cache_read": 1, "cache_block": 0}


def asked(entry: ModelEntry, loaded: LoadedModel, prompt: Prompt) -> bool:
    """A switch, and behind it the drawing; whether it is drawn, in place of the rest."""
    is_drawn = controls.switch("Draw the cache of this model", key="network")
    if is_drawn:
        show(entry, loaded, prompt)
    return is_drawn


def show(entry: ModelEntry, loaded: LoadedModel, prompt: Prompt) -> None:
    """Greedy words after the prompt, and the cache after each token that is read."""
    import torch

    from core.decoding.strategies import Greedy

    ids = tuple(prompt.ids)[-(MOST - MADE) :]
    made = gpt_models.generations(entry).text(ids, Greedy(), MADE).tokens
    text = [*ids, *made]
    traced = traces.trace(entry.identity, loaded.model, torch.tensor([text]))
    model = drawn(loaded, traced, text, len(ids))
    first = DEFAULTS | {"cache_read": len(ids)}
    at = checked(linked(first), len(text), loaded.config.num_layers, len(ids))
    keep(at, first, {})

    def take(reply: Mapping[str, object]) -> None:
        named = {"cache_read": reply.get("read"), "cache_block": reply.get("layer")}
        st.session_state.update(checked(named, len(text), loaded.config.num_layers, len(ids)))

    selected = {"read": at["cache_read"], "layer": at["cache_block"]}
    parts = [
        (f"Block {i}", f"keys and values: 2×{at['cache_read']}×{model['width']}")
        for i in range(1, loaded.config.num_layers + 1)
    ]
    network_view("cache", model, selected, parts, key="filling", on_change=take)


def drawn(loaded: LoadedModel, traced: Trace, text: list[int], prompt: int) -> dict[str, object]:
    """What the browser draws: ‖k‖ and ‖v‖ (L, T) of all heads that have their own, attention
    (L, T, T) as the mean over heads, and the most probable next word after every token.

    No token sees the future, so the keys of the whole text are those in the cache.
    """
    from core.interpret.block_steps import block_steps
    from core.interpret.trace import blocks_of, heads_of

    layers, heads = heads_of(loaded.model)
    groups = getattr(blocks_of(loaded.model)[0].attn, "num_kv_heads", heads)
    steps = [block_steps(loaded.model, traced, layer) for layer in range(layers)]
    norms = {
        name: np.stack(
            [s[name][:: heads // groups].square().sum((0, 2)).sqrt().numpy() for s in steps]
        )
        for name in ("k", "v")
    }
    best = traced.logits[0].softmax(-1).max(-1)
    vocabulary = loaded.tokenizer.vocab
    return {
        "layers": layers,
        "width": groups * steps[0]["k"].shape[-1],
        "shared": heads // groups,
        "prompt": prompt,
        "tokens": [vocabulary[i][:LONGEST_NAME] for i in text],
        "keys": packed(norms["k"], "<f4"),
        "values": packed(norms["v"], "<f4"),
        "looks": packed(traced.attention[0].mean(1).numpy(), "<f4"),
        "next": [
            [vocabulary[i][:LONGEST_NAME], float(f"{p:.6g}")]
            for p, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ],
    }


def checked(values: Mapping[str, object], tokens: int, layers: int, prompt: int) -> dict[str, int]:
    """Tokens read (from 1) and the block whose attention is drawn; else the end of the prompt."""
    read, block = values.get("cache_read"), values.get("cache_block")
    return {
        "cache_read": read if is_index(read, tokens + 1) and read > 0 else prompt,
        "cache_block": block if is_index(block, layers) else 0,
    }
