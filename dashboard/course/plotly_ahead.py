"""The browser loads Plotly while Home is read: no lesson's first figure has to wait for it.

Plotly is 4.7 MB of JavaScript. A browser that opens it for the first time is busy for 0.7 s;
nothing on Home follows the hand meanwhile. Not on a mobile network, nor where the user saves data.
"""

from pathlib import Path

import streamlit as st

from dashboard.components import streamlit_dom as dom

SCRIPTS = Path(st.__file__).with_name("static") / "static" / "js"
FILE = "PlotlyChart.*.js"  # its full name changes with Streamlit's version
READ = 2000  # ms on Home, after which it begins when the browser has nothing to do

# What a browser has imported once, Streamlit's own import of the same file finds.
_JS = """
export default function ({ data }) {
  const { saveData, type } = navigator.connection ?? {};
  if (saveData || type === "cellular") return;
  const beside = document.querySelector(data.script).src;
  const load = () => import(new URL(data.file, beside).href).catch(() => {});
  const idle = window.requestIdleCallback ?? ((run) => run());  // Safari
  const timer = setTimeout(() => idle(load), data.read);
  return () => clearTimeout(timer);
}
"""

_component = st.components.v2.component("unrolled_plotly_ahead", html="<i hidden></i>\n", js=_JS)


def show() -> None:
    """Load it in the browser of whoever stays on this page; where it is not found, nothing."""
    found = sorted(SCRIPTS.glob(FILE))
    if found:
        data = {"script": dom.SCRIPT, "file": found[0].name, "read": READ}
        _component(key="feed-plotly", data=data, height="content")
