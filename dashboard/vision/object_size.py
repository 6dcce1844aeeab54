"""Attention against the size of the object: its share on the object, and how far it spreads."""

from __future__ import annotations

import math
import re
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls, state
from dashboard.components import page
from dashboard.figures import faithfulness as figures
from dashboard.vision import objects_instrument

SPREAD, SHARE = "how far it spreads", "share on the object"


def show(
    known: dict[str, Any], random: dict[str, Any], left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """known, random: the scores over 500 pictures, of these weights and of random ones.

    left: the column of the controls; right: that of the figure.
    """
    with left:
        share = controls.pick("Attention", [SPREAD, SHARE], key="up") == SHARE
    score = "on object" if share else "spread"
    values, untrained = known[score], random[score].mean((1, 2))
    layers, heads = values.shape[1:]
    _old_link()
    dials = [
        controls.dial("Layer", 0, layers, 0, key="layer", options=range(layers + 1)),
        controls.dial("Head", 0, heads, 0, key="head", options=range(heads + 1)),
    ]
    sizes, patches = known["size"], known["patches"]
    with right:
        if objects_instrument.show(
            sizes.numpy(), values.numpy(), untrained.numpy(), patches, dials, share=share
        ):
            st.caption(_about(share, patches))
            return
        layer, head = (int(dial.value) for dial in dials)
        selected = values[:, layer - 1 : layer] if layer else values
        selected = selected[..., head - 1 : head] if head else selected
        _show_figure(sizes, selected.mean((1, 2)), untrained, patches, share)


def _old_link() -> None:
    """Links of earlier versions name layer and head at once: "2.3"."""
    old = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", st.query_params.get("of", ""), re.ASCII)
    if old and not state.offered("layer"):
        st.query_params["layer"], st.query_params["head"] = old.groups()
    if "of" in st.query_params:
        del st.query_params["of"]


def _about(share: bool, patches: int) -> str:
    if share:
        return (
            "Each point is a picture. Uniform attention would give the object exactly its share of "
            "the picture."
        )
    return (
        "Each point is a picture. The vertical axis is the entropy of the class token's "
        f"attention. The dotted line is uniform attention: ln {patches} = "
        f"{math.log(patches):.2f} nats."
    )


def _show_figure(sizes: Any, values: Any, untrained: Any, patches: int, share: bool) -> None:
    """The figure as the server draws it: for a browser in which the instrument stopped."""
    from core.interpret.faithfulness import correlation

    if share:
        page.show_figure(
            figures.share_scatter(sizes.numpy(), values.numpy(), untrained.numpy()),
            title="Share of attention on the object (up) against its size (across)",
            description=_about(share, patches),
            key="share",
        )
        return
    r = correlation(sizes, values)
    page.show_figure(
        figures.size_scatter(sizes.numpy(), values.numpy(), r, untrained.numpy(), patches),
        title=f"Spread of attention (up) against the size of the object (across): r = {r:+.2f}",
        description=f"With random weights r = {correlation(sizes, untrained):+.2f}.",
        more=_about(share, patches),
        key="size",
    )
