"""Heads and layers: switch heads off, measure what each does, read the layers one by one."""

import streamlit as st

from dashboard import controls
from dashboard.attention import norm_place
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures.maps import heads as head_figures
from dashboard.models import model_input, traces

page.page_header(
    "Heads and layers",
    "**Which heads does the answer depend on**, and after which layer does it appear?",
)
SECTIONS = [
    *("switch heads off", "a head at work", "all heads measured", "layer by layer"),
    *("side by side", "the leak", "sinks", "LayerNorm"),
]


def with_a_model() -> None:
    """The sections that look into one model."""
    sunk = section == "sinks"
    wide = sunk or section == "layer by layer"  # needs all of the page's width
    left, right = [st.container()] * 2 if wide else panes("heads", (2, 5))
    with left:
        reading = model_input.choose(prefer="gpt-shakespeare-course" if sunk else "gpt-refrain")

    import torch  # the heading must not wait for it

    from core.interpret.logit_lens import logit_lens
    from core.interpret.trace import Edit, causal_leak, heads_of
    from dashboard.attention import all_heads, head_at_work, heads_off, sinks

    model, tokens = reading.model, reading.tokens
    layers, heads = heads_of(model)
    names = {f"layer {i + 1}, head {j + 1}": (i, j) for i in range(layers) for j in range(heads)}
    traced = traces.trace(reading.identity, model, reading.inputs)
    intact = reading.outcome(traced.logits)
    answer = int(intact.argmax())

    if section == "switch heads off":
        with right:
            heads_off.show(reading, traced, names)

    elif section == "a head at work" and reading.causal:
        head_at_work.show(reading, traced, names, left, right)

    elif section == "all heads measured":
        with right:
            all_heads.show(reading, traced, names, answer)

    elif sunk and reading.causal:
        sinks.show(reading)

    elif section == "layer by layer":
        with right:
            if reading.causal:
                final, ids = traces.lens_words(reading.identity, model, reading.inputs, traced)
                words = [[reading.answers[i] for i in row] for row in ids]
                fig = head_figures.lens_words(final, words, tokens)
                quantity = "next word (text), probability of the final answer (colour)"
            else:
                probability, ids = logit_lens(model, traced.stream, top=10**6)
                spread = torch.zeros_like(probability).scatter(-1, ids, probability)
                fig = head_figures.lens_classes(spread[0].numpy(), reading.answers)
                quantity = "probability of each class (across)"
            page.show_figure(
                fig,
                title=f"If the model ended after this layer (up): {quantity}",
                description="The output layer reads every layer as if it were the last (the logit "
                "lens); the top row is the model's own output.",
                key="lens",
            )

    elif section == "side by side" and reading.loaded.entry.real:
        right.info(
            "A real model comes without checkpoints of its training, so there is nothing to "
            "compare it with: choose a model of the course.",
            icon=":material/info:",
        )

    elif section == "side by side":
        model_input.show_beside(reading, traced, left, right)

    elif not reading.causal:
        right.info("This section works with text only: choose a text.", icon=":material/info:")

    else:
        last = len(tokens) - 1
        with left:
            at = controls.slider(
                "Change the word at position", 0, max(1, last), max(1, last), key="at"
            )
        at = min(int(at), last)
        new = (int(reading.inputs[0, at]) + 1) % len(reading.answers)
        open_mask = Edit(mask=torch.ones(last + 1, last + 1, dtype=torch.bool))
        masked, seen = (
            causal_leak(model, reading.inputs, at, new, edit).numpy()
            for edit in (Edit(), open_mask)
        )
        left.metric("Largest change of a logit before this word", f"{masked[:at].max(initial=0):g}")
        left.metric("Largest change from this word on", f"{masked[at:].max():.4g}")
        with right:
            page.show_figure(
                head_figures.change_by_position(masked, seen, tokens, at),
                title=f"“{page.escape(tokens[at])}” becomes “{page.escape(reading.answers[new])}”: "
                "change of a logit (up) by position (across)",
                description="With the causal mask, no earlier logit changes, not even by one bit. "
                "Without the mask, later words change the logits of earlier ones.",
                key="leak",
            )

    page.show_source(
        "core.interpret.trace.Edit", "core.interpret.logit_lens.logit_lens",
        "core.interpret.trace.causal_leak", "core.interpret.head_metrics.removal_effect",
        "core.interpret.head_metrics.induction", "core.interpret.sinks.cost_of_hiding",
    )  # fmt: skip


section = controls.pick("What to try", SECTIONS, key="try")
if section == "LayerNorm":
    norm_place.show()
else:
    with_a_model()
