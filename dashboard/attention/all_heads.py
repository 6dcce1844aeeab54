"""All heads measured: a table of numbers of each, and what is lost without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.interpret import head_metrics
from dashboard import controls
from dashboard.components import page, tables
from dashboard.figures.maps import heads as head_figures
from dashboard.models import traces
from dashboard.models.model_input import ModelInput

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpret.trace import Trace

INDUCTION = (
    "If the entropy is 0, all weight is on one token. Induction is measured on random words that "
    "are repeated: it is the weight on the word that followed the same word the first time. A "
    "first token with a large weight is an attention sink: heads that find nothing put their "
    "weight there."
)


def show(
    reading: ModelInput, traced: Trace, names: dict[str, tuple[int, int]], answer: int
) -> None:
    """names: "layer 1, head 2" -> (0, 1) of every head. answer: the most probable word or class."""
    columns = measured(reading, traced)
    if not reading.loaded.entry.real or controls.switch(
        f"Remove each of the {len(names)} heads in turn (takes some seconds)", key="remove"
    ):
        with st.spinner(f"Removing each of {len(names)} heads …", show_time=True):
            effect = traces.removal_effect(reading.identity, reading.model, reading.inputs, answer)
        columns["loss rises by"] = effect
        page.show_figure(
            head_figures.sorted_heads(effect.numpy(), "rise of the loss, nats", least=0.5),
            title="Rise of the loss (up) when one head is switched off (across)",
            description="Above 0, the model needs the head for this input. Below 0, the loss is "
            "lower without the head.",
            key="effect",
        )
    else:
        page.show_figure(
            head_figures.sorted_heads(columns["first token"].numpy(), "weight on the first token"),
            title="Mean weight on the first token (up) of each head (across)",
            description="A head near 1 looks at hardly anything else: the first token is an "
            "attention sink, where heads that find nothing put their weight.",
            key="sinks",
        )
    table = pd.DataFrame({name: value.flatten().numpy() for name, value in columns.items()})
    table.insert(0, "head", list(names))
    tables.show(table.round(4), hide_index=True)
    unit = "tokens" if reading.causal else "patches"
    st.caption(
        f"Entropy and the rise of the loss are in nats, and the mean distance is in {unit}. The "
        "other columns are weights.",
        help=INDUCTION,
    )


def measured(reading: ModelInput, traced: Trace) -> dict[str, Tensor]:
    """(L, H) each: what can be read off the maps, and the induction score of a text."""
    attention = traced.attention[0]
    places = None
    if not reading.causal:
        attention = attention[..., 1:, 1:]  # patches only, so that each row sums to one again
        attention = attention / attention.sum(-1, keepdim=True)
        places = head_metrics.grid_places(round(attention.shape[-1] ** 0.5))
    columns = {
        "entropy": head_metrics.entropy(traced.attention[0]).mean(-1),
        "distance": head_metrics.mean_distance(attention, places),
        "token before": head_metrics.previous_token(traced.attention[0]),
        "first token": head_metrics.first_token(traced.attention[0]),
    }
    if reading.causal:
        columns["induction"] = traces.induction(reading.identity, reading.model)
    return columns
