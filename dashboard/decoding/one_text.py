"""One generated text and its steps: what the model says comes next, and which word is taken."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.tokenizer import WordTokenizer
from dashboard import state
from dashboard.components.token_strip import Token, percent, shade, token_strip
from dashboard.decoding import compare, instrument
from dashboard.decoding.strategy_controls import WAYS, choose_length, choose_live_way, choose_seed

if TYPE_CHECKING:
    from core.decoding.prompt import Prompt
    from core.tokenizer import Tokenizer
    from dashboard.models.generation_cache import GenerationCache

ONE_TEXT = tuple(way for way in WAYS if way != "beam")


def next_seed() -> None:
    """The next random seed."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % 1000


def show(
    generations: GenerationCache, tokenizer: Tokenizer, prompt: Prompt, words: Any, steps: Any
) -> None:
    """words, steps: the panes for the text with its controls, and for its steps."""
    real = not isinstance(tokenizer, WordTokenizer)
    with words:
        row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
        with row.container(width=136):
            way, dials = choose_live_way("", "nucleus", ONE_TEXT)
        with row, _more():
            length = choose_length(real, 1)
            seed = choose_seed()
            st.button(
                "Draw again", icon=":material/casino:", on_click=next_seed,
                disabled=not way.strategy.draws,
            )  # fmt: skip
        with st.spinner("Generating …", show_time=True) if real else nullcontext():
            text = generations.text(prompt.ids, way.strategy, length, seed=seed)
    with steps:
        index = instrument.choose_step(length)
        bars = compare.BARS_ON_STAGE if state.presenting() else compare.BARS
        with st.container(key="figure-next"):
            if not instrument.show(
                text, index, way.name, tokenizer.vocab, dials, key="next", bars=bars
            ):
                compare.show_figure(index, text.step(index), tokenizer, key="bars-next")
    first = len(prompt.words)

    def go(picked: int) -> None:
        if picked >= first:
            st.session_state["step"] = picked - first + 1

    new = [
        Token(
            tokenizer.vocab[token.token],
            "made",
            surprise=shade(token.probability),
            note=f"step {i}, probability {percent(token.probability)}, rank {token.rank}",
        )
        for i, token in enumerate(text.generated, 1)
    ]
    with words:
        token_strip(
            [*(Token(word) for word in prompt.words), *new],
            key="text",
            selected=first + index if instrument.STEPS.stopped else None,
            on_pick=go,
            first=first,
            legend="The redder a word, the less probable it is.",
        )


def _more() -> Any:
    """Controls that are seldom used; on the stage a beat shows them."""
    if state.presenting():
        return st.container()
    return st.popover("Length, seed", icon=":material/tune:")
