"""Which position embeddings of a Vision Transformer are similar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.models import positions
from dashboard import controls
from dashboard.components import page
from dashboard.figures import patches as figures
from dashboard.figures.maps import vit_maps
from dashboard.vision import positions_instrument

if TYPE_CHECKING:
    import torch

LARGEST_SHEET = 800  # pixels


@page.fragment
def show(embeddings: torch.Tensor, grid: int) -> None:
    """Two figures: for one position, and for all. The sliders run nothing else of the page.

    embeddings: (grid², dim), row by row.
    """
    left, right = st.columns(2)
    dials = [
        controls.dial("Row", 1, grid, grid // 2, key="row"),
        controls.dial("Column", 1, grid, grid // 2, key="column"),
    ]
    row, column = (int(dial.value) for dial in dials)
    similarity = positions.similarity(embeddings.double().numpy())
    with left:
        sent = similarity.size <= positions_instrument.MOST
        if not sent:
            for column_, dial in zip(st.columns(2), dials, strict=True):
                with column_:
                    dial.as_widget()
        if not (sent and positions_instrument.show(similarity, dials)):
            page.show_figure(
                figures.similarity_map(
                    similarity[(row - 1) * grid + column - 1].reshape(grid, grid), row, column
                ),
                title=f"4. Which positions are similar to row {row}, column {column}?",
                description="Cosine similarity of the position vector of this patch and those of "
                "all rows (down) and columns (across).",
                key="position",
            )
        st.caption(
            "Red means similar. Nothing in the model says which patches are neighbours: "
            "it learned this."
        )
    with right:
        page.show_image(
            vit_maps.similarity_sheet(similarity, min(52, LARGEST_SHEET // grid)),
            title="5. The same for all patches at once",
            description="Each small square belongs to the patch at that position.",
            more="It shows which positions are similar to it: bright means similar, dark means "
            "opposite.",
            key="positions",
            data={"similarity": similarity},
        )
