"""Side by side: texts of several strategies, token by token, with the details of every step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.decoding.text_metrics import repeated
from core.linear_rnn.spectrum import with_minus
from dashboard import controls, state
from dashboard.components import page
from dashboard.components.live import Dial
from dashboard.components.panes import panes
from dashboard.components.token_strip import Token, percent, shade, token_strip
from dashboard.decoding import branches, instrument
from dashboard.decoding.strategy_controls import Way, choose_length, choose_live_way, choose_seed
from dashboard.figures import decoding as figures
from dashboard.models.generation_cache import GenerationCache, Text
from dashboard.models.gpt_models import LONGEST_LINKED

if TYPE_CHECKING:
    from core.decoding.engine import DecodingEngine
    from core.decoding.prompt import Prompt
    from core.decoding.strategies import Step
    from core.models.zoo import LoadedModel, ModelEntry
    from core.tokenizer import Tokenizer
    from dashboard.figures.layout import Drawing

BARS, BARS_ON_STAGE = 12, 6
DEFAULTS = ("greedy", "nucleus", "temperature", "beam")


@page.fragment
def show(
    entry: ModelEntry, loaded: LoadedModel, generations: GenerationCache, prompt: Prompt
) -> None:
    """One to four columns. A fragment: its controls run nothing else of the page."""
    tokenizer = loaded.tokenizer
    words, drawings = panes("texts", (2, 3))
    with words, st.popover("Columns, length, seed", icon=":material/tune:"):
        count = controls.pick("Columns", [1, 2, 3, 4], key="columns", index=1)
        length = choose_length(entry.real)
        seed = choose_seed()
    with drawings:
        index = instrument.choose_step(length)
    if count > 2 or state.presenting():  # no room for texts beside the steps
        text_columns, step_columns = st.columns(count), st.columns(count)
    else:
        text_columns = [words.container() for _ in range(count)]
        step_columns = drawings.columns(count)
    for letter, default, above, below in zip(
        "abcd", DEFAULTS, text_columns, step_columns, strict=False
    ):
        with above:
            way, dials = choose_live_way(letter, default)
            tree = branches.tree(letter, (entry.identity, prompt.ids))
            branches.walk(letter, tree)
            with st.spinner("Generating …", show_time=True) if entry.real else nullcontext():
                text = generations.text(
                    prompt.ids, way.strategy, length,
                    seed=seed, forced=tree.forced, width=way.width,
                )  # fmt: skip
            _show_text(letter, text, tokenizer, index)
        with below:
            _show_step(letter, index, text, tokenizer, tree, way, dials)
            _attention_of(loaded, text.step(index), letter)
    st.caption(
        "The redder a word, the less probable it is. Underlined words belong to a repeated "
        "4-gram. Step *i* uses the **same random number** in every column."
    )


def explain(engine: DecodingEngine) -> None:
    """The text below all columns, which no control changes."""
    st.caption(
        f"Computed by {engine.path}. The temperature is applied first, then the cut: the nucleus "
        "is chosen from the distribution after temperature."
    )
    page.show_math(
        r"\begin{gathered} P_t(v) = \frac{e^{l_v / t}}{\sum_w e^{l_w / t}} \\ "
        r"V_p = \text{the smallest set with } \sum_{v \in V_p} P_t(v) \ge p \end{gathered}",
        "Divide the logits by t, take the softmax, and keep the smallest set of words whose "
        "probabilities reach p.",
    )
    page.show_source(
        "core.decoding.filters.temperature",
        "core.decoding.filters.nucleus",
        "core.decoding.filters.top_k",
        "core.decoding.filters.token_at",
        "core.decoding.strategies.generate",
        "core.decoding.beam.beam_search",
    )


def _show_text(letter: str, text: Text, tokenizer: Tokenizer, index: int) -> None:
    """The text of a column; a click on a word goes to its step."""

    def go(picked: int) -> None:
        st.session_state["step"] = picked + 1

    strip, line = _strip(text, tokenizer)
    selected = index if instrument.STEPS.stopped else None  # else the browser knows it
    token_strip(strip, key=f"strip-{letter}", selected=selected, on_pick=go, first=0)
    st.caption(line)


@lru_cache(maxsize=64)
def _strip(text: Text, tokenizer: Tokenizer) -> tuple[list[Token], str]:
    """The words of a text, those of a repeated 4-gram underlined, and the line below them."""
    marks = repeated(list(text.tokens))
    strip = [
        Token(
            tokenizer.vocab[one.token],
            "forced" if one.forced else "made",
            surprise=shade(one.probability),
            repeated=mark,
            note=f"step {i + 1}, probability {percent(one.probability)}"
            + (", part of a repeated 4-gram" if mark else ""),
        )
        for i, (one, mark) in enumerate(zip(text.generated, marks, strict=True))
    ]
    mean = fmean(one.log_probability for one in text.generated)
    shown = with_minus(f"{mean:.2f}")
    return strip, f"Mean log P: {shown} nats. {sum(marks)} of {len(marks)} tokens are repeated."


def _show_step(
    letter: str,
    index: int,
    text: Text,
    tokenizer: Tokenizer,
    tree: branches.Tree,
    way: Way,
    dials: Sequence[Dial],
) -> None:
    """A step in detail: the model's distribution, the filtered one, and how the word was chosen."""
    vocab = tokenizer.vocab
    step = text.step(index)
    bars = BARS_ON_STAGE if state.presenting() else BARS
    name = f"{letter}: {way.name}"
    if not instrument.show(text, index, name, vocab, dials, key=letter, bars=bars):
        show_figure(index, step, tokenizer, key=f"bars-{letter}")
    before, shown = step.distribution.numpy(), _shown(step, bars)
    before_it = step.ids[len(step.ids) - index :]

    def force(picked: int) -> None:
        tree.grow(before_it, shown[picked], vocab[shown[picked]])

    token_strip(
        [Token(vocab[i], note=f"choose it: {percent(before[i])}") for i in shown],
        key=f"force-{letter}", on_pick=force, play=False, selected=shown.index(step.token),
        legend="Choose another word for this step: a click starts a new branch of the text.",
    )  # fmt: skip


def _shown(step: Step, bars: int) -> list[int]:
    """The tokens of the bars: the most probable ones, and in the last place the one taken."""
    order = step.order.numpy()
    places = list(range(min(bars, len(order))))
    places[-1] = max(places[-1], step.rank - 1)
    return [int(i) for i in order[places]]


def show_figure(index: int, step: Step, tokenizer: Tokenizer, *, key: str) -> None:
    """The step as the server draws it: for a browser in which the instrument stopped."""
    vocab = tokenizer.vocab
    before, after, order = (t.numpy() for t in (step.distribution, step.left, step.order))
    word = page.escape(vocab[step.token])
    if step.forced:
        how = f"You chose **{word}** here."
    elif step.draw is not None:
        how = (
            f"The random number {step.draw:.3f} selected **{word}** (words sorted by probability)."
        )
    else:
        how = f"The deterministic choice is **{word}**."
    st.markdown(
        f"{how} It has the probability **{percent(after[step.token])}** among the "
        f"**{step.candidates:,}** of {len(vocab):,} tokens that are kept. The model ranks it "
        f"**{step.rank}**. The entropy is **{step.entropy:.2f}** nats."
    )
    page.show_figure(
        _drawn(step, tokenizer, state.presenting()),
        title=f"Step {index + 1}: the most probable tokens of {len(vocab):,}",
        description="Hatched: the model's probability. Solid: the probability after temperature "
        "and cut, with the chosen word in orange. Violet: the cumulative probability down to "
        "each word.",
        key=key,
        data=lambda: {
            "word": [vocab[i] for i in order],
            "before": before[order],
            "after": after[order],
        },
    )


@lru_cache(maxsize=32)  # each keeps its step, some 500 KB
def _drawn(step: Step, tokenizer: Tokenizer, presenting: bool) -> Drawing:
    """The figure of a step."""
    from core.decoding.filters import distribution, temperature

    before, after, order = (t.numpy() for t in (step.distribution, step.left, step.order))
    t, rank = step.strategy.t, step.rank
    warm = before if t == 1 else distribution(temperature(step.logits, t)).numpy()
    bars = BARS_ON_STAGE if presenting else BARS
    shown = _shown(step, bars)
    names = [tokenizer.vocab[i] for i in shown]
    if rank > bars:
        names[-1] = f"{names[-1][:8]} ({rank:,})"
    places = [*range(len(shown) - 1), max(len(shown), rank) - 1]
    fig = figures.step_bars(
        names, before[shown], after[shown],
        np.cumsum(warm[order])[places], shown.index(step.token), getattr(step.strategy, "p", None),
    )  # fmt: skip
    if not presenting:  # a hall could not read both
        fig = figures.with_vocabulary(fig, before[order], after[order], rank)
    return fig


def _attention_of(loaded: LoadedModel, step: Step, letter: str) -> None:
    """The attention behind the step's word, computed only while it is open."""
    about = st.expander(
        "Attention of this step", key=f"look-{letter}", icon=":material/grid_on:", on_change="rerun"
    )
    if about.open:
        with about:
            _show_attention(loaded, step, letter)


def _show_attention(loaded: LoadedModel, step: Step, letter: str) -> None:
    """What the step's last token looked at, in every layer and head, to choose the next."""
    import torch

    model: Any = loaded.model
    ids = step.ids[-model.max_N :]
    with torch.inference_mode():
        _, alphas = model(torch.tensor([ids]), return_attn=True)
    words = [loaded.tokenizer.vocab[i] for i in ids]
    many = alphas.shape[1] * alphas.shape[2] > figures.MOST_HEADS
    page.show_figure(
        figures.step_attention(alphas[0, :, :, -1].numpy(), words),
        title="Attention that led to this word",
        description="This is what the last word before it looked at. Each row is "
        f"{'a layer, the mean of its heads' if many else 'a head (layer.head)'}, each column one "
        "of the last 40 words that were read.",
        key=f"attention-{letter}",
    )
    text = loaded.tokenizer.decode(ids) if loaded.entry.real else " ".join(words[1:])
    page.lesson_link(
        "attention", "Open in Attention", reads="text",
        model=loaded.entry.name, prompt=text[-LONGEST_LINKED:],
    )  # fmt: skip
