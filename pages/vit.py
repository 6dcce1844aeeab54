"""Vision Transformer: an image becomes tokens, and the class token looks at them."""

import streamlit as st

from dashboard import controls, state
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures.maps import vit_maps as figures
from dashboard.models import network, pictures, traces, vit_models
from dashboard.vision import patch_sizes, vit_maps

page.page_header(
    "Vision Transformer",
    "A picture becomes a row of patches. **Where does the class token look** before the model "
    "names the class?",
)


@page.fragment
def look() -> None:
    """Its controls run nothing else of the page."""
    from core.interpret.attribution import extra_tokens  # the heading must not wait for torch

    drawn = controls.switch("Draw the network", key="network")
    left, right = st.columns((2, 7)) if drawn else panes("look")
    with left:
        entry = vit_models.choose_model(real=True)
        loaded = vit_models.load(entry)
        model, classes = loaded.model, loaded.extra["classes"]
    with right if drawn else left:
        picture = pictures.choose_picture(loaded)
    inputs = vit_models.to_input(loaded, picture.image[None])
    if drawn:  # it is as wide as the page
        return network.show_picture(loaded, inputs, picture.image)
    with left:
        follow = controls.pick("Follow", ["attention", "rollout"], key="follow", help=ROLLOUT)
        traced = traces.trace(entry.identity, model, inputs)
        says = f"Predicted class: **{page.escape(classes[int(traced.logits[0].argmax())])}**."
        if picture.label is not None:
            says += f" True class: **{page.escape(classes[picture.label])}**."
        st.markdown(says)
        if state.presenting():
            pictures.show_whole(picture.image)
    with right:
        live = vit_maps.show(
            traced, picture.image, classes, picture.label, follow == "rollout", extra_tokens(model)
        )
        if live:
            st.caption(
                "Point at a patch to see where it looks. Click it to keep it, or click the class "
                "token above the picture. The colours of each small map are scaled to its "
                "largest weight."
            )

    # --- the course's figure ---
    if picture.row is not None:
        st.header("Ten pictures side by side", anchor=False)
        a, b = st.columns(2)
        with a:
            over_layers = controls.pick("Over layers", ["mean", "max", "min"], key="over_layers")
        with b:
            over_heads = controls.pick("Over heads", ["mean", "max", "min"], key="over_heads")
        row = vit_models.to_input(loaded, picture.row)
        heat = traces.class_heat(entry.identity, model, row, over_layers, over_heads)
        page.show_image(
            figures.picture_row(picture.row, heat, marked=picture.index),
            title=f"Pictures and the class token's attention: {over_layers} over layers, "
            f"{over_heads} over heads",
            description=f"{picture.about} The course's figure is the mean over layers and heads. "
            "Do the bright patches follow the object? The lesson “Are the maps true?” measures "
            "this.".strip(),
            key="ten",
            data={"attention": heat, "pictures": picture.row},
        )


ROLLOUT = (
    "Attention shows the weights of a layer and head. Rollout follows attention from layer to "
    "layer: it multiplies the attention matrices of the layers, each averaged with the identity "
    "matrix, which stands for the residual connection (Abnar & Zuidema 2020)."
)
SECTIONS = ["where it looks", "patch size"]
if controls.pick("What to try", SECTIONS, key="try", bare=True) == "patch size":
    patch_sizes.show()
else:
    look()
    page.show_source(
        "core.vit.VisionTransformer",
        "core.interpret.attribution.course_heatmap",
        "core.interpret.attribution.rollout",
        "core.interpret.trace.trace",
    )
page.lesson_link("maps", "Is such a map faithful? Measure it")
page.lesson_link("patches", "How a picture becomes tokens")
