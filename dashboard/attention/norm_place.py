"""The section "LayerNorm": before or after the parts of a block, by number of layers."""

from __future__ import annotations

import statistics

from core.models.norm_place import history
from core.models.norm_place.history import AFTER, BEFORE, DEPTHS, RECIPES, WARM, History
from dashboard import controls
from dashboard.components import page
from dashboard.components.measurements import read_or_explain
from dashboard.components.panes import panes
from dashboard.figures.trained import norm_place as figures

ANSWERS = ("both", "only the one with LayerNorm before", "only the one with LayerNorm after")
ASKED = 12  # layers


@page.fragment
def show() -> None:
    """The prediction and the formula beside gradients by block and loss by number of layers."""
    trained = read_or_explain(history.read, "trained models", history.COMMAND)
    if trained is None:
        return
    left, right = panes("norm-place", (2, 3))
    with left:
        known = _predict(trained)
        layers = controls.pick("Layers L", DEPTHS, key="norm-layers", index=DEPTHS.index(ASKED))
        recipe = controls.pick("LayerNorm", RECIPES, key="norm")
        page.show_math(
            r"\begin{gathered} \text{before:}\quad x \leftarrow x + f(\mathrm{LN}(x)) \\ "
            r"\text{after:}\quad x \leftarrow \mathrm{LN}(x + f(x)) \end{gathered}",
            "f is attention, then the MLP. LayerNorm after rescales the stream itself. With "
            "LayerNorm before, there are only sums on the way from x to the output.",
        )
    with right:
        _show_figure(trained, known, layers, recipe)
    page.show_source(
        "core.models.norm_place.model.PostNormBlock", "core.models.prenorm.PreNormBlock",
        "core.models.norm_place.model.gradient_norms",
    )  # fmt: skip


def _predict(trained: History) -> bool:
    about = trained.about
    before, after, warm = (statistics.mean(trained.losses(r, ASKED)) for r in (BEFORE, AFTER, WARM))
    return controls.predict(
        f"Two GPTs of {ASKED} layers differ only in the place of LayerNorm. Both are trained on "
        f"the Grammar by {about['steps']} steps of Adam, with a learning rate of "
        f"{about['learning_rate']} from the first step on. Which of them learns?",
        ANSWERS,
        lambda: (
            f"LayerNorm before reaches **{before:.2f}** nats a word. LayerNorm after stays at "
            f"**{after:.2f}** nats, no better than word frequencies alone "
            f"({about['frequencies']:.2f}). With a warm-up of {about['warm_up']} steps it reaches "
            f"**{warm:.2f}**."
        ),
        right=ANSWERS[1],
        key="guess-norm",
    )


def _show_figure(trained: History, known: bool, layers: int, recipe: str) -> None:
    norms = {position: trained.norms(position, layers) for position in (BEFORE, AFTER)}
    last = {position: by_block[-1] for position, by_block in norms.items()}
    losses = {r: {depth: trained.losses(r, depth) for depth in DEPTHS} for r in RECIPES}
    page.show_figure(
        figures.gradients_and_losses(
            norms, 1.1 * max(max(trained.norms(p, depth)) for p in norms for depth in DEPTHS),
            losses if known else {}, trained.about["frequencies"], DEPTHS,
            (BEFORE if recipe == BEFORE else AFTER, recipe, layers),
        ),
        title="Gradient before training, and held-out loss after it",
        description=f"The gradient of the last block is {last[BEFORE]:.2f} with LayerNorm before "
        f"and {last[AFTER]:.2f} after, {last[AFTER] / last[BEFORE]:.1f} times as large. Below, "
        "marks are two seeds and lines their mean.",
        more=f"The gradients are means of {trained.about['gradient_seeds']} seeds. The losses were "
        f"measured after {trained.about['steps']} steps.",
        key="norm-place",
    )  # fmt: skip
