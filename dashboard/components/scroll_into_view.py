"""A place on the page, or a figure, that scrolls into view."""

from __future__ import annotations

import streamlit as st

from dashboard.components import streamlit_dom as dom

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


# Waits for the figure, which may be computed first, unless the reader has begun to scroll.
_FIGURE_JS = """
const seen = new WeakMap();
export default function ({ data, parentElement }) {
  if (seen.get(parentElement) === data.figure) return;
  seen.set(parentElement, data.figure);
  const hands = ["wheel", "touchstart", "keydown", "pointerdown"];
  let left = 400;  // two minutes
  const stop = () => {
    clearInterval(timer);
    for (const hand of hands) window.removeEventListener(hand, stop);
  };
  const timer = setInterval(() => {
    const figure = document.querySelector(data.figure);
    if (figure) {
      figure.style.scrollMarginTop = "4rem";
      figure.scrollIntoView({ block: "start" });
      left = Math.min(left, 5);  // the page above it may still grow
    }
    if (--left < 0 || !parentElement.isConnected) stop();
  }, 300);
  for (const hand of hands) window.addEventListener(hand, stop, { passive: true });
}
"""
_to_figure = st.components.v2.component("unrolled_to_figure", html=_HTML, js=_FIGURE_JS)


def scroll_to_figure(name: str) -> None:
    """Scroll the figure (or table) of that key to the top of the window once it is there."""
    _to_figure(key="to-figure", data={"figure": dom.keyed(f"figure-{name}")}, height="content")


def scroll_into_view(key: str, turn: str, *, only_if_hidden: bool = False) -> None:
    """Scroll this place to the top of the window, once for each new `turn`; "" never scrolls.

    only_if_hidden: scroll no further than needed to show it.
    """
    edge = "nearest" if only_if_hidden else "start"
    _component(key=key, data={"turn": turn, "edge": edge}, height="content")
