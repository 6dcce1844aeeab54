"""A decoding strategy with its sliders: one column of the decoding page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dashboard import controls
from dashboard.components.live import Dial

if TYPE_CHECKING:
    from core.decoding.strategies import Strategy

WAYS = ("greedy", "temperature", "nucleus", "top-k", "beam")


class Slider(NamedTuple):
    """The slider of one setting of a strategy."""

    name: str
    label: str
    low: float
    high: float
    value: float
    step: float
    help: str | None = None


HEAT = Slider("t", "Temperature", 0.0, 2.0, 1.0, 0.05, "0 is greedy.")
SLIDERS = {
    "greedy": [],
    "temperature": [HEAT],
    "nucleus": [HEAT, Slider("p", "Top-p", 0.01, 1.0, 0.9, 0.01)],
    "top-k": [HEAT, Slider("k", "Top-k", 1, 200, 40, 1)],
    "beam": [Slider("width", "Beams", 1, 8, 4, 1)],
}


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


def choose_length(real: bool, low: int = 5) -> int:
    """How many words are added; a real model adds fewer, since each takes longer."""
    name, most, first = ("Tokens", 40, 24) if real else ("Words", 150, 40)
    return int(controls.slider(f"{name} to generate", low, most, first, key="length"))


def choose_seed() -> int:
    """The random seed of the texts."""
    same = "The same seed gives the same text."
    return int(controls.slider("Seed", 0, 999, 0, key="seed", help=same))


def choose_way(letter: str, default: str) -> Way:
    """A strategy with its sliders; `letter` tells its keys from those of the columns."""
    name = _name(letter, default)
    values = {
        s.name: controls.slider(
            s.label, s.low, s.high, s.value, key=_key(s.name, letter), step=s.step, help=s.help
        )
        for s in SLIDERS[name]
    }
    return _way(name, values)


def choose_live_way(
    letter: str, default: str, ways: Sequence[str] = WAYS
) -> tuple[Way, list[Dial]]:
    """The choice of one column, whose sliders its instrument draws; "" where there is but one."""
    name = _name(letter, default, ways)
    dials = [
        controls.dial(
            s.label, s.low, s.high, s.value, key=_key(s.name, letter), step=s.step, help=s.help
        )
        for s in SLIDERS[name]
    ]
    return _way(name, {s.name: d.value for s, d in zip(SLIDERS[name], dials, strict=True)}), dials


def _name(letter: str, default: str, ways: Sequence[str] = WAYS) -> str:
    return controls.choice("Next word by", ways, key=_key("way", letter), index=ways.index(default))


def _key(name: str, letter: str) -> str:
    return f"{name}-{letter}" if letter else name


def _way(name: str, values: Mapping[str, float]) -> Way:
    from core.decoding.strategies import Greedy, Nucleus, Temperature, TopK

    t = values.get("t", 1.0)
    if name == "beam":
        return Way(name, Temperature(), int(values["width"]))
    if name == "greedy" or t == 0:
        return Way("greedy", Greedy())
    if name == "nucleus":
        return Way(name, Nucleus(p=values["p"], t=t))
    return Way(name, TopK(k=int(values["k"]), t=t) if name == "top-k" else Temperature(t=t))
