"""The texts a model generated after every epoch of training, and its checkpoints today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.models import zoo
from core.run_files.directory import RunDirectory, epoch_of
from dashboard import controls
from dashboard.components import page, tables

if TYPE_CHECKING:
    from core.decoding.prompt import Prompt

SHOWN = 10  # epochs shown; the table has all of them
WORDS = 40  # that a checkpoint adds to the prompt


def show(entry: zoo.ModelEntry, loaded: zoo.LoadedModel, prompt: Prompt) -> None:
    """The texts of a model's training, and the prompt continued by every stored checkpoint."""
    st.markdown(
        "The model wrote these texts after the epochs of its training, **by greedy decoding from "
        "the empty prompt**. What appears first, and what appears later?"
    )
    epochs = history(entry)
    if not epochs:
        st.info(
            f"{page.escape(entry.name)} recorded no texts during training: choose "
            "another model above.",
            icon=":material/info:",
        )
    if trouble := RunDirectory(entry.path).history_error():
        st.warning(page.escape(f"{entry.name}: {trouble}"), icon=":material/broken_image:")
    for at in spread(len(epochs), SHOWN):
        number, perplexity, text = epochs[at]
        about = f", held-out perplexity {perplexity:,.1f}" if perplexity else ""
        _row(f"Epoch {number}{about}", text)
    if len(epochs) > SHOWN:
        with st.expander(f"All {len(epochs)} epochs", icon=":material/list:"):
            columns = ("epoch", "held-out perplexity", "text")
            rows = [dict(zip(columns, epoch, strict=True)) for epoch in epochs]
            tables.show(rows, hide_index=True)
    run = RunDirectory(entry.path)
    names = run.checkpoint_names()
    st.header("Your prompt at different epochs", anchor=False)
    if len(names) < 2:
        st.markdown(
            f"Only the last weights of {page.escape(entry.name)} are stored. A model that you "
            "train also keeps the weights of its epochs 1, 2, 4, 8 …, and each of them can "
            "continue your prompt."
        )
        page.lesson_link("train", "Train a model")
    elif controls.switch(f"Continue my prompt at {len(names)} checkpoints", key="live"):
        for name in names:
            with page.one_sentence_for_errors():
                then = zoo.at_checkpoint(entry, run.checkpoints / name)
                words = _continued(str(then.weights), then.identity, prompt.ids, then)
                _row(_when(name), " ".join(loaded.tokenizer.vocab[word] for word in words))


def _row(when: str, text: str) -> None:
    """An epoch or checkpoint beside the text that the model wrote."""
    left, right = st.columns([1, 2], gap="small")
    left.caption(when)
    right.markdown(page.escape(text))


def _when(checkpoint: str) -> str:
    epoch = epoch_of(checkpoint)
    return f"After epoch {epoch}" if epoch else checkpoint.replace("step-", "Step ")


def history(entry: zoo.ModelEntry) -> list[tuple[int, float | None, str]]:
    """(epoch, held-out perplexity, text) of every epoch with a text; [] when there is none."""
    return _history(entry.name, entry.identity, entry)


@st.cache_data(max_entries=32, show_spinner=False)
def _history(
    name: str, identity: str, _entry: zoo.ModelEntry
) -> list[tuple[int, float | None, str]]:
    records = RunDirectory(_entry.path).epochs()
    return [
        (r["epoch"], r["held_out"].get("perplexity"), r["text"]) for r in records if r.get("text")
    ]


def spread(count: int, most: int) -> list[int]:
    """At most `most` of 0 … count-1, the first and the last among them, close together early on.

    That is where a training changes most: evenly spaced on a logarithmic axis.
    """
    if count <= most:
        return list(range(count))
    return [int(i) - 1 for i in np.unique(np.geomspace(1, count, most).round())]


@st.cache_data(max_entries=64, show_spinner="Continuing your prompt …")
def _continued(
    weights: str, identity: str, ids: tuple[int, ...], _then: zoo.ModelEntry
) -> list[int]:
    """The greedy continuation of the prompt at a checkpoint."""
    import torch

    from core.decoding.engine import DecodingEngine
    from core.decoding.strategies import Greedy
    from core.models.checkpoint import model_from, read_checkpoint

    model: Any = model_from(read_checkpoint(_then.weights))
    steps = DecodingEngine.of(model).generate(ids, Greedy(), WORDS, torch.Generator())
    return [step.token for step in steps]
