"""Positions that are not added: rotary positions turn queries and keys, ALiBi lowers scores."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st

from core.linear_rnn.spectrum import scientific
from core.models import positions
from dashboard import controls
from dashboard.attention import rotary_instrument
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import positions as figures

TOKENS, DIM, HEADS = 200, 64, 4
PAIRS = (0, 4, 12)
BASES = (10_000, 100_000, 500_000)
FARTHEST = 40
ANSWERS = ("it stays the same", "it becomes smaller", "it changes, up or down")


@page.fragment
def show(learned: np.ndarray | None) -> None:
    """learned: a learned table (T, d) to compare with, or None."""
    st.header("Turned, not added: rotary positions", anchor=False)
    left, right = panes("rotary", (2, 3))
    with left:
        st.markdown(
            "A Llama adds no table. It **turns** each pair of columns of every query and key by "
            "an angle that grows with the position."
        )
        page.show_math(
            r"\begin{gathered} q_t = R_t\, W_Q x_t, \quad k_s = R_s\, W_K x_s \\ "
            r"q_t \cdot k_s = (W_Q x_t)^\top R_{s-t}\, (W_K x_s) \end{gathered}",
            "R turns pair i by the position times the frequency of the pair. In the score the two "
            "turns combine to a single one, by the distance.",
        )
        question = "Query and key both move 50 tokens on. What happens to their score?"
        controls.predict(question, ANSWERS, _reply, right=ANSWERS[0], key="guess-rotary")
        base = float(
            controls.pick("Base of the frequencies", BASES, key="base", show="{:,}".format)
        )
    dials = [
        controls.dial("Position of the query, t", FARTHEST, TOKENS - 1, 60, key="query"),
        controls.dial("Distance of the key, t − s", 0, FARTHEST, 8, key="apart"),
    ]
    query, apart = (int(dial.value) for dial in dials)
    x = word()
    added = {"sinusoidal, added": by_distance(positions.sinusoidal(TOKENS, DIM))}
    if learned is not None:
        added["learned, added"] = by_distance(learned)
    with right:
        if not rotary_instrument.show(x, TOKENS, base, PAIRS, added, dials):
            _show_figures(x, base, query, apart, added)
    st.caption(
        "The same word is the query (orange, diamond) and the key (blue). Pairs with a small "
        "number turn fast. A band shows how much a score varies with the positions of the two."
    )
    _alibi()


def _reply() -> str:
    rotary, added = change(50)
    return (
        "It stays the same: both turn by the same angle. For two random vectors of 32-bit "
        f"numbers it changes by at most **{scientific(rotary)}** times the product of their "
        "lengths, which is rounding. With the sinusoidal table added it changes by up to "
        f"**{added:.2f}** times this product."
    )


@lru_cache(maxsize=1)
def word() -> np.ndarray:
    """A word's vector (d,), as long as a row of the sinusoidal table."""
    x = np.random.default_rng(0).normal(size=DIM)
    return np.asarray(x * np.sqrt(DIM / 2) / np.linalg.norm(x))


def by_distance(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score of the word plus row t and the word plus row t + k, by k: mean and deviation, as shares
    of the mean at k = 0."""
    rows = np.resize(word(), table.shape[1]) + table
    mean, deviation = positions.by_distance(rows @ rows.T)
    return mean / mean[0], deviation / mean[0]


@lru_cache(maxsize=4)
def change(by: int) -> tuple[float, float]:
    """The largest change of a score, as a share of |q| |k|, when query and key, two random vectors,
    both move `by` tokens: with rotary positions, and with the sinusoidal table added."""
    rng = np.random.default_rng(1)
    q, k = (rng.normal(size=DIM) for _ in range(2))
    table = positions.sinusoidal(TOKENS, DIM)
    ways = []
    for rows, moved in (
        (positions.rotate(np.tile(q, (TOKENS, 1))), positions.rotate(np.tile(k, (TOKENS, 1)))),
        (q + table, k + table),
    ):
        scores = rows.astype(np.float32) @ moved.astype(np.float32).T
        scores /= np.linalg.norm(q) * np.linalg.norm(k)
        ways.append(float(np.abs(scores[by:, by:] - scores[:-by, :-by]).max()))
    return ways[0], ways[1]


def _show_figures(
    x: np.ndarray,
    base: float,
    query: int,
    apart: int,
    added: dict[str, tuple[np.ndarray, np.ndarray]],
) -> None:
    """The figures as the server draws them: for a browser in which the instrument stopped."""
    turned = positions.rotate(np.tile(x, (TOKENS, 1)), base)
    rows = turned[query], turned[query - apart]
    page.show_figure(
        figures.hands({i: [row[2 * i : 2 * i + 2] for row in rows] for i in PAIRS}),
        title=f"Query at position {query} and key at {query - apart}",
        description="A hand is a pair of columns; pairs with a small number turn fast.",
        key="hands",
    )
    page.show_figure(
        figures.similarity_curves(
            {"rotary": positions.similarity_by_distance(turned), **added}, "score"
        ),
        title="Score of query and key by distance",
        description="A band shows how much it varies with the positions of the two; rotary has "
        "none.",
        key="rotary-scores",
    )


def _alibi() -> None:
    st.subheader("Lowered, not turned: ALiBi", anchor=False)
    left, right = panes("alibi", (2, 3))
    with left:
        page.show_math(
            r"\begin{gathered} e_{t,s} = \frac{q_t \cdot k_s}{\sqrt{n}} - m_h\,(t - s) \\ "
            r"m_h = 2^{-8h/H}, \quad \alpha_t = \mathrm{softmax}(e_t) \end{gathered}",
            "Nothing is added to the words. From each score, head h of H subtracts a fixed slope "
            "times the distance.",
        )
        st.markdown(
            "A head with a steep slope sees only the nearest words, one with a flat slope sees the "
            "whole text. The line continues beyond any trained length."
        )
    with right:
        page.show_figure(
            figures.bias_lines(positions.alibi_slopes(HEADS), FARTHEST),
            title=f"What ALiBi adds to the scores of {HEADS} heads",
            description="A bias of −3 divides the weight by 20, before the row is normalised to "
            "sum to one.",
            key="alibi",
        )
