"""The section on the loss: from the probability of a word to the perplexity of a text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.decoding.likelihood import bits, mean_loss, perplexity, token_probabilities
from core.decoding.prompt import read_prompt
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import tokens as figures
from dashboard.models import gpt_models, model_choice
from dashboard.text import loss_instrument

if TYPE_CHECKING:
    from core.models.zoo import LoadedModel

LINES = {"grammar": "KING: Good queen, where are the rings?", "refrain": "raven candle moon thorn"}
LINE = "KING RICHARD III:\nA horse! a horse! my kingdom for a horse!"
LONGEST, WORDS = 200, 13  # characters that may be typed; words of it that are read
LESS = 100
ANSWERS = ("{less} times", "{less}/T times", "the T-th root of {less}, {root:.2f} times")


@page.fragment
def show() -> None:
    """The text and the question beside the instrument; its controls run nothing else."""
    left, right = panes("loss", (2, 3))
    with left:
        row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
        entry, text = gpt_models.choose_beside_text(row)
        loaded = model_choice.load(entry)
        words, p = _read(loaded, text)
        unit = "token" if loaded.entry.real else "word"
        known = _predict(words, p, unit)
        page.show_math(
            r"\begin{gathered} L = -\frac{1}{T} \sum_{t=1}^{T} \ln p_t \text{ nats, or } "
            r"\frac{L}{\ln 2} \text{ bits} \\ \text{perplexity} = e^{L} "
            r"= \left(p_1 p_2 \cdots p_T\right)^{-1/T} \end{gathered}",
            f"The model gave each {unit} of the text a probability p, given the {unit}s before it. "
            "The loss is the mean of −ln p; the perplexity is one over the geometric mean of p.",
        )
    dials = [
        controls.dial(f"{unit.capitalize()} t", 1, len(words), min(6, len(words)), key="loss-at"),
        controls.dial("If its probability were p", -4.0, 0.0, -1.0, key="loss-p", step=0.02),
    ]
    with right:
        if not loss_instrument.show(words, p, unit, known, dials):
            _show_figure(words, p, unit, known, int(dials[0].value) - 1, 10 ** dials[1].value)
        V = len(loaded.tokenizer.vocab)
        st.caption(
            "The orange bar is the loss at the slider's probability; the mark is the loss at the "
            f"model's own. A model that knows nothing gives each of its {V:,} {unit}s p = 1/{V:,}: "
            f"{math.log(V):.2f} nats or {bits(math.log(V)):.2f} bits, and the perplexity {V:,}."
        )
    page.show_source(
        "core.decoding.likelihood.mean_loss", "core.decoding.likelihood.perplexity",
        "core.decoding.likelihood.token_probabilities", "core.gpt.DialogueLoss",
        label="Show the code of the loss",
    )  # fmt: skip


def _read(loaded: LoadedModel, column: DeltaGenerator) -> tuple[list[str], np.ndarray]:
    """The words that the text box holds, and the probability that the model gives to each."""
    data = loaded.entry.data
    with column:
        typed = st.text_area(
            "Text to measure", LINES.get(data, LINE), height=100, max_chars=LONGEST,
            key=f"loss-text-{'real' if loaded.entry.real else data}",
            help=f"The first {WORDS} words or tokens are read.",
        )  # fmt: skip
    prompt = read_prompt((typed or "")[:LONGEST], loaded.tokenizer, loaded.model.max_N)
    ids, words = prompt.ids[: WORDS + 1], prompt.words[1 : WORDS + 1]
    if not words:  # an empty text: what the model expects after the start
        ids, words = (ids[0], ids[0]), (prompt.words[0],)
    return list(words), _probabilities(loaded.entry.identity, ids, loaded)


@st.cache_data(max_entries=50, show_spinner=False)
def _probabilities(identity: str, ids: tuple[int, ...], _loaded: LoadedModel) -> np.ndarray:
    return token_probabilities(_loaded.model, ids)


def _predict(words: list[str], p: np.ndarray, unit: str) -> bool:
    """The question; once it is answered, what the text of this page shows."""
    T = len(words)
    root = LESS ** (1 / T)
    less = p / np.where(np.arange(T) == 0, LESS, 1)
    before, after = perplexity(p), perplexity(less)
    return controls.predict(
        f"One of these T = {T} {unit}s becomes {LESS} times less probable. How many times larger "
        "is the perplexity of the text?",
        ANSWERS,
        lambda: (
            f"It grows from {before:.1f} to {after:.1f}, **{after / before:.2f} times**: the sum "
            f"of the losses grows by ln {LESS}, their mean by ln {LESS} / {T} = "
            f"{math.log(LESS) / T:.2f}."
        ),
        right=ANSWERS[2], key="guess-perplexity", wait="Answer to see the loss of the whole text.",
        show=lambda answer: answer.format(less=LESS, root=root),
    )  # fmt: skip


def _show_figure(
    words: list[str], p: np.ndarray, unit: str, known: bool, at: int, given: float
) -> None:
    """The figure as the server draws it: for a browser in which the instrument stopped."""
    changed = np.where(np.arange(len(p)) == at, given, p)
    nats = mean_loss(changed)
    page.show_figure(
        figures.loss_bars(words, (-np.log(changed)).tolist(), at, nats if known else None),
        title=f"Loss of each {unit}, with p = {given:.2g} for “{page.escape(words[at])}”",
        description=f"The mean is {nats:.2f} nats or {bits(nats):.2f} bits, the perplexity "
        f"{perplexity(changed):.1f}."
        if known
        else "The mean appears after your answer.",
        key="loss-words",
    )
