"""Byte pairs merged step by step on the user's own text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import streamlit as st

from core.bpe import Pair, count_pairs, learn_merges, merged, readable
from core.models.pretrained.tokens import SPLITS
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.components.token_strip import Token, token_strip
from dashboard.figures import tokens as figures

DEFAULT = "low low low low lower lowest new newer newest newest wide wider widest slow slower"
LONGEST = 2_000  # characters
MERGES = 100
SHOWN = 400  # tokens of the strip
PAIRS = 6


@dataclass(frozen=True)
class Learned:
    """What the merges of a text are: its pieces in order, and the pairs as they were merged."""

    pieces: list[str]
    merges: list[Pair]

    def cut(self, count: int) -> dict[str, list[str]]:
        """Each piece -> its tokens after so many merges."""
        cut = {piece: list(piece) for piece in self.pieces}
        for pair in self.merges[:count]:
            cut = {piece: merged(parts, pair) for piece, parts in cut.items()}
        return cut


def show() -> None:
    """The text, the Merges slider, the tokens and the pairs that could be merged next."""
    left, right = panes("merges", (2, 3))
    with left:
        typed = st.text_area(
            "Text to learn from", DEFAULT, height=100, max_chars=LONGEST, key="merge-text",
        )  # fmt: skip
        learned = learn((typed or "")[:LONGEST])
        if not learned.merges:
            st.info("This text has no two neighbouring characters that could be merged.")
            return
        count = int(controls.slider("Merges", 0, len(learned.merges), 0, key="merges"))
        page.show_math(
            r"\begin{gathered} (a, b)^* = \underset{(a, b)}{\arg\max} \\ "
            r"\sum_w n_w \cdot \#\{\, i : w_i = a,\; w_{i+1} = b \,\} \end{gathered}",
            "Merge the pair of neighbouring tokens that is most frequent. How often it occurs in a "
            "word w is multiplied by the number n of times that this word occurs in the text.",
        )
    with right:
        _show_step(learned, count)


@st.cache_data(max_entries=50, show_spinner="Learning the merges …")
def learn(text: str) -> Learned:
    """The merges of a text of at most 2,000 characters."""
    safe = text.encode("utf-8", "replace").decode()  # a lone surrogate is no text
    pieces = [piece for piece, _ in SPLITS["gpt-2"]().pre_tokenize_str(safe)]
    return Learned(pieces, learn_merges(Counter(pieces), MERGES))


def _show_step(learned: Learned, count: int) -> None:
    cut = learned.cut(count)
    tokens = [token for piece in learned.pieces for token in cut[piece]]
    newest = "".join(learned.merges[count - 1]) if count else ""
    more = f", of which {SHOWN} are shown" if len(tokens) > SHOWN else ""
    token_strip(
        [
            Token(readable(token), "forced" if token == newest else "made")
            for token in tokens[:SHOWN]
        ],
        key="merged",
        play=False,
        legend=f"{len(tokens):,} tokens after {count} merges{more}"
        + (f"; the newest token, {readable(newest)}, is framed" if newest else ""),
    )
    pairs = count_pairs(Counter(learned.pieces), cut)
    if count == len(learned.merges):
        st.caption(
            f"These are the first {MERGES} merges."
            if pairs
            else "Every word is one token now: there is nothing left to merge."
        )
        return
    pair = learned.merges[count]
    others = [(other, n) for other, n in pairs.most_common(PAIRS + 1) if other != pair]
    ordered = [(pair, pairs[pair]), *others[: PAIRS - 1]]
    page.show_figure(
        figures.pair_bars([(f"{readable(a)} {readable(b)}", n) for (a, b), n in ordered]),
        title=f"Merge {count + 1} joins the first of these pairs",
        description="How often each pair of neighbouring tokens occurs now. ␣ is a space.",
        key="pairs",
    )
