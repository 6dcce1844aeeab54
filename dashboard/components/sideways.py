"""What scrolls sideways, such as a long formula on a phone, is reached and moved by keys too."""

import streamlit as st

from dashboard.components import streamlit_dom as dom

# Looks again once the page has changed or turned; a place that fits is passed over as before.
_JS = """
export default function ({ data, parentElement }) {
  if (parentElement.looking) return;
  parentElement.looking = true;
  const main = document.querySelector(data.main);
  let waiting = 0;
  const look = () => {
    waiting = 0;
    if (!parentElement.isConnected) return stop();
    for (const place of main.querySelectorAll(data.places)) {
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
  const observer = new MutationObserver(later);
  observer.observe(main, { childList: true, subtree: true });
  window.addEventListener("resize", later);
  const stop = () => {
    observer.disconnect();
    window.removeEventListener("resize", later);
  };
  later();
}
"""
_PLACES = (dom.FORMULA_ALONE, dom.IMAGE, f"{dom.ELEMENT}:has({dom.PLOT})")
_component = st.components.v2.component("unrolled_sideways", html="<span hidden></span>", js=_JS)


def reach_what_scrolls() -> None:
    """Formulas, pictures and figures that are wider than the page take part in the tab order."""
    data = {"main": dom.MAIN, "places": ", ".join(_PLACES), "label": "Scrolls sideways"}
    _component(key="sideways", data=data, height="content")
