"""Augmentation off and on: two trainings of the plain ViT that differ in nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.data.images import shapes
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import versus as figures
from dashboard.figures.maps.vit_maps import picture_strip
from dashboard.vision import versus

if TYPE_CHECKING:
    import numpy as np

NAMES = {"vit-shapes-plain": "augmented", "vit-shapes-plain-unaugmented": "not augmented"}
ANSWERS = (
    "training lower, held-out higher",
    "both higher: more pictures",
    "both lower: harder pictures",
)
SHOWN = 6  # pictures


@page.fragment
def show() -> None:
    """The question and some pictures beside the histories; its controls run nothing else."""
    trainings = {r.name: r for r in versus.rivals("shapes") if r.name in NAMES and r.epochs}
    if len(trainings) < len(NAMES):
        st.info(
            "The two trainings that this section compares are missing. The command "
            f"`make pretrain MODEL={next(n for n in NAMES if n not in trainings)}` makes one.",
            icon=":material/info:",
        )
        return
    left, right = panes("augmentation", (2, 3))
    augmented, plain = (trainings[name] for name in NAMES)
    with left:
        known = _predict(augmented, plain)
        page.show_math(
            r"x' = \mathrm{flip}(\mathrm{crop}(x)), \quad y' = y",
            "In each epoch every picture of Shapes is moved by up to 4 pixels, and half of them "
            "are mirrored. The class stays the same, so the model learns that neither matters.",
        )
    with right:
        series = {
            NAMES[r.name]: (r.epochs, r.training, r.held_out)
            for r in ((plain, augmented) if known else (plain,))
        }
        page.show_figure(
            figures.long_histories(series),
            title="Accuracy of the plain ViT on Shapes, by epoch",
            description="Solid: training pictures, as the model saw them. Dashed: 2,000 held-out "
            "pictures, which are never changed.",
            key="augmentation",
        )
        epoch = int(controls.slider("Epoch shown", 1, 60, 1, key="seen-epoch"))
        page.show_image(
            picture_strip(_augmented(epoch), side=72),
            title=f"{SHOWN} training pictures, as epoch {epoch} shows them",
            description="Without augmentation every epoch shows the same pictures.",
            key="augmented-pictures",
        )
    page.show_source(
        "core.training.tasks.images.random_crop", "core.training.tasks.images.alternate_flip",
        label="Show the code of the augmentation",
    )  # fmt: skip


def _predict(augmented: versus.Rival, plain: versus.Rival) -> bool:
    return controls.predict(
        f"After {len(plain.epochs)} epochs without augmentation, the plain ViT is right on "
        f"{plain.training[-1]:.1%} of its 10,000 training pictures and on "
        f"{plain.held_out[-1]:.1%} of the held-out ones. How does augmentation change these two "
        "accuracies?",
        ANSWERS,
        lambda: (
            f"Training accuracy: {plain.training[-1]:.1%} without, "
            f"**{augmented.training[-1]:.1%}** with. Held-out accuracy: "
            f"{plain.held_out[-1]:.1%} without, **{augmented.held_out[-1]:.1%}** with. With "
            "augmentation the model hardly ever meets the same picture twice, so it cannot "
            "memorise them."
        ),
        right=_right(augmented, plain), key="guess-augmentation",
        wait="Answer to see the other training.",
    )  # fmt: skip


def _right(augmented: versus.Rival, plain: versus.Rival) -> str:
    """The answer that the last epochs give; "" where none of ANSWERS says it."""
    training = augmented.training[-1] > plain.training[-1]
    held_out = augmented.held_out[-1] > plain.held_out[-1]
    said = {(False, True): ANSWERS[0], (True, True): ANSWERS[1], (False, False): ANSWERS[2]}
    return said.get((training, held_out), "")


@st.cache_data(max_entries=60, show_spinner=False)
def _augmented(epoch: int) -> np.ndarray:
    """The first pictures of Shapes (N, 3, 32, 32) as this epoch may show them; seeded by it."""
    import torch

    from core.training.tasks.images import CROP, alternate_flip, random_crop

    images, _, _ = shapes.generate(SHOWN)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(epoch)
        cropped = random_crop(torch.from_numpy(images), CROP)
    return alternate_flip(cropped, torch.arange(SHOWN), epoch).numpy()
