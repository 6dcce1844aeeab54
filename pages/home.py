"""Home: a trained model at work, and links to every lesson. Imports no torch: fast first paint."""

import numpy as np
import streamlit as st

from core.data.sources import at_hand
from core.models import gpt_numpy, zoo
from core.tokenizer import UNK
from dashboard import controls, lessons, state
from dashboard.components import page
from dashboard.figures.maps.attention_maps import attention_grid
from dashboard.figures.maps.bar_picture import bar_picture
from dashboard.models import network_cards, traces

page.page_header(
    "Unrolled",
    "From the recurrent network to attention, a Vision Transformer and a small GPT. "
    "Everything you see is computed live, by code you can read.",
)

with page.one_sentence_for_errors():
    network_cards.show()

LINES = {
    "grammar": "DUKE: Good queen, where are the poor soldiers? QUEEN: Good duke, the",
    "shakespeare": "KING RICHARD III: Why, what is the matter? BUCKINGHAM: My lord, the king is",
}


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
    ids = tokenizer.ids(line)
    probabilities, alphas, milliseconds = traces.reading(entry.identity, tuple(ids), model)
    best = np.argsort(probabilities)[::-1][:8]

    left, right = st.columns([3, 2], gap="medium")
    with left:
        page.show_image(
            attention_grid(alphas, width=520, height=400),
            title="Who attends to whom",
            description=f"Each square is one attention head reading these {len(ids)} tokens: a row "
            "for each word that looks, a column for each word it may look at. Bright means a "
            "large weight.",
            key="attention",
            data={"alphas": alphas, "tokens": tokenizer.words(ids)},
        )
    with right:
        words = [tokenizer.vocab[i] for i in best]
        page.show_image(
            bar_picture(words, probabilities[best].tolist()),
            title="Which word comes next",
            description="The model's eight most probable next words: "
            + ", ".join(map(page.escape, words))
            + ".",
            key="next",
            data={"word": words, "probability": probabilities[best]},
            width="stretch",
        )
        st.caption(f"Computed in {milliseconds:.1f} ms on this machine, at the first request.")
    page.show_source(gpt_numpy.NumpyGPT, label="Show the whole model, in NumPy")


models = zoo.available_models()
readable = {m.data: m for m in models if m.shipped and m.architecture in gpt_numpy.READABLE}
if readable:
    with page.one_sentence_for_errors():
        read(readable)

# ---- the lessons ------------------------------------------------------------------------------
GROUPS = {
    "Theory": "Small enough to follow by hand.",
    "Models": "Look inside trained models.",
    "Practice": "Train your own, and find out what you know.",
}
for group, summary in GROUPS.items():
    members = [lesson for lesson in lessons.available() if lesson.group == group]
    if members:
        st.header(group, anchor=False)
        st.markdown(summary)
        for first in range(0, len(members), 3):
            for column, lesson in zip(st.columns(3), members[first : first + 3], strict=False):
                with column.container(border=True, height="stretch"):
                    page.lesson_link(lesson.name)
                    st.markdown(lesson.line)

# ---- models, data and device ------------------------------------------------------------------
data = ", ".join(f"{row.name}{'' if row.here else ' (not here yet)'}" for row in at_hand())
device = state.device_in_use() or "chosen when a model is first opened"
shipped = sum(m.shipped for m in models)
st.caption(
    f"**Models:** {shipped} that came with Unrolled, {len(models) - shipped} of your own · "
    f"**Data:** {data} · **Device:** {device}"
)
