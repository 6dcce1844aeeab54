"""One text that the browser keeps under a name, for all its tabs and beyond a reload.

What is kept is told to Python first, with a mark. A text is written only over what this tab was
told last: when another tab was quicker, its text is told instead, so that Python can put both
together and write again. Nothing a tab has not seen is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

_HTML = """
<span hidden></span>
"""

_JS = """
const places = new WeakMap(); // where this stands on the page -> what this tab was told last
export default function ({ data, parentElement, setStateValue }) {
  const { name, limit, mark, text } = data;
  const last = places.get(parentElement) ?? { text: "", problem: "" };
  last.tell = (problem) => {
    last.mark = String(Math.random());
    last.problem = problem;
    const told = problem ? "" : last.text;
    setStateValue("told", { mark: last.mark, text: told, problem });
  };
  last.look = () => {
    try {
      const now = localStorage.getItem(name) ?? "";
      const gone = !now && last.text;
      last.text = now;
      last.tell(now.length > limit ? "large" : gone ? "gone" : "");
    } catch { last.tell("off"); }
  };
  if (!places.has(parentElement)) {
    places.set(parentElement, last);
    const listen = (event) => {
      if (!parentElement.isConnected) window.removeEventListener("storage", listen);
      else if (event.key === name || event.key === null) last.look();
    };
    window.addEventListener("storage", listen);
    return last.look();
  }
  if (text === null || mark !== last.mark || text === last.text) return;
  try {
    if ((localStorage.getItem(name) ?? "") !== last.text) return last.look();
    if (text) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
    last.text = text;
    if (!text || last.problem) last.tell("");
  } catch { if (last.problem !== "full") last.tell("full"); }
}
"""

_component = st.components.v2.component("unrolled_store", html=_HTML, js=_JS)


@dataclass(frozen=True)
class Stored:
    """What the browser keeps. mark: of this telling, new for each.

    problem: "" or why the text is not here: large (beyond the limit), off (it keeps nothing), full
    (what was to be written does not fit), gone (another tab has removed it).
    """

    mark: str
    text: str
    problem: str


def read(key: str) -> Stored | None:
    """What the browser said last; None before it has, or when that makes no sense."""
    state = st.session_state.get(key)
    said = state.get("told") if isinstance(state, Mapping) else None
    if not isinstance(said, Mapping):
        return None
    parts = [said.get(part) for part in ("mark", "text", "problem")]
    texts = [part for part in parts if isinstance(part, str)]
    return Stored(*texts) if len(texts) == len(parts) else None


def write(key: str, name: str, text: str | None, *, mark: str, limit: int) -> None:
    """Have the browser keep `text` under `name`; "" removes what is kept, None leaves it.

    mark: of the telling that `text` takes into account. limit: characters that are told at most.
    """
    _component(
        key=key,
        data={"name": name, "limit": limit, "mark": mark, "text": text},
        on_told_change=lambda: None,
        height="content",
    )
