"""The section "LayerNorm": before or after the parts of a block, by number of layers."""

from __future__ import annotations

import statistics

import streamlit as st

from core.models.norm_place import history
from core.models.norm_place.history import AFTER, BEFORE, DEPTHS, RECIPES, WARM, History
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures.trained import norm_place as figures

ANSWERS = ("both", "only the one with LayerNorm before", "only the one with LayerNorm after")
ASKED = 12  # layers


@page.fragment
def show() -> None:
    """The prediction and the formula beside gradients by block and loss by number of layers."""
    try:
        found = history.read()
    except (OSError, ValueError, KeyError, TypeError):
        st.info(f"The trained models are missing. The command `{history.COMMAND}` trains them.")
        return
    left, right = panes("norm-place", (2, 3))
    with left:
        known = _predict(found)
        layers = controls.pick("Layers L", DEPTHS, key="norm-layers", index=DEPTHS.index(ASKED))
        recipe = controls.pick("LayerNorm", RECIPES, key="norm")
        page.show_math(
            r"\begin{gathered} \text{before:}\quad x \leftarrow x + f(\mathrm{LN}(x)) \\ "
            r"\text{after:}\quad x \leftarrow \mathrm{LN}(x + f(x)) \end{gathered}",
            "f is attention, then the MLP. LayerNorm after rescales the stream itself. With "
            "LayerNorm before, there are only sums on the way from x to the output.",
        )
    with right:
        _show_figure(found, known, layers, recipe)
    page.show_source(
        "core.models.norm_place.model.PostNormBlock", "core.models.prenorm.PreNormBlock",
        "core.models.norm_place.model.gradient_norms",
    )  # fmt: skip


def _predict(found: History) -> bool:
    """Ask, and after the answer say what was measured. Whether it is shown."""
    about = found.about
    said = controls.predict(
        f"Two GPTs of {ASKED} layers differ only in the place of LayerNorm. Both are trained on "
        f"the Grammar by {about['steps']} steps of Adam, with a learning rate of "
        f"{about['learning_rate']} from the first step on. Which of them learns?",
        ANSWERS, key="guess-norm",
    )  # fmt: skip
    if said is None:
        return False
    before, after, warm = (statistics.mean(found.losses(r, ASKED)) for r in (BEFORE, AFTER, WARM))
    st.markdown(
        f"LayerNorm before reaches **{before:.2f}** nats a word. LayerNorm after stays at "
        f"**{after:.2f}** nats, no better than word frequencies alone "
        f"({about['frequencies']:.2f}). "
        f"With a warm-up of {about['warm_up']} steps it reaches **{warm:.2f}**.{said}"
    )
    return True


def _show_figure(found: History, known: bool, layers: int, recipe: str) -> None:
    norms = {place: found.norms(place, layers) for place in (BEFORE, AFTER)}
    last = {place: of[-1] for place, of in norms.items()}
    losses = {r: {depth: found.losses(r, depth) for depth in DEPTHS} for r in RECIPES}
    page.show_figure(
        figures.gradients_and_losses(
            norms, 1.1 * max(max(found.norms(p, depth)) for p in norms for depth in DEPTHS),
            losses if known else {}, found.about["frequencies"], DEPTHS,
            (BEFORE if recipe == BEFORE else AFTER, recipe, layers),
        ),
        title="Gradient before training, and held-out loss after it",
        description=f"The gradient of the last block is {last[BEFORE]:.2f} with LayerNorm before "
        f"and {last[AFTER]:.2f} after, {last[AFTER] / last[BEFORE]:.1f} times as large. Below, "
        "marks are two seeds and lines their mean.",
        more=f"The gradients are means of {found.about['gradient_seeds']} seeds. The losses were "
        f"measured after {found.about['steps']} steps.",
        key="norm-place",
    )  # fmt: skip
