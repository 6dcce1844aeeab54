"""The maps of the Vision Transformer's page: the instrument, or what the server draws instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.figures.maps import attention_maps, vit_maps
from dashboard.vision import maps_instrument

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpret.trace import Trace

PREDICTIONS = 8  # classes with their probabilities


def show(
    traced: Trace,
    image: np.ndarray,
    classes: list[str],
    label: int | None,
    rollout: bool,
    extra_tokens: int = 1,
) -> bool:
    """Where each token looks, in every layer and head, or through the layers by rollout.

    image: (3, S, S) uint8. label: the picture's class, None where it is unknown. extra_tokens: how
    many tokens come before the patches; those after the class token are not shown.
    Returns whether the figures follow the pointer.
    """
    from core.interpret.attribution import patches_only

    attention = traced.attention[0]
    alphas = patches_only(attention, extra_tokens)
    layers, heads, tokens, _ = alphas.shape
    if rollout:
        dials = [controls.dial("Rollout through layer", 1, layers, layers, key="through")]
    else:
        dials = [
            controls.dial("Layer", 0, layers, 0, key="layer", options=range(layers + 1)),
            controls.dial("Head", 0, heads, 0, key="head", options=range(heads + 1)),
        ]
    looks = controls.dial("Token that looks", 0, tokens - 1, 0, key="patch")
    query = int(looks.value)
    probability = traced.logits.softmax(-1)[0]
    order = probability.argsort(descending=True)[:PREDICTIONS].tolist()
    likeliest = [(classes[i], float(probability[i])) for i in order]
    # What passes through a token that is not shown counts in the rollout of the server alone.
    sent = not (rollout and extra_tokens > 1) and maps_instrument.fits(alphas.shape)
    drawn = sent and maps_instrument.show(
        alphas.numpy(), vit_maps.channels_last(image), likeliest,
        None if label is None else classes[label], dials, query=query, rollout=rollout,
    )  # fmt: skip
    if not drawn:
        if not (sent and maps_instrument.INSTRUMENT.stopped):  # else it has drawn them itself
            for column, dial in zip(st.columns(len(dials) + 1), [*dials, looks], strict=True):
                with column:
                    dial.as_widget()
        at = {dial.key: int(dial.value) for dial in dials}
        where, names = _where(attention[None], at, query, extra_tokens)
        _show_figures(alphas, image, where, names, query)
        _show_classes(likeliest, classes, probability.numpy(), label)
    return drawn


def _where(
    alphas: Tensor, at: dict[str, int], query: int, extra_tokens: int
) -> tuple[np.ndarray, str]:
    """The weights (P,) of the chosen token on the patches, and what they are."""
    from core.interpret.attribution import (
        class_row,
        course_heatmap,
        patches_only,
        rollout,
    )

    if "through" in at:
        flow = patches_only(rollout(alphas[:, : at["through"]]), extra_tokens)
        return class_row(flow, query)[0].numpy(), f"rollout through layers 1 to {at['through']}"
    layer, head = at["layer"], at["head"]
    selected = alphas[:, layer - 1 : layer] if layer else alphas
    selected = selected[:, :, head - 1 : head] if head else selected
    selected = patches_only(selected, extra_tokens)
    names = f"layer {layer}" if layer else "mean over all layers"
    names += f", head {head}" if head else ", mean over all heads"
    return course_heatmap(selected, query=query)[0].numpy(), names


def _show_figures(
    alphas: Tensor, image: np.ndarray, where: np.ndarray, names: str, query: int
) -> None:
    """The figures as the server draws them: for a browser in which the instrument stopped."""
    from core.interpret.attribution import class_row

    layers, heads, tokens, _ = alphas.shape
    grid = round((tokens - 1) ** 0.5)
    picture = vit_maps.channels_last(image)
    left, right = st.columns(2)
    with left:
        page.show_image(
            vit_maps.patch_sheet(image, grid),
            title=f"The picture in {grid * grid} patches",
            description="The class token comes before the patches and shows no part of the "
            "picture.",
            key="patches",
            data={"picture": image},
        )
    with right:
        who = f"patch {query}" if query else "the class token"
        page.show_image(
            attention_maps.class_token_overlay(picture, where),
            title=f"Where {who} looks",
            description=f"{names.capitalize()}. The brightest patch gets {where.max():.1%}; "
            f"uniform attention would give it {1 / tokens:.1%}.",
            key="overlay",
            data={"attention": where.reshape(grid, grid), "picture": picture},
        )
    rows = class_row(alphas, query).numpy().reshape(layers, heads, grid, grid)
    page.show_image(
        attention_maps.attention_grid(rows, width=700 if heads < 10 else 900),
        title=f"All {layers * heads} heads: each row is a layer, each column a head",
        description="The colours of each map are scaled to its largest weight.",
        key="heads",
        data={"attention": rows},
    )


def _show_classes(
    likeliest: list[tuple[str, float]],
    classes: list[str],
    probability: np.ndarray,
    label: int | None,
) -> None:
    names = [name for name, _ in likeliest]
    true = classes[label] if label is not None else None
    page.show_figure(
        attention_maps.probability_bars(
            names, [p for _, p in likeliest], names.index(true) if true in names else None
        ),
        title="Probability of each class",
        description="The most probable first" + (", the true one in full colour." if true else "."),
        key="classes",
        data={"class": classes, "probability": probability},
    )
