"""The controls of a training: from widgets to a RunSpec."""

import json
from dataclasses import replace
from typing import Any

import streamlit as st

from core.config.presets import preset
from core.config.recipe import SCHEDULES, TextRecipe
from core.config.run_spec import KINDS, RunSpec, model_fields
from core.data.sources import DIALOGUE_SOURCES, IMAGE_SOURCES, at_hand, obtain
from core.runs import queue
from core.runs.engines import engine_name
from core.runs.launch import thread_budget
from core.runs.progress import in_words
from core.runs.time_estimate import estimate_time
from dashboard import controls
from dashboard.components import page
from dashboard.training import own_data

WAYS = ("demo", "overfit", "course", "best")

DEMO = "A small model on easy data, for a demonstration."
BEST = "The recipe with the best held-out results."
OVERFIT = "{} and {} epochs, without any regularisation: the model memorises its examples."
FEW = {"vit": "300 pictures", "cnn": "100 pictures", "gpt": "72 dialogues"}
COURSE = {
    "vit": "The model and the settings of the course, with the same numbers.",
    "cnn": "The settings of the course, but with a CNN, which the course does not train.",
    "gpt": "The model and the settings of the course, on fewer dialogues: 6,500 of 7,222, "
    "because 722 are held out. The vocabulary has 13,456 tokens; in the course it has 14,058.",
}

SIZES = {  # name: label, lowest, highest, step
    "num_layers": ("Layers", 1, 12, 1),
    "num_heads": ("Heads", 1, 8, 1),
    "dim": ("Width (dim)", 16, 256, 8),
    "attn_dim": ("Head dimension", 8, 128, 8),
    "mlp_dim": ("Hidden width of the FFN", 16, 1024, 16),
    "max_N": ("Context length", 16, 400, 8),
}
PATCHES = (2, 4, 8, 16)


def choose_spec() -> RunSpec:
    """All controls of a training. Errors: ValueError naming the setting that is out of range."""
    kind = controls.pick("Model", list(KINDS), key="kind")
    way = controls.pick("Start from", list(WAYS), key="preset")
    spec = preset(way, kind)
    overfit = OVERFIT.format(FEW[kind], spec.recipe_config().epochs)
    st.caption({"demo": DEMO, "best": BEST, "overfit": overfit, "course": COURSE[kind]}[way])
    tag = f"{kind}-{way}"  # a preset brings its own defaults, so it has its own widgets
    left, right = st.columns(2)
    with left:
        sources = list(DIALOGUE_SOURCES if kind == "gpt" else IMAGE_SOURCES)
        sources += own_data.names(kind, f"{tag}-data")
        index = sources.index(spec.data)
        data = controls.choice("Data", sources, key=f"{tag}-data", index=index)
        missing = [d.detail for d in at_hand() if d.name == data and not d.here]
    with right:
        names = list(KINDS[kind])
        architecture = controls.choice(
            "Architecture", names, key=f"{tag}-class", index=names.index(spec.architecture)
        )
    own_data.ask(kind)
    own_data.show_note(data)
    if missing:
        st.warning(
            f"{data} is not on this machine; {page.escape(missing[0])}", icon=":material/download:"
        )
        _fetch_button(data)
    if architecture != spec.architecture:
        spec = replace(spec, architecture=architecture, model={})
        tag += f"-{architecture}"
    with st.expander("Model sizes", icon=":material/straighten:"):
        model = _sizes(spec, tag)
    with st.expander("Recipe", icon=":material/tune:"):
        recipe = _recipe(spec, tag)
    seed = controls.slider(
        "Random seed",
        0,
        999,
        0,
        key="seed",
        help="The same seed gives the same result, bit for bit.",
    )
    threads = thread_budget(1 if engine_name() == "ray" else queue.slots())
    return replace(spec, model=model, recipe=recipe, data=data, seed=int(seed), threads=threads)


def _fetch_button(data: str) -> None:
    """A button that downloads a data set; an interrupted download leaves no file."""
    if not st.button(f"Download {data}", icon=":material/download:"):
        return
    bar = st.progress(0.0, "Connecting …")
    try:
        for at in obtain(data):
            bar.progress(min(1.0, at.done / at.total) if at.total else 0.0, at.what)
    except (OSError, ValueError) as error:
        page.show_error(error)
        return
    st.rerun()


def _sizes(spec: RunSpec, tag: str) -> dict[str, Any]:
    defaults = {**model_fields(spec.architecture), **spec.model}
    sizes: dict[str, Any] = {}
    for name, (label, low, high, step) in SIZES.items():
        if name in defaults:
            value = controls.slider(
                label, low, high, int(defaults[name]), key=f"{tag}-{name}", step=step
            )
            sizes[name] = int(value)
    if spec.architecture == "VisionTransformer":  # the others always have 8 × 8 tokens
        sizes["patch_size"] = st.select_slider(
            "Patch size", PATCHES, defaults["patch_size"], key=f"{tag}-patch_size"
        )
    if "dropout" in defaults:
        rate = float(defaults["dropout"])
        sizes["dropout"] = controls.slider(
            "Dropout", 0.0, 0.9, rate, key=f"{tag}-dropout", step=0.05
        )
    return {n: v for n, v in (spec.model | sizes).items() if n in spec.model or v != defaults[n]}


def _recipe(spec: RunSpec, tag: str) -> dict[str, Any]:
    now = spec.recipe_config()
    recipe = dict(spec.recipe)
    most = max(40, now.epochs)
    recipe["epochs"] = int(controls.slider("Epochs", 1, most, now.epochs, key=f"{tag}-epochs"))
    rates = sorted({1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 1e-2, 3e-2, 0.1, now.lr})
    recipe["lr"] = st.select_slider(
        "Learning rate", rates, now.lr, key=f"{tag}-lr", format_func=lambda v: f"{v:g}",
        bind="query-params",
    )  # fmt: skip
    batches = sorted({16, 32, 64, 128, 256, 512, now.batch_size})
    recipe["batch_size"] = st.select_slider(
        "Batch size", batches, now.batch_size, key=f"{tag}-batch", help="Examples per step.",
        bind="query-params",
    )  # fmt: skip
    recipe["weight_decay"] = controls.slider(
        "Weight decay", 0.0, 1.0, now.weight_decay, key=f"{tag}-decay", step=0.01
    )
    lengths = sorted({0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, now.clip})
    recipe["clip"] = st.select_slider(
        "Clip the gradient to the norm", lengths, now.clip, key=f"{tag}-clip",
        format_func=lambda v: f"{v:g}" if v else "off", bind="query-params",
        help="A gradient with a larger norm is scaled down to it before each step; its direction "
        "stays.",
    )  # fmt: skip
    recipe["schedule"] = controls.pick(
        "Schedule",
        list(SCHEDULES),
        key=f"{tag}-schedule",
        index=SCHEDULES.index(now.schedule),
        help="cosine: one step per epoch, as in the course. warmup: the learning rate rises "
        "linearly, then falls to zero.",
    )
    if isinstance(now, TextRecipe):
        recipe["subword_embeddings"] = controls.switch(
            "Subword embeddings",
            now.subword_embeddings,
            key=f"{tag}-parts",
            help="“king”, “King” and “king's” share vectors and learn from each other.",
        )
        recipe["temperature"] = controls.slider(
            "Sampling temperature",
            0.0,
            2.0,
            now.temperature,
            key=f"{tag}-temperature",
            step=0.1,
            help="For the text that is generated after every epoch. 0 means greedy decoding.",
        )
    else:
        recipe["augment"] = controls.switch(
            "Random crops and flips", now.augment, key=f"{tag}-augment"
        )
        recipe["label_smoothing"] = controls.slider(
            "Label smoothing", 0.0, 0.4, now.label_smoothing, key=f"{tag}-smoothing", step=0.05
        )
    return recipe


def show_estimate(spec: RunSpec) -> dict[str, Any] | None:
    """A button for a short trial, and its result for exactly these settings."""
    values = spec.to_dict()
    estimate = st.session_state.get("estimate")
    if st.button("Estimate time and memory", icon=":material/timer:", width="stretch"):
        with st.spinner("Training for three seconds …", show_time=True):
            estimate = (values, _estimate(json.dumps(values, sort_keys=True)))
        st.session_state["estimate"] = estimate
    if estimate is None or estimate[0] != values:
        return None
    result: dict[str, Any] = estimate[1]
    with st.container(horizontal=True):
        st.metric("Parameters", f"{result['parameters']:,}")
        st.metric("Memory", f"{result['memory'] / 1e9:.1f} GB")
        st.metric("Time", in_words(result["seconds"]))
    st.caption(
        f"Measured on {result['steps']} training steps, with the machine as busy as it is now."
    )
    return result


@st.cache_data(max_entries=200, ttl=3600, show_spinner=False)
def _estimate(spec: str) -> dict[str, Any]:
    return estimate_time(json.loads(spec))
