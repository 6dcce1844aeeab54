"""Decoding: ways of choosing the next word, what goes wrong with them, and the KV cache."""

import streamlit as st

from dashboard import branches, components, controls, gpt_models
from dashboard.strategy_controls import choose_way
from dashboard.texts import text

components.page_header(
    "Decoding and KV cache",
    "Every word has a probability. **Which do you take**, and what becomes of the text?",
)
SECTIONS = ("side by side", "what goes wrong", "epoch by epoch", "the KV cache")
DEFAULTS = ("greedy", "nucleus", "temperature", "beam")
section = controls.pick("What to look at", SECTIONS, key="section")

# --- model and prompt ---
left, right = st.columns([2, 3])
with left:
    entry = gpt_models.choose_gpt()
    loaded = gpt_models.load(entry)
    reader = gpt_models.reader(entry)
with right:
    prompt = gpt_models.ask_prompt(loaded)
vocab = loaded.tokenizer.vocab

from dashboard import decoding_cache, decoding_compare, decoding_epochs, decoding_quality  # noqa: E402

if section == "side by side":
    texts_above = st.container()
    one, two, three = st.columns(3)
    with one:
        count = controls.pick("Columns", [1, 2, 3, 4], key="columns", index=1)
    with two:
        length = int(controls.slider("Words to add", 5, 150, 40, key="length"))
    with three:
        seed = int(controls.slider("Seed", 0, 999, 0, key="seed", help="Same seed, same text."))
    letters = "abcd"[:count]
    ways, texts, trees = {}, {}, {}
    if st.session_state.get("step", 1) > length:
        st.session_state["step"] = length
    place = int(controls.slider("Step", 1, length, 1, key="step", help="Or click a word.")) - 1
    with texts_above:
        columns = st.columns(count)
        st.caption(
            "The redder a word, the less probable; underlined: in a repeated 4-gram. Step *i* "
            "meets the **same chance** in every column. Click a word to see how it was chosen "
            "and to **force** another."
        )
    for letter, default, column in zip(letters, DEFAULTS, columns, strict=False):
        with column:
            ways[letter] = choose_way(letter, default, abreast=count < 3)
            trees[letter] = branches.tree(letter, (entry.digest, prompt.ids))
            branches.walk(letter, trees[letter])
            texts[letter] = text(
                entry.digest, reader, prompt.ids, ways[letter].strategy, length,
                seed=seed, forced=trees[letter].forced, width=ways[letter].width,
            )  # fmt: skip
            decoding_compare.show_text(letter, texts[letter], vocab, place)
    for letter, column in zip(letters, st.columns(count), strict=True):
        with column:
            st.subheader(ways[letter].label, anchor=False)
            step = texts[letter].step(place)
            decoding_compare.show_step(letter, place, step, ways[letter], vocab, trees[letter])
            decoding_compare.attention_of(loaded, step, letter)
    st.caption(
        f"Computed by {reader.path}. Temperature comes first, then the cut: the nucleus is "
        "measured on the distribution that temperature made."
    )
    components.show_math(
        r"\begin{gathered} P_t(v) = \frac{e^{l_v / t}}{\sum_w e^{l_w / t}} \\ "
        r"V_p = \text{the smallest set with } \sum_{v \in V_p} P_t(v) \ge p \end{gathered}",
        "Divide the logits by t, take the softmax, and keep the smallest set of words whose "
        "probabilities reach p.",
    )
    components.show_source(
        "core.decoding.temperature", "core.decoding.nucleus", "core.decoding.top_k",
        "core.decoding.token_at", "core.decoding.generate", "core.beam.beam_search",
    )  # fmt: skip
elif section == "what goes wrong":
    decoding_quality.show(entry, loaded, reader, prompt)
elif section == "epoch by epoch":
    decoding_epochs.show(entry, loaded, prompt)
else:
    decoding_cache.show(entry, loaded, reader, prompt)
