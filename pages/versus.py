"""ViT against CNN under one budget: little data, shifted pictures, other sizes, where they look."""

import pandas as pd
import streamlit as st

from core.study.measure.robustness import PICTURES, PLACES, shipped_machine
from dashboard import controls
from dashboard.components import page, tables
from dashboard.components.panes import panes
from dashboard.figures import versus as figures
from dashboard.figures.maps import vit_maps
from dashboard.models import model_choice, pictures
from dashboard.vision import augmentation, versus

page.page_header(
    "ViT against CNN",
    "**Why is my ViT worse than a CNN** on small pictures? A convolution has locality and "
    "translation equivariance built in; a Transformer has to learn them from data.",
)
choices = st.container(horizontal=True, gap="medium")
with choices:
    section = controls.pick("Compare", versus.SECTIONS, key="compare")
data_names = versus.data_with_models()
if not data_names:
    st.info("There is no model for pictures yet: train one first.", icon=":material/info:")
    page.lesson_link("train")
    st.stop()
with choices:
    names = ["shapes"] if section == "augmentation" else data_names
    data = controls.pick("Trained on", names, key="data", show=page.escape)
rivals = versus.rivals(data)
if damaged := versus.damaged(rivals):
    st.warning(page.escape(damaged), icon=":material/broken_image:")
kinds = {kind: [r for r in rivals if r.entry.kind == kind] for kind in versus.KINDS}
absent = [name for kind, name in versus.KINDS.items() if not kinds[kind]]
if absent:
    st.info(f"There is no {absent[0]} trained on {page.escape(data)} yet: train one to see it "
            "beside the others.", icon=":material/info:")  # fmt: skip
    page.lesson_link("train")

if section == "augmentation":
    augmentation.show()

elif section == "little data":
    by_share = versus.by_share(rivals)
    page.show_figure(
        figures.by_share(by_share, sorted({x for xs, *_ in by_share.values() for x in xs})),
        title="Held-out accuracy (up) against the share of the training data (across)",
        description=f"{versus.near_chance(rivals)} Each point is the best model of its "
        "architecture at that share of the data; whiskers show a second seed. The horizontal axis "
        f"is logarithmic. {versus.training_differences(rivals)} {versus.missing_shares(rivals)}",
        key="share",
        data={name: list(zip(*points, strict=True)) for name, points in by_share.items()},
    )

elif section == "overfitting":
    named = {r.name: r for r in rivals if r.epochs}
    first = versus.overfitting_first(rivals)
    shown = controls.several("Models", list(named), first, key=f"models-{data}", most=4)
    selected = [named[name] for name in shown if name in named]
    gaps = [f"{page.escape(r.name)} {r.gap:+.1%}" for r in selected]
    left, right = st.columns(2)
    with left:
        page.show_figure(
            figures.losses(
                {r.name: (r.epochs, r.training_loss, r.held_out_loss) for r in selected}
            ),
            title="Loss (up) by epoch (across), held-out dashed",
            description="When the held-out loss begins to rise, the model has begun to memorise: "
            "it becomes more confident in answers that are wrong.",
            key="history-loss",
        )
    with right:
        page.show_figure(
            figures.histories({r.name: (r.epochs, r.training, r.held_out) for r in selected}),
            title="Accuracy (up) by epoch (across)",
            description="Held-out dashed. Augmentation makes the training pictures harder, so the "
            "gap between the two may be below 0.",
            more="Training minus held-out accuracy at the end: "
            f"{', '.join(gaps) or 'choose a model'}.",
            key="history",
        )

elif section in ("shifted", "other sizes"):
    shift = section == "shifted"
    lines, places = {}, PLACES["shift" if shift else "size"]
    left, right = panes("versus", (2, 5))
    with left:
        members = list(versus.choose_both(kinds).values())
        third = versus.choose_third(rivals, "shift" if shift else "size")
    members += [third] if third and third not in members else []
    for member in members:
        values = versus.under_change(member, "shift" if shift else "size")
        if isinstance(values, str):
            right.info(f"This experiment needs the held-out pictures. {page.escape(values)}",
                       icon=":material/info:")  # fmt: skip
            break
        lines[f"{member.name} ({member.entry.architecture})"] = (places, values)
    if lines:
        words = "Each point is the mean over shifts up, down, left and right; the edge is repeated."
        of, more = "the shift", ""
        if not shift:
            words, of = "The models were trained on pictures of 32×32 pixels.", "their side"
            more = "A ViT's learned positions are interpolated to the new grid, sinusoidal ones " \
                "are computed for it, and a CNN needs no change. "  # fmt: skip
        across = "pixels moved" if shift else "side of the picture, pixels"
        with right:
            page.show_figure(
                figures.lines(lines, across, places),
                title=f"Accuracy (up) on {PICTURES} held-out pictures, by {of} (across)",
                description=f"{words} All points use the same pictures; {versus.chance(lines)}",
                more=f"{more}The shipped models were measured on {shipped_machine()}.",
                key=section.replace(" ", "-"),
            )

else:
    loaded = {kind: model_choice.load(r.entry) for kind, r in versus.choose_both(kinds).items()}
    picture = pictures.choose_picture(next(iter(loaded.values())))
    row = picture.image[None] if picture.row is None else picture.row
    for kind, member in loaded.items():
        how = "Grad-CAM" if kind == "cnn" else "gradient relevance"
        classes, heat = versus.looks(member, row)
        words = ", ".join(page.escape(member.extra["classes"][i]) for i in classes)
        page.show_image(
            vit_maps.picture_row(row, heat, marked=None if picture.row is None else picture.index),
            title=f"{page.escape(member.entry.name)}: {how} for the predicted class",
            description=f"Predicted: {words}. Bright patches support the class.",
            key=how.replace(" ", "-"),
            data={"weights": heat, "pictures": row},
        )

with st.expander("Training budget and result of each model", icon=":material/balance:"):
    per_cent = st.column_config.NumberColumn(format="percent")
    columns = dict.fromkeys(("data", "training", "held out", "gap"), per_cent)
    tables.show(pd.DataFrame(versus.budget(rivals)), hide_index=True, column_config=columns)
page.show_source(
    "core.models.cnn.SmallCNN", "core.interpret.robustness.at_size",
    "core.interpret.robustness.shift_accuracy", "core.interpret.attribution.grad_cam",
    "core.models.sinusoidal_vit.grid_sinusoids",
)  # fmt: skip
