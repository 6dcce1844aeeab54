"""The KV cache: what it stores, what it saves by the formula, and what it saves on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.linear_rnn.spectrum import scientific
from dashboard import controls
from dashboard.components import page, tables
from dashboard.decoding import cache_drawing, costs_instrument, timings
from dashboard.figures import decoding as figures

if TYPE_CHECKING:
    from core.decoding.engine import DecodingEngine
    from core.decoding.prompt import Prompt
    from core.decoding.timing import Report
    from core.decoding.weights import DecodeWeights
    from core.models.zoo import LoadedModel, ModelEntry

STEPS = 8


def show(entry: ModelEntry, loaded: LoadedModel, engine: DecodingEngine, prompt: Prompt) -> None:
    """Measurement, formula, picture and proof."""
    if cache_drawing.asked(entry, loaded, prompt):
        return
    st.markdown(
        "No token sees a later token, so the keys and values of old tokens never change: **keep "
        "them**."
    )
    curves = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        asked = st.button("Measure on this machine", type="primary", icon=":material/timer:")
        spot = st.container(width="stretch")
    spot.caption(
        "This takes about 20 seconds on one thread and also generates the text for the "
        "comparison below."
    )
    if asked:
        timings.measure(entry, loaded, engine, prompt, spot)
    report, proof = timings.known(entry)
    with curves:
        page.fragment(_costs)(engine, report)
    if report is not None:
        _passes(report)
    if proof is not None:
        st.markdown(
            f"**The same text?** {proof.tokens} greedy tokens with and without the cache: ids "
            f"**{'equal' if proof.equal else 'NOT equal'}**, largest difference of any logit "
            f"**{scientific(proof.largest_difference, 1)}**. At {proof.ties} steps the two largest "
            "logits differ by less than 10⁻⁴, so rounding could decide."
        )
    _picture()
    page.show_source(
        "core.decoding.kv_cache.KVCache",
        "core.decoding.kv_cache.read_tokens",
        "core.decoding.cost.operations",
    )


def _costs(engine: DecodingEngine, report: Report | None) -> None:
    """The time of the next token by length, and the operations of each variant for a length T."""
    weights = engine.weights
    most = weights.context_length
    tokens = controls.dial("Tokens in the text T", 1, most, min(100, most), key="tokens")
    if not costs_instrument.show(weights, report, tokens):
        _drawn_here(weights, report, int(tokens.value))
    elif report is not None:
        st.caption(timings.about(report))
    page.show_math(
        r"\begin{aligned} \text{no cache, vocabulary head on all: } "
        r"& L\,(T P + 2\,T^2 H n) + T d V \\"
        r"\text{no cache, vocabulary head on the last: } & L\,(T P + 2\,T^2 H n) + d V \\"
        r"\text{cache: } & L\,(P + 2\,T\,H n) + d V \\"
        r"& P = 4\,d\,H n + 2\,d\,m \end{aligned}",
        "Multiply-adds for the token after T tokens. The model has "
        f"L = {len(weights.blocks)} layers, d = {weights.dim} features, "
        f"H = {weights.num_heads} heads of width n = {weights.head_dim}, "
        f"m = {weights.mlp_dim} units in the feed-forward layer, and V = {weights.vocab_size:,} "
        "words. P counts all projections of one token in one layer.",
    )
    st.caption(
        "Even with a cache, the time for a whole text grows with T², since every token looks at "
        "all tokens before it."
    )


def _drawn_here(weights: DecodeWeights, report: Report | None, T: int) -> None:
    """The same as the server draws it: for a browser in which the instrument stopped."""
    from core.decoding.cost import CACHE, VARIANTS, bytes_read, cache_bytes, operations

    if report is not None:
        with st.container(key="next-token"):
            timings.show_curves(report, T)
    counted = {name: operations(weights, T, name) for name in VARIANTS}
    near = report and min(report.timings, key=lambda timing: abs(timing.length - T))
    rows = [
        {
            "the next token": timings.in_full(name),
            f"multiply-adds, T = {T}": f"{count / 1e6:,.2f} M",
            **({f"measured, T = {near.length}": f"{near.ms[name]:.2f} ms"} if near else {}),
        }
        for name, count in counted.items()
    ]
    tables.show(rows, hide_index=True)
    st.caption(
        f"With a cache, the step for a token reads {bytes_read(weights, T, 32) / 1e6:,.1f} MB for "
        f"{counted[CACHE] / 1e6:,.1f} M multiply-adds: every weight once, and "
        f"{cache_bytes(weights, T) / 1e6:,.2f} MB of keys and values."
    )


def _passes(report: Report) -> None:
    """One pass against one token at a time: how much of the time is due to the loop."""
    from core.decoding.timing import BATCH

    passes = report.passes
    ms = {
        "one pass over a known text": passes.one_pass,
        f"one token at a time, {BATCH} texts": passes.batch,
        "one token at a time, one text": passes.single,
        "one token at a time, no cache": passes.whole,
    }
    page.show_figure(
        figures.time_by_pass(ms),
        title=f"Time per token for {passes.tokens} tokens, all in the same PyTorch code",
        description=f"With a cache, {BATCH} texts take as many steps as one text, but each step "
        "reads the weights and calls PyTorch once for all texts: a token takes "
        f"{passes.single / passes.batch:.1f} times less time.",
        more=f"The same loop over one text takes {passes.engine:.2g} ms per token in the compiled "
        f"code of this page; a step of training takes {passes.training:.2g} ms per token.",
        key="passes",
    )


@page.fragment
def _picture() -> None:
    """What is computed and what is kept, step by step."""
    made = int(controls.slider("Tokens generated so far", 1, STEPS, STEPS, key="made"))
    for column, cached in zip(st.columns(2), (False, True), strict=True):
        with column:
            page.show_figure(
                figures.cache_picture(STEPS, made, cached),
                title="With the cache" if cached else "Without a cache",
                description="Each row generates one token. Orange: computed in this step. "
                + (
                    "Blue: kept from before." if cached else "Everything is computed at every step."
                ),
                key=f"picture-{'with' if cached else 'without'}",
            )
