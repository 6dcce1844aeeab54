"""Decoding: ways of choosing the next word, what goes wrong with them, and the KV cache."""

import streamlit as st

from dashboard import components, controls, gpt_models

components.page_header(
    "Decoding and KV cache",
    "Every word has a probability. **Which do you take**, and what becomes of the text?",
)
SECTIONS = ("side by side", "what goes wrong", "epoch by epoch", "the KV cache")
section = controls.pick("What to look at", SECTIONS, key="section")

# --- model and prompt ---
left, right = st.columns([2, 3])
with left:
    entry = gpt_models.choose_gpt()
    loaded = gpt_models.load(entry)
    reader = gpt_models.reader(entry)
with right:
    prompt = gpt_models.ask_prompt(loaded)

from dashboard import decoding_cache, decoding_compare, decoding_epochs, decoding_quality  # noqa: E402

if section == "side by side":
    decoding_compare.show(entry, loaded, gpt_models.texts(entry), prompt)
    decoding_compare.explain(reader)
elif section == "what goes wrong":
    decoding_quality.show(entry, loaded, reader, prompt)
elif section == "epoch by epoch":
    decoding_epochs.show(entry, loaded, prompt)
else:
    decoding_cache.show(entry, loaded, reader, prompt)
