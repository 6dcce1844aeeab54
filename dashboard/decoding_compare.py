"""Side by side: texts by several ways, walked token by token, every step in full."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.text_quality import repeated
from dashboard import branches, components
from dashboard.figures import decoding as figures
from dashboard.gpt_models import LONGEST_LINKED
from dashboard.strategy_controls import Way
from dashboard.token_strip import Token, percent, shade, token_strip

if TYPE_CHECKING:
    from core.decoding import Step
    from core.zoo import LoadedModel
    from dashboard.texts import Text

BARS = 12


def show_text(letter: str, text: Text, vocab: list[str], place: int) -> None:
    """The text of a column; a click on a word goes to its step, a repeated 4-gram is underlined."""
    marks = repeated(list(text.tokens))

    def go(picked: int) -> None:
        st.session_state["step"] = picked + 1

    strip = [
        Token(
            vocab[one.token],
            "forced" if one.forced else "made",
            surprise=shade(one.probability),
            repeated=mark,
            note=f"step {i + 1}, probability {percent(one.probability)}"
            + (", part of a repeated 4-gram" if mark else ""),
        )
        for i, (one, mark) in enumerate(zip(text.written, marks, strict=True))
    ]
    token_strip(strip, key=f"strip-{letter}", selected=place, on_pick=go)
    st.caption(
        f"Mean log-probability {fmean(one.log_probability for one in text.written):.2f} nats a "
        f"word; "
        f"{sum(marks)} of {len(marks)} words in a repeated 4-gram."
    )


def show_step(
    letter: str, place: int, step: Step, way: Way, vocab: list[str], tree: branches.Tree
) -> None:
    """One step in full: what the model said, what the filter left, what was taken and why."""
    from core.decoding import distribution, temperature

    before = distribution(step.logits).numpy()
    after = distribution(step.filtered).numpy()
    order = np.argsort(-before, kind="stable")
    warm = distribution(temperature(step.logits, way.strategy.t)).numpy()
    shown = [int(i) for i in order[:BARS]]
    if step.token not in shown:
        shown[-1] = step.token
    names = [vocab[i] for i in shown]
    if step.rank > BARS:
        names[-1] = f"{names[-1][:8]} ({step.rank:,})"
    word = components.plain(vocab[step.token])
    if step.forced:
        how = f"You chose **{word}** here"
    elif step.draw is not None:
        how = f"The draw {step.draw:.3f} of [0, 1) fell on **{word}**, likeliest first"
    else:
        how = f"No chance in it: **{word}**"
    st.markdown(
        f"{how}: probability **{percent(after[step.token])}** among **{step.kept:,}** of "
        f"{len(vocab):,} words kept, rank **{step.rank}** for the model, whose entropy is "
        f"**{step.entropy:.2f}** nats."
    )
    components.show_figure(
        figures.step_bars(
            names, before[shown], after[shown],
            np.cumsum(warm[order])[np.argsort(order)[shown]], shown.index(step.token), way.mass,
        ),
        title=f"Step {place + 1}: the likeliest words",
        description="Hatched: the model's probability. Solid: after temperature and cut, orange "
        "the word taken. Line: the mass down to each word; the first to reach p is the last kept.",
        key=f"bars-{letter}",
    )  # fmt: skip
    components.show_figure(
        figures.vocabulary_curve(before[order], after[order], step.rank),
        title=f"The whole vocabulary: {len(vocab):,} words by rank",
        description="Every word, most probable first, before and after the filter.",
        key=f"curve-{letter}",
        data=lambda: {
            "word": [vocab[i] for i in order],
            "before": before[order],
            "after": after[order],
        },
    )
    st.markdown("**Force another word here**")
    before_it = step.ids[len(step.ids) - place :]

    def force(picked: int) -> None:
        tree.grow(before_it, shown[picked], vocab[shown[picked]])

    token_strip(
        [Token(vocab[i], note=f"take it: {percent(before[i])}") for i in shown],
        key=f"force-{letter}", on_pick=force, play=False, selected=shown.index(step.token),
        legend="A click grows a branch from this step.",
    )  # fmt: skip


def attention_of(loaded: LoadedModel, step: Step, letter: str) -> None:
    """What led to the step's word, computed while one looks."""
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
    components.show_figure(
        figures.step_attention(alphas[0, :, :, -1].numpy(), words),
        title="Attention that led to this word",
        description="What the last word before it looked at: a row is a head, a column a word "
        "read, the last 40 at most.",
        key=f"attention-{letter}",
    )
    text = " ".join(words[1:])
    components.lesson_link(
        "attention", "See this text on the attention page", reads="text",
        model=loaded.entry.name, prompt=text[-LONGEST_LINKED:],
    )  # fmt: skip
