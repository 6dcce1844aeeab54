"""Places and figures scroll into view; what scrolls sideways is reached and moved by keys too.

And Streamlit's own key R does nothing: WCAG 2.2, 2.1.4 wants no single letter to act on a page.
"""

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
      figure.style.scrollMarginTop = innerWidth > 640 ? "4rem" : "7rem";  // below the link back
      const { top, bottom } = figure.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) figure.scrollIntoView({ block: "start" });
      left = Math.min(left, 5);  // the page above it may still grow
    }
    if (--left < 0 || !parentElement.isConnected) stop();
  }, 300);
  for (const hand of hands) window.addEventListener(hand, stop, { passive: true });
}
"""
_to_figure = st.components.v2.component("unrolled_to_figure", html=_HTML, js=_FIGURE_JS)


def scroll_to_figure(name: str) -> None:
    """Scroll the figure, table or instrument of that key to the top of the window once it is
    there, unless all of it is in view."""
    places = ", ".join(dom.keyed(key) for key in (f"figure-{name}", name))
    _to_figure(key="to-figure", data={"figure": places}, height="content")


def scroll_into_view(key: str, turn: str, *, only_if_hidden: bool = False) -> None:
    """Scroll this place to the top of the window, once for each new `turn`; "" never scrolls.

    only_if_hidden: scroll no further than needed to show it.
    """
    edge = "nearest" if only_if_hidden else "start"
    _component(key=key, data={"turn": turn, "edge": edge}, height="content")


# Looks again once the page has changed or turned; a place that fits is passed over as before.
# One observer for as long as the window is open, even when the element that started it is gone.
_SIDEWAYS_JS = """
export default function ({ data }) {
  if (window.unrolledSideways) return;
  window.unrolledSideways = true;
  let waiting = 0;
  const look = () => {
    waiting = 0;
    for (const place of document.querySelectorAll(data.places)) {
      const scrolls = place.scrollWidth > place.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(place).overflowX);
      if (scrolls === place.hasAttribute("data-sideways")) continue;
      place.toggleAttribute("data-sideways", scrolls);
      const names = [["tabindex", "0"], ["role", "group"], ["aria-label", data.label]];
      for (const [name, value] of names) {
        if (scrolls) place.setAttribute(name, value);
        else place.removeAttribute(name);
      }
    }
  };
  const later = () => { waiting ||= setTimeout(look, 400); };
  new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", later);
  later();
  // Streamlit listens on the document, and would run the page again.
  document.body.addEventListener("keydown", (event) => {
    const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (bare && event.key?.toLowerCase() === "r") event.stopPropagation();
  });
}
"""
_PLACES = [
    f"{dom.MAIN} {selector}"
    for selector in (dom.FORMULA_ALONE, dom.IMAGE, f"{dom.ELEMENT}:has({dom.PLOT})")
]
_sideways = st.components.v2.component(
    "unrolled_sideways", html="<span hidden></span>", js=_SIDEWAYS_JS
)


def reach_what_scrolls() -> None:
    """Formulas, pictures and figures that are wider than the page take part in the tab order."""
    data = {"places": ", ".join(_PLACES), "label": "Scrolls sideways"}
    _sideways(key="sideways", data=data, height="content")
