"""One head at work on a text that repeats itself: where it looks, and what is lost without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls
from dashboard.components import page
from dashboard.figures.maps import heads as figures
from dashboard.models import traces
from dashboard.models.model_input import ModelInput

if TYPE_CHECKING:
    from core.interpret.trace import Trace

SCORE = (
    "Measured on random words that are given twice: the weight on the word that followed the "
    "first time."
)


def show(
    reading: ModelInput, traced: Trace, names: dict[str, tuple[int, int]],
    left: DeltaGenerator, right: DeltaGenerator,
) -> None:  # fmt: skip
    """The head's map and the loss of each word with and without it, its choice in the left pane.

    reading: a text. names: "layer 1, head 2" -> (0, 1) of every head. The head with the largest
    induction score is selected first.
    """
    from core.interpret.head_metrics import induction_targets, loss_by_token, repeated
    from core.interpret.trace import Edit

    scores = traces.induction(reading.identity, reading.model)
    with left:
        name = controls.choice("Head", list(names), key="at_work", index=int(scores.argmax()))
        layer, head = names[name]
        st.metric("Induction score", f"{float(scores[layer, head]):.2f}", help=SCORE)
    attention = traced.attention[0, layer, head].numpy()
    ids = reading.inputs[0]
    targets = induction_targets(ids).tolist()
    query = max((i for i, j in enumerate(targets) if j >= 0), default=len(targets) - 1)
    looked = targets[query]
    with right:
        page.show_figure(
            figures.repeats_map(attention, reading.tokens, targets, query),
            title=f"{name.capitalize()}: query (down) × key (across)",
            description=_where(reading, query, looked, float(attention[query, looked])),
            key="induction",
        )
    if len(ids) < 2:
        return
    off = Edit(off=frozenset({(layer, head)}))
    without = traces.trace(reading.identity, reading.model, reading.inputs, off)
    as_it_is, lost = (loss_by_token(t.logits, reading.inputs)[0] for t in (traced, without))
    again = repeated(ids).tolist()
    with right:
        page.show_figure(
            figures.loss_by_word(
                as_it_is.numpy(), lost.numpy(), reading.tokens[1:], f"without {name}", again
            ),
            title="Loss (up) of each word (across), with this head and without it",
            description=_means(as_it_is[again].tolist(), lost[again].tolist()),
            key="without",
        )


def _where(reading: ModelInput, query: int, key: int, weight: float) -> str:
    """What the frames mean."""
    if key < 0:
        return "No word occurs twice in this text, so no repetition can be continued."
    word, after = page.escape(reading.tokens[query]), page.escape(reading.tokens[key])
    return (
        "For each word that occurred before, a frame marks the word that followed it there. "
        f"“{word}” (row {query}) looks at “{after}” with weight {weight:.2f}."
    )


def _means(as_it_is: list[float], lost: list[float]) -> str:
    """The mean loss of the words that repeat."""
    if not as_it_is:
        return "No word of this text continues a repetition."
    before, after = (sum(values) / len(values) for values in (as_it_is, lost))
    return (
        f"Bold words continue a repetition: their mean loss is {before:.2f} nats with this head "
        f"and {after:.2f} without it."
    )
