"""The unrolled network, drawn: presets of W_h, T and ρ move in the browser."""

from collections.abc import Mapping

import streamlit as st

from core.linear_rnn.instruments.paths import path_inputs
from core.linear_rnn.matrices import PRESETS, preset
from dashboard.components.live import packed
from dashboard.components.network_view import keep, linked, network_view

SIZE = 8  # features of a state: each is one cell of the drawing
LONGEST = 12
RADII = (0.1, 1.5)
# What can be selected: its name in the link, and its value at first
DEFAULTS = {"net_W": "vanishing", "net_T": 8, "net_rho": 0.9, "net_i": 1}


def show() -> None:
    """The drawing with its controls; what is selected is part of the link."""
    at = checked(linked(DEFAULTS))
    keep(at, DEFAULTS, {"net_W": list(PRESETS)})
    names = {"net_W": "matrix", "net_T": "T", "net_rho": "rho", "net_i": "i"}
    back = {name: key for key, name in names.items()}
    network_view(
        "rnn",
        drawn_model(),
        {names[key]: value for key, value in at.items()},
        parts(at["net_T"]),
        key="unrolled",
        on_change=lambda reply: st.session_state.update(
            checked({back[name]: value for name, value in reply.items() if name in back})
        ),
    )


def drawn_model() -> dict[str, object]:
    """Every preset at spectral radius 1 (the nilpotent one has 0), and the inputs W_x x_i."""
    return {
        "d": SIZE,
        "longest": LONGEST,
        "radii": RADII,
        "U": packed(path_inputs(SIZE, LONGEST)),
        "matrices": [
            {"name": name, "title": kind.title, "radius": kind.radius,
             "W": packed(preset(name, SIZE))}
            for name, kind in PRESETS.items()
        ],
    }  # fmt: skip


def parts(T: object) -> list[tuple[str, str]]:
    """The name and the formula of every state and of the output after T steps."""
    assert isinstance(T, int)
    states = [(f"h_{j}", f"φ(W_h h_{j - 1} + W_x x_{j}), {SIZE} features") for j in range(1, T + 1)]
    return [("h_0", "0"), *states, (f"y_{T}", f"φ_y(W_y h_{T})")]


def checked(values: Mapping[str, object]) -> dict[str, object]:
    """All of DEFAULTS, with the given values where they are possible."""
    name = values.get("net_W")
    name = name if isinstance(name, str) and name in PRESETS else DEFAULTS["net_W"]
    usual = PRESETS[str(name)].radius or DEFAULTS["net_rho"]
    steps = int(_number(values.get("net_T"), 1, LONGEST, DEFAULTS["net_T"]))
    return {
        "net_W": name,
        "net_T": steps,
        "net_rho": round(_number(values.get("net_rho"), *RADII, usual), 2),
        "net_i": int(_number(values.get("net_i"), 1, steps, 1)),
    }


def _number(value: object, low: float, high: float, instead: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    return number if low <= number <= high else float(instead)  # type: ignore[arg-type]
