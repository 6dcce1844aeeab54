"""A search for heads by what they do: the best ones of a score, each a click away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls
from dashboard.components.token_strip import Token, token_strip
from dashboard.models import traces
from dashboard.models.model_input import ModelInput

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpret.trace import Trace

SHOWN = 8  # heads
SCORES = {
    "previous token": "Mean weight on the token just before, over the queries of this text.",
    "induction": "On random tokens given twice: the weight on what followed the first time.",
    "first token": "Mean weight of all later queries on the first token: an attention sink, where "
    "heads that find nothing put their weight.",
}


def show(reading: ModelInput, traced: Trace, on_pick: Callable[[int, int], None]) -> None:
    """A popover for a text; on_pick(layer, head), counted from 0, is called after a click."""
    with st.popover("Search for heads", icon=":material/search:", width="stretch"):
        score = controls.pick("By their score", list(SCORES), key="score")
        heads = best(of(reading, traced, score), SHOWN)

        def pick(index: int) -> None:
            on_pick(*heads[index][:2])

        token_strip(
            [Token(f"layer {i + 1}, head {j + 1}: {value:.2f}", "made") for i, j, value in heads],
            key="found", on_pick=pick, play=False, legend=SCORES[score],
        )  # fmt: skip


def of(reading: ModelInput, traced: Trace, score: str) -> Tensor:
    """(L, H): a score of SCORES for every head."""
    from core.interpret import head_metrics

    if score == "induction":
        return traces.induction(reading.identity, reading.model)
    measure = head_metrics.previous_token if score == "previous token" else head_metrics.first_token
    return measure(traced.attention[0])


def best(scores: Tensor, count: int) -> list[tuple[int, int, float]]:
    """The heads with the largest scores (L, H): layer, head, score."""
    heads = scores.shape[1]
    top = scores.flatten().topk(min(count, scores.numel()))
    pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return [(i // heads, i % heads, value) for i, value in pairs]
