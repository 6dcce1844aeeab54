"""A run at a glance: its curves, beside the model's attention and its newest text."""

from typing import Any

import streamlit as st

from core.config.recipe import ImageRecipe
from core.config.run_spec import RunSpec
from core.run_files import attention_snapshots
from core.run_files.directory import RunDirectory
from core.runs.metrics_tail import Snapshot
from core.runs.overfitting import overfitting
from dashboard.components import page
from dashboard.figures import curves
from dashboard.training.run_insight import show_maps

EVERY_WORD = (
    " This mean over an epoch counts every word once. The mean of the course counts every "
    "dialogue once, so the two differ a little."
)


def show(run: RunDirectory, spec: RunSpec, history: Snapshot) -> None:
    """The newest state of the run, in two columns."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_curves(history, spec)
    with right:
        if files := attention_snapshots.steps(run.path):
            show_maps(run, max(files), files)
        _texts(history.records, spec)


def show_curves(history: Snapshot, spec: RunSpec) -> None:
    """Loss and accuracy or perplexity, and whether the model overfits."""
    epochs = spec.recipe_config().epochs
    measure = history.derive(curves.measure_beside_loss)
    page.show_figure(
        history.derive(curves.loss_figure, epochs),
        title="Loss",
        description="The loss is the cross-entropy in nats. If the held-out loss rises while the "
        "training loss falls, the model overfits."
        + why_higher(spec)
        + (EVERY_WORD if spec.kind == "gpt" else ""),
        key="loss",
    )
    _overfitting(history)
    if measure:
        page.show_figure(
            history.derive(curves.measure_figure, measure, epochs),
            title=page.escape(measure.capitalize()),
            description="Measured after every epoch. The training value is measured during "
            "training, with dropout and augmentation.",
            key="measure",
        )


def _overfitting(history: Snapshot) -> None:
    losses = history.derive(overfitting)
    if losses is not None:
        st.warning(
            f"**The model overfits.** Since epoch {losses.epoch} the held-out loss has risen from "
            f"{losses.lowest:.2f} to {losses.now:.2f}, while the training loss has fallen to "
            f"{losses.training:.2f}: the model memorises its examples.",
            icon=":material/trending_up:",
        )


def why_higher(spec: RunSpec) -> str:
    """Why the training loss may lie above the held-out loss; "" if nothing makes it so."""
    recipe = spec.recipe_config()
    harder = ["dropout"] if spec.model.get("dropout") else []
    if isinstance(recipe, ImageRecipe):
        harder += ["random crops"] if recipe.augment else []
        harder += ["label smoothing"] if recipe.label_smoothing else []
    if not harder:
        return ""
    return f" Only training uses {' and '.join(harder)}, so its loss may be above the other."


def _texts(records: list[dict[str, Any]], spec: RunSpec) -> None:
    """What the model said before training, and what it says now."""
    texts = [record for record in records if record.get("text") is not None]
    if not texts:
        return
    if spec.kind == "gpt":
        st.markdown("**What the model writes from an empty prompt**")
    else:
        st.markdown("**What the model predicts for the first held-out picture**")
    for record in [texts[0], *texts[1:][-1:]]:
        when = "Untrained" if record["kind"] == "start" else f"After epoch {record['epoch']:g}"
        st.markdown(f"{when}: {page.escape(record['text'])}")
