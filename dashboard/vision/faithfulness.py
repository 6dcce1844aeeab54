"""The maps, curves and scores of the page on faithfulness, computed once and cached."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.models import zoo
from dashboard.components import page
from dashboard.figures.maps import attention_maps, vit_maps
from dashboard.models import pictures, traces, vit_models

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpret.faithfulness import Curve

PICTURES = 500
CURVES = "If the map is faithful, both curves fall or rise faster than in random order (dashed)."
GREY = (
    "Removed patches get the mean colour of the data. The model was not trained on such "
    "pictures, so it may react to the grey patches themselves. For this reason ROAR (Hooker "
    "et al. 2019) trains the model again on pictures without these patches, and RISE inserts "
    "patches into a blurred picture."
)

WORDS = {
    "Mean attention": "The course's figure: the class token's row, averaged over layers and heads.",
    "Last layer, mean": "The class token's row in the last layer only.",
    "Largest head": "The largest weight that any head of any layer gives to the patch.",
    "Rollout": "Attention followed through all layers, including the residual path "
    "(Abnar & Zuidema 2020).",
    "Gradient relevance": "Attention times the gradient of the chosen class with respect to it "
    "(Chefer et al. 2021).",
    "Rollout, largest head": "Rollout that follows the head with the largest weight in each layer.",
}


def answer(identity: str, model: Any, inputs: Tensor) -> int:
    """The most probable class."""
    return int(traces.trace(identity, model, inputs).logits[0].argmax())


def all_maps(
    identity: str, model: Any, inputs: Tensor, target: int
) -> dict[str, tuple[np.ndarray, str]]:
    """Name -> weights (P,) and a description, for one picture (1, 3, S, S)."""
    from core.interpret.attribution import extra_tokens, six_maps

    attention = traces.trace(identity, model, inputs).attention
    relevance = traces.relevance(identity, model, inputs, target)
    maps = six_maps(attention, relevance, extra_tokens(model))
    return {name: (weights[0].numpy(), WORDS[name]) for name, weights in maps.items()}


def show_maps(maps: dict[str, tuple[np.ndarray, str]], image: np.ndarray, view: str) -> None:
    """Six maps beside each other, over the picture (S, S, 3) or as a "grid" of their weights."""
    with st.container(key="six-maps"):
        columns = [c for _ in range(2) for c in st.columns(3, vertical_alignment="bottom")]
    for column, (name, (weight, words)) in zip(columns, maps.items(), strict=True):
        grid = round(len(weight) ** 0.5)
        with column:
            page.show_image(
                attention_maps.class_token_overlay(image, weight)
                if view == "overlay"
                else vit_maps.weight_grid(weight),
                title=name,
                description=f"Largest: {attention_maps.largest_share(weight)}",
                more=words,
                key=name.replace(" ", "-").replace(",", ""),
                data={"weights": weight.reshape(grid, grid)},
            )


def curves(
    identity: str, model: Any, image: Tensor, weights: np.ndarray, target: int, real: bool = False
) -> tuple[Curve, Curve, Curve, Curve]:
    """Deletion and insertion by the map, then both in random order (the mean of four).

    real: for a large model, fewer steps and one random order.
    """
    steps, orders = (6, 1) if real else (16, 4)
    with st.spinner("Removing patches …") if real else nullcontext():
        return _curves(identity, image.numpy(), weights, target, steps, orders, model)


@st.cache_resource(max_entries=64, show_spinner=False)
def _curves(
    identity: str,
    picture: np.ndarray,
    weights: np.ndarray,
    target: int,
    steps: int,
    orders: int,
    _model: Any,
) -> tuple[Curve, Curve, Curve, Curve]:
    import torch

    from core.interpret.faithfulness import (
        deletion_curve,
        insertion_curve,
        most_important_first,
        random_curves,
    )

    model, image = _model, torch.from_numpy(picture)
    order = most_important_first(torch.from_numpy(weights))
    chance = random_curves(model, image, target, torch.Generator().manual_seed(0), orders, steps)
    return (
        deletion_curve(model, image, order, target, steps),
        insertion_curve(model, image, order, target, steps),
        *chance,
    )


def on_known_objects(loaded: zoo.LoadedModel, weights: str) -> dict[str, Any]:
    """The scores of every head over 500 Shapes pictures, see `_on_known_objects`."""
    return _on_known_objects(loaded.entry.name, loaded.entry.identity, weights, loaded)


@st.cache_resource(max_entries=64, show_spinner="Running the model on 500 pictures …")
def _on_known_objects(
    name: str, identity: str, weights: str, _loaded: zoo.LoadedModel
) -> dict[str, Any]:
    """ "share of attention on the object" and "pointing game": values (L, H), chance, and the
    score of fused maps; "spread": (N, L, H) nats; "on object": (N, L, H) shares; "size": (N,)
    share of pixels; "patches": their number."""
    import torch

    from core.interpret import faithfulness
    from core.interpret.attribution import class_row, rollout
    from core.interpret.trace import trace

    shown = pictures.drawn_shapes(PICTURES)
    model = _loaded.model if weights == "trained" else vit_models.untrained(_loaded)
    masks = torch.from_numpy(shown.masks)
    rows, rolled = [], []
    for images in np.array_split(shown.images, PICTURES // 50):
        alphas = trace(model, vit_models.to_input(_loaded, images)).attention
        rows.append(class_row(alphas))
        rolled.append(class_row(rollout(alphas)))
    heads, flow = torch.cat(rows), torch.cat(rolled)
    size, patches = masks.float().mean((1, 2)), heads.shape[-1]
    mean = heads.mean((1, 2))
    return {
        "share of attention on the object": (
            faithfulness.attention_on_object(heads, masks).mean(0).numpy(),
            float(size.mean()),
            {
                "mean attention": float(faithfulness.attention_on_object(mean, masks).mean()),
                "rollout": float(faithfulness.attention_on_object(flow, masks).mean()),
            },
        ),
        "pointing game": (
            faithfulness.pointing_game(heads, masks).float().mean(0).numpy(),
            float(faithfulness.pointing_chance(masks, patches).mean()),
            {
                "mean attention": float(faithfulness.pointing_game(mean, masks).float().mean()),
                "rollout": float(faithfulness.pointing_game(flow, masks).float().mean()),
            },
        ),
        "spread": faithfulness.spread(heads),
        "on object": faithfulness.attention_on_object(heads, masks),
        "size": size,
        "patches": patches,
    }
