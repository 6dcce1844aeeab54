"""A place on the page that scrolls into view."""

from __future__ import annotations

import streamlit as st

_HTML = """
<div></div>
"""

# Repeated, because the page may still grow after the first scroll.
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
    """Scroll this place to the top of the window, once for each new `turn`; "" never scrolls.

    only_if_hidden: scroll no further than needed to show it.
    """
    edge = "nearest" if only_if_hidden else "start"
    _component(key=key, data={"turn": turn, "edge": edge}, height="content")
