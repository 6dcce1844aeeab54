"""Instruments: sliders and figures in one component, redrawn in the browser while a slider moves.

draw.js draws (axes, lines, bars, heat), live.js has the sliders and the messages; an instrument
adds a file with its arithmetic and one that draws. The server gets the values after release.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard import palette, state
from dashboard.components.program import GUARD, bare, deflated, deflated_json

_FILES = Path(__file__).resolve().parent
_STOPPED = (
    "This figure stopped working in your browser, so the server draws it. Reload the page to try "
    "again."
)
_COLOURS = ("BLUE", "ORANGE", "GREEN", "PURPLE", "AMBER", "GREY")
_LEVELS = 33  # colours of a heat map

# A component without the program of what it feeds, so that a small message stays small.
# What changes seldom is sent separately, as {parts}; the rest waits for the parts that it names.
_feed = st.components.v2.component(
    "unrolled_live_feed",
    html="<span hidden></span>\n",
    js=bare((_FILES / "feed.js").read_text(encoding="utf-8")),
)

Value = float | str
Payload = Mapping[str, Any]
Fits = Callable[[object], bool]


@dataclass(frozen=True)
class Dial:
    """A slider of an instrument: its label, its range, and its value now."""

    key: str
    label: str
    low: float
    high: float
    step: float
    value: float
    help: str | None = None
    unit: str = ""
    off: bool = False

    def fits(self, value: object) -> bool:
        """Whether a browser may send this."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        if not self.low <= value <= self.high:  # NaN neither
            return False
        return not isinstance(self.step, int) or value == int(value)

    def as_widget(self) -> None:
        """Streamlit's own slider, for a page without its instrument."""
        kind = int if isinstance(self.step, int) else float
        st.session_state[self.key] = kind(self.value)
        limits = kind(self.low), kind(self.high)
        st.slider(
            self.label, *limits, step=kind(self.step), key=self.key, help=self.help,
            disabled=self.off,
        )  # fmt: skip


class Instrument:
    """A registered component. scripts: its own files, read after draw.js and live.js.

    A page may have it several times, under different keys.
    """

    def __init__(self, name: str, *scripts: Path):
        self.name = name
        self._component = st.components.v2.component(
            f"unrolled_live_{name}",
            html=(_FILES / "live.html").read_text(encoding="utf-8"),
            css=(_FILES / "style.css").read_text(encoding="utf-8"),
            js=deflated(script(*scripts)),
        )

    @property
    def stopped(self) -> bool:
        """Whether it failed in this session's browser: then the page draws its own figure."""
        return bool(st.session_state.get(f"state-live-stopped-{self.name}"))

    def show(
        self,
        data: Payload,
        dials: Sequence[Dial],
        *,
        key: str = "",
        apart: Payload | None = None,
        others: Mapping[str, tuple[Value, Fits]] | None = None,
        on_release: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> bool:
        """Draw it; false where it has stopped: then a sentence says so, above ordinary sliders.

        data: what the figures need, as JSON; apart: the parts of it that change seldom, which are
        sent separately. others: values without a slider, each with the check of what a browser
        sends. on_release is called with the values that were accepted, before
        the page runs again.
        """
        if self.stopped:
            st.warning(_STOPPED, icon=":material/warning:")
            for column, dial in zip(st.columns(len(dials) or 1), dials, strict=False):
                with column:
                    dial.as_widget()
            return False
        name = f"{self.name}-{key}" if key else self.name
        key = f"live-{name}"
        checks: dict[str, Fits] = {dial.key: dial.fits for dial in dials if not dial.off}
        checks |= {name: fits for name, (_, fits) in (others or {}).items()}

        def released() -> None:
            sent = _reply(key, "values")
            if isinstance(sent, Mapping):
                valid = {n: sent[n] for n, fits in checks.items() if n in sent and fits(sent[n])}
                st.session_state.update(valid)
                if on_release is not None:
                    on_release(valid)

        def failed() -> None:
            if _reply(key, "failed"):
                st.session_state[f"state-live-stopped-{self.name}"] = True

        values: dict[str, Value] = {dial.key: dial.value for dial in dials}
        values |= {name: value for name, (value, _) in (others or {}).items()}
        shapes = [{k: v for k, v in asdict(d).items() if k != "value"} for d in dials]
        order = _order(name, values, _reply(key, "values"))
        stage = {"held": state.held(), "only": state.on_stage(), "tall": state.figure_height()}
        parts = dict(apart or {})
        message = {"dials": shapes, "order": order, "waits": list(parts), **stage, **data}
        self._component(
            key=key, data={"name": name}, on_values_change=released, on_failed_change=failed,
            height="content",
        )  # fmt: skip
        for part, value in parts.items():
            feed(name, {"parts": {part: value}}, part=part)
        feed(name, message)
        return True


def feed(name: str, data: Payload, *, part: str = "") -> None:
    """Send data to what is drawn under a name: an instrument, or a component with `receive`."""
    key = f"feed-{name}-{part}" if part else f"feed-{name}"
    _feed(key=key, data=deflated_json({"name": name, **data}), height="content")


def packed(values: np.ndarray, kind: str = "<f8") -> str:
    """An array, row by row, as the base64 text that `numbers` of live.js and the drawings read."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


@cache
def script(*scripts: Path) -> str:
    """The JavaScript of an instrument: the palette, what all share, and its own files."""
    colours = {name: getattr(palette, name) for name in _COLOURS}
    scales = {"SEQUENTIAL": palette.SEQUENTIAL, "DIVERGING": palette.DIVERGING}
    lines = [GUARD, f"const COLOURS = {json.dumps(colours)};"]
    lines += [f"const {name} = {json.dumps(_scale(scale))};" for name, scale in scales.items()]
    shared = (_FILES / f"{name}.js" for name in ("formula", "redraw", "draw", "live"))
    files = (*shared, *scripts)
    return "\n".join([*lines, *(file.read_text(encoding="utf-8") for file in files)])


def _scale(name: str) -> list[str]:
    from plotly.colors import sample_colorscale  # the first page must not wait for it

    steps = sample_colorscale(name, np.linspace(0, 1, _LEVELS).tolist(), colortype="tuple")
    return ["#" + "".join(f"{round(255 * part):02x}" for part in step) for step in steps]


def _reply(key: str, what: str) -> object:
    """What the browser has sent last; None before that, or when it is malformed."""
    sent = st.session_state.get(key)
    return sent.get(what) if isinstance(sent, Mapping) else None


def _order(name: str, values: dict[str, Value], reply: object) -> dict[str, object]:
    """The values that the browser must take, numbered.

    It is the same order as before while the browser has these values already: then the whole
    message is the one it keeps, and only its hash is sent.
    """
    order: dict[str, Any] = st.session_state.get(f"state-live-order-{name}", {"n": 0, "values": {}})
    answered = isinstance(reply, Mapping) and reply.get("n") == order["n"]
    holds: Mapping[str, object] = reply if answered else order["values"]  # type: ignore[assignment]
    if any(name not in holds or holds[name] != value for name, value in values.items()):
        order = {"n": order["n"] + 1, "values": values}
        st.session_state[f"state-live-order-{name}"] = order
    return order
