"""A place on the page that scrolls into view."""

from __future__ import annotations

import streamlit as st

_HTML = """
<div></div>
"""

# Below the browser's first sight of it the page may still grow: once more when it has.
_JS = """
const seen = new WeakMap();
export default function ({ data, parentElement }) {
  if (!data.turn || seen.get(parentElement) === data.turn) return;
  seen.set(parentElement, data.turn);
  const place = parentElement.querySelector("div");
  place.style.scrollMarginTop = "4rem";
  for (const wait of [0, 150, 500]) {
    setTimeout(() => place.scrollIntoView({ block: data.edge }), wait);
  }
}
"""

_component = st.components.v2.component("unrolled_into_view", html=_HTML, js=_JS)


def scroll_into_view(key: str, turn: str, *, only_if_hidden: bool = False) -> None:
    """Scroll to this place, once for each `turn`; "" does not.

    The place goes to the top of the window; only_if_hidden: as little as shows it.
    """
    edge = "nearest" if only_if_hidden else "start"
    _component(key=key, data={"turn": turn, "edge": edge}, height="content")
