"""Which position embeddings of a Vision Transformer are similar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.models import positions
from dashboard import controls
from dashboard.components import page
from dashboard.figures import patches as figures
from dashboard.figures.maps import vit_maps

if TYPE_CHECKING:
    import torch


@page.fragment
def show(embeddings: torch.Tensor, grid: int) -> None:
    """Two figures: for one position, and for all. The sliders run nothing else of the page.

    embeddings: (grid², dim), row by row.
    """
    one, two = st.columns(2)
    with one, st.container(horizontal=True):
        row = controls.slider("Row", 1, grid, grid // 2, key="row")
        column = controls.slider("Column", 1, grid, grid // 2, key="column")
    at = (int(row) - 1) * grid + int(column) - 1
    similarity = positions.similarity(embeddings.double().numpy())
    with one:
        page.show_figure(
            figures.similarity_map(similarity[at].reshape(grid, grid), int(row), int(column)),
            title=f"4. Which positions are similar to row {row}, column {column}?",
            description="Cosine similarity of the position embeddings of that place and each row "
            "(down) and column (across). The model was never told which patches are neighbours.",
            key="position",
        )
    with two:
        page.show_image(
            vit_maps.similarity_sheet(similarity),
            title="5. The same for every patch at once",
            description="Each small square belongs to the patch at that position, and shows which "
            "positions are similar: bright is similar, dark is opposite.",
            key="positions",
            data={"similarity": similarity},
        )
