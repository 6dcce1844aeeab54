"""The section "patch size": accuracy, tokens and cost with patches of 2, 4 and 8 pixels."""

from __future__ import annotations

import streamlit as st

from core.data.images import shapes
from core.models.patch_sizes import history
from core.models.patch_sizes.history import SIZES, History
from dashboard import controls
from dashboard.components import page
from dashboard.components.measurements import read_or_explain
from dashboard.components.panes import panes
from dashboard.figures.maps.vit_maps import patch_sheet
from dashboard.figures.trained import patch_sizes as figures

ANSWERS = ("2 pixels", "4 pixels", "8 pixels", "all the same: they see the same pixels")


@page.fragment
def show() -> None:
    """The prediction, a drawing cut into patches and the formula beside accuracy and cost."""
    trained = read_or_explain(history.read, "trained models", history.COMMAND)
    if trained is None:
        return
    left, right = panes("patch-size", (3, 4))
    with left:
        known = _predict(trained)
        choose, cut = st.columns(2)
        with choose:
            patch = controls.pick("Side of a patch p", SIZES, key="patch-side", index=1)
        with cut:
            _show_cut(patch, trained.about["smaller"])
        of = history.cost_of(patch)
        page.show_math(
            r"\begin{gathered} N = (32/p)^2 + 1 \\ "
            r"\text{attention: } 2 L N^2 H n \\ "
            r"\text{other layers: } L N (4 d H n + 2 d M) \end{gathered}",
            f"Multiplications for one picture of N = {of.tokens} tokens; attention takes "
            f"{of.share:.0%} of them. The model has L layers, H heads of width n, a residual "
            "stream of width d, and MLPs of width M.",
        )
    with right:
        _show_figure(trained, known, patch)
    page.show_source("core.models.patch_sizes.cost.cost", "core.vit.PatchEmbed")


def _predict(trained: History) -> bool:
    by_size = ", ".join(f"**{trained.accuracy(p):.0%}** with {p}" for p in SIZES)
    slower = trained.milliseconds(2) / trained.milliseconds(4)
    best = max(SIZES, key=trained.accuracy)
    return controls.predict(
        "The same small ViT learns ten shapes from plain drawings: "
        f"{trained.about['steps']} steps with each patch size. Which patch size gives the highest "
        "held-out accuracy?",
        ANSWERS,
        lambda: (
            f"The accuracy is {by_size} pixels. A training step with 2 pixels takes {slower:.1f} "
            "times as long as with 4."
        ),
        right=f"{best} pixels",
        key="guess-patch",
    )


def _show_cut(patch: int, smaller: float) -> None:
    """One of the drawings, cut into patches of this side."""
    drawn = shapes.Shape("star", 13 * smaller, 17, 14, 8, (235, 235, 235), (20, 20, 20), 0.0)
    image, _ = shapes.draw(drawn)
    page.show_image(
        patch_sheet(image, 32 // patch),
        title=f"{(32 // patch) ** 2} patches",
        description=f"{patch}×{patch}×3 = {3 * patch**2} numbers each.",
        key="patch-size-cut",
        data={"picture": image},
        width=120,
    )


def _show_figure(trained: History, known: bool, patch: int) -> None:
    about, costs = trained.about, {}
    for p in SIZES:
        of = history.cost_of(p)
        costs[p] = (of.tokens, of.attention, of.total, trained.milliseconds(p))
    page.show_figure(
        figures.accuracy_and_cost(
            {p: [run.accuracy for run in trained.of(p)] for p in SIZES} if known else {},
            costs, patch,
        ),
        title="Held-out accuracy, and multiplications for one picture",
        description=f"Above: accuracy on {about['held_out']:,} held-out drawings; guessing gives "
        f"10%. Below: the time is for a training step with {about['batch']} drawings on one core.",
        more=f"L = {about['model']['num_layers']} layers, d = {about['model']['dim']}, "
        f"H = {about['model']['num_heads']} heads of width n = {about['model']['attn_dim']}, and "
        f"MLPs of width M = {about['model']['mlp_dim']}. LayerNorm comes before each part of a "
        f"block. Each model is trained for {about['steps']} steps by Muon with a warm-up. The "
        "drawings are white on a dark ground, without clutter, at random places, sizes and "
        f"angles. The time is that of the fastest of three seeds on {about['machine']}.",
        key="patch-size",
    )  # fmt: skip
