"""What a model wrote after every epoch of its training (question 4f), and its checkpoints now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core import zoo
from core.runs.directory import RunDirectory
from dashboard import components, controls, gpt_models

if TYPE_CHECKING:
    from core.prompt import Prompt

COURSE = "gpt-shakespeare-course"  # trained by the course's own recipe: the history to show first
SHOWN = 10  # epochs in view; all of them stand in a table


def show(chosen: zoo.ModelEntry, prompt: Prompt) -> None:
    """The texts of one training; `chosen` is the model of the page."""
    st.markdown(
        "What a model wrote, **greedily from the empty prompt**, after every epoch of its "
        "training. Early on it repeats the commonest words; then it learns who speaks, and how."
    )
    entries = {entry.name: entry for entry in zoo.available_models("gpt")}
    told = {name: epochs for name, entry in entries.items() if (epochs := history(entry))}
    if not told:
        st.info("No model here wrote texts down while it was trained.", icon=":material/info:")
        return
    names = list(told)
    first = next((n for n in (COURSE, chosen.name, "gpt-shakespeare") if n in told), names[0])
    name = controls.choice("Whose training", names, key="history", index=names.index(first))
    epochs = told[name]
    for at in spread(len(epochs), SHOWN):
        number, perplexity, text = epochs[at]
        with st.container(border=True):
            about = f", held-out perplexity {perplexity:,.1f}" if perplexity else ""
            st.caption(f"Epoch {number}{about}")
            st.markdown(components.plain(text))
    if len(epochs) > SHOWN:
        with st.expander(f"All {len(epochs)} epochs", icon=":material/list:"):
            columns = ("epoch", "held-out perplexity", "text")
            rows = [dict(zip(columns, epoch, strict=True)) for epoch in epochs]
            st.dataframe(rows, hide_index=True)
    run = RunDirectory(entries[name].path)
    checkpoints = run.checkpoint_names()
    if len(checkpoints) > 1 and st.button(
        f"Continue my prompt at all {len(checkpoints)} of its checkpoints"
    ):
        _continue_at(run, checkpoints, entries[name], prompt)


def history(entry: zoo.ModelEntry) -> list[tuple[int, float | None, str]]:
    """(epoch, held-out perplexity, text) of every epoch that left a text; [] when none did."""
    return _history(entry.name, entry.digest, entry)


@st.cache_data(max_entries=32, show_spinner=False)
def _history(name: str, digest: str, _entry: zoo.ModelEntry) -> list[tuple[int, float | None, str]]:
    records = RunDirectory(_entry.path).metrics()
    return [
        (int(r["epoch"]), (r.get("held_out") or {}).get("perplexity"), str(r["text"]))
        for r in records
        if r.get("kind") == "epoch" and r.get("text")
    ]


def spread(count: int, most: int) -> list[int]:
    """At most `most` of 0 … count-1, the first and the last among them, close together early on.

    That is where a training changes most: evenly spaced on a logarithmic axis.
    """
    if count <= most:
        return list(range(count))
    return [int(i) - 1 for i in np.unique(np.geomspace(1, count, most).round())]


def _continue_at(
    run: RunDirectory, names: list[str], entry: zoo.ModelEntry, prompt: Prompt
) -> None:
    """40 greedy words of every checkpoint, shown as they come."""
    import torch

    from core.checkpoint import model_from, read_checkpoint
    from core.decoding import Greedy, generate
    from core.prompt import read_prompt
    from core.reader import PrefixReader

    loaded = gpt_models.load(entry)
    ids = read_prompt(" ".join(prompt.words[1:]), loaded.tokenizer, loaded.model.max_N).ids
    for name in names:
        with components.one_sentence_for_errors():
            model: Any = model_from(read_checkpoint(run.checkpoints / name))
            reader = PrefixReader.of(model)
            steps = generate(reader, ids, Greedy(), 40, torch.Generator(), choose=reader.choose)
            words = " ".join(loaded.tokenizer.vocab[step.token] for step in steps)
            st.caption(name)
            st.markdown(components.plain(words))
