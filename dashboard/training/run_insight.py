"""A model during training: its attention on one fixed example, and its texts."""

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.run_files import attention_snapshots
from core.run_files.directory import RunDirectory
from dashboard.components import page
from dashboard.figures.maps import attention_maps, vit_maps

TEXTS = 6


def attention_over_time(run: RunDirectory) -> None:
    """All attention maps of the fixed example at a selected step, by default the newest."""
    files = attention_snapshots.steps(run.path)
    if not files:
        return
    steps = list(files)
    newest = "newest"
    at = st.select_slider("Step", [*steps, newest], newest, key=f"moment-{run.path.name}")
    show_maps(run, at if isinstance(at, int) else steps[-1], files)


def show_maps(run: RunDirectory, step: int, files: dict[int, Path]) -> None:
    """All attention maps of the fixed example at that step; files: a file for each step."""
    try:
        shown = attention_snapshots.example(run.path)
        maps = attention_snapshots.maps(files[step], shown)
    except ValueError as error:
        page.show_error(error)
        return
    if isinstance(shown, list):
        _words(shown, maps, step)
    else:
        _picture(shown, maps, step)


def _picture(pixels: np.ndarray, maps: np.ndarray, step: int) -> None:
    layers, heads, patches = maps.shape
    side = round(patches**0.5)
    left, right = st.columns([2, 3])
    with left:
        page.show_image(
            attention_maps.class_token_overlay(vit_maps.channels_last(pixels), maps.mean((0, 1))),
            title=_when(step),
            description="Attention of the class token, averaged over layers and heads.",
            key="moment",
        )
    with right:
        page.show_image(
            attention_maps.attention_grid(maps.reshape(layers, heads, side, side), 480, 480),
            title="Every layer and head",
            description="The colours of each map are scaled to its largest weight.",
            key="moment-heads",
            data={"attention": maps},
        )


def _words(words: list[str], maps: np.ndarray, step: int) -> None:
    page.show_image(
        attention_maps.attention_grid(maps, 640, 640),
        title=f"{_when(step)}: every layer and head",
        description=f"The example is always “{page.escape(' '.join(words))}”. Rows are queries, "
        "and columns are keys.",
        key="moment-heads",
        data={"attention": maps, "words": words},
        width="stretch",
    )


def _when(step: int) -> str:
    return f"Step {step:,}" if step else "Untrained"


def texts_over_time(records: list[dict[str, Any]], kind: str) -> None:
    """The six newest and the six oldest texts of a run of that kind, "gpt" or of pictures."""
    texts = [(r["epoch"], r["text"]) for r in records if r.get("text") is not None]
    if kind == "gpt":
        st.caption("Generated from the empty prompt after each epoch, the newest first.")
    else:
        st.caption("The most probable classes of the first held-out picture, the newest first.")
    recent, early = texts[-TEXTS:], texts[: max(0, min(TEXTS, len(texts) - TEXTS))]
    for epoch, text in [*reversed(recent), *reversed(early)]:
        with st.container(border=True):
            when = f"Epoch {epoch:g}" if epoch else "Untrained"
            st.markdown(f"**{when}.** {page.escape(text)}")
