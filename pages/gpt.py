"""Dialogue GPT: what comes next, the text that becomes of it, and which words each looks at."""

from typing import Any

import streamlit as st

from dashboard import controls, state
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.components.token_strip import Token, token_strip
from dashboard.figures.maps import attention_maps
from dashboard.models import gpt_models, model_choice, network, traces
from dashboard.text import to_llama, tokens

ALL, MEAN, DEEP = "all, side by side", "mean of all", 12
page.page_header(
    "Dialogue GPT",
    "This model reads words and predicts the next one. **Which earlier words does it look at?**",
)
chosen: dict[str, Any] = {}  # the model and the prompt that the rest of the page is about


def model_and_text() -> None:
    """The choice of both, and the tokens read; another of either runs all of the page."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    entry, text = gpt_models.choose_beside_text(row)
    loaded = model_choice.load(entry)
    with text:
        prompt = gpt_models.ask_prompt(loaded)
    vocab = loaded.tokenizer.vocab
    read = enumerate(zip(prompt.words, prompt.ids, strict=True))
    token_strip(
        [Token(w, note=f"token {i}, id {id_}, read as {vocab[id_]}") for i, (w, id_) in read],
        key="read",
        play=False,
        legend=f"{len(prompt.ids)} token{'s' if len(prompt.ids) > 1 else ''} from a vocabulary "
        f"of {len(vocab):,}{gpt_models.SIGNS if entry.real else ''}:",
    )
    if chosen and (entry.identity, prompt.ids) != (chosen["entry"].identity, chosen["prompt"].ids):
        st.rerun()
    chosen.update(entry=entry, loaded=loaded, prompt=prompt)


@page.fragment
def what_comes_next() -> None:
    """Its controls run this part of the page alone."""
    words, steps = panes("text", (2, 3))
    with words:
        model_and_text()
    entry, loaded, prompt = chosen["entry"], chosen["loaded"], chosen["prompt"]
    from dashboard.decoding import one_text  # the heading must not wait for torch

    one_text.show(gpt_models.generations(entry), loaded.tokenizer, prompt, words, steps)


def next_word() -> None:
    what_comes_next()
    if not chosen:
        return
    entry, loaded, prompt = chosen["entry"], chosen["loaded"], chosen["prompt"]
    network.show_text(loaded, prompt)
    page.show_math(
        r"\begin{gathered} P(x_{t+1} = v \mid x_1 \ldots x_t) = \\ "
        rf"\mathrm{{softmax}}({gpt_models.read_out(loaded)})_v \end{{gathered}}",
        "The last token's state h is normalised and multiplied by the matrix W of the output "
        "layer. The softmax over all words of the vocabulary gives the probability of the word v.",
    )
    st.caption(f"Text computed by {gpt_models.engine(entry).path}, with a key-value cache.")
    page.show_source("core.gpt.DialogueGPT", "core.decoding.filters.nucleus")


@page.fragment
def where_it_looks() -> None:
    """Its controls run this part of the page alone."""
    left, right = (st.container(), st.container()) if state.presenting() else panes("maps", (2, 3))
    with left:
        model_and_text()
    entry, loaded, prompt = chosen["entry"], chosen["loaded"], chosen["prompt"]
    import torch  # the controls must not wait for it

    traced = traces.trace(entry.identity, loaded.model, torch.tensor([prompt.ids]))
    alphas = traced.attention[0].numpy()  # (L, H, T, T)
    layers, heads = alphas.shape[:2]
    with left:
        first, second = st.columns(2)
        with first:
            layer = controls.choice(
                "Layer", [*range(1, layers + 1), *([ALL] if layers <= DEEP else [])], key="layer",
                index=layers - 1,
            )  # fmt: skip
        with second:
            head = controls.choice("Head", [MEAN, *range(1, heads + 1)], key="head", index=1)
        page.lesson_link("attention", "Follow one head step by step")
        page.lesson_link("decoding", "Compare ways to choose the next word")
    maps = alphas.mean(1) if head == MEAN else alphas[:, head - 1]
    with right, st.container(key="side-by-side" if layer == ALL else "one-layer"):
        page.show_figure(
            attention_maps.causal_heatmaps(
                {f"layer {i}": a for i, a in enumerate(maps, 1) if layer in (i, ALL)},
                prompt.words,
                columns=layers if state.presenting() else 2,
            ),
            title=f"Attention of {'every layer' if layer == ALL else f'layer {layer}'}, "
            f"{'mean of all heads' if head == MEAN else f'head {head}'}",
            description="Each row is a word that looks, each column a word it looks at. A row "
            "sums to one.",
            key="map",
        )
    with st.expander(f"All {layers * heads} maps at once", icon=":material/grid_on:"):
        page.show_image(
            attention_maps.attention_grid(alphas),
            title="Attention of every layer and head",
            description="Layers from top to bottom, heads from left to right. The colours of "
            "each map are scaled to its largest weight.",
            key="maps",
            data={"attention": alphas},
        )
    page.show_source("core.attention.attention_weights", "core.interpret.trace.trace")


def byte_pairs() -> None:
    tokens.show(lambda: model_choice.load(gpt_models.choose_gpt()).tokenizer)


def width_and_data() -> None:
    from dashboard.text import power_law

    power_law.show()


def loss() -> None:
    from dashboard.text import likelihood  # the heading must not wait for torch

    likelihood.show()


SECTIONS = {
    "The next word": next_word,
    "Where it looks": where_it_looks,
    "Tokens and byte pairs": byte_pairs,
    "Loss and perplexity": loss,
    "From this GPT to a Llama": to_llama.show,
    "Width and data": width_and_data,
}
section = controls.pick("Section", list(SECTIONS), key="section", bare=True)
with st.container(key=f"section-{list(SECTIONS).index(section)}"):
    SECTIONS[section]()
