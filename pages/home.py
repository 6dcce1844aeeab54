"""Home: the course, stop by stop, and a trained model at work. Imports no torch."""

import numpy as np
import streamlit as st

from core.data.sources import at_hand
from core.decoding.prompt import read_prompt
from core.first_texts import LINES
from core.models import gpt_numpy, zoo
from core.tokenizer import UNK
from dashboard import controls, state
from dashboard.components import page
from dashboard.course import path, plotly_ahead
from dashboard.figures.maps.attention_maps import attention_grid
from dashboard.figures.maps.bar_picture import bar_picture
from dashboard.figures.maps.named_map import named_map
from dashboard.models import traces

page.page_header(
    "Unrolled",
    "From the recurrent network to a small GPT: everything is computed live, by code you can read.",
)

with page.one_sentence_for_errors():
    path.show()

MAX_TOKENS = 100  # of a typed line of at most 200 characters


@page.fragment
def read(readable: dict[str, zoo.ModelEntry]) -> None:
    """A small trained Transformer reads the line you type; its controls run nothing else."""
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    with right:
        entry = readable[controls.pick("Trained on", list(readable), key="model")]
    model, tokenizer = state.numpy_gpt(entry.weights, entry.identity)
    with left:
        line = controls.text(
            "Type a line, and a trained Transformer reads it",
            LINES.get(entry.data, ""),
            key="line" if entry.data == "grammar" else "verse",
            max_chars=200,
            help=f"It knows {tokenizer.vocab_size:,} words and reads any other as {UNK}.",
        )
    prompt = read_prompt(line, tokenizer, MAX_TOKENS)
    for note in prompt.notes:
        st.info(page.escape(note), icon=":material/info:")
    ids = prompt.ids
    probabilities, alphas, milliseconds = traces.reading(entry.identity, ids, model)
    best = np.argsort(probabilities)[::-1][:8]

    left, right = st.columns([3, 2], gap="medium")
    with left:
        page.show_image(
            named_map(alphas[-1].mean(0), tokenizer.words(ids)),
            title="Who attends to whom",
            description="Each row is a word that looks, each column a word that it may look at. "
            "Bright means a large weight. The map is the mean over the heads of the last layer.",
            key="attention",
            data={"alphas": alphas, "tokens": tokenizer.words(ids)},
            width="stretch",
        )
    with right:
        words = [tokenizer.vocab[i] for i in best]
        page.show_image(
            bar_picture(words, probabilities[best].tolist()),
            title="Which word comes next",
            description="The model's eight most probable next words.",
            more=f"{', '.join(map(page.escape, words))}.",
            key="next",
            data={"word": words, "probability": probabilities[best]},
            width="stretch",
        )
        tokens = "this one token" if len(ids) == 1 else f"these {len(ids)} tokens"
        st.caption(
            f"Computed from {tokens} in {milliseconds:.1f} ms on this machine when the line was "
            "first read."
        )
    with st.expander(f"The maps of all {alphas[:, :, 0, 0].size} heads", icon=":material/grid_on:"):
        page.show_image(
            attention_grid(alphas, width=860, height=660),
            title="Every layer and head",
            description="Each square is one attention head. Rows and columns are the tokens of "
            "the map above; each square has its own colour scale.",
            key="all-heads",
            data={"alphas": alphas},
        )
    page.show_source(gpt_numpy.NumpyGPT, label="Show the whole model, in NumPy")


models = zoo.available_models()
readable = {m.data: m for m in models if m.shipped and m.architecture in gpt_numpy.READABLE}
if readable:
    with page.one_sentence_for_errors():
        read(readable)

# ---- the lessons ------------------------------------------------------------------------------
path.lessons_by_stop()

# ---- models, data and device ------------------------------------------------------------------
data = ", ".join(
    f"{row.name}{'' if row.here else ' (not on this machine yet)'}" for row in at_hand()
)
device = state.device_in_use() or "chosen when the first model is opened"
shipped = sum(m.shipped for m in models)
st.caption(
    f"**Models:** {shipped} shipped with Unrolled, {len(models) - shipped} of your own · "
    f"**Data:** {data} · **Device:** {device}"
)
plotly_ahead.show()
