"""Heads and layers: switch heads off, measure what each does, read the layers one by one."""

import pandas as pd
import streamlit as st

from dashboard import controls
from dashboard.components import page, tables
from dashboard.components.panes import panes
from dashboard.figures.maps import heads as head_figures
from dashboard.models import model_input, traces

page.page_header(
    "Heads and layers",
    "**Which heads does the answer depend on**, and after which layer does it appear?",
)
SECTIONS = [
    *("switch heads off", "a head at work", "all heads measured", "layer by layer"),
    *("side by side", "the leak"),
]
INDUCTION = (
    "Entropy 0: all weight is on one token. Induction: when random words are repeated, the weight "
    "on the word that followed the same word the first time."
)
section = controls.pick("What to try", SECTIONS, key="try")
wide = section in ("layer by layer", "side by side")  # needs all of the page's width
left, right = [st.container()] * 2 if wide else panes("heads", (2, 5))
with left:
    given = model_input.choose(prefer="gpt-refrain")

import torch  # noqa: E402  the heading must not wait for it

from core.interpret import head_metrics  # noqa: E402
from core.interpret.trace import (  # noqa: E402
    Edit,
    causal_leak,
    heads_of,
    lens_probability,
    logit_lens,
)
from dashboard.attention import head_at_work, heads_off  # noqa: E402

model, tokens = given.model, given.tokens
layers, heads = heads_of(model)
names = {f"layer {i + 1}, head {j + 1}": (i, j) for i in range(layers) for j in range(heads)}
traced = traces.trace(given.identity, model, given.inputs)
intact = given.outcome(traced.logits)
answer = int(intact.argmax())

if section == "switch heads off":
    with right:
        heads_off.show(given, traced, names)

elif section == "a head at work" and given.causal:
    head_at_work.show(given, traced, names, left, right)

elif section == "all heads measured":
    with right:
        attention = traced.attention[0]
        places = None
        if not given.causal:
            attention = attention[..., 1:, 1:]  # patches only, so that each row sums to one again
            attention = attention / attention.sum(-1, keepdim=True)
            places = head_metrics.grid_places(round(attention.shape[-1] ** 0.5))
        effect = traces.removal_effect(given.identity, model, given.inputs, answer)
        unit = "tokens" if given.causal else "patches"
        columns = {
            "entropy": head_metrics.entropy(traced.attention[0]).mean(-1),
            "distance": head_metrics.mean_distance(attention, places),
            "token before": head_metrics.previous_token(traced.attention[0]),
            "first token": head_metrics.first_token(traced.attention[0]),
        }
        if given.causal:
            columns["induction"] = traces.induction(given.identity, model)
        columns["loss rises by"] = effect
        page.show_figure(
            head_figures.sorted_heads(effect.numpy(), "rise of the loss, nats"),
            title="Rise of the loss (up) when one head is switched off (across)",
            description="Above 0: the model needs the head for this input. Below 0: its loss is "
            "lower without the head.",
            key="effect",
        )
        table = pd.DataFrame({name: value.flatten().numpy() for name, value in columns.items()})
        table.insert(0, "head", list(names))
        tables.show(table.round(4), hide_index=True)
        st.caption(f"Entropy and rise of the loss are in nats, the mean distance in {unit}. The "
        "other columns are weights.", help=INDUCTION)  # fmt: skip

elif section == "layer by layer":
    with right:
        probability, ids = logit_lens(model, traced.stream, top=1 if given.causal else 10**6)
        if given.causal:
            words = [[given.answers[int(i)] for i in row] for row in ids[0, :, :, 0]]
            final = lens_probability(model, traced.stream, ids[:, -1, :, 0])
            fig = head_figures.lens_words(final[0].numpy(), words, tokens)
            quantity = "its next word (text) and how probable its final answer is (colour)"
        else:
            spread = torch.zeros_like(probability).scatter(-1, ids, probability)
            fig = head_figures.lens_classes(spread[0].numpy(), given.answers)
            quantity = "the probability of each class (across)"
        page.show_figure(
            fig,
            title=f"If the model ended after this layer (up): {quantity}",
            description="The output layer reads every layer as if it were the last (the logit "
            "lens); the top row is the model's own output.",
            key="lens",
        )

elif section == "side by side":
    with right:
        model_input.show_beside(given, traced)

elif not given.causal:
    right.info("This section works with text only: choose a text.", icon=":material/info:")

else:
    last = len(tokens) - 1
    with left:
        at = controls.slider("Change the word at position", 0, max(1, last), max(1, last), key="at")
    at = min(int(at), last)
    new = (int(given.inputs[0, at]) + 1) % len(given.answers)
    open_mask = Edit(mask=torch.ones(last + 1, last + 1, dtype=torch.bool))
    masked, seen = (
        causal_leak(model, given.inputs, at, new, edit).numpy() for edit in (Edit(), open_mask)
    )
    left.metric("Largest change of a logit before this word", f"{masked[:at].max(initial=0):g}")
    left.metric("Largest change from this word on", f"{masked[at:].max():.4g}")
    with right:
        page.show_figure(
            head_figures.change_by_position(masked, seen, tokens, at),
            title=f"“{page.escape(tokens[at])}” becomes "
            f"“{page.escape(given.answers[new])}”: change of a logit (up) by position (across)",
            description="With the causal mask no earlier logit changes, not even by one bit. "
            "Without the mask, later words change the logits of earlier ones.",
            key="leak",
        )

page.show_source(
    "core.interpret.trace.Edit", "core.interpret.trace.logit_lens",
    "core.interpret.trace.causal_leak", "core.interpret.head_metrics.removal_effect",
    "core.interpret.head_metrics.induction",
)  # fmt: skip
