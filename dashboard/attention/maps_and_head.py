"""The section of all maps of a model, then one head with every number on the way; and one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls
from dashboard.attention import head_edits, head_search, own_attention
from dashboard.components import page
from dashboard.components.attention_view import attention_view
from dashboard.components.panes import panes
from dashboard.figures.maps import head_steps as figures
from dashboard.models import model_input, network, traces

if TYPE_CHECKING:
    from core.interpret.trace import Trace
    from dashboard.models.model_input import ModelInput

MEAN = "mean"


class Selected(NamedTuple):
    """One cell of a head, or of a mean (MEAN); before, traced: without and with the changes."""

    layer: int | str
    head: int | str
    query: int
    key: int
    changes: head_edits.Changes
    before: Trace
    traced: Trace
    tokens: list[str]

    @property
    def edited(self) -> bool:
        return self.traced is not self.before


@page.fragment
def show() -> None:
    """Controls, maps, and the steps of one head; its controls run nothing else of the page."""
    reading, layers, heads = _choose()

    from dashboard.attention import head_walk  # the heading must not wait

    def remember(cell: dict[str, int]) -> None:
        """A click in the maps moves the controls below, and with them the link."""
        st.session_state["layer"] = cell["layer"] + 1 if cell["layer"] < layers else MEAN
        st.session_state["head"] = cell["head"] + 1 if cell["head"] < heads else MEAN
        st.session_state["query"], st.session_state["key"] = cell["query"], cell["key"]

    def to_maps(layer: int, head: int, query: int) -> None:
        """The link of a head in the drawing leads to its steps below the maps."""
        st.session_state["network"] = False
        remember(
            {"layer": layer, "head": head, "query": query, "key": st.session_state.get("key", 1)}
        )

    @page.fragment
    def explore() -> None:
        """The maps and the steps. Its controls run nothing else of the section."""
        if controls.switch("Draw the whole network", key="network"):
            return network.show(reading, key="drawn", on_head=to_maps)
        maps = st.container()
        cells = st.columns(4)
        row = st.container(horizontal=True, vertical_alignment="center")
        edits, search = row.container(width="content"), row.container(width="content")
        summary = row.container()
        now = _select(reading, cells, edits, search)
        mask = now.changes.edit.mask
        with maps:
            attention_view(
                now.traced.attention[0].numpy(),
                now.tokens,
                key="maps",
                cell={
                    "layer": layers if now.layer == MEAN else int(now.layer) - 1,
                    "head": heads if now.head == MEAN else int(now.head) - 1,
                    "query": now.query,
                    "key": now.key,
                },
                causal=reading.causal and (mask is None or not mask.triu(1).any()),
                picture=reading.png,
                on_cell=remember,
            )
        with st.container() if now.edited else summary:
            _outcome(reading, now)
            if now.changes.temperature.value != 1 or now.changes.cells:
                st.caption("The temperature and the masked cells are set in the section “One row”.")

        st.header("One head, every step", anchor=False)
        if isinstance(now.layer, str) or isinstance(now.head, str):
            st.info(
                "The steps exist for one head only: choose one layer and one head.",
                icon=":material/info:",
            )
        else:
            head_walk.show(
                reading.model, now.traced, now.changes.edit, now.tokens, layer=now.layer,
                head=now.head, query=now.query, key=now.key,
            )  # fmt: skip

    explore()
    own_attention.show()
    page.lesson_link("heads", "Switch heads off, and compare them")
    page.show_source(
        "core.attention.attention_weights",
        "core.attention.MultiHeadedAttention",
        "core.interpret.head_steps.head_steps",
        "core.interpret.trace.trace",
    )


@page.fragment
def show_row() -> None:
    """One row of a head, in an instrument: its temperature and its masked cells."""
    reading, _, _ = _choose()

    from dashboard.attention import one_row  # the heading must not wait

    @page.fragment
    def explore() -> None:
        left, right = panes("row", (2, 3))
        with left:
            cells = [*st.columns(2), *st.columns(2)]
            edits, search = st.container(), st.container()
        now = _select(reading, cells, edits, search)
        with right:
            if isinstance(now.layer, str) or isinstance(now.head, str):
                now.changes.temperature.as_widget()
                st.info("A row of one head: choose one layer and one head.", icon=":material/info:")
            else:
                one_row.show(
                    reading.model, now.before, now.traced, now.changes, now.tokens,
                    layer=now.layer, head=now.head, query=now.query,
                )  # fmt: skip
        with left:
            _outcome(reading, now)
            st.caption(
                "While you drag, the figure computes this row only. When you let go, the model "
                "computes every row of every head with the change."
            )

    explore()
    page.show_source("core.attention.attention_weights", "core.interpret.head_steps.head_steps")


def _choose() -> tuple[ModelInput, int, int]:
    """The model with its input, and its numbers of layers and heads."""
    reading = model_input.choose()

    from core.interpret.trace import heads_of  # the heading must not wait

    words = tuple(reading.tokens)
    # query and key are named by their words
    if st.session_state.setdefault("words", words) != words:
        last = len(words) - 1
        st.session_state.update(
            words=words, query=last if reading.causal else 0, key=min(1, last), cells=""
        )
    return reading, *heads_of(reading.model)


def _select(
    reading: ModelInput,
    cells: Sequence[DeltaGenerator],
    edits: DeltaGenerator,
    search: DeltaGenerator,
) -> Selected:
    """The controls of a cell and of what is changed inside the model, and what it computes then."""
    from core.interpret.trace import UNCHANGED, heads_of

    layers, heads = heads_of(reading.model)
    last, name = len(reading.tokens) - 1, reading.numbered.__getitem__
    places = range(last + 1)
    with cells[0]:
        layer = controls.choice("Layer", [*range(1, layers + 1), MEAN], key="layer")
    with cells[1]:
        head = controls.choice("Head", [*range(1, heads + 1), MEAN], key="head")
    with cells[2]:
        index = last if reading.causal else 0
        query = controls.choice("Query: who looks", places, key="query", index=index, show=name)
    with cells[3]:
        key = controls.choice(
            "Key: who is looked at", places, key="key", index=min(1, last), show=name
        )
    with edits:
        changes = head_edits.choose_edit(reading, query, key)
    before = traces.trace(reading.identity, reading.model, reading.inputs)
    if reading.causal:
        with search:
            head_search.show(reading, before, _found)
    edit, inputs = changes.edit, changes.inputs
    traced = before
    if edit != UNCHANGED or inputs is not reading.inputs:
        traced = traces.trace(reading.identity, reading.model, inputs, edit)
    tokens = head_edits.changed_words(reading, inputs)
    return Selected(layer, head, query, key, changes, before, traced, tokens)


def _found(layer: int, head: int) -> None:
    """A head that was searched for is selected; query and key stay."""
    st.session_state["layer"], st.session_state["head"] = layer + 1, head + 1


def _outcome(reading: ModelInput, selected: Selected) -> None:
    """What the model predicts, and what it predicted before the changes."""
    was, now = (reading.outcome(one.logits) for one in (selected.before, selected.traced))
    if not selected.edited:
        what = "The next word" if reading.causal else "The class"
        st.markdown(f"{what} it predicts: {reading.say(was)}.")
        return
    order = (was + now).argsort(descending=True)[:6].tolist()
    page.show_figure(
        figures.before_after(
            [reading.answers[i] for i in order], was[order].numpy(), now[order].numpy()
        ),
        title="What the model predicts before and after your change",
        description=f"Before: {reading.say(was)}. Now: {reading.say(now)}.",
        key="edited",
    )
