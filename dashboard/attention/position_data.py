"""Data of the positions page: the shipped experiment and the learned tables of models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.models import positions, zoo
from dashboard.components import page
from dashboard.figures import positions as figures

FOLDER = zoo.ASSETS / "positions"
INTRODUCTION = (
    "A position code is a table: row $t$ is added to the embedding of the word at position $t$. "
    "Each pair of columns is like the hand of a clock that turns at its own speed."
)
NAMES = {
    "learned": "learned table", "sinusoidal": "sinusoidal", "none": "no positions",
    "rotary": "rotary", "alibi": "ALiBi",
}  # fmt: skip
WHY = (
    "**Learned**: rows beyond the trained length exist here only because the table was made with "
    "200 rows; they were never trained, so they are noise. **Sinusoidal**: the formula is defined "
    "there, but its values are new to the model. **No positions**: the causal mask still tells the "
    "first word from the tenth, but a row of 150 keys is new. **Rotary**: only distances count, "
    "but those above 64 turn a pair by angles that never occurred in training. **ALiBi**: far keys "
    "get nearly no weight, so a longer text brings nothing new; the price is that steep heads "
    "never look far back."
)
COMMAND = "python -m core.publish.position_experiment"


@dataclass(frozen=True)
class Experiment:
    """loss: scheme -> loss in nats at every position; trained: the length trained on."""

    loss: dict[str, list[float]]
    trained: int
    read: int
    about: dict[str, Any]


def experiment() -> Experiment | None:
    """The shipped curves, or None where they are missing or damaged."""
    try:
        about = json.loads((FOLDER / "curves.json").read_text(encoding="utf-8"))
        return Experiment(about["loss"], about["trained"], about["read"], about)
    except (OSError, ValueError, KeyError):
        return None


def learned_tables() -> dict[str, np.ndarray]:
    """Every available learned table, name -> (T, d): the experiment's and those of the GPTs."""
    entries = zoo.available_models("gpt")
    return _tables_of(tuple((entry.name, entry.identity) for entry in entries), entries)


@st.cache_data(max_entries=8)
def _tables_of(
    identity: tuple[tuple[str, str], ...], _entries: list[zoo.ModelEntry]
) -> dict[str, np.ndarray]:
    tables = {}
    try:
        table = np.load(FOLDER / "learned.npy", allow_pickle=False)
        tables["trained to 64 tokens"] = table.astype(np.float64)
    except (OSError, ValueError):
        pass
    for entry in _entries:
        table = _table_of(entry)
        if table is not None:
            tables[entry.name] = table
    return tables


def compared() -> np.ndarray | None:
    """The learned table beside rotary positions: the experiment's, or that of a model."""
    return next(iter(learned_tables().values()), None)


def _table_of(entry: zoo.ModelEntry) -> np.ndarray | None:
    """The learned position table of a model, read without torch; None if it has none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(entry.weights.with_suffix(".safetensors"), framework="numpy") as file:
            names = [name for name in file.keys() if name.endswith("pos_embed.weight")]  # noqa: SIM118
            table = np.asarray(file.get_tensor(names[0]), dtype=np.float64) if names else None
            return table if table is not None and table.ndim == 2 else None
    except (OSError, ValueError, SafetensorError):
        return None


def means(experiment: Experiment) -> tuple[dict[str, float], dict[str, float]]:
    """Mean loss of every scheme up to the trained length and past it, in nats.

    The first eight positions are left out: with so little context every model guesses.
    """
    cut = experiment.trained - 1
    before = {scheme: float(np.mean(loss[8:cut])) for scheme, loss in experiment.loss.items()}
    after = {scheme: float(np.mean(loss[cut:])) for scheme, loss in experiment.loss.items()}
    return before, after


def verdict(before: float, after: float, answers: tuple[str, str, str]) -> str:
    """Which of the three answers the measurement gives: within 2 %, within 20 %, or more."""
    change = after / before - 1
    return answers[0] if change < 0.02 else answers[1] if change < 0.2 else answers[2]


def show_figures(
    learned: np.ndarray | None, name: str, tokens: int, t: int, dim: int, pair: int
) -> None:
    """The figures as the server draws them: for a browser in which the instrument stopped."""
    formula = positions.sinusoidal(tokens, dim)
    table = formula if learned is None else learned
    page.show_figure(
        figures.table_map(table, min(t, len(table) - 1)),
        title=f"The table “{page.escape(name)}”: {len(table)} positions, {table.shape[1]} columns",
        description="Each row is the vector that is added to the word at that position.",
        key="table-map",
    )
    curves = {"sinusoidal": positions.similarity_by_distance(formula)}
    if learned is not None:
        curves[name] = positions.similarity_by_distance(table)
    page.show_figure(
        figures.similarity_curves(curves),
        title="Cosine similarity of two rows, by their distance",
        description="The mean over all pairs with that distance, and one standard deviation "
        "around it.",
        key="similarity",
    )
    sine, cosine = formula[:, 2 * pair], formula[:, 2 * pair + 1]
    left, right = st.columns([2, 1])
    with left:
        page.show_figure(
            figures.one_frequency(sine, cosine, t),
            title=f"Columns {2 * pair} and {2 * pair + 1}: one turn in "
            f"{positions.wavelength(dim, pair):,.1f} tokens",
            description="Fast pairs distinguish neighbours, slow pairs distinguish early from "
            "late positions.",
            key="frequency",
        )
    with right:
        page.show_figure(
            figures.clock(sine[t], cosine[t]),
            title=f"The hand at position {t}",
            description="A pair of columns is like the hand of a clock that turns at its own "
            "speed.",
            key="clock",
        )
