"""Dialogue GPT: which words each word attends to, what comes next, and generated text."""

import streamlit as st

from dashboard import controls, state
from dashboard.components import page
from dashboard.components.token_strip import Token, percent, shade, token_strip
from dashboard.figures.maps import attention_maps
from dashboard.models import gpt_models, model_choice, network, traces

MOST_BARS = 12
ALL = "all, side by side"


def next_seed() -> None:
    """The next random seed."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % 1000


page.page_header(
    "Dialogue GPT",
    "A model that reads words and says which comes next. Which earlier words does it look at?",
)
left, right = st.columns([2, 3])
with left:
    entry = gpt_models.choose_gpt()
    loaded = model_choice.load(entry)
    model, tokenizer = loaded.model, loaded.tokenizer
    engine, generations = gpt_models.engine(entry), gpt_models.generations(entry)
with right:
    prompt = gpt_models.ask_prompt(loaded)

import torch  # noqa: E402  the heading must not wait for it

from core.decoding.strategies import Greedy, Nucleus, distribution  # noqa: E402

# --- what the model reads ---
read = enumerate(zip(prompt.words, prompt.ids, strict=True))
token_strip(
    [Token(w, note=f"token {i}, id {id_}, read as {tokenizer.vocab[id_]}") for i, (w, id_) in read],
    key="read",
    play=False,
    legend=f"The model reads {len(prompt.ids)} tokens of a vocabulary of {tokenizer.vocab_size:,}",
)

# --- which words it looks at ---
looks_at, comes_next = st.columns(2, gap="medium")
traced = traces.trace(entry.identity, model, torch.tensor([prompt.ids]))
alphas = traced.attention[0].numpy()  # (L, H, T, T)
layers, heads = alphas.shape[:2]
with looks_at:
    st.header("Where each word looks", anchor=False)
    one, two = st.columns(2)
    with one:
        layer = controls.choice(
            "Layer", [*range(1, layers + 1), ALL], key="layer", index=layers - 1
        )
    with two:
        head = controls.choice("Head", ["mean of all", *range(1, heads + 1)], key="head")
    maps = alphas.mean(1) if head == "mean of all" else alphas[:, head - 1]
    page.show_figure(
        attention_maps.causal_heatmaps(
            {f"layer {i}": a for i, a in enumerate(maps, 1) if layer in (i, ALL)},
            prompt.words,
            columns=layers if state.presenting() else 2,
        ),
        title=f"Attention of {'every layer' if layer == ALL else f'layer {layer}'}, "
        + (f"head {head}" if isinstance(head, int) else "mean of all heads"),
        description="Rows are words that look, columns words looked at; a row sums to one.",
        key="map",
    )

# --- what comes next ---
logits = engine(prompt.ids)
probabilities = distribution(logits)
best = probabilities.topk(min(6 if state.presenting() else MOST_BARS, len(probabilities)))
with comes_next:
    st.header("What comes next", anchor=False)
    page.show_figure(
        attention_maps.probability_bars(tokenizer.words(best.indices), best.values.tolist(), 0),
        title=f"The {len(best.indices)} most probable next words",
        description=(
            f"They share {float(best.values.sum()):.1%} of the probability; the other "
            f"{len(probabilities) - len(best.indices):,} words share the rest."
        ),
        key="next",
        data={"word": tokenizer.vocab, "probability": probabilities.numpy()},
    )
with st.expander(f"All {layers * heads} maps at once", icon=":material/grid_on:"):
    page.show_image(
        attention_maps.attention_grid(alphas),
        title="Attention of every layer and head",
        description="Layers from top to bottom, heads from left to right; each map has its scale.",
        key="maps",
        data={"attention": alphas},
    )
page.lesson_link("attention", "Follow the numbers of a head, step by step")
network.show_text(loaded, prompt)
page.show_math(
    r"\begin{gathered} P(x_{t+1} = v \mid x_1 \ldots x_t) = \\ "
    r"\mathrm{softmax}(W\,\mathrm{LayerNorm}(h_t) + b)_v \end{gathered}",
    "The probability of word v is the softmax over the vocabulary of a linear layer on the last "
    "token's normalised state.",
)


@page.fragment
def go_on() -> None:
    """Its controls run this part of the page alone."""
    one, two = st.columns(2, vertical_alignment="bottom")
    with one:
        way = controls.pick("How the next word is chosen", ["greedy", "nucleus"], key="way")
    with two:
        length = controls.slider("Words to add", 1, 150, 40, key="length")
    strategy, seed = Greedy(), 0
    if way == "greedy":
        st.caption("Greedy is deterministic: always the most probable word, always the same text.")
    else:
        one, two, three, four = st.columns(4, vertical_alignment="bottom")
        with one:
            p = controls.slider("Nucleus p", 0.05, 1.0, 0.9, key="p", step=0.05)
        with two:
            t = controls.slider("Temperature", 0.0, 2.0, 1.0, key="t", step=0.1, help="0: greedy.")
        with three:
            seed = controls.slider("Seed", 0, 999, 0, key="seed", help="Same seed, same text.")
        with four:
            st.button("Draw again", icon=":material/casino:", type="primary", on_click=next_seed)
        strategy = Greedy() if t == 0 else Nucleus(p=p, t=t)
    made = generations.text(prompt.ids, strategy, length, seed=seed)
    new = [
        Token(
            tokenizer.vocab[one.token],
            "made",
            surprise=shade(one.probability),
            note=f"probability {percent(one.probability)}, rank {one.rank}",
        )
        for one in made.generated
    ]
    token_strip(
        [*(Token(word) for word in prompt.words), *new],
        key="text",
        legend="Your line in italics; the redder a word, the less probable it was.",
    )
    st.caption(f"Computed by {engine.path}, with a key-value cache.")


st.header("Generate", anchor=False)
go_on()
page.lesson_link("decoding", "Compare the ways of choosing, token by token")
page.show_source("core.gpt.DialogueGPT", "core.decoding.strategies.nucleus")
