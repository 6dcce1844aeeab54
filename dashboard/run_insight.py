"""What a model saw and wrote while it was learning: attention of one fixed example, and texts."""

import json
from typing import Any

import numpy as np
import streamlit as st

from core.runs.directory import RunDirectory
from dashboard import components
from dashboard.figures import attention_maps, vit_maps

TEXTS = 6


def attention_over_time(run: RunDirectory) -> None:
    """All maps of the fixed example at a chosen moment, the newest at first."""
    frames = {int(p.stem.removeprefix("step-")): p for p in _frames(run)}
    if not frames:
        return
    steps = sorted(frames)
    newest = "newest"
    at = st.select_slider("Moment (step)", [*steps, newest], newest, key=f"moment-{run.path.name}")
    step = steps[-1] if at == newest else at
    try:
        about = json.loads((run.path / "attention" / "example.json").read_text(encoding="utf-8"))
        maps = np.load(frames[step], allow_pickle=False).astype(np.float32)
        if "pixels" in about:
            _picture(np.asarray(about["pixels"], dtype=np.uint8), maps, step)
        else:
            _words([str(word) for word in about["words"]], maps, step)
    except (OSError, ValueError, KeyError, EOFError) as error:
        components.error_sentence(ValueError(f"This moment cannot be read: {error}."))


def _frames(run: RunDirectory) -> list[Any]:
    found = (run.path / "attention").glob("step-*.npy")
    return [p for p in found if p.stem.removeprefix("step-").isdecimal()]


def _picture(pixels: np.ndarray, maps: np.ndarray, step: int) -> None:
    layers, heads, patches = maps.shape
    side = round(patches**0.5)
    left, right = st.columns(2)
    with left:
        components.show_image(
            attention_maps.class_token_overlay(vit_maps.upright(pixels), maps.mean((0, 1))),
            title=f"Step {step:,}",
            description="Where the class token looks, mean over layers and heads.",
            key="moment",
        )
    with right:
        components.show_image(
            attention_maps.attention_grid(maps.reshape(layers, heads, side, side), 480, 480),
            title="Every layer and head",
            description="Each map relative to its own largest weight.",
            key="moment-heads",
            data={"attention": maps},
        )


def _words(words: list[str], maps: np.ndarray, step: int) -> None:
    components.show_image(
        attention_maps.attention_grid(maps, 640, 640),
        title=f"Step {step:,}: every layer and head",
        description=f"The fixed example: {components.plain(' '.join(words))}. Row: the word that "
        "looks; column: the word looked at.",
        key="moment-heads",
        data={"attention": maps, "words": words},
        width="content",
    )


def texts_over_time(records: list[dict[str, Any]]) -> None:
    """The six newest and the six oldest texts, so that one sees how far it has come."""
    written = [r for r in records if isinstance(r.get("text"), str)]
    texts = [(r["epoch"], r["text"]) for r in written if isinstance(r.get("epoch"), int | float)]
    if not texts:
        st.caption("The first text comes after the first epoch.")
    st.caption("Written from the empty prompt after each epoch, the newest first.")
    recent, early = texts[-TEXTS:], texts[: max(0, min(TEXTS, len(texts) - TEXTS))]
    for epoch, text in [*reversed(recent), *reversed(early)]:
        with st.container(border=True):
            st.markdown(f"**Epoch {epoch:g}.** {components.plain(text)}")
