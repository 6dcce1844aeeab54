"""A decoding strategy with its sliders: one column of the decoding page."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls

if TYPE_CHECKING:
    from core.decoding.strategies import Strategy

WAYS = ("greedy", "temperature", "nucleus", "top-k", "beam")


@dataclass(frozen=True)
class Way:
    """strategy: how a token is drawn; width: of the beam, 0 for anything but beam search."""

    name: str
    strategy: Strategy
    width: int = 0

    @property
    def label(self) -> str:
        """In words, with its settings."""
        t = f", t = {self.strategy.t:g}"
        return {
            "greedy": "greedy",
            "temperature": f"temperature {self.strategy.t:g}",
            "nucleus": f"nucleus, p = {self.mass or 1:g}{t}",
            "top-k": f"top-k, k = {getattr(self.strategy, 'k', 1)}{t}",
            "beam": f"beam of {self.width}",
        }[self.name]

    @property
    def mass(self) -> float | None:
        """p, for the nucleus."""
        return getattr(self.strategy, "p", None)


def choose_way(letter: str, default: str, *, abreast: bool) -> Way:
    """The controls of one column; `letter` tells its keys from those of its neighbours.

    abreast: there is room for two sliders side by side. Temperature 0 is greedy.
    """
    from core.decoding.strategies import Greedy, Nucleus, Temperature, TopK

    name = controls.choice("Next word by", WAYS, key=f"way-{letter}", index=WAYS.index(default))
    if name == "greedy":
        return Way(name, Greedy())
    if name == "beam":
        width = controls.slider("Beams", 1, 8, 4, key=f"width-{letter}")
        return Way(name, Temperature(), int(width))
    p, k = 1.0, 0.0
    with st.container(horizontal=True) if abreast else nullcontext():
        t = controls.slider(
            "Temperature", 0.0, 2.0, 1.0, key=f"t-{letter}", step=0.05, help="0 is greedy."
        )
        if name == "nucleus":
            p = controls.slider("Top-p", 0.01, 1.0, 0.9, key=f"p-{letter}", step=0.01)
        if name == "top-k":
            k = controls.slider("Top-k", 1, 200, 40, key=f"k-{letter}")
    if t == 0:
        return Way("greedy", Greedy())
    if name == "nucleus":
        return Way(name, Nucleus(p=p, t=t))
    return Way(name, TopK(k=int(k), t=t) if name == "top-k" else Temperature(t=t))
