"""Vision Transformer: an image becomes tokens, and the class token looks at them."""

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.figures.maps import attention_maps, vit_maps
from dashboard.models import model_choice, network, pictures, traces, vit_models

page.page_header(
    "Vision Transformer",
    "A picture is a row of patches. **Where does the class token look** before it names the class?",
)


@page.fragment
def look() -> None:
    """Its controls run nothing else of the page."""
    # --- controls ---
    one, two, three, four = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    with one:
        entry = vit_models.choose_model()
    loaded = model_choice.load(entry)
    model, classes, size = loaded.model, loaded.extra["classes"], loaded.config.img_size

    from core.interpret.attribution import (  # the heading must not wait for it
        class_row,
        course_heatmap,
    )
    from core.interpret.trace import heads_of

    layers, heads = heads_of(model)
    with two:
        layer = controls.choice("Layer", ["mean", *range(1, layers + 1)], key="layer")
    with three:
        head = controls.choice("Head", ["mean", *range(1, heads + 1)], key="head")
    with four:
        drawn = controls.switch("Draw the network", key="network")
    picture = pictures.choose_picture(loaded)
    image, label = picture.image, picture.label

    # --- what it sees, and what it says ---
    inputs = vit_models.to_input(loaded, image[None])
    if drawn:
        return network.show_picture(loaded, inputs, image)
    traced = traces.trace(entry.identity, model, inputs)
    tokens = traced.attention.shape[-1]
    grid = round((tokens - 1) ** 0.5)
    probability = traced.logits.softmax(-1)[0]
    answer = int(probability.argmax())

    at = slice(None) if layer == "mean" else slice(layer - 1, layer)
    of = slice(None) if head == "mean" else slice(head - 1, head)
    where = course_heatmap(traced.attention[:, at, of])[0].numpy()
    names = f"layer {layer}" if layer != "mean" else "mean over all layers"
    names += f", head {head}" if head != "mean" else ", mean over all heads"

    left, middle, right = st.columns([3, 3, 4])
    with left:
        page.show_image(
            vit_maps.patch_sheet(image, grid),
            title=f"The picture in {grid * grid} patches",
            description=f"{size}×{size} pixels. The class token comes before the patches and has "
            "no picture of its own.",
            key="patches",
            data={"picture": image},
        )
    with middle:
        page.show_image(
            attention_maps.class_token_overlay(vit_maps.channels_last(image), where),
            title="Where the class token looks",
            description=f"{names.capitalize()}. The brightest patch gets {where.max():.1%} of the "
            f"attention; an even spread would give {1 / tokens:.1%}.",
            key="overlay",
            data={"attention": where.reshape(grid, grid), "picture": vit_maps.channels_last(image)},
        )
    with right:
        order = probability.argsort(descending=True)[:8].tolist()
        truth = f" It is: {page.escape(classes[label])}." if label is not None else ""
        page.show_figure(
            attention_maps.probability_bars(
                [classes[i] for i in order],
                probability[order].tolist(),
                order.index(label) if label in order else None,
            ),
            title=f"It says: {page.escape(classes[answer])}.{truth}",
            description="Probability of each class, the largest first"
            + (", the true one in full colour." if label in order else "."),
            key="classes",
            data={"class": classes, "probability": probability.numpy()},
        )

    # --- every layer and head ---
    st.header(f"All {layers * heads} heads at once", anchor=False)
    rows = class_row(traced.attention)[0].numpy()
    page.show_image(
        attention_maps.attention_grid(rows.reshape(layers, heads, grid, grid), width=700),
        title="The class token's attention to the patches, a row a layer, a column a head",
        description="Each square is the picture's grid of patches, relative to its own largest "
        "weight.",
        key="heads",
        data={"attention": rows.reshape(layers, heads, grid, grid)},
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
            vit_maps.picture_row(picture.row, heat, marked=picture.index),
            title=f"Pictures, and the class token's attention: {over_layers} over layers, "
            f"{over_heads} over heads",
            description=f"{picture.about} The course's figure is the mean over both. Do the bright "
            "patches follow the object? The next lesson measures it.".strip(),
            key="ten",
            data={"attention": heat, "pictures": picture.row},
        )


look()
page.lesson_link("maps", "Is such a map faithful? Measure it")
page.lesson_link("patches", "How a picture becomes tokens")
page.show_source(
    "core.vit.VisionTransformer",
    "core.interpret.attribution.course_heatmap",
    "core.interpret.trace.trace",
)
