"""The section on shared keys and values: multi-query and grouped-query attention in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.linear_rnn.spectrum import with_minus
from core.models import llama_history
from core.system.measurements import UNREADABLE
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.decoding import groups_instrument
from dashboard.figures import decoding as figures

if TYPE_CHECKING:
    from core.models.zoo import LoadedModel

ANSWERS = (
    "the cache only",
    "the cache, and the multiply-adds of q·k and αv",
    "the cache, and all weights of attention",
)


@page.fragment
def show(loaded: LoadedModel) -> None:
    """The question and the formula beside the instrument; its controls run nothing else."""
    from core.decoding.cost import whole_groups
    from core.interpret.trace import blocks_of

    blocks = blocks_of(loaded.model)
    attn = blocks[0].attn
    H, n = attn.num_heads, attn.n_hidden
    own = int(getattr(attn, "num_kv_heads", H))
    sizes = {
        "L": len(blocks), "H": H, "n": n, "d": int(loaded.model.token_embed.embedding_dim),
        "context": loaded.model.max_N,
    }  # fmt: skip
    left, right = panes("groups", (2, 3))
    with left:
        known = _predict(H)
        page.show_math(
            r"\begin{gathered} \text{head } h \text{ reads group } g = \lfloor h\,G / H \rfloor \\ "
            r"A_h = \mathrm{softmax}\!\left(Q_h K_g^\top / \sqrt{n}\right) \\ "
            r"\text{bytes} = 2 \cdot L \cdot G \cdot n \cdot T \cdot 4 \end{gathered}",
            "G = H is ordinary attention, and G = 1 is multi-query attention. The model has "
            f"L = {sizes['L']} layers; a key has n = {n} numbers of 4 bytes each.",
        )
    first = own if own < H else whole_groups(max(1, H - 1), H)
    dials = [
        controls.dial("Heads of keys and values, G", 1, H, first, key="groups"),
        controls.dial("Tokens in the text, T", 1, sizes["context"], min(100, sizes["context"]),
                      key="tokens"),
    ]  # fmt: skip
    with right:
        if not groups_instrument.show(sizes, known, dials):
            _show_figure(sizes, int(dials[0].value), int(dials[1].value), loaded)
        st.caption(
            f"This model has {own} {'head' if own == 1 else 'heads'} of keys and values for {H} "
            f"query heads. {_quality()}"
        )
    page.show_source(
        "core.decoding.cost.key_value_bytes", "core.decoding.cost.whole_groups",
        "core.models.pretrained.rotary.RotaryAttention.split_qkv",
        "core.models.pretrained.rotary.RotaryAttention.grouped_qkv",
        label="Show the code of grouped heads",
    )  # fmt: skip


def _predict(H: int) -> bool:
    return controls.predict(
        f"All {H} query heads share one head of keys and values (G = 1). What becomes {H} times "
        "smaller?",
        ANSWERS,
        lambda: (
            "**The cache only.** Every query head still multiplies its query with all T keys. Of "
            "the weights, $W_K$ and $W_V$ become smaller; $W_Q$ and $W_O$ stay, so "
            f"{(H + 1) / (2 * H):.1%} are left."
        ),
        right=ANSWERS[0], key="guess-groups",
        wait="Answer to see weights and multiply-adds beside the bytes.",
    )  # fmt: skip


def _quality() -> str:
    """What fewer heads of keys and values did to the loss, in the steps from the GPT to a Llama."""
    try:
        history = llama_history.read()
        heads, groups = history.about["sizes"]["num_heads"], history.about["kv_heads"]
        change = with_minus(f"{history.change(5):+.3f}")
        return (
            f"On the way from the GPT to a Llama (lesson “Dialogue GPT”), {groups} such heads "
            f"instead of {heads} changed the loss by {change} bits per character; "
            f"two seeds differ by up to {history.spread():.3f}."
        )
    except UNREADABLE:
        return ""


def _show_figure(sizes: dict[str, int], groups: int, T: int, loaded: LoadedModel) -> None:
    """The figure as the server draws it: for a browser in which the instrument stopped."""
    from core.decoding.cost import key_value_bytes, whole_groups

    L, H, n, most = (sizes[name] for name in ("L", "H", "n", "context"))
    names = {H: f"every query head its own: {H}", whole_groups(groups, H): "G", 1: "one for all: 1"}
    page.show_figure(
        figures.cache_sizes(
            {name: key_value_bytes(L, heads, n, most) / 1e6 for heads, name in names.items()},
            most, 4 * sum(p.numel() for p in loaded.model.parameters()) / 1e6, T,
        ),
        title="Memory of the KV cache (up) as the text grows (across)",
        description=f"At T = {T:,} and G = {whole_groups(groups, H)} it takes "
        f"{key_value_bytes(L, whole_groups(groups, H), n, T):,} bytes.",
        key="groups-cache",
    )  # fmt: skip
