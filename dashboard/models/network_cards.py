"""Home's small drawings of the networks, each a link to its lesson. Needs no torch."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import fields
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from core.config.model_config import ViTConfig
from core.data.images import shapes
from core.linear_rnn.instruments.paths import path_inputs
from core.linear_rnn.matrices import preset
from core.models import zoo
from core.run_files import schema
from dashboard import lessons, state
from dashboard.components.network_view import network_cards, packed
from dashboard.figures.maps.attention_maps import colours, enlarge
from dashboard.figures.maps.vit_maps import channels_last
from dashboard.models import traces

GPT, VIT = "gpt-shakespeare", "vit-shapes-plain"
TEXT = "KING RICHARD III:\nWhy,"
MOST = 10  # tokens of the text that are drawn, the last ones
STEPS, SIZE, RADIUS = 5, 8, 0.9  # of the RNN
# kind -> title, what the drawing shows, the lesson, and the controls that open its drawing there
CARDS = {
    "rnn": ("RNN", "What is left of every input?", "rnn", {"section": "Network"}),
    "gpt": ("Transformer", "Heads on one stream.", "attention", {"network": "true"}),
    "vit": (
        "Vision Transformer", "A picture becomes tokens.", "vit",
        {"network": "true", "model": "vit-shapes-plain"},
    ),
    "cache": (
        "Generation", "Keys and values are kept.", "decoding",
        {"section": "the KV cache", "network": "true"},
    ),
}  # fmt: skip


_SIZES = {field.name for field in fields(ViTConfig)}


def show() -> None:
    """One row of drawings, of the models that are here."""
    data: dict[str, object] = {"rnn": small_rnn()}
    for entry in zoo.available_models():
        with suppress(ValueError, OSError):  # its lesson says what is wrong with it
            if entry.name == GPT and entry.shipped:
                data["gpt"] = small_gpt(entry)
            elif entry.name == VIT and entry.shipped:
                data["vit"] = small_vit(entry)
    kinds = [kind for kind in CARDS if (kind if kind != "cache" else "gpt") in data]
    cards = [_card(kind) for kind in kinds]
    clicked = network_cards(data | {"cards": cards}, key="networks")
    if clicked in kinds:
        _, _, lesson, query = CARDS[clicked]
        st.switch_page(lessons.by_name(lesson).path, query_params=query)


def _card(kind: str) -> dict[str, str]:
    title, line, lesson, query = CARDS[kind]
    href = f"{lesson}?{urlencode(query)}"
    return {"kind": kind, "title": title, "line": line, "href": href}


def small_rnn() -> dict[str, object]:
    """The lesson's first matrix, and the inputs W_x x_i."""
    W, U = packed(preset("vanishing", SIZE)), packed(path_inputs(SIZE, STEPS))
    return {"d": SIZE, "T": STEPS, "rho": RADIUS, "W": W, "U": U}


def small_gpt(entry: zoo.ModelEntry) -> dict[str, object]:
    """All maps of the last tokens of the text, read in NumPy, and the next word."""
    model, tokenizer = state.numpy_gpt(entry.weights, entry.identity)
    ids = tokenizer.ids(TEXT)
    probabilities, alphas, _ = traces.reading(entry.identity, tuple(ids), model)
    maps = alphas[:, :, -MOST:, -MOST:]
    best = int(np.argmax(probabilities))
    return {
        "layers": maps.shape[0],
        "heads": maps.shape[1],
        "causal": True,
        "tokens": tokenizer.words(ids)[-MOST:],
        "maps": packed(np.rint(255 * np.sqrt(maps)).astype(np.uint8)),
        "colours": colours()[::4].tolist(),
        "next": [tokenizer.vocab[best], float(probabilities[best])],
    }


def small_vit(entry: zoo.ModelEntry) -> dict[str, object]:
    """The model's sizes and a picture of the kind it reads."""
    size = 32
    image, _ = shapes.draw(shapes.Shape("star", 9.0, 16.0, 16.0, 0.0, clutter=0.5), size)
    about = schema.read(entry.weights.with_suffix(".json"), schema.Weights)["config"]
    png = base64.b64encode(enlarge(channels_last(image), size)).decode()
    config = ViTConfig.from_dict({k: v for k, v in about.items() if k in _SIZES})
    side = config.img_size // config.patch_size
    return {"layers": config.num_layers, "heads": config.num_heads, "side": side, "png": png}
