"""The KV cache: what it stores, what it saves by the formula, and what it saves on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.decoding import cache_drawing
from dashboard.figures import decoding as figures

if TYPE_CHECKING:
    from core.decoding.engine import DecodingEngine
    from core.decoding.prompt import Prompt
    from core.decoding.timing import Proof, Speeds, TokenTiming
    from core.models.zoo import LoadedModel, ModelEntry

STEPS = 8


def show(entry: ModelEntry, loaded: LoadedModel, engine: DecodingEngine, prompt: Prompt) -> None:
    """Picture, formula, measurement and proof."""
    if controls.switch("Draw the cache of this model", key="network"):
        cache_drawing.show(entry, loaded, prompt)
        return
    st.markdown(
        "No token sees the future, so the keys and values of the past never change. **Keep them**, "
        "and each new token computes only its own."
    )
    made = int(controls.slider("Tokens made so far", 1, STEPS, STEPS, key="made"))
    for column, cached in zip(st.columns(2), (False, True), strict=True):
        with column:
            page.show_figure(
                figures.cache_picture(STEPS, made, cached),
                title="With the cache" if cached else "Without a cache",
                description="Each row makes one token. Orange: computed in this step. "
                + ("Blue: kept from before." if cached else "All of it, every time."),
                key=f"picture-{'with' if cached else 'without'}",
            )
    _formula(engine)
    st.header("Measured on this machine", anchor=False)
    if st.button("Measure now", type="primary", icon=":material/timer:"):
        st.session_state["timing"] = (entry.identity, *_measure(loaded, engine, prompt))
        _quotable(entry.name, st.session_state["timing"][-1])
    measured = st.session_state.get("timing")
    if measured is None or measured[0] != entry.identity:
        st.caption("Takes some seconds: it generates the same text with and without the cache.")
    else:
        _results(*measured[1:], engine=engine)
    page.show_source(
        "core.decoding.kv_cache.KVCache",
        "core.decoding.kv_cache.read_tokens",
        "core.decoding.cost.operations",
    )


def _formula(engine: DecodingEngine) -> None:
    """Operations and bytes of one token, for a text as long as the slider says."""
    from core.decoding.cost import bytes_read, cache_bytes, operations

    page.show_math(
        r"\begin{aligned} \text{with: } & L\,(P + 2\,T\,H n) + d V \\"
        r"\text{without: } & L\,(T P + 2\,T^2 H n) + T d V \\"
        r"& P = 4\,d\,H n + 2\,d\,m \end{aligned}",
        "Multiply-adds of one generated token after T tokens: with the cache one row of "
        "projections and T products of attention; without it all rows, and T squared.",
    )
    weights = engine.weights
    tokens = int(
        controls.slider("Tokens in the text, T", 1, weights.context_length, 100, key="tokens")
    )
    cached, uncached = (operations(weights, tokens, kept) for kept in (True, False))
    one, two, three, four = st.columns(4)
    one.metric("Multiply-adds with", f"{cached / 1e6:,.2f} M")
    two.metric("without", f"{uncached / 1e6:,.1f} M", f"{uncached / cached:,.0f} times", "off")
    read = bytes_read(weights, tokens, engine.weight_bits)
    three.metric("Memory read a token", f"{read / 1e6:,.1f} MB")
    four.metric("of it the cache", f"{cache_bytes(weights, tokens) / 1e6:,.2f} MB")
    st.caption(
        "A cached token is limited by memory: every weight, "
        f"{engine.weight_bits} bits each, is read once for a single multiply-add. "
        "The whole text still grows with T², since every token looks at all before."
    )


def _measure(
    loaded: LoadedModel, engine: DecodingEngine, prompt: Prompt
) -> tuple[list[TokenTiming], Proof, Speeds]:
    from core.decoding.timing import measure_speeds, prove, time_tokens

    context_length = engine.weights.context_length
    lengths = sorted({max(2, round(context_length * i / 8)) for i in range(1, 9)})
    bar = st.progress(0.0, "Timing single tokens …")
    timings = []
    for timing in time_tokens(loaded.model, engine, lengths):
        timings.append(timing)
        bar.progress(0.7 * len(timings) / len(lengths), "Timing single tokens …")
    bar.progress(0.75, "Generating the same text both ways …")
    proof = prove(loaded.model, engine, prompt.ids[-context_length // 2 :], 60)
    bar.progress(0.9, "Timing a training step …")
    speeds = measure_speeds(loaded.model, engine)
    bar.empty()
    return timings, proof, speeds


def _quotable(model: str, speeds: Speeds) -> None:
    """Record the measurement for the model answers of the study."""
    from core.study.measure.models import generation_values
    from core.study.measure.store import save_measurement

    with page.one_sentence_for_errors():
        save_measurement(
            "generation",
            generation_values(
                model, speeds.tokens, speeds.prefill, speeds.uncached, speeds.generation
            ),
        )


def _results(
    timings: list[TokenTiming], proof: Proof, speeds: Speeds, *, engine: DecodingEngine
) -> None:
    from core.decoding.timing import line

    lengths = [timing.length for timing in timings]
    times = {
        "without": [timing.uncached for timing in timings],
        "with the cache": [timing.cached for timing in timings],
    }
    lines = {name: line(lengths, y) for name, y in times.items()}
    page.show_figure(
        figures.time_per_token(
            lengths,
            times,
            {name: [a * x + b for x in lengths] for name, (a, b) in lines.items()},
        ),
        title="Time for the next token as the text grows",
        description="; ".join(
            f"{name}: {1000 * a:.1f} µs more for every token in the text, from {b:.2f} ms"
            for name, (a, b) in lines.items()
        )
        + f". One thread, {engine.path} against the course's loop.",
        key="timing",
    )
    st.markdown(
        f"**The same text?** {proof.tokens} greedy tokens both ways: ids "
        f"**{'equal' if proof.equal else 'NOT equal'}**, largest difference of any logit "
        f"**{proof.largest_difference:.1e}**; {proof.ties} steps with the two best logits within "
        "1e-4, where rounding could decide."
    )
    st.subheader("Why is generating slower than training, token for token?", anchor=False)
    st.markdown(
        "Training and reading take all tokens **at once**: each weight is read once for many. "
        "Generating has to wait for every token before the next, and reads every weight again."
    )
    rates = {
        "Training step": speeds.training,
        "Generating, no cache": speeds.uncached,
        "Reading a prompt": speeds.prefill,
        "Generating, with cache": speeds.generation,
    }
    for (name, value), column in zip(rates.items(), st.columns(4), strict=True):
        column.metric(name, f"{value:,.0f} /s")
    st.caption(
        "Tokens a second. Compare like with like: the first two run the course's PyTorch, and "
        f"training computes gradients too, about three times the work; the last two run the "
        f"decoder of this page ({engine.path})."
    )
