"""All attention maps of one input; moving by pointer or keys needs no server.

The maps travel as one block of bytes (see `pack`); view.js and drawing.js draw them.
"""

import base64
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import page
from dashboard.components.program import GUARD, deflated, digest
from dashboard.figures.maps.attention_maps import attention_grid, colours
from dashboard.figures.maps.printed_maps import printed_grid

TALL = 420  # pixels the maps may be high, so that a window of 720 shows them with their controls
BELOW = 90  # pixels below the maps, where numbers and words are read
_STOPPED = (
    "The maps stopped working in your browser, so the server draws them. Reload the page to try "
    "again."
)
_COLOURS = "Rows are queries, columns are keys; each map is relative to its own brightest weight."
_FILES = Path(__file__).resolve().parent
_component = st.components.v2.component(
    "unrolled_attention_view",
    html=(_FILES / "view.html").read_text(encoding="utf-8"),
    css=(_FILES / "style.css").read_text(encoding="utf-8"),
    js=deflated(
        GUARD + "".join((_FILES / f).read_text(encoding="utf-8") for f in ("drawing.js", "view.js"))
    ),
)


def attention_view(
    alphas: np.ndarray,
    tokens: Sequence[str],
    *,
    key: str,
    cell: Mapping[str, int],
    causal: bool,
    picture: bytes | None = None,
    on_cell: Callable[[dict[str, int]], None] | None = None,
) -> None:
    """Draw all maps (L, H, T, T). tokens: T names. picture: a PNG for a ViT, whose token 0 is the
    class token and the others its patches.

    cell: layer, head (counted from 0; L and H mean the mean over them), query and key.
    on_cell is called with the new cell after a click, before the page runs again.
    """
    layers, heads, count, _ = alphas.shape
    limits = {"layer": layers, "head": heads, "query": count - 1, "key": count - 1}

    stopped = f"state-stopped-{key}"
    if st.session_state.get(stopped):
        st.warning(_STOPPED, icon=":material/warning:")
        page.show_image(
            attention_grid(alphas), title="All layers and heads", description=_COLOURS,
            key=key, data={"attention": alphas, "tokens": list(tokens)},
        )  # fmt: skip
        return

    def failed() -> None:
        if st.session_state[key].get("failed"):
            st.session_state[stopped] = True

    def clicked() -> None:
        reply = st.session_state[key].get("cell")
        if on_cell is not None and isinstance(reply, Mapping):
            on_cell({name: _within(reply.get(name), most) for name, most in limits.items()})

    tall = state.figure_height()
    tall = tall - BELOW if tall else TALL
    data = pack(alphas, tokens, cell, causal, picture, tall, presented=state.presenting())
    _component(key=key, data=data, on_cell_change=clicked, on_failed_change=failed)
    page.caption_and_downloads(
        "Rows are queries, columns are keys, and a row sums to one. Click a cell to select it. "
        "The colour follows the square root of the weight. The brightest colour stands for "
        "every weight above the 99.5% quantile of the map.",
        lambda: printed_grid(alphas, tokens),
        key,
        {"attention": alphas, "tokens": list(tokens)},
    )


def pack(
    alphas: np.ndarray,
    tokens: Sequence[str],
    cell: Mapping[str, int],
    causal: bool,
    picture: bytes | None = None,
    tall: int | None = None,
    *,
    presented: bool = False,
) -> bytes:
    """Length of the header (4 bytes, little endian), header (JSON), maps (deflated codes).

    tall: the largest height of the drawings in pixels; None: as their width makes them.
    presented: on the lecturer's stage, where the map as text has no room.
    """
    if alphas.ndim != 4 or alphas.shape[2:] != (len(tokens), len(tokens)):
        raise ValueError(f"Maps of shape {alphas.shape} do not fit {len(tokens)} tokens.")
    codes = encode(alphas)
    if causal:
        codes = codes[..., *np.tril_indices(len(tokens))]
    # Huffman coding does the work here: repeated strings are rare in attention.
    deflate = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    body = deflate.compress(codes.tobytes()) + deflate.flush()
    header = {
        "id": digest(body + "\0".join(tokens).encode()),
        "layers": alphas.shape[0],
        "heads": alphas.shape[1],
        "tokens": list(tokens),
        "axis": "token" if picture is None else "patch",
        "causal": causal,
        "tall": tall,
        "presented": presented,
        "cell": dict(cell),
        "colours": colours()[::4].tolist(),
        "picture": picture and "data:image/png;base64," + base64.b64encode(picture).decode(),
    }
    text = json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + body


def encode(weights: np.ndarray) -> np.ndarray:
    """Weights 0 to 1 as bytes, code = 255·√w: the largest error is 0.004, near 0 it is 4e-6."""
    codes: np.ndarray = np.rint(255 * np.sqrt(np.clip(weights, 0, 1)))
    return codes.astype(np.uint8)


def _within(value: object, most: int) -> int:
    """An index sent by a browser, clamped to 0 … most."""
    return min(max(int(value), 0), most) if isinstance(value, (int, float)) else 0
