"""A model and one input for it, text or picture; several pages share these controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.first_texts import PROMPTS
from core.models import zoo
from dashboard import controls
from dashboard.components import page
from dashboard.figures.maps.attention_maps import attention_grid, enlarge
from dashboard.figures.maps.vit_maps import channels_last
from dashboard.models import gpt_models, model_choice, traces, vit_models
from dashboard.models.pictures import pictures_for, upload

if TYPE_CHECKING:
    import numpy as np
    from streamlit.delta_generator import DeltaGenerator
    from torch import Tensor

    from core.interpret.trace import Trace

TEXT, PICTURES = "text", "pictures"
FROM_FILES = (
    "Vision Transformers from files cut a picture into hundreds of patches, too many to follow one "
    "by one here: open them in the lessons Vision Transformer, Patches of anything and Are the "
    "maps true?"
)


@dataclass(frozen=True, eq=False)
class ModelInput:
    """inputs: token ids (1, T) or a picture (1, 3, S, S); tokens: T names for the axes.

    answers: the name of every word or class the model can say. picture: (3, S, S) uint8 or None.
    trained: false if the weights are random.
    """

    loaded: zoo.LoadedModel
    model: Any
    inputs: Tensor
    tokens: list[str]
    answers: list[str]
    picture: np.ndarray | None
    trained: bool

    @property
    def identity(self) -> str:
        """The model, and whether its weights are the trained ones."""
        return f"{self.loaded.entry.identity}-{'trained' if self.trained else 'random'}"

    @property
    def causal(self) -> bool:
        return self.picture is None

    @property
    def png(self) -> bytes | None:
        return None if self.picture is None else enlarge(channels_last(self.picture), 128)

    def outcome(self, logits: Tensor) -> Tensor:
        """The probabilities that matter: of the next word after the text, or of the classes."""
        return (logits[0, -1] if self.causal else logits[0]).softmax(-1)

    @property
    def numbered(self) -> list[str]:
        """The tokens as controls list them, such as "3: queen"."""
        return [f"{i}: {token}" for i, token in enumerate(self.tokens)]

    def say(self, probability: Tensor) -> str:
        """The most probable answer in bold, with its probability; safe to show."""
        best = int(probability.argmax())
        return f"**{page.escape(self.answers[best])}** ({float(probability[best]):.1%})"


def choose(prefer: str = "gpt-shakespeare") -> ModelInput:
    """Controls for model, weights and input; the page ends with a sentence if none can be used.

    prefer: the GPT that is selected first; with one that repeats, so does a real model's text.
    """
    choices = st.container(horizontal=True, vertical_alignment="bottom")
    with choices:
        kind = controls.pick("The model reads", [TEXT, PICTURES], key="reads")
        entry = gpt_models.choose_gpt(prefer) if kind == TEXT else vit_models.choose_model("vit")
        weights = "trained"  # a real model has no untrained twin here
        if not entry.real:
            weights = controls.pick("Weights", ["trained", "random"], key="weights")
    loaded = model_choice.load(entry)
    model: Any = loaded.model if weights == "trained" else vit_models.untrained(loaded)
    if kind == TEXT:
        with choices, st.popover("The text", icon=":material/edit:"):
            first = PROMPTS["refrain"] if prefer == "gpt-refrain" else gpt_models.REAL_PROMPT
            prompt = gpt_models.ask_prompt(loaded, first)
        import torch  # the controls must not wait for it

        ids = torch.tensor([prompt.ids])
        words = list(prompt.words)
        return ModelInput(
            loaded, model, ids, words, loaded.tokenizer.vocab, None, weights == "trained"
        )
    if any(other.real for other in model_choice.available("vit", "Vision Transformer").values()):
        st.caption(FROM_FILES)
    pictures = pictures_for(loaded)
    with choices, st.popover("Picture", icon=":material/image:"):
        number = controls.slider("Picture number", 1, len(pictures.images), 3, key="picture")
        if pictures.note:
            st.caption(pictures.note)
        own = upload(loaded.config.img_size)
    image = pictures.images[int(number) - 1] if own is None else own
    names = patch_names(model)
    inputs = vit_models.to_input(loaded, image[None])
    answers = list(loaded.extra["classes"])
    return ModelInput(loaded, model, inputs, names, answers, image, weights == "trained")


def patch_names(model: Any) -> list[str]:
    """The names of a Vision Transformer's tokens: the class token, then the patches row by row."""
    grid = range(round(model.pos_E.num_embeddings**0.5))
    return ["class", *(f"row {r + 1}, col {c + 1}" for r in grid for c in grid)]


def show_beside(
    reading: ModelInput, traced: Trace, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """All maps of the model, beside those of random weights or of another of its checkpoints.

    left: the column of the choice; right: that of the maps.
    """
    entry = reading.loaded.entry
    checkpoints = {
        f"checkpoint {path.stem}": path.with_suffix("")
        for path in sorted((entry.path / "checkpoints").glob("*.safetensors"))
        if path.with_suffix("") != entry.weights
    }
    with left:
        name = controls.choice("Compare with", ["random weights", *checkpoints], key="beside")
    if name in checkpoints:
        then = zoo.at_checkpoint(entry, checkpoints[name])
        identity, other = f"{then.identity}-trained", model_choice.load(then).model
    else:
        identity, other = f"{entry.identity}-random", vit_models.untrained(reading.loaded)
    with right:
        first, second = st.columns(2)
    with first:
        _show_maps(reading, traced, "This model", "maps")
    with second:
        beside = traces.trace(identity, other, reading.inputs)
        _show_maps(reading, beside, name.capitalize(), "maps-beside")


def _show_maps(reading: ModelInput, traced: Trace, name: str, key: str) -> None:
    """All maps of one trace as an image, and what the model says."""
    answer = reading.say(reading.outcome(traced.logits)).replace("**", "")
    page.show_image(
        attention_grid(traced.attention[0].numpy(), width=700, height=640),
        title=name,
        description=f"It predicts {answer}. A row of maps is a layer, a column a head.",
        more="In a map, rows are queries and columns are keys.",
        key=key,
        data={"attention": traced.attention[0].numpy()},
    )
