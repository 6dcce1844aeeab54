"""Heads switched off: what they add directly, at once, and the model computed without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls
from dashboard.attention import heads_instrument
from dashboard.components import page
from dashboard.figures.maps import head_steps as figures
from dashboard.models import traces
from dashboard.models.model_input import ModelInput

if TYPE_CHECKING:
    from core.interpret.direct import DirectLogits
    from core.interpret.trace import Trace

WORDS = 6
DIRECT = (
    "Each head adds a vector to the residual stream, and the output layer reads the sum. The "
    "bars leave out what these heads add, and the scale of the last LayerNorm is held fixed; "
    "then the logits are a linear function of the stream, and each part can be subtracted. "
    "The diamonds show the model computed again without the heads: later layers then read a "
    "changed stream, and the scale changes as well."
)


@page.fragment
def show(reading: ModelInput, traced: Trace, names: dict[str, tuple[int, int]]) -> None:
    """What the heads add directly, and the probabilities of the model without these heads.

    names: "layer 1, head 2" -> (0, 1) of every head. Its controls run nothing else of the page.
    """
    from core.interpret import head_metrics
    from core.interpret.direct import direct_logits
    from core.interpret.trace import Edit

    figure = st.container()
    wholes = _wholes(names)
    names_off = controls.several(
        "Heads that are off", [*wholes, *names], [next(iter(wholes))], key="without"
    )
    pairs = (pair for name in names_off for pair in wholes.get(name, [names.get(name)]))
    off = frozenset(pair for pair in pairs if pair)
    intact = reading.outcome(traced.logits)
    without = traces.trace(reading.identity, reading.model, reading.inputs, Edit(off=off))
    now = reading.outcome(without.logits)
    words = intact.argsort(descending=True)[:WORDS].tolist()
    named = [reading.answers[i] for i in words]
    try:
        parts = direct_logits(reading.model, traced, words)
    except ValueError as error:
        st.info(page.escape(str(error)), icon=":material/info:")
    else:
        computed = (without.logits[0, -1] if reading.causal else without.logits[0])[words]

        def switch(pairs: frozenset[tuple[int, int]]) -> None:
            st.session_state["without"] = _named(pairs, names)

        with figure:
            if not heads_instrument.show(parts, named, off, computed, switch):
                _show_direct(parts, named, off)
            st.caption(
                "Click a head to switch it off or on. The blue bars leave out what these heads add "
                "directly. Diamonds are the logits of the model, computed again without them.",
                help=DIRECT,
            )
    answer = int(intact.argmax())
    losses = [
        float(head_metrics.surprise(reading.model, t.logits, reading.inputs, answer))
        for t in (traced, without)
    ]
    order = (intact + now).argsort(descending=True)[:WORDS].tolist()
    page.show_figure(
        figures.before_after(
            [reading.answers[i] for i in order], intact[order].numpy(), now[order].numpy(),
            f"{len(off)} of {len(names)} heads off",
        ),
        title="Computed again: predictions (down) and their probabilities (across)",
        description=f"The whole model predicts {reading.say(intact)}; without these "
        f"heads it predicts {reading.say(now)}. The loss goes from {losses[0]:.3f} "
        f"to {losses[1]:.3f} nats.",
        key="off",
    )  # fmt: skip


def _wholes(names: dict[str, tuple[int, int]]) -> dict[str, list[tuple[int, int]]]:
    """ "all of layer 1" -> its heads, for every layer."""
    wholes: dict[str, list[tuple[int, int]]] = {}
    for layer, head in names.values():
        wholes.setdefault(f"all of layer {layer + 1}", []).append((layer, head))
    return wholes


def _named(off: frozenset[tuple[int, int]], names: dict[str, tuple[int, int]]) -> list[str]:
    """The heads as the list names them, whole layers as such."""
    wholes = {name: pairs for name, pairs in _wholes(names).items() if off.issuperset(pairs)}
    rest = off.difference(*wholes.values())
    return [*wholes, *(name for name, pair in names.items() if pair in rest)]


def _show_direct(parts: DirectLogits, words: list[str], off: frozenset[tuple[int, int]]) -> None:
    """The bars as the server draws them: for a browser in which the instrument stopped."""
    left = parts.without(off)
    page.show_figure(
        figures.before_after(
            words, parts.lens[-1].numpy(), left[-1].numpy(), "directly without them", "logit"
        ),
        title="Logits of the most probable words (down)",
        description="The logits without what these heads add directly; the scale of the last "
        "LayerNorm is held fixed.",
        key="direct",
    )
