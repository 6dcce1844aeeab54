"""Are the maps true? Attribution maps, deletion and insertion, and 500 pictures."""

import streamlit as st

from core.linear_rnn.spectrum import with_minus
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import faithfulness as figures
from dashboard.figures.maps import attention_maps, heads as head_figures, vit_maps
from dashboard.models import pictures, vit_models
from dashboard.vision import faithfulness, object_size

page.page_header(
    "Are the maps true?",
    "A bright patch looks like a reason for the answer. **Is it one?** Remove the patch and see.",
)
NO_OUTLINES = (
    "A model from files was trained on other pictures, so it is not compared with the outlines of "
    "Shapes, nor with random weights."
)
SECTIONS = ["one picture, six maps", "take patches away", "500 known objects", "size of the object"]
section = controls.pick("What to try", SECTIONS, key="try")


@page.fragment
def try_it() -> None:
    """Its controls run nothing else of the page."""
    left, right = panes("maps", (2, 5))
    with left:
        entry = vit_models.choose_model(real=section in SECTIONS[:2])
        weights = "trained"
        if entry.real:
            st.caption(NO_OUTLINES)
        else:
            weights = controls.pick("Weights", ["trained", "random"], key="weights")
        loaded = vit_models.load(entry)
        classes = loaded.extra["classes"]
        model = loaded.model if weights == "trained" else vit_models.untrained(loaded)
        identity = f"{entry.identity}-{weights}"
        if section in SECTIONS[:2]:
            image = pictures.choose_picture(loaded).image
            inputs = vit_models.to_input(loaded, image[None])
            answer = faithfulness.answer(identity, model, inputs)
            st.markdown(f"Predicted class: **{page.escape(classes[answer])}**.")
            pictures.show_whole(image)
        else:
            own = entry.data == "shapes"
            about = "" if own else "; this model was trained on other pictures"
            st.caption(f"500 held-out Shapes pictures with the exact outline of the object{about}.")
        if section == SECTIONS[0]:
            answers = [f"{i}: {name}" for i, name in enumerate(classes)]
            target = controls.choice("What supports the class", answers, key="for", index=answer)
            view = controls.pick("Show as", ["overlay", "grid"], key="as")

    if section == SECTIONS[0]:
        with right:
            maps = faithfulness.all_maps(identity, model, inputs, answers.index(target))
            faithfulness.show_maps(maps, vit_maps.channels_last(image), view)
            st.caption(
                "Only the gradient map depends on the class that is asked about. The others show "
                "where information flows, whatever it is used for. Below each map is the largest "
                "weight of a patch."
            )
    elif section == SECTIONS[1]:
        maps = faithfulness.all_maps(identity, model, inputs, answer)
        with left:
            name = controls.choice(
                "Remove the brightest patches of", list(maps), key="map", index=4
            )
        weight = maps[name][0]
        curves = faithfulness.curves(identity, model, inputs[0], weight, answer, entry.real)
        down, up, chance_down, chance_up = (curve.area for curve in curves)
        with right:
            page.show_figure(
                figures.curves(*curves),
                title=f"Probability of “{page.escape(classes[answer])}” (up) as patches are "
                "removed, and as they appear (across)",
                description=faithfulness.CURVES,
                more=faithfulness.GREY,
                key="curves",
            )
            first, second = st.columns(2)
            with first:
                page.show_image(
                    attention_maps.class_token_overlay(vit_maps.channels_last(image), weight),
                    title=name,
                    description=attention_maps.largest(weight),
                    key="map",
                    data={"weights": weight, "picture": image},
                )
            second.metric(
                "Deletion: area below the random curve", with_minus(f"{chance_down - down:+.3f}")
            )
            second.metric(
                "Insertion: area above the random curve", with_minus(f"{up - chance_up:+.3f}")
            )
    else:
        known = faithfulness.on_known_objects(loaded, weights)
        random = faithfulness.on_known_objects(loaded, "random")
        if section == SECTIONS[2]:
            with left:
                measure = controls.pick("Measure", list(known)[:2], key="measure")
            values, chance, fused = known[measure]
            beside = random[measure]
            with right:
                page.show_figure(
                    head_figures.sorted_heads(values, measure, chance, beside[0]),
                    title=f"{measure.capitalize()} (up), for each layer and head (across)",
                    description="The dashed line is the score of a map that knows nothing about "
                    f"the object. Rollout scores {fused['rollout']:.3f}, and "
                    f"{beside[2]['rollout']:.3f} with random weights.",
                    more=f"The mean over all heads scores {fused['mean attention']:.3f}, and "
                    f"{beside[2]['mean attention']:.3f} with random weights. The pointing game "
                    "counts the pictures whose brightest patch is at least half covered by the "
                    "object.",
                    key="known",
                )
        else:
            object_size.show(known, random, left, right)


try_it()
page.show_source(
    "core.interpret.attribution.rollout", "core.interpret.attribution.gradient_relevance",
    "core.interpret.faithfulness.deletion_curve", "core.interpret.faithfulness.spread",
)  # fmt: skip
