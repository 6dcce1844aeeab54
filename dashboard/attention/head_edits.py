"""Controls that change something inside the model: mask, temperature, a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from dashboard import controls
from dashboard.attention import row_instrument
from dashboard.components import page
from dashboard.components.live import Dial
from dashboard.models.model_input import ModelInput

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpret.trace import Edit

EDITABLE = 16  # most tokens for which every cell of the mask has a checkbox


class Changes(NamedTuple):
    """edit, inputs: what the model computes now. allowed: (T, T), the keys that each query may look
    at before `cells` are masked. cells and the slider of the temperature are the instrument's."""

    edit: Edit
    inputs: Tensor
    allowed: Tensor
    temperature: Dial
    cells: str


def choose_edit(reading: ModelInput, query: int, key: int) -> Changes:
    """A popover of changes to mask and words; temperature and cells come from the instrument."""
    from core.interpret.trace import Edit, block_token, own_mask

    tokens = len(reading.tokens)
    with st.popover("More changes", icon=":material/tune:", width="stretch"):
        kind = controls.pick(
            "Which keys may be looked at",
            ["the model's own", "anyone", "causal", "my mask"],
            key="mask",
        )
        mask = _mask(reading, kind)
        names = reading.numbered
        hidden = controls.choice("Hide a token from all others", ["none", *names], key="hidden")
        pair = controls.switch(
            f"Hide key {key} from query {query} (the selected cell)", key="hide_pair"
        )
        inputs = _changed_word(reading) if reading.causal else reading.inputs
    if hidden != "none" or pair:
        mask = own_mask(reading.model, tokens) if mask is None else mask
        mask = _all(tokens) if mask is None else mask
        if hidden != "none":
            mask = block_token(mask, names.index(hidden))
        if pair:
            mask = mask.clone()
            mask[query, key] = 0
    temperature = controls.dial(
        "Temperature: scores are divided by it", 0.1, 5.0, 1.0, key="temperature", step=0.1
    )
    cells = controls.text_in_link("cells", lambda text: row_instrument.fitting(text, tokens))
    own = own_mask(reading.model, tokens) if mask is None else mask
    allowed = (_all(tokens) if own is None else own).bool()
    if cells:
        mask = allowed.clone()
        for row, column in row_instrument.read(cells):
            mask[row, column] = False
    return Changes(
        Edit(mask=mask, temperature=float(temperature.value)), inputs, allowed, temperature, cells
    )


def _all(tokens: int) -> Tensor:
    import torch

    return torch.ones(tokens, tokens, dtype=torch.bool)


def _mask(reading: ModelInput, kind: str) -> Tensor | None:
    """(T, T), or None for the model's own."""
    import torch

    from core.attention import causal_mask

    tokens = len(reading.tokens)
    if kind == "the model's own":
        return None
    start = causal_mask(tokens) if kind == "causal" or reading.causal else _all(tokens)
    if kind != "my mask":
        return _all(tokens) if kind == "anyone" else start
    if tokens > EDITABLE:
        st.caption(f"A mask can be ticked for up to {EDITABLE} tokens; this input has {tokens}.")
        return start
    import pandas as pd  # the page must not wait for it

    names = reading.numbered
    st.caption("Each row is a query. Tick the keys it may look at.")
    ticked = st.data_editor(pd.DataFrame(start.numpy(), names, names), key=f"own-mask-{tokens}")
    return torch.from_numpy(ticked.to_numpy().astype(bool))


def _changed_word(reading: ModelInput) -> Tensor:
    """The ids (1, T) with one word replaced."""
    names = reading.numbered
    left, right = st.columns(2)
    with left:
        token = controls.choice("Change a word", ["none", *names[1:]], key="word_at")
    with right:
        word = controls.text("into", "", key="word", max_chars=60).strip()
    if token == "none" or not word:
        return reading.inputs
    token_id = _id_of(reading, names.index(token), word)
    if token_id is None:
        st.info(
            f"{page.escape(word)} is no single token of this model; the text stays as it is."
            if reading.loaded.entry.real
            else f"The model does not know {page.escape(word)}; the text stays as it is."
        )
        return reading.inputs
    inputs = reading.inputs.clone()
    inputs[0, names.index(token)] = token_id
    return inputs


def _id_of(reading: ModelInput, at: int, word: str) -> int | None:
    """The id of a word in place of token `at`; subwords begin with a space where that one does."""
    tokenizer = reading.loaded.tokenizer
    if not reading.loaded.entry.real:
        known: int | None = tokenizer.tok_to_id.get(word)
        return known
    [before] = tokenizer.words([int(reading.inputs[0, at])])
    ids = tokenizer.ids(f" {word}" if before[:1] == " " and before.strip() else word)
    return ids[-1] if len(ids) - (ids[0] == tokenizer.start_id) == 1 else None


def changed_words(reading: ModelInput, inputs: Tensor) -> list[str]:
    """The names of the tokens, with that of a word that was replaced."""
    names = list(reading.tokens)
    if reading.causal and inputs is not reading.inputs:
        for i in (inputs != reading.inputs)[0].nonzero()[:, 0].tolist():
            names[i] = reading.answers[int(inputs[0, i])]
    return names
