"""The KV cache of a real model: grouped heads keep fewer keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls
from dashboard.components import page, tables
from dashboard.decoding import cache_drawing
from dashboard.figures import decoding as figures

if TYPE_CHECKING:
    from core.decoding.prompt import Prompt
    from core.models.zoo import LoadedModel, ModelEntry


@page.fragment
def show(entry: ModelEntry, loaded: LoadedModel, prompt: Prompt) -> None:
    """Bytes of the cache with the model's groups, with full heads and with one head for all; or the
    cache drawn, as it fills."""
    if cache_drawing.asked(entry, loaded, prompt):
        return
    from core.decoding.cost import key_value_bytes
    from core.decoding.kv_cache import KVCache
    from core.interpret.trace import blocks_of

    attn = blocks_of(loaded.model)[0].attn
    layers, heads, n = len(blocks_of(loaded.model)), attn.num_heads, attn.n_hidden
    groups = getattr(attn, "num_kv_heads", heads)
    variants = {f"every query head its own: {heads}": heads, "one for all query heads: 1": 1}
    if 1 < groups < heads:
        variants[f"this model, in groups: {groups}"] = groups
    variants = dict(sorted(variants.items(), key=lambda one: -one[1]))
    most = loaded.model.max_N
    T = int(controls.slider("Tokens in the text, T", 1, most, min(1000, most), key="tokens"))
    weights = 4 * loaded.extra["parameters"]
    page.show_figure(
        figures.cache_sizes(
            {
                name: key_value_bytes(layers, key_heads, n, most) / 1e6
                for name, key_heads in variants.items()
            },
            most, weights / 1e6, T,
        ),
        title="Memory of the KV cache (up) as the text grows (across), by heads of keys and "
        "values",
        description=f"Up to the model's context length of {most:,} tokens, in 32 bits. The "
        f"weights take {weights / 1e6:,.0f} MB, however long the text is.",
        key="cache-sizes",
    )  # fmt: skip
    tables.show(
        [
            {
                "heads of keys and values": name,
                "numbers a token": f"{2 * layers * key_heads * n:,}",
                f"cache, T = {T:,}": f"{key_value_bytes(layers, key_heads, n, T) / 1e6:,.2f} MB",
            }
            for name, key_heads in variants.items()
        ],
        hide_index=True,
    )
    page.show_math(
        r"\text{bytes} = 2 \cdot L \cdot G \cdot n \cdot T \cdot 4",
        f"Keys and values of L = {layers} layers, G = {groups} heads of keys and values of width "
        f"n = {n}, for each of T tokens, 4 bytes a number.",
    )
    cache = KVCache(loaded.model, room=T)
    size = cache.keys.nbytes + cache.values.nbytes
    st.caption(
        f"The cache that generates on this page has {groups} heads of keys and values for {heads} "
        f"query heads: for {T:,} tokens it takes {size:,} bytes, {heads / groups:.3g} times less "
        "than with full heads."
        if groups < heads
        else f"This model keeps keys and values for each of its {heads} heads: for {T:,} tokens "
        f"the cache takes {size:,} bytes. Newer models share them between groups of heads."
    )
    page.show_source(
        "core.decoding.cost.key_value_bytes",
        "core.decoding.kv_cache.KVCache",
        "core.models.pretrained.rotary.RotaryAttention.grouped_qkv",
    )
