"""The network, drawn: SVG made in the browser from a model's configuration and its trace.

Each kind of drawing is a list of JavaScript files, most of them shared. Moving, playing and zooming
ask no server; a choice is reported once it is made. Where the JavaScript fails, the server draws
the network's parts as boxes.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.components import page
from dashboard.components.program import GUARD, deflated, digest
from dashboard.figures.network import boxes

_STOPPED = (
    "This drawing stopped working in your browser, so the server draws it. Reload the page to try "
    "again."
)
_BESIDE = 105  # pixels of the controls and the sentence on a lecturer's screen
_FILES = Path(__file__).resolve().parent
DRAWINGS = {
    "rnn": ("svg.js", "paths.js", "rnn.js", "view.js"),
    "transformer": (
        *("svg.js", "numbers.js", "block.js", "llama.js", "model.js"),
        *("deep.js", "overview.js", "view.js"),
    ),
    "cache": ("svg.js", "cache.js", "view.js"),
    "cards": ("svg.js", "paths.js", "block.js", "cards.js"),
}


def scripts_of(kind: str) -> tuple[str, str, str]:
    """HTML, CSS and JavaScript of a kind of drawing, as they are sent."""
    source = "\n".join([GUARD, _read("../live/formula.js"), *map(_read, DRAWINGS[kind])])
    return _read("view.html"), _read("style.css"), deflated(source)


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


_components = {
    kind: st.components.v2.component(f"unrolled_network_{kind}", html=html, css=css, js=js)
    for kind, (html, css, js) in ((kind, scripts_of(kind)) for kind in DRAWINGS)
}


def network_view(
    kind: str,
    model: Mapping[str, object],
    at: Mapping[str, object],
    parts: Sequence[tuple[str, str]],
    *,
    key: str,
    on_change: Callable[[Mapping[str, object]], None],
) -> None:
    """Draw a network. on_change is called with what the user selected, before the page runs again.

    model: what is drawn, as JSON with arrays `packed` by live. at: what is selected; it is not sent
    back to the browser that has just reported it. parts: (name, shape) of the network's parts, for
    a browser in which the drawing has stopped.
    """
    stopped = f"state-network-stopped-{key}"
    if st.session_state.get(stopped):
        st.warning(_STOPPED, icon=":material/warning:")
        words = "; ".join(f"{name}: {shape}" for name, shape in parts)
        page.show_figure(
            boxes(parts),
            title="The network's parts and their shapes",
            description=page.escape(f"From the input to the output: {words}."),
            key=f"parts-{key}",
        )
        return

    def changed() -> None:
        reply = st.session_state[key].get("at")
        if isinstance(reply, Mapping):
            on_change(reply)

    def failed() -> None:
        if st.session_state[key].get("failed"):
            st.session_state[stopped] = True

    tall = state.figure_height()
    drawing = {**model, "tall": tall - _BESIDE} if tall else model
    identity = digest(json.dumps(drawing, sort_keys=True))
    now = dict(at)
    sent = st.session_state.get(f"{key}-sent", {"turn": 0})
    reply = (st.session_state.get(key) or {}).get("at")
    if sent.get("id") != identity or now != (reply or sent.get("at")):
        sent = {"id": identity, "at": now, "turn": sent["turn"] + 1, "echo": now == reply}
        st.session_state[f"{key}-sent"] = sent
    _components[kind](
        key=key, data=[{**drawing, **sent}], on_at_change=changed, on_failed_change=failed
    )


def network_cards(data: Mapping[str, object], *, key: str) -> str | None:
    """Small drawings that are links; returns the kind of the one that was clicked."""
    identity = digest(json.dumps(data, sort_keys=True))
    result = _components["cards"](
        key=key, data=[{**data, "id": identity}], on_go_change=lambda: None
    )
    return result.go if isinstance(result.go, str) else None


def linked(defaults: Mapping[str, object]) -> dict[str, object]:
    """What is selected, under the keys of `defaults`, not yet checked: on arrival at a page its
    link wins, later the session."""
    asked = {
        key: int(text) if re.fullmatch(r"[0-9]{1,3}", text) else text
        for key, text in st.query_params.items()
        if key in defaults
    }
    held = {key: st.session_state[key] for key in defaults if key in st.session_state}
    return asked | held if state.offered(next(iter(defaults))) else held | asked


def keep(
    values: Mapping[str, object], defaults: Mapping[str, object], options: Mapping[str, list[str]]
) -> None:
    """Store what is selected, in the session and in the link; options: of keys that have some."""
    for key, value in values.items():
        state.offer(key, defaults[key], options.get(key, ()))
        state.record(key, value)
        state.put_in_link(key, None if value == defaults[key] else str(value))
        st.session_state[key] = value
