"""Home's small drawings, each a link to a stop of the course. Needs no torch."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import fields

import numpy as np
from PIL import Image

from core.config.model_config import ViTConfig
from core.data.images import shapes
from core.first_texts import OTHER_PROMPT
from core.linear_rnn.instruments.paths import path_inputs
from core.linear_rnn.matrices import preset
from core.models import zoo
from core.models.positions import sinusoidal
from core.run_files import schema
from core.run_files.directory import RunDirectory
from dashboard import state
from dashboard.components.live import packed
from dashboard.components.network_view import network_cards
from dashboard.figures.maps.attention_maps import colours, png
from dashboard.figures.maps.vit_maps import channels_last
from dashboard.models import traces

GPT, VIT, CURVE = "gpt-shakespeare", "vit-shapes-plain", "vit-cifar10-course"
MOST = 10  # tokens of the text that are drawn, the last ones
STEPS, SIZE, RADIUS = 5, 8, 0.9  # of the RNN
_SIZES = {field.name for field in fields(ViTConfig)}


def show(cards: list[dict[str, object]]) -> str | None:
    """The cards, each with the drawing of its `kind`; returns the kind of the one clicked.

    A card whose model is not on this machine has no drawing.
    """
    data: dict[str, object] = {
        "rnn": small_rnn(),
        "positions": small_positions(),
        "maps": small_maps(),
        "study": [],
    }
    for entry in zoo.available_models():
        with suppress(ValueError, OSError):  # its lesson says what is wrong with it
            if entry.name == GPT and entry.shipped:
                data["gpt"] = data["cache"] = small_gpt(entry)
            elif entry.name == VIT and entry.shipped:
                data["vit"] = small_vit(entry)
            elif entry.name == CURVE and entry.shipped:
                data["train"] = small_curves(entry)
    drawn = [card if card["kind"] in data else {**card, "empty": True} for card in cards]
    clicked = network_cards({**data, "cards": drawn}, key="networks")
    return clicked if clicked in {card["kind"] for card in cards} else None


def small_rnn() -> dict[str, object]:
    """The lesson's first matrix, and the inputs W_x x_i."""
    W, U = packed(preset("vanishing", SIZE)), packed(path_inputs(SIZE, STEPS))
    return {"d": SIZE, "T": STEPS, "rho": RADIUS, "W": W, "U": U}


def small_gpt(entry: zoo.ModelEntry) -> dict[str, object]:
    """All maps of the last tokens of the text, read in NumPy, and the next word."""
    model, tokenizer = state.numpy_gpt(entry.weights, entry.identity)
    ids = tokenizer.ids(OTHER_PROMPT)
    probabilities, alphas, _ = traces.reading(entry.identity, tuple(ids), model)
    maps = alphas[:, :, -MOST:, -MOST:]
    best = int(np.argmax(probabilities))
    return {
        "layers": maps.shape[0],
        "heads": maps.shape[1],
        "causal": True,
        "tokens": tokenizer.words(ids)[-MOST:],
        "maps": packed(np.rint(255 * np.sqrt(maps)), "u1"),
        "colours": colours()[::4].tolist(),
        "next": [tokenizer.vocab[best], float(probabilities[best])],
    }


def small_vit(entry: zoo.ModelEntry) -> dict[str, object]:
    """The model's sizes and a picture of the kind it reads."""
    size = 32
    image, _ = shapes.draw(shapes.Shape("star", 9.0, 16.0, 16.0, 0.0, clutter=0.5), size)
    about = schema.read(entry.weights.with_suffix(".json"), schema.Weights)["config"]
    config = ViTConfig.from_dict({k: v for k, v in about.items() if k in _SIZES})
    side = config.img_size // config.patch_size
    return {
        "layers": config.num_layers,
        "heads": config.num_heads,
        "side": side,
        "png": _png(channels_last(image)),
    }


def small_positions() -> dict[str, object]:
    """The sinusoidal code of the first tokens: a row for each column of the code."""
    levels = (sinusoidal(44, 18).T + 1) / 2
    return {"images": [_png(colours()[np.rint(levels * (len(colours()) - 1)).astype(int)])]}


def small_maps() -> dict[str, object]:
    """A picture, and where its object is: what a true map would show."""
    image, mask = shapes.draw(shapes.Shape("star", 9.0, 16.0, 16.0, 0.0, clutter=0.5), 32)
    where = colours()[np.where(mask, len(colours()) - 1, 0)]
    return {"images": [_png(channels_last(image)), _png(where)]}


def small_curves(entry: zoo.ModelEntry) -> dict[str, object]:
    """Loss of a shipped run after every epoch, on training and held-out data."""
    epochs = RunDirectory(entry.path).epochs()
    return {part: [record[part]["loss"] for record in epochs] for part in ("train", "held_out")}


def _png(image: np.ndarray) -> str:
    return base64.b64encode(png(Image.fromarray(image.astype(np.uint8)))).decode()
