"""Attention sinks: how much weight the first tokens draw, and what it costs to hide one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.interpret import sinks
from core.linear_rnn.spectrum import with_minus
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures.maps import sinks as figures
from dashboard.models import traces
from dashboard.models.model_input import ModelInput

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from torch import Tensor

SHORTEST = 24  # tokens of a text in which a first and a second half can be told apart
LATE, ALWAYS = "second half", "all later tokens"
LARGE = 0.3  # nats
ANSWERS = ("it rises by more than 0.3 nats", "it changes by less", "it falls by more than 0.3 nats")


def show(reading: ModelInput) -> None:
    """The question and the formula beside the weights by layer and the cost of each key."""
    left, right = panes("sinks", (2, 3))
    ids, words = _text(reading, left)
    with left:
        hidden = controls.pick("One token is hidden from", [LATE, ALWAYS], key="hidden-from")
    traced = traces.trace(reading.identity, reading.model, ids)
    weights = sinks.weights_by_layer(traced.attention[0]).numpy()
    heaviest = int(weights.mean(0).argmax())
    name = page.escape(words[heaviest])
    with left:
        costs = _cost(reading.identity, tuple(ids[0].tolist()), hidden == LATE, reading.model, ids)
        known = _predict(reading.loaded.entry.name, name, heaviest, costs.tolist(), hidden)
        page.show_math(
            r"\begin{gathered} \sum_{s \le t} \alpha_{ts} = 1, \quad o_t = \sum_{s \le t} "
            r"\alpha_{ts}\, v_s \\ \text{hidden: } e_{ts} = -\infty \end{gathered}",
            "The weights of a row sum to one, so a head that finds nothing must still put its "
            "weight somewhere. A token that draws it is called an attention sink.",
        )
    uniform = sinks.uniform_weight(ids.shape[1])
    with right:
        page.show_figure(
            figures.weights_and_costs(
                weights, costs.numpy() if known else None, words[: weights.shape[1]], heaviest
            ),
            title="The first tokens: their weight, and the loss without each",
            description="Above: the mean weight that each token gets from the second half of the "
            f"text (spread evenly, {uniform:.3f}). Below: the rise of the loss of this half, in "
            "nats.",
            more="The weights above are means over the heads of a layer. Below, the token is "
            f"hidden from {'the second half' if hidden == LATE else 'all tokens after it'}.",
            key="sinks-cost",
        )


def _text(reading: ModelInput, column: DeltaGenerator) -> tuple[Tensor, list[str]]:
    """The text of the page, or a passage of Shakespeare if it is too short."""
    if len(reading.tokens) >= SHORTEST:
        return reading.inputs, reading.tokens
    import torch

    from core.decoding.prompt import read_prompt

    prompt = read_prompt(sinks.PASSAGE, reading.loaded.tokenizer, reading.model.max_N)
    column.caption(
        f"The text has only {len(reading.tokens)} tokens, so the model reads a passage of "
        f"{len(prompt.ids)} tokens instead."
    )
    return torch.tensor([prompt.ids]), list(prompt.words)


@st.cache_resource(max_entries=64, show_spinner="Hiding each token …")
def _cost(identity: str, ids: tuple[int, ...], late: bool, _model: object, _ids: Tensor) -> Tensor:
    return sinks.cost_of_hiding(_model, _ids, late=late)  # type: ignore[arg-type]


def _predict(model: str, name: str, heaviest: int, costs: list[float], hidden: str) -> bool:
    late = hidden == LATE
    whom = "the second half of the text" if late else "all tokens after it"
    cost = costs[heaviest]
    result = ANSWERS[0] if cost > LARGE else ANSWERS[2] if cost < -LARGE else ANSWERS[1]
    others = max(c for i, c in enumerate(costs) if i != heaviest)
    return controls.predict(
        f"“{name}” (token {heaviest}) gets the most weight. It is hidden from {whom}. What "
        "happens to the loss of the second half?",
        ANSWERS,
        lambda: (
            f"Measured: **{result}** ({_signed(cost)} nats). If any other of these tokens is "
            f"hidden instead, the loss rises by at most {_signed(others)} nats. {_why(cost, late)}"
        ),
        right=result, key=f"guess-sink-{'late' if late else 'always'}-{model}",
        wait="Answer to see the losses.",
    )  # fmt: skip


def _why(cost: float, late: bool) -> str:
    if cost > LARGE:
        return "The weight goes to other tokens instead, and their values disturb the sum." + (
            " Now hide it from all later tokens." if late else ""
        )
    if not late:
        return "If no later token ever sees it, another early token can become the sink."
    return "This model does not depend on it here."


def _signed(value: float) -> str:
    return with_minus(f"{value:+.2f}")
