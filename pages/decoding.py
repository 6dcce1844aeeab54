"""Decoding: ways of choosing the next word, what goes wrong with them, and the KV cache."""

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.models import gpt_models, model_choice

page.page_header(
    "Decoding and KV cache",
    "Every word has a probability. **Which one do you choose**, and what does the text become?",
)
SECTIONS = ("side by side", "what goes wrong", "epoch by epoch", "the KV cache", "shared keys")
choices = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
with choices:
    section = controls.pick("What to look at", SECTIONS, key="section", bare=True)
entry, text = gpt_models.choose_beside_text(choices)
loaded = model_choice.load(entry)
engine = gpt_models.engine(entry)
with text:
    prompt = gpt_models.ask_prompt(loaded)

from dashboard.decoding import (  # noqa: E402
    compare,
    epochs,
    grouped_cache,
    kv_cache,
    quality,
    shared_keys,
)  # fmt: skip

NOT_REAL = {
    "what goes wrong": "This section measures a model against the words of its own training and "
    "held-out text, which a real model does not have here: choose a model of the course.",
    "epoch by epoch": "A real model comes without the texts and checkpoints of its training: "
    "choose a model of the course.",
}

if section == "side by side":
    compare.show(entry, loaded, gpt_models.generations(entry), prompt)
    compare.explain(engine)
elif entry.real and section in NOT_REAL:
    st.info(NOT_REAL[section], icon=":material/info:")
elif section == "shared keys":
    shared_keys.show(loaded)
elif entry.real:
    grouped_cache.show(entry, loaded, prompt)
elif section == "what goes wrong":
    quality.show(entry, loaded, engine, prompt)
elif section == "epoch by epoch":
    epochs.show(entry, loaded, prompt)
else:
    kv_cache.show(entry, loaded, engine, prompt)
