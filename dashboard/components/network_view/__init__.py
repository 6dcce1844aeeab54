"""The network, drawn: SVG made in the browser from a model's configuration and its trace.

Each kind of drawing is one JavaScript file between svg.js and view.js, which they share. Moving,
playing and zooming ask no server; a choice is reported once it is made.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import streamlit as st

_FILES = Path(__file__).resolve().parent
DRAWINGS = {"rnn": ("rnn.js",)}


def _read(*names: str) -> str:
    return "\n".join((_FILES / name).read_text(encoding="utf-8") for name in names)


_components = {
    kind: st.components.v2.component(
        f"unrolled_network_{kind}",
        html=_read("view.html"),
        css=_read("style.css"),
        js=_read("svg.js", *files, "view.js"),
    )
    for kind, files in DRAWINGS.items()
}


def network_view(
    kind: str,
    model: Mapping[str, object],
    at: Mapping[str, object],
    *,
    key: str,
    on_change: Callable[[Mapping[str, object]], None],
) -> None:
    """Draw a network. on_change is called with what the user selected, before the page runs again.

    model: what is drawn, as JSON with `packed` arrays. at: what is selected in it; it is not sent
    back to the browser that has just reported it.
    """

    def changed() -> None:
        told = st.session_state[key].get("at")
        if isinstance(told, Mapping):
            on_change(told)

    identity = hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()[:16]
    now = dict(at)
    sent = st.session_state.get(f"{key}-sent", {"turn": 0})
    known = (st.session_state.get(key) or {}).get("at") or sent.get("at")
    if sent.get("id") != identity or now != known:
        sent = {"id": identity, "at": now, "turn": sent["turn"] + 1}
        st.session_state[f"{key}-sent"] = sent
    _components[kind](key=key, data=[{**model, **sent}], on_at_change=changed)


def packed(values: np.ndarray) -> str:
    """An array's numbers, row by row, as base64; the drawing knows its shape and type."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
