"""Words beside byte pairs: in the user's own sentence, and measured on held-out Shakespeare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.bpe import BYTE_OF, Pair, merge_steps, readable
from core.models.pretrained.tokens import SPLITS, SubwordTokenizer
from core.models.zoo import ASSETS
from core.system.measurements import UNREADABLE, load, shipped
from core.tokenizer import UNK_ID, Tokenizer, WordTokenizer, split_words
from dashboard import controls
from dashboard.components import page
from dashboard.components.token_strip import Token, token_strip
from dashboard.figures import tokens as figures

FILE = shipped("merges")
WORDS = ASSETS / "gpt-shakespeare-course" / "vocab.json"
COMMAND = "python -m core.publish.merges_experiment"
SENTENCE = "The wizard tweeted: forsooth, unfriend thy chatbot!"
LONGEST, SHOWN = 2_000, 400
CHOICES = (0, 250, 1_000, 4_000)  # merges
ANSWERS = ("none", "about 1 in 100", "about 1 in 11", "about 1 in 3")


@dataclass(frozen=True)
class Measured:
    """By the number of merges: tokens per word, and the share of words that a vocabulary of as many
    whole words does not have. always: that share with every word of the training text."""

    merges: list[Pair]
    counts: list[int]
    tokens_per_word: list[float]
    unknown: list[float]
    vocabulary: int
    always: float


@lru_cache(maxsize=1)
def measured() -> Measured | None:
    """The shipped measurement, or None where it is missing or damaged."""
    try:
        stored = load(FILE)
        return Measured(
            [(left, right) for left, right in stored["merges"]], stored["counts"],
            stored["tokens_per_word"], stored["unknown"], stored["vocabulary"],
            stored["unknown_to_all"],
        )  # fmt: skip
    except UNREADABLE:
        return None


def predict(curves: Measured, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """left: the question, and after the answer what was measured. right: the two curves."""
    size = len(BYTE_OF) + curves.counts[-1]
    with left:
        known = controls.predict(
            f"The {size:,} most frequent words of the training dialogues make a vocabulary. How "
            "many words of the held-out dialogues are not in it?",
            ANSWERS,
            lambda: (
                f"With {size:,} whole words, **{curves.unknown[-1]:.1%}** of the held-out words "
                f"are unknown; with all {curves.vocabulary:,} words of the training dialogues "
                f"still **{curves.always:.1%}**. With {size:,} byte-pair tokens **none** is, "
                "because every text is made of bytes. The price: a word takes "
                f"**{curves.tokens_per_word[-1]:.2f}** tokens."
            ),
            right=f"about 1 in {1 / curves.unknown[-1]:.0f}", key="guess-unknown",
            wait="Answer to see the curves.",
        )  # fmt: skip
    with right:
        page.show_figure(
            figures.vocabulary_curves(
                [len(BYTE_OF) + count for count in curves.counts],
                curves.unknown, curves.tokens_per_word, known=known,
            ),
            title="Held-out Shakespeare, by the size of the vocabulary",
            description="Above: the share of words that are not in the vocabulary. Below: how many "
            "tokens a word takes.",
            key="vocabulary",
        )  # fmt: skip


def show(choose_tokenizer: Callable[[], Tokenizer], curves: Measured) -> None:
    """One sentence cut into characters, words and byte pairs."""
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    with left:
        typed = st.text_input("A sentence", SENTENCE, max_chars=LONGEST, key="cut-text")
    with middle:
        count = int(controls.pick("Merges learned on Shakespeare", CHOICES, key="learned", index=2))
    with right:
        tokenizer = choose_tokenizer()
    text = (typed or "")[:LONGEST].encode("utf-8", "replace").decode()
    words = tokenizer if isinstance(tokenizer, WordTokenizer) else _words()
    ids = words.ids(text)[1:]
    spelled = words.words(ids)
    unknown = ids.count(UNK_ID)
    st.caption(f"{len(text):,} characters, {len(text.encode()):,} bytes.")
    _strip(
        [
            Token(
                word,
                "forced" if id_ == UNK_ID else "made",
                1.0 if id_ == UNK_ID else 0.0,
                note=typed_word,
            )
            for word, id_, typed_word in zip(spelled, ids, split_words(text), strict=True)
        ],
        "cut-words",
        f"Words (a vocabulary of {len(words):,}): {len(ids):,} tokens, {unknown:,} unknown",
    )
    pieces = [piece for piece, _ in SPLITS["gpt-2"]().pre_tokenize_str(text)]
    ranks = _ranks(count)
    tokens = [token for piece in pieces for token in merge_steps(piece, ranks)[-1]]
    _strip(
        [Token(readable(token), "made") for token in tokens],
        "cut-pairs",
        f"Byte pairs ({len(BYTE_OF):,} bytes and {count:,} merges): {len(tokens):,} tokens, "
        "0 unknown",
    )
    if isinstance(tokenizer, SubwordTokenizer):
        real = tokenizer.words(tokenizer.ids(text))
        _strip(
            [Token(word.replace(" ", "␣"), "made") for word in real],
            "cut-real",
            f"The tokenizer of the chosen model ({tokenizer.vocab_size:,} tokens): {len(real):,} "
            "tokens",
        )


def _strip(tokens: list[Token], key: str, legend: str) -> None:
    more = f" ({SHOWN} are shown)" if len(tokens) > SHOWN else ""
    token_strip(tokens[:SHOWN], key=key, play=False, legend=f"{legend}{more}")


@lru_cache(maxsize=8)
def _ranks(count: int) -> dict[Pair, int]:
    curves = measured()
    assert curves is not None
    return {pair: rank for rank, pair in enumerate(curves.merges[:count])}


@lru_cache(maxsize=1)
def _words() -> WordTokenizer:
    return WordTokenizer.load(WORDS)
