"""ViT against CNN under one budget: little data, shifted pictures, other sizes, where they look."""

import streamlit as st

from dashboard import components, controls, pictures, versus, vit_models
from dashboard.figures import truth as figures
from dashboard.figures import vit_maps

components.page_header(
    "ViT against CNN",
    "**Why is my ViT worse than a CNN** on small pictures? A convolution is told that neighbours "
    "belong together and that things may move; a Transformer has to learn it from data.",
)
SECTIONS = ["overfitting", "little data", "shifted", "other sizes", "where they look"]
section = controls.pick("Compare", SECTIONS, key="compare")
at_hand = versus.data_at_hand()
if not at_hand:
    st.info("There is no model of pictures yet: train one first.", icon=":material/info:")
    components.lesson_link("train")
    st.stop()
data = controls.pick("Trained on", at_hand, key="data")
entries = versus.rivals(data)
kinds = {kind: [e for e in entries if e.kind == kind] for kind in ("vit", "cnn")}
for kind, name in (("vit", "Vision Transformer"), ("cnn", "CNN")):
    if not kinds[kind]:
        st.info(f"There is no {name} trained on {components.plain(data)} yet: train one to see it "
                "beside the others.", icon=":material/info:")  # fmt: skip
        components.lesson_link("train")

if section == "little data":
    found = versus.by_share(entries)
    components.show_figure(
        figures.lines(found, "share of the training data, per cent", "held-out accuracy", log=True),
        title="Held-out accuracy against the amount of training data",
        description="The best model of each architecture at each share. Where a line has one point "
        "only one share has been trained; the Train page trains the others.",
        key="share",
        data={name: list(zip(*points, strict=True)) for name, points in found.items()},
    )

elif section == "overfitting":
    names = [e.name for e in entries]
    shown = st.multiselect("Models", names, names[:3])
    for entry in entries:
        if entry.name not in shown:
            continue
        epochs, train, held_out = versus.history(entry)
        if not epochs:
            continue
        gap = train[-1] - held_out[-1]
        components.show_figure(
            figures.lines(
                {"training": (epochs, train), "held-out": (epochs, held_out)}, "epoch", "accuracy"
            ),
            title=f"{components.plain(entry.name)}: training {train[-1]:.1%}, held-out "
            f"{held_out[-1]:.1%}, gap {gap:+.1%}",
            description="A gap that grows while the held-out line is flat is overfitting.",
            key=f"history-{entry.name}",
        )

elif section in ("shifted", "other sizes"):
    one, two = st.columns(2)
    lines = {}
    for column, kind, label in ((one, "vit", "Vision Transformer"), (two, "cnn", "CNN")):
        names = {e.name: e for e in kinds[kind]}
        if not names:
            continue
        with column:
            entry = names[controls.choice(label, list(names), key=kind)]
        others = [
            e for e in kinds[kind]
            if section == "other sizes" and e.architecture == "SinusoidalViT" and e != entry
        ]  # fmt: skip
        for member in (entry, *others[:1]):
            loaded = vit_models.load(member)
            if not pictures.known(pictures.pictures_for(loaded), loaded):
                continue
            measure = versus.under_shift if section == "shifted" else versus.at_sizes
            places = versus.SHIFTS if section == "shifted" else versus.SIZES
            lines[f"{member.name} ({member.architecture})"] = (places, measure(loaded))
    if lines:
        shift = section == "shifted"
        components.show_figure(
            figures.lines(
                lines, "pixels moved" if shift else "side of the picture, pixels", "accuracy"
            ),
            title="Accuracy on held-out pictures (at most "
            f"{versus.PICTURES}) when they are " + ("moved" if shift else "scaled"),
            description="The mean over up, down, left and right; the edge is repeated."
            if shift
            else "Trained at 32. A ViT's positions are interpolated to the new grid; sinusoidal "
            "positions, where a model has them, are computed for it; a CNN needs nothing.",
            key=section.replace(" ", "-"),
        )

elif kinds["vit"] and kinds["cnn"]:
    import torch

    from core.relevance import grad_cam, patch_map

    one, two = st.columns(2)
    loaded = []
    for column, kind, label in ((one, "vit", "Vision Transformer"), (two, "cnn", "CNN")):
        names = {e.name: e for e in kinds[kind]}
        with column:
            loaded.append(vit_models.load(names[controls.choice(label, list(names), key=kind)]))
    chosen = pictures.choose_picture(loaded[0])
    row = chosen.image[None] if chosen.row is None else chosen.row
    for member, how in zip(loaded, ("gradient relevance", "Grad-CAM"), strict=True):
        inputs = vit_models.to_input(member, row)
        with torch.no_grad():
            said = member.model(inputs)[0].argmax(-1)
        if how == "Grad-CAM":
            heat = grad_cam(member.model, inputs, said).flatten(1).numpy()
        else:
            heat = patch_map(member.model, inputs, "gradient", said).numpy()
        words = ", ".join(components.plain(member.extra["classes"][i]) for i in said.tolist())
        components.show_image(
            vit_maps.picture_row(row, heat, marked=None if chosen.row is None else chosen.place),
            title=f"{components.plain(member.entry.name)}: {how} for the class it names",
            description=f"It says: {words}.",
            key=how.replace(" ", "-"),
            data={"weights": heat},
        )

components.show_source(
    "core.cnn.SmallCNN", "core.resize.at_size", "core.resize.shift_accuracy",
    "core.relevance.grad_cam", "core.sinusoidal_vit.grid_sinusoids",
)  # fmt: skip
