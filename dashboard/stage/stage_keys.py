"""The bar at the foot of the lecturer's view, its keys → ← space ↑ ↓ R N, the window of notes.

R and N can be switched off (WCAG 2.2, 2.1.4): speech input would press them by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from dashboard.components import copy_button

_HTML = """
<nav aria-label="Beats of the storyline">
  <button type="button" data-go="previous" title="Previous beat (left arrow)">←</button>
  <span class="count" role="status" aria-live="polite"></span>
  <button type="button" data-go="next" title="Next beat (right arrow or space)">→</button>
  <button type="button" data-go="reveal" title="Show the answer (R)">Reveal</button>
  <button type="button" data-go="notes" title="Speaker notes in a second window (N)">Notes</button>
  <button type="button" class="letters" title="Switch the keys R and N on or off">R N</button>
</nav>
"""

_CSS = f"""{copy_button.LOOK}
nav {{
  display: flex; gap: 0.6rem; align-items: center; justify-content: flex-end; white-space: nowrap;
}}
@media (max-width: 640px) {{ nav {{ flex-wrap: wrap; }} }}
button {{ font-size: 0.75rem; padding: 0.15rem 0.8rem; }}
button:disabled {{ opacity: 0.4; cursor: default; }}
.letters[aria-pressed="false"] {{ text-decoration: line-through 2px; }}
.count {{ font-size: 0.75rem; font-variant-numeric: tabular-nums; }}
"""

# Keys do nothing while a control that uses them itself has the focus.
_JS = """
const channel = new BroadcastChannel("unrolled-stage");
// Remembered for this browser; for this window where it may store nothing.
const kept = new Map();
const letterKeys = () => {
  try { kept.set("letters", localStorage.getItem("unrolled-letter-keys")); } catch {}
  return kept.get("letters") !== "off";
};
let nav, at;
channel.onmessage = ({ data }) => {
  if (data === "where?" && nav?.isConnected) channel.postMessage(at);
};
export default function ({ data, parentElement, setTriggerValue }) {
  nav = parentElement.querySelector("nav");
  nav.querySelector(".count").textContent = `${data.number} / ${data.of}`;
  nav.querySelector('[data-go="previous"]').disabled = data.number <= 1;
  nav.querySelector('[data-go="next"]').disabled = data.number >= data.of;
  nav.querySelector('[data-go="reveal"]').disabled = !data.reveal;
  at = data.place;
  channel.postMessage(at);

  const go = (what) => {
    if (what === "notes") {
      window.open(data.notes, "unrolled-notes", "width=900,height=700");
    } else if (!(what === "next" && data.number >= data.of) &&
               !(what === "previous" && data.number <= 1)) {
      setTriggerValue("go", what);
    }
  };
  nav.querySelectorAll("[data-go]").forEach((button) => {
    button.onclick = () => go(button.dataset.go);
  });
  const letters = nav.querySelector(".letters");
  letters.setAttribute("aria-pressed", letterKeys());
  letters.onclick = () => {
    const on = !letterKeys();
    letters.setAttribute("aria-pressed", on);
    kept.set("letters", on ? "on" : "off");
    try { localStorage.setItem("unrolled-letter-keys", kept.get("letters")); } catch {}
  };
  const keys = {
    ArrowRight: "next", " ": "next", PageDown: "next", ArrowLeft: "previous", PageUp: "previous",
    r: "reveal", n: "notes",
  };
  const onKey = (event) => {
    if (!nav.isConnected) return window.removeEventListener("keydown", onKey, true);
    const focus = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (focus.closest && focus.closest(
      'input, textarea, select, [contenteditable="true"], [role="slider"], [role="combobox"], ' +
      '[role="listbox"], [role="radiogroup"], [role="application"]')) return;
    if (event.key === " " && focus.closest && focus.closest("button, a, summary")) return;
    if (/^[a-z]$/i.test(event.key) && !letterKeys()) return;
    let what = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (event.key === "ArrowUp") what = event.shiftKey ? "head up" : "layer up";
    if (event.key === "ArrowDown") what = event.shiftKey ? "head down" : "layer down";
    if (!what) return;
    event.preventDefault();
    go(what);
  };
  // One listener at a time, whenever this runs again with a new beat.
  window.removeEventListener("keydown", window.unrolledStageKey, true);
  window.unrolledStageKey = onKey;
  window.addEventListener("keydown", onKey, true);
}
"""

_component = st.components.v2.component("unrolled_stage", html=_HTML, css=_CSS, js=_JS)


Place = dict[str, str | int | None]  # lesson, beat and, in the unit's lecture, unit; from 1


def stage_keys(
    place: Place, number: int, of: int, *, reveal: bool, on_go: Callable[[], None]
) -> None:
    """Draw the bar. on_go is called after a key, which `pressed` returns.

    place: where the notes are to be opened. number: of this beat among all `of`, from 1.
    """
    named = {"notes": place["lesson"], "beat": place["beat"], "unit": place["unit"]}
    notes = "study?" + urlencode({name: value for name, value in named.items() if value})
    _component(
        key="stage",
        data={"place": place, "number": number, "of": of, "reveal": reveal, "notes": notes},
        on_go_change=on_go,
        height="content",
    )


def pressed() -> str:
    """The action of the last key: next, previous, reveal, layer up, layer down, head up, …"""
    reply = st.session_state.get("stage")
    return str((reply or {}).get("go") or "")


_FOLLOW_HTML = """
<span hidden></span>
"""
# A new window asks for the stage's position; a position that Python knows is not sent again.
_FOLLOW_JS = """
const channel = new BroadcastChannel("unrolled-stage");
let here, tell;
channel.onmessage = ({ data }) => {
  const moved = ["lesson", "beat", "unit"].some((name) => data[name] !== here?.[name]);
  if (data.lesson && moved) tell?.(data);
};
export default function ({ data, setTriggerValue }) {
  const opened = !here;
  here = data;
  tell = (at) => setTriggerValue("at", at);
  if (opened) channel.postMessage("where?");
}
"""
_follow = st.components.v2.component("unrolled_notes", html=_FOLLOW_HTML, js=_FOLLOW_JS)


def stage_position() -> dict[str, object]:
    """In the notes window: the `Place` of the stage after it has moved, else empty."""
    return dict((st.session_state.get("stage-follow") or {}).get("at") or {})


def follow_stage(here: Place) -> None:
    """In the notes window: follow the stage. here: what the window shows now."""
    _follow(key="stage-follow", data=here, on_at_change=lambda: None, height="content")
