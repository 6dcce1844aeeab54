"""Attention against the size of the object: its share on the object, and how far it spreads."""

from __future__ import annotations

import math
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from dashboard import controls
from dashboard.components import page
from dashboard.figures import faithfulness as figures

SPREAD, SHARE = "how far it spreads", "its share on the object"


def show(
    known: dict[str, Any], random: dict[str, Any], left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """known, random: the scores over 500 pictures, of these weights and of random ones.

    left: where the controls stand, right: the figure.
    """
    from core.interpret.faithfulness import correlation

    layers, heads = known["spread"].shape[1:]
    pairs = {f"{i + 1}.{j + 1}": (i, j) for i in range(layers) for j in range(heads)}
    with left:
        up = controls.pick("Attention", [SPREAD, SHARE], key="up")
        name = controls.choice("Layer.head", ["mean of all", *pairs], key="of")
    scores = ("spread", "on object")[up == SHARE]
    values = known[scores][:, *pairs[name]] if name in pairs else known[scores].mean((1, 2))
    sizes, untrained = known["size"], random[scores].mean((1, 2))
    with right:
        if up == SHARE:
            page.show_figure(
                figures.share_scatter(sizes.numpy(), values.numpy(), untrained.numpy()),
                title="The share of attention on the object (up) against its size (across)",
                description="Each point is a picture. Dashed: uniform attention, whose share is "
                "the size of the object.",
                key="share",
            )
            return
        r, patches = correlation(sizes, values), known["patches"]
        page.show_figure(
            figures.size_scatter(sizes.numpy(), values.numpy(), r, untrained.numpy(), patches),
            title="Does attention spread (up) with the size of the object (across)? "
            f"Correlation r = {r:+.2f}",
            description="Each point is a picture. The vertical axis is the entropy of the class "
            "token's attention. With random weights, r = "
            f"{correlation(sizes, untrained):+.2f}.",
            more=f"Dotted: uniform attention, ln {patches} = {math.log(patches):.2f} nats.",
            key="size",
        )
