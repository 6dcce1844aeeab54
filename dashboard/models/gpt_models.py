"""Choosing a dialogue GPT, its decoding engine and texts, and the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.decoding.prompt import Prompt, read_prompt
from core.first_texts import OTHER_PROMPT, PROMPTS
from core.models import zoo
from dashboard import state
from dashboard.components import page
from dashboard.models import model_choice, real_models
from dashboard.models.generation_cache import GenerationCache

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.decoding.engine import DecodingEngine

REAL_PROMPT = "When Mary and John went to the store, John gave a drink to"
MODEL_WIDTH = 164  # pixels that a model's name takes
LONGEST_LINKED = 2_000  # characters a link carries, of the end, which the model reads

SIGNS = " (· is a space, ↵ a new line)"  # in the tokens of a real model


def choose_gpt(prefer: str = "gpt-shakespeare") -> zoo.ModelEntry:
    """A list of the available GPTs; the page ends here with a sentence when there is none.

    prefer: the one that is selected first.
    """
    entries = model_choice.available("gpt", "dialogue GPT")
    names = list(entries)
    best = names.index(prefer) if prefer in names else 0
    read = [
        f"{entry.name}: {entry.data}, {entry.held_out['perplexity']:.1f}"
        for entry in entries.values()
        if "perplexity" in entry.held_out
    ]
    return model_choice.choose(
        "Model",
        entries,
        key="model",
        index=best,
        help=page.escape(f"Training data and perplexity of held-out text: {'; '.join(read)}."),
    )


def choose_beside_text(row: DeltaGenerator) -> tuple[zoo.ModelEntry, DeltaGenerator]:
    """The list of GPTs in a row that wraps, and a button behind which the text is asked for."""
    with row.container(width=MODEL_WIDTH):
        entry = choose_gpt()
    return entry, row.popover("The text", icon=":material/edit:")


def engine(entry: zoo.ModelEntry) -> DecodingEngine:
    """The model's decoding engine, shared by everybody."""
    if entry.real:
        return generations(entry).engine
    return _engine(entry.name, entry.identity, entry)


@st.cache_resource(max_entries=6, show_spinner="Preparing the decoder …")
def _engine(name: str, identity: str, _entry: zoo.ModelEntry) -> DecodingEngine:
    from core.decoding.engine import DecodingEngine

    return DecodingEngine.of(model_choice.load_shared(str(_entry.weights), identity, _entry).model)


def generations(entry: zoo.ModelEntry) -> GenerationCache:
    """The texts the model generated, shared by everybody."""
    if entry.real:
        with st.spinner("Preparing the decoder …"):
            return real_models.hold(entry).generations
    return _generations(entry.name, entry.identity, entry)


@st.cache_resource(max_entries=6, show_spinner=False)
def _generations(name: str, identity: str, _entry: zoo.ModelEntry) -> GenerationCache:
    return GenerationCache(engine(_entry))


def read_out(loaded: zoo.LoadedModel) -> str:
    """The logits of the model's head in TeX: its norm, and a bias where there is one."""
    norm, linear = loaded.model.head[0], loaded.model.head[-1]
    bias = "" if linear.bias is None else " + b"
    return rf"W\,\mathrm{{{type(norm).__name__}}}(h_t){bias}"


def ask_prompt(loaded: zoo.LoadedModel, real_prompt: str = REAL_PROMPT) -> Prompt:
    """A box for the text to continue, and what the model reads of it, with notes about it.

    real_prompt: what a real model reads first.
    """
    real, longest = loaded.entry.real, loaded.model.max_N
    if real:
        longest = min(longest, real_models.MOST_TOKENS)
    default = real_prompt if real else PROMPTS.get(loaded.entry.data, OTHER_PROMPT)
    typed = st.text_area(
        "Text to continue",
        st.query_params.get("prompt", default)[-LONGEST_LINKED:],
        height=100,
        key=f"prompt-{'real' if real else loaded.entry.data}",
        help=f"Any text; the last {longest} tokens are read{SIGNS}."
        if real
        else "A name in capitals and a colon begin a speech. If the text is empty, the model "
        "reads only the start token.",
    )
    state.record("prompt", typed)
    state.put_in_link("prompt", typed[-LONGEST_LINKED:] if typed != default else None)
    prompt = read_prompt(typed, loaded.tokenizer, longest)
    for note in prompt.notes:
        st.info(page.escape(note), icon=":material/info:")
    return prompt
