"""The section of all maps of a model, then one head with every number on the way."""

import streamlit as st

from dashboard import controls
from dashboard.attention import head_edits, head_search, own_attention
from dashboard.components import page
from dashboard.components.attention_view import attention_view
from dashboard.components.panes import panes
from dashboard.figures.maps import head_steps as figures
from dashboard.models import model_input, network, traces

MEAN = "mean"


def show() -> None:
    """Controls, maps, one row and the steps of one head."""
    # --- controls ---
    given = model_input.choose()

    from core.interpret.trace import UNCHANGED, heads_of  # the heading must not wait
    from dashboard.attention import head_walk, one_row

    layers, heads = heads_of(given.model)
    last = len(given.tokens) - 1
    words = tuple(given.tokens)
    # query and key are named by their words
    if st.session_state.setdefault("words", words) != words:
        st.session_state.update(
            words=words, query=last if given.causal else 0, key=min(1, last), cells=""
        )

    def remember(cell: dict[str, int]) -> None:
        """A click in the maps moves the controls below, and with them the link."""
        st.session_state["layer"] = cell["layer"] + 1 if cell["layer"] < layers else MEAN
        st.session_state["head"] = cell["head"] + 1 if cell["head"] < heads else MEAN
        st.session_state["query"], st.session_state["key"] = cell["query"], cell["key"]

    def found(layer: int, head: int) -> None:
        """A head that was searched for is selected; query and key stay."""
        st.session_state["layer"], st.session_state["head"] = layer + 1, head + 1

    def to_maps(layer: int, head: int, query: int) -> None:
        """The link of a head in the drawing leads to its steps below the maps."""
        st.session_state["network"] = False
        remember(
            {"layer": layer, "head": head, "query": query, "key": st.session_state.get("key", 1)}
        )

    @page.fragment
    def explore() -> None:
        """The maps, and what a change does. Its controls run nothing else of the page."""
        if controls.switch("Draw the whole network", key="network"):
            return network.show(given, key="drawn", on_head=to_maps)
        maps = st.container()
        left, right = panes("row", (2, 3))
        with left:
            one, two = st.columns(2)
            with one:
                layer = controls.choice("Layer", [*range(1, layers + 1), MEAN], key="layer")
                query = controls.choice(
                    "Query: who looks", range(last + 1), key="query",
                    index=last if given.causal else 0,
                    show=lambda i: f"{i}: {given.tokens[i]}",
                )  # fmt: skip
            with two:
                head = controls.choice("Head", [*range(1, heads + 1), MEAN], key="head")
                key = controls.choice(
                    "Key: looked at", range(last + 1), key="key", index=min(1, last),
                    show=lambda i: f"{i}: {given.tokens[i]}",
                )  # fmt: skip
            changes = head_edits.choose_edit(given, query, key)
        edit, inputs = changes.edit, changes.inputs
        before = traces.trace(given.identity, given.model, given.inputs)
        if given.causal:
            with left:
                head_search.show(given, before, found)
        edited = edit != UNCHANGED or inputs is not given.inputs
        traced = traces.trace(given.identity, given.model, inputs, edit) if edited else before
        tokens = head_edits.changed_words(given, inputs)
        with maps:
            attention_view(
                traced.attention[0].numpy(),
                tokens,
                key="maps",
                chosen={
                    "layer": layers if layer == MEAN else layer - 1,
                    "head": heads if head == MEAN else head - 1,
                    "query": query,
                    "key": key,
                },
                causal=given.causal and (edit.mask is None or not edit.mask.triu(1).any()),
                picture=given.png,
                on_choose=remember,
            )

        # --- one row, and what follows from a change ---
        with right:
            if MEAN in (layer, head):
                changes.temperature.as_widget()
            else:
                one_row.show(
                    given.model,
                    before,
                    traced,
                    changes,
                    tokens,
                    layer=layer,
                    head=head,
                    query=query,
                )
        was, now = given.outcome(before.logits), given.outcome(traced.logits)
        with left:
            if edited:
                order = (was + now).argsort(descending=True)[:6].tolist()
                page.show_figure(
                    figures.before_after(
                        [given.answers[i] for i in order], was[order].numpy(), now[order].numpy()
                    ),
                    title="What the model predicts before and after your change",
                    description=f"Before: {model_input.say(given, was)}. "
                    f"Now: {model_input.say(given, now)}.",
                    key="edited",
                )
            else:
                what = "The next word" if given.causal else "The class"
                st.markdown(f"{what} it predicts: {model_input.say(given, was)}.")
            st.caption(
                "While you drag, the figure computes this row only. When you let go, the model "
                "computes every row of every head with the change."
            )

        # --- one head, step by step ---
        st.header("One head, every step", anchor=False)
        if MEAN in (layer, head):
            st.info(
                "The steps exist for one head only: choose one layer and one head.",
                icon=":material/info:",
            )
        else:
            head_walk.show(
                given.model, traced, edit, tokens, layer=layer, head=head, query=query, key=key
            )

    explore()
    own_attention.show()
    page.lesson_link("heads", "Switch heads off, and compare them")
    page.show_source(
        "core.attention.attention_weights",
        "core.attention.MultiHeadedAttention",
        "core.interpret.head_steps.head_steps",
        "core.interpret.trace.trace",
    )
