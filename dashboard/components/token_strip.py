"""A text as a row of tokens that can be played, walked through with the keys, and clicked."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components import live
from dashboard.components.program import deflated

_HTML = """
<div class="tools">
  <button type="button" class="play" title="Let the text appear token by token">Play</button>
  <span class="legend"></span>
</div>
<ol class="tokens" aria-label="Tokens of the text"></ol>
"""

_CSS = """
.tools { display: flex; gap: 0.8rem; align-items: center; flex-wrap: wrap; font-size: 0.85rem; }
.play {
  font: inherit; padding: 0.2rem 0.8rem; cursor: pointer; color: var(--st-text-color);
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius);
}
.play:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.legend { color: var(--st-text-color); opacity: 0.85; }
ol { list-style: none; margin: 0.5rem 0 0; padding: 0; line-height: 1.25; }
li { display: inline; }
li button {
  font: inherit; font-size: 1rem; color: var(--st-text-color); cursor: pointer;
  margin: 0 0.1rem 0.3rem 0; padding: 0.12rem 0.3rem; border: 2px solid transparent;
  border-radius: 0.25rem; white-space: pre-wrap; overflow-wrap: anywhere;
  min-width: 24px; text-align: center;
  background: color-mix(in srgb, #b44c22 calc(var(--surprise) * 55%), transparent);
}
li button[data-kind="prompt"] { background: none; opacity: 0.8; font-style: italic; }
li button[data-kind="forced"] { border-style: dashed; border-color: #b137a6; }
li button[data-repeated="true"] {
  text-decoration: underline wavy #058b5e 2px; text-underline-offset: 3px;
}
li button[aria-current="true"] { border: 2px solid var(--st-primary-color); }
li button:focus-visible, .play:focus-visible {
  outline: 3px solid var(--st-primary-color); outline-offset: 1px;
}
li[hidden] { display: none; }
@media (forced-colors: active) { /* every button has a border there */
  li button[aria-current="true"] {
    forced-color-adjust: none; background: Highlight; color: HighlightText;
  }
}
"""

# Every word is set as textContent: it is never read as markup.
_JS = """
export default function ({ data: { name }, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector("ol");
  list.receive = (data) => draw(list, data, parentElement, setTriggerValue);
  const place = (window.unrolledLive ??= {})[name] ??= { drawn: [] }; // see live/feed.js
  place.drawn = [...place.drawn.filter((one) => one !== list), list].slice(-3);
  if (place.data) list.receive(place.data);
  return () => {
    clearInterval(list.timer);
    window.removeEventListener("unrolled-step", list.mark);
  };
}

function draw(list, data, parentElement, setTriggerValue) {
  const play = parentElement.querySelector(".play");
  parentElement.querySelector(".legend").textContent = data.legend;
  play.hidden = !data.play;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  clearInterval(list.timer);
  const step = data.first === null ? NaN : data.first + window.unrolledStep - 1;
  const selected = data.selected ?? step;

  list.replaceChildren(...data.tokens.map(([text, kind, surprise, repeated, note], i) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.dataset.kind = kind;
    button.dataset.repeated = repeated;
    button.style.setProperty("--surprise", surprise);
    button.title = note;
    if (i === selected) button.setAttribute("aria-current", "true");
    button.onclick = () => setTriggerValue("picked", i);
    item.append(button);
    return item;
  }));

  // The Step slider marks its word while it moves.
  window.removeEventListener("unrolled-step", list.mark);
  list.mark = ({ detail: step }) => {
    if (!list.isConnected) return window.removeEventListener("unrolled-step", list.mark);
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = list.children[data.first + step - 1];
    item?.firstChild.setAttribute("aria-current", "true");
  };
  if (data.first !== null) window.addEventListener("unrolled-step", list.mark);

  list.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const active = parentElement.activeElement || document.activeElement;
    const next = step && active && active.closest("li") &&
      (step > 0 ? active.closest("li").nextElementSibling
                : active.closest("li").previousElementSibling);
    if (next) { next.querySelector("button").focus(); event.preventDefault(); }
  };

  const show = () => {
    const made = [...list.children].filter((li) => li.firstChild.dataset.kind !== "prompt");
    made.forEach((li) => { li.hidden = true; });
    let shown = 0;
    clearInterval(list.timer);
    list.timer = setInterval(() => {
      if (shown < made.length) made[shown++].hidden = false;
      else clearInterval(list.timer);
    }, 25);
  };
  play.onclick = show;
  const text = data.tokens.map(([word]) => word).join("\\n");
  if (data.play && list.dataset.text !== text && !still) show();
  list.dataset.text = text;
}
"""

_component = st.components.v2.component(
    "unrolled_token_strip", html=_HTML, css=_CSS, js=deflated(_JS)
)


@dataclass(frozen=True)
class Token:
    """One token of the strip. kind: "prompt", "made" or "forced". surprise: 0 … 1, its shade."""

    text: str
    kind: str = "prompt"
    surprise: float = 0.0
    repeated: bool = False
    note: str = ""


def shade(probability: float) -> float:
    """How red a word is: 0 at probability 1, rising with -log2, 1 from 1/4096 down."""
    return round(min(1.0, -math.log2(max(probability, 1e-9)) / 12), 3)


def percent(probability: float) -> str:
    """A percentage with three significant digits."""
    return f"{100 * probability:.3g}%"


def token_strip(
    tokens: Sequence[Token],
    *,
    key: str,
    selected: int | None = None,
    on_pick: Callable[[int], None] | None = None,
    play: bool = True,
    legend: str = "",
    first: int | None = None,
) -> None:
    """Draw the tokens; Play lets those of the model appear one after the other.

    on_pick is called with the index of a clicked token, before the page runs again. first: the
    index of step 1, for a text whose selected token follows the Step slider while it moves, and is
    that of the slider where `selected` is None.
    """

    def picked() -> None:
        index = st.session_state[key].get("picked")
        if on_pick is not None and isinstance(index, int) and 0 <= index < len(tokens):
            on_pick(index)

    strip = {
        "tokens": [list(vars(token).values()) for token in tokens],
        "selected": selected,
        "play": play,
        "legend": legend,
        "first": first,
    }
    _component(key=key, data={"name": key}, on_picked_change=picked)
    live.feed(key, {"order": True, **strip})
