"""One named text in the browser's local storage, shared by all its tabs.

The stored text is sent to Python first, with a mark. A write only replaces the version that this
tab has read last: if another tab has written since, its text is sent instead, so that Python can
merge both and write again. Nothing is overwritten unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

_HTML = """
<span hidden></span>
"""

_JS = """
const places = new WeakMap(); // element -> what this tab has read last
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
    """The stored text. mark: a new one for each reading.

    problem: "" or why there is no text: large (beyond the limit), off (the browser stores nothing),
    full (the text to be written does not fit), gone (another tab has removed it).
    """

    mark: str
    text: str
    problem: str


def read(key: str) -> Stored | None:
    """What the browser sent last; None before that, or when it is malformed."""
    state = st.session_state.get(key)
    reply = state.get("told") if isinstance(state, Mapping) else None
    if not isinstance(reply, Mapping):
        return None
    parts = [reply.get(part) for part in ("mark", "text", "problem")]
    texts = [part for part in parts if isinstance(part, str)]
    return Stored(*texts) if len(texts) == len(parts) else None


def write(key: str, name: str, text: str | None, *, mark: str, limit: int) -> None:
    """Ask the browser to store `text` under `name`; "" removes it, None leaves it as it is.

    mark: of the reading on which `text` is based. limit: the most characters that are read.
    """
    _component(
        key=key,
        data={"name": name, "limit": limit, "mark": mark, "text": text},
        on_told_change=lambda: None,
        height="content",
    )
