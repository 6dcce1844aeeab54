"""Are the maps true? Attribution maps, deletion and insertion, and 500 pictures."""

import streamlit as st

from dashboard import controls
from dashboard.components import page
from dashboard.figures import faithfulness as figures
from dashboard.figures.maps import attention_maps, heads as head_figures, vit_maps
from dashboard.models import model_choice, pictures, vit_models
from dashboard.vision import faithfulness, object_size

page.page_header(
    "Are the maps true?",
    "A bright patch looks like a reason. **Is it one?** Remove it and see.",
)
SECTIONS = ["one picture, six maps", "take patches away", "500 known objects", "size of the object"]
section = controls.pick("What to try", SECTIONS, key="try")
one, two = st.columns([3, 2])
with one:
    entry = vit_models.choose_model()
with two:
    weights = controls.pick("Weights", ["trained", "random"], key="weights")
loaded = model_choice.load(entry)
classes = loaded.extra["classes"]

from core.interpret.trace import heads_of  # noqa: E402  the heading must not wait for torch

model = loaded.model if weights == "trained" else vit_models.untrained(loaded)
identity = f"{entry.identity}-{weights}"
layers, heads = heads_of(model)
answers = [f"{i}: {name}" for i, name in enumerate(classes)]


@page.fragment
def six_maps() -> None:
    picture = pictures.choose_picture(loaded)
    inputs = vit_models.to_input(loaded, picture.image[None])
    answer = faithfulness.answer(identity, model, inputs)
    one, two, three = st.columns([4, 3, 1])
    with one:
        target = controls.choice("What speaks for", answers, key="for", index=answer)
    with two:
        view = controls.pick("Show as", ["overlay", "grid"], key="as")
    small = attention_maps.enlarge(vit_maps.channels_last(picture.image), 128)
    three.image(small, alt="The picture", output_format="PNG")
    maps = faithfulness.all_maps(identity, model, inputs, answers.index(target))
    columns = [*st.columns(3), *st.columns(3)]
    for column, (name, (weight, words)) in zip(columns, maps.items(), strict=True):
        grid = round(len(weight) ** 0.5)
        with column:
            page.show_image(
                attention_maps.class_token_overlay(vit_maps.channels_last(picture.image), weight)
                if view == "overlay"
                else vit_maps.weight_grid(weight),
                title=name,
                description=f"{words} {attention_maps.largest(weight)}",
                key=name.replace(" ", "-").replace(",", ""),
                data={"weights": weight.reshape(grid, grid)},
            )
    st.caption(
        f"The model says {page.escape(classes[answer])}. Only the gradient map depends on the "
        "class asked about: the others show where information flows, whatever it is used for."
    )


@page.fragment
def take_patches_away() -> None:
    picture = pictures.choose_picture(loaded)
    inputs = vit_models.to_input(loaded, picture.image[None])
    answer = faithfulness.answer(identity, model, inputs)
    maps = faithfulness.all_maps(identity, model, inputs, answer)
    name = controls.choice("Take away first what is bright in", list(maps), key="map", index=4)
    weight = maps[name][0]
    curves = faithfulness.curves(identity, model, inputs[0], weight, answer)
    down, up, chance_down, chance_up = (curve.area for curve in curves)
    left, right = st.columns([2, 5])
    with left:
        page.show_image(
            attention_maps.class_token_overlay(vit_maps.channels_last(picture.image), weight),
            title=name,
            description=attention_maps.largest(weight),
            key="map",
            data={"weights": weight, "picture": picture.image},
        )
        st.metric("Deletion: area below chance by", f"{chance_down - down:+.3f}")
        st.metric("Insertion: area above chance by", f"{up - chance_up:+.3f}")
    with right:
        page.show_figure(
            figures.curves(*curves),
            title=f"Probability of “{page.escape(classes[answer])}” (up) as patches are removed, "
            "and as they appear (across)",
            description=faithfulness.CURVES,
            key="curves",
        )


if section == SECTIONS[0]:
    six_maps()
elif section == SECTIONS[1]:
    take_patches_away()
else:
    st.caption(
        "500 held-out Shapes pictures, whose object is known to the pixel"
        + ("." if entry.data == "shapes" else "; this model was trained on other pictures.")
    )
    known = faithfulness.on_known_objects(loaded, weights)
    if section == SECTIONS[2]:
        measure = controls.pick("Measure", list(known)[:2], key="measure")
        values, chance, fused = known[measure]
        beside = faithfulness.on_known_objects(loaded, "random")[measure]
        page.show_figure(
            head_figures.sorted_heads(values, measure, chance, beside[0]),
            title=f"{measure.capitalize()} (up), for each layer and head (across)",
            description=f"Dashed: the score of an uninformed map. Mean over all heads "
            f"{fused['mean attention']:.3f} (random weights {beside[2]['mean attention']:.3f}), "
            f"rollout {fused['rollout']:.3f} ({beside[2]['rollout']:.3f}). The pointing game asks "
            "whether the brightest patch is at least half object.",
            key="known",
        )
    else:
        random = faithfulness.on_known_objects(loaded, "random")
        object_size.show(known, random, model.pos_E.num_embeddings)

page.show_source(
    "core.interpret.attribution.rollout", "core.interpret.attribution.gradient_relevance",
    "core.interpret.faithfulness.deletion_curve", "core.interpret.faithfulness.spread",
)  # fmt: skip
