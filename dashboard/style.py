"""The style sheet: what .streamlit/config.toml cannot set."""

from base64 import b64encode
from pathlib import Path

import streamlit as st

from dashboard.palette import BACKGROUND, FIGURE_GRID, FIGURE_TEXT

# A file of ours, within the page: a named icon would be fetched from the network.
_FILE = Path(__file__).resolve().parent.parent / "assets" / "icon.png"
_BYTES = _FILE.read_bytes() if _FILE.is_file() else b""
ICON = "data:image/png;base64," + b64encode(_BYTES).decode()


def _rgb(colour: str) -> str:
    """A colour as browsers write it into style attributes."""
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))


# What a figure has in the light page's text, grid and background colour follows the theme.
_FIGURE_CSS = f"""
@media (hover: none) {{ .js-plotly-plot .modebar {{ display: none; }} }}
.js-plotly-plot .main-svg {{ background: transparent !important; }}
.js-plotly-plot rect[style*="fill: {_rgb(BACKGROUND[0])}"] {{ fill: transparent !important; }}
.js-plotly-plot [style*="fill: {_rgb(FIGURE_TEXT)}"] {{ fill: currentColor !important; }}
.js-plotly-plot .heatmap-label [style*="fill: rgb(68, 68, 68)"] {{ fill: #000000 !important; }}
.js-plotly-plot [style*="stroke: {_rgb(FIGURE_TEXT)}"] {{ stroke: currentColor !important; }}
.js-plotly-plot [style*="stroke: {_rgb(FIGURE_GRID)}"] {{
  stroke: color-mix(in srgb, currentColor 20%, transparent) !important;
}}
"""

# Rows of ten pictures, and maps with writing in their cells: on a phone one moves along them.
_WIDE = ":is(.st-key-figure-ten, .st-key-figure-Grad-CAM, .st-key-figure-gradient-relevance)"
_WIDE += ' [data-testid="stImage"]'
_WRITTEN = ":is(.st-key-figure-lens, .st-key-figure-step-matrix)"
_WRITTEN += ' [data-testid="stElementContainer"]:has(.js-plotly-plot)'

_CSS = f"""<style>{_FIGURE_CSS}
[data-testid="stMainBlockContainer"] {{ max-width: 1180px; }}
@media (min-width: 641px) {{
  [data-testid="stHeader"] {{ height: 3rem; min-height: 3rem; }}
  [data-testid="stMainBlockContainer"] {{ padding: 3rem 3.2rem 4rem 2.5rem; }}
}}
[data-testid="stMainBlockContainer"] h1 {{ padding-top: 0; }}
.st-key-question p {{ font-size: 1.1rem; }}
[data-testid="stCaptionContainer"] {{ color: inherit; opacity: 0.85; }}
[data-testid^="stBaseButton-primary"] {{ color: light-dark(#ffffff, {BACKGROUND[1]}) !important; }}
[data-testid="stMultiSelect"] span[title], [data-testid="stMultiSelect"] [role="button"] svg {{
  color: light-dark(#ffffff, {BACKGROUND[1]}) !important;
}}
kbd, *:has(> kbd) {{ color: inherit !important; opacity: 1 !important; }}
@media (min-width: 641px) {{ .katex-display {{ overflow: visible !important; }} }}
@media (max-width: 640px) {{
  [data-testid="stMainBlockContainer"] h1 {{ font-size: 1.8rem; }}
  [data-testid="stElementContainer"]:has(> * > .stSlider) {{ min-width: 100%; }}
  {_WIDE}, {_WRITTEN} {{ overflow-x: auto; }}
  {_WIDE} img {{ width: 760px !important; max-width: none !important; }}
  {_WRITTEN} > * {{ min-width: 640px; }}
  .katex-display > .katex {{ font-size: 1em; }}
}}
.st-key-menu {{ gap: 0.35rem; }}
.st-key-menu [data-testid="stCaptionContainer"] {{ padding-top: 1.2rem; font-weight: 600; }}
</style>"""

_PRESENTER_CSS = """<style>
:root { font-size: 24px; }
[data-testid="stHeader"] { display: none; }
[data-testid="stMainBlockContainer"] { max-width: 100%; padding-top: 1.2rem; }
</style>"""


def apply(presenting: bool = False) -> None:
    """Put the style sheet into the page; presenting, with large type and no side columns."""
    st.html(_CSS)
    if presenting:
        st.html(_PRESENTER_CSS)
