"""Attention against the size of the object: its share on the object, and how far it spreads."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.figures import faithfulness as figures

SPREAD, SHARE = "how far it spreads", "its share on the object"


def show(known: dict[str, Any], random: dict[str, Any], patches: int) -> None:
    """known, random: the scores over 500 pictures, of these weights and of random ones."""
    from core.interpret.faithfulness import correlation

    layers, heads = known["spread"].shape[1:]
    names = ["mean of all"] + [f"{i + 1}.{j + 1}" for i in range(layers) for j in range(heads)]
    one, two = st.columns(2)
    with one:
        up = controls.pick("Attention", [SPREAD, SHARE], key="up")
    with two:
        name = controls.choice("Layer.head", names, key="of")
    scores, mean = ("spread", "on object")[up == SHARE], name == "mean of all"
    i, j = (0, 0) if mean else (int(part) - 1 for part in name.split("."))
    values = known[scores].mean((1, 2)) if mean else known[scores][:, i, j]
    sizes, untrained = known["size"], random[scores].mean((1, 2))
    r, r_random = correlation(sizes, values), correlation(sizes, untrained)
    if up == SHARE:
        page.show_figure(
            figures.share_scatter(sizes.numpy(), values.numpy(), untrained.numpy()),
            title="The share of attention on the object (up) against its size (across)",
            description="Each point is a picture. Dashed: even attention, whose share is the size "
            "of the object.",
            key="share",
        )
        return
    page.show_figure(
        figures.size_scatter(sizes.numpy(), values.numpy(), r, untrained.numpy(), patches),
        title="Does attention spread (up) with the size of the object (across)? "
        f"Correlation r = {r:+.2f}",
        description="Each point is a picture. Up: the entropy of the class token's attention "
        f"(dotted: even attention, ln {patches} = {math.log(patches):.2f}). With random weights "
        f"r = {r_random:+.2f}.",
        key="size",
    )
