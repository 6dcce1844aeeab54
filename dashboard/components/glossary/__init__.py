"""The button that lists the terms of a page, the look of their explanations, and the glossary."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.components import copy_button, streamlit_dom as dom

_FILES = Path(__file__).resolve().parent
_HTML = """
<button type="button" aria-expanded="false" aria-controls="words">Words</button>
<dl id="words" tabindex="0" aria-label="The words of this page, explained" hidden></dl>
<p role="tooltip" hidden></p>
"""
_CSS = f"""{copy_button.LOOK}
button {{ font-size: 0.85rem; padding: 0.3rem 0.8rem; }}
dl:focus-visible {{ outline: 3px solid var(--st-primary-color); outline-offset: 2px; }}
dl, p {{ position: fixed; z-index: 1000; margin: 0; padding: 0.6rem 0.9rem; font-size: 0.95rem;
  line-height: 1.35; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: 0.4rem;
  box-shadow: 0 2px 12px rgb(0 0 0 / 25%); }}
p {{ max-width: min(22rem, 90vw); pointer-events: none; }}
dl {{ top: 7rem; right: 1rem; width: min(26rem, 92vw); max-height: calc(100vh - 9rem);
  overflow-y: auto; box-sizing: border-box; }}
dt {{ font-weight: 650; }}
dd {{ margin: 0 0 0.5rem; }}
[hidden] {{ display: none; }}
"""
_component = st.components.v2.component(
    "unrolled_glossary",
    html=_HTML,
    css=_CSS,
    js=(_FILES / "glossary.js").read_text(encoding="utf-8"),
)


@cache
def terms() -> dict[str, str]:
    """The glossary: a pattern for the forms of each term -> its sentence, longest term first."""
    table = tomllib.loads((_FILES / "glossary.toml").read_text(encoding="utf-8"))
    by_length = sorted(table.items(), key=lambda item: -max(map(len, item[0].split("|"))))
    return {_pattern(forms): text for forms, text in by_length}


def _pattern(forms: str) -> str:
    """A regular expression of JavaScript for whole words; forms are letters, hyphens and spaces."""
    return rf"(?<![\p{{L}}\d_-])(?:{forms})s?(?![\p{{L}}\d_-])"


def explain_words() -> None:
    """The button that lists the terms of this page, which are marked where they first appear."""
    pairs = [list(pair) for pair in terms().items()]
    _component(
        key="glossary", data={"terms": pairs, "main": dom.MAIN}, width="content", height="content"
    )
