"""Choosing and loading a dialogue GPT: the shipped ones and what was trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.models import zoo
from dashboard import state
from dashboard.components import page
from dashboard.models import model_choice
from dashboard.models.generation_cache import Texts

if TYPE_CHECKING:
    from core.decoding.engine import PrefixReader
    from core.decoding.prompt import Prompt

PROMPTS = {"grammar": "KING:\nGood queen, where are the"}
OTHER_PROMPT = "KING RICHARD III:\nWhy,"
LONGEST_LINKED = 2_000  # characters a link carries, of the end, which the model reads


def choose_gpt(key: str = "model") -> zoo.ModelEntry:
    """A list of the GPTs at hand; the page ends here with a sentence when there is none."""
    entries = {entry.name: entry for entry in zoo.available_models("gpt")}
    if not entries:
        st.info("There is no dialogue GPT yet: train one first.", icon=":material/info:")
        page.lesson_link("train")
        st.stop()
    names = list(entries)
    best = names.index("gpt-shakespeare") if "gpt-shakespeare" in names else 0
    read = [
        f"{entry.name}: {entry.data}, {entry.held_out['perplexity']:.1f}"
        for entry in entries.values()
        if "perplexity" in entry.held_out
    ]
    return model_choice.choose(
        "Model",
        entries,
        key=key,
        index=best,
        help=page.plain(f"Trained on, and perplexity of held-out text: {'; '.join(read)}."),
    )


def load(entry: zoo.ModelEntry) -> zoo.LoadedModel:
    """The model and its tokenizer, ready to run; the page ends with a sentence if it cannot.

    It is shared by everybody: it must not be changed.
    """
    try:
        return _load(str(entry.weights), entry.identity, entry)
    except (ValueError, OSError) as error:
        page.error_sentence(error)
        st.stop()


@st.cache_resource(max_entries=6, show_spinner="Loading the model …")
def _load(weights: str, who: str, _entry: zoo.ModelEntry) -> zoo.LoadedModel:
    return zoo.load_model(_entry)


def reader(entry: zoo.ModelEntry) -> PrefixReader:
    """What the model says after any text, remembered for everybody: the same model, the same."""
    return _reader(entry.name, entry.identity, entry)


@st.cache_resource(max_entries=6, show_spinner="Preparing the decoder …")
def _reader(name: str, who: str, _entry: zoo.ModelEntry) -> PrefixReader:
    from core.decoding.engine import PrefixReader

    return PrefixReader.of(_load(str(_entry.weights), who, _entry).model)


def texts(entry: zoo.ModelEntry) -> Texts:
    """What the model wrote, kept for everybody."""
    return _texts(entry.name, entry.identity, entry)


@st.cache_resource(max_entries=6, show_spinner=False)
def _texts(name: str, who: str, _entry: zoo.ModelEntry) -> Texts:
    return Texts(reader(_entry))


def ask_prompt(loaded: zoo.LoadedModel) -> Prompt:
    """A box for the text to continue, and what the model reads of it, with what must be said."""
    from core.decoding.prompt import read_prompt

    default = PROMPTS.get(loaded.entry.data, OTHER_PROMPT)
    typed = st.text_area(
        "Text to continue",
        st.query_params.get("prompt", default)[-LONGEST_LINKED:],
        height=100,
        key=f"prompt-{loaded.entry.data}",
        help="A name in capitals and a colon begin a speech. It may be empty: then only the "
        "start token is read.",
    )
    state.note("prompt", typed)
    state.put_in_link("prompt", typed[-LONGEST_LINKED:] if typed != default else None)
    prompt = read_prompt(typed, loaded.tokenizer, loaded.model.max_N)
    for note in prompt.notes:
        st.info(page.plain(note), icon=":material/info:")
    return prompt
