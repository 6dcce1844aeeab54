"""The style sheet: what dashboard/.streamlit/config.toml cannot set."""

from base64 import b64encode

import streamlit as st

from core.system.folders import ASSETS
from dashboard.components import panes, streamlit_dom as dom
from dashboard.palette import BACKGROUND, FIGURE_GRID, FIGURE_TEXT

# Embedded in the page: an icon by name would be fetched from the network.
_FILE = ASSETS / "icon.png"
_BYTES = _FILE.read_bytes() if _FILE.is_file() else b""
ICON = "data:image/png;base64," + b64encode(_BYTES).decode()


def _rgb(colour: str) -> str:
    """A colour as browsers write it into style attributes."""
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))


# The text, grid and background colours of a figure follow the theme.
_FIGURE_CSS = f"""
@media (hover: none) {{ {dom.PLOT_BUTTONS} {{ display: none; }} }}
{dom.PLOT_BUTTONS} {{ transform: translateY(-12px); }} /* clear of a legend above the plot */
{dom.PLOT_AREA} {{ background: transparent !important; }}
{dom.PLOT} rect[style*="fill: {_rgb(BACKGROUND[0])}"] {{ fill: transparent !important; }}
{dom.PLOT} [style*="fill: {_rgb(FIGURE_TEXT)}"] {{ fill: currentColor !important; }}
{dom.CELL_LABEL} [style*="fill: rgb(68, 68, 68)"] {{ fill: #000000 !important; }}
{dom.PLOT} [style*="stroke: {_rgb(FIGURE_TEXT)}"] {{ stroke: currentColor !important; }}
{dom.PLOT} [style*="stroke: {_rgb(FIGURE_GRID)}"] {{
  stroke: color-mix(in srgb, currentColor 20%, transparent) !important;
}}
"""

# Rows of ten pictures, and figures with long names, scroll sideways on a phone.
_ROWS = ", ".join(dom.keyed(f"figure-{name}") for name in ("ten", "Grad-CAM", "gradient-relevance"))
_WIDE = f":is({_ROWS}) {dom.IMAGE}"
_NAMED = ("figure-lens", "figure-step-matrix", "figure-induction", "next-token", "side-by-side")
_MAPS = ", ".join(map(dom.keyed, _NAMED))
_WRITTEN = f":is({_MAPS}) {dom.ELEMENT}:has({dom.PLOT})"
_MENU, _SIX, _QUESTIONS = map(dom.keyed, ("menu", "six-maps", "question-rows"))
_STAYS = f"{dom.CONTAINER}:has(> :is({dom.keyed('exam-clock')}, {dom.keyed('back')}))"  # in view
# Rules for everything inside an element name its whole class. With a part of one, [class*=…], the
# browser would match all that the element contains again whenever any of its classes changes.
_FIGURE, _SAVE = (f'[class*="st-key-{name}-"]' for name in ("figure", "save-menu"))

# A shadow at the right where a formula continues, until it is scrolled to its end.
_PAGE = f"light-dark({BACKGROUND[0]}, {BACKGROUND[1]})"
_SHADOW = f"""background:
  linear-gradient(to left, {_PAGE} 40%, transparent) 100% 0 / 3rem 100% no-repeat local,
  linear-gradient(to left, color-mix(in srgb, currentColor 45%, transparent), transparent)
    100% 0 / 1rem 100% no-repeat scroll;"""

# Only for browsers that lack what this style sheet and the drawings need.
_OLD_BROWSER = f"""
@supports not (color: light-dark(black, white)) {{
  {dom.CONTENT}::before {{
    content: "This browser is too old to show everything here: update it, or use Firefox 120, "
      "Chrome or Edge 123, Safari 17.5, or a newer one.";
    display: block; padding: 0.6rem 1rem; border: 3px solid #b44c22; font-weight: 600;
  }}
}}"""

_CSS = f"""<style>{_FIGURE_CSS}{_OLD_BROWSER}
{dom.CONTENT} {{ max-width: 1400px; }}
{dom.CONTENT} :is(p, li) {{ max-width: 60rem; }}
@media (min-width: 641px) {{
  {dom.HEADER} {{ height: 3rem; min-height: 3rem; background: none; pointer-events: none; }}
  {dom.HEADER} * {{ pointer-events: none; }}
  {dom.HEADER} :is(button, button *) {{ pointer-events: auto; }}
  {dom.CONTENT} {{ padding: 0.9rem 3.2rem 4rem 2.5rem; }}
}}
{dom.CONTENT} h1 {{ padding: 0; font-size: 2rem; }}
{dom.keyed("question")} {{ margin-top: -0.7rem; }}
:is({dom.CONTENT}, {dom.SIDEBAR}) a:focus-visible {{
  outline: 3px solid currentColor; border-radius: 0.3rem; }}
{dom.MAIN}:focus-visible {{ outline: 3px solid currentColor; outline-offset: -3px; }}
::highlight(glossary) {{ text-decoration: underline dotted; }}
{dom.keyed("question")} p {{ font-size: 1.1rem; }}
{_FIGURE} {{ gap: 0.35rem; }}
{_SAVE} button {{ min-height: 1.5rem; padding: 0 0.3rem; }}
{_SIX} img {{ max-height: max(21vh, 8rem); width: auto !important; }}
{_SIX} {_FIGURE} {{ position: relative; }}
{_SIX} {_SAVE} {{ position: absolute; right: 0; bottom: 0; width: auto; z-index: 1; }}
{_SIX} {dom.CAPTION} {{ padding-right: 3.2rem; }}
{dom.METRIC_LABEL} *, {dom.CHECKBOX} p {{ white-space: normal !important; }}
{dom.CAPTION} {{ color: inherit; opacity: 0.85; }}
{dom.PRIMARY_BUTTON}:not(:disabled), {dom.CHOSEN_OPTION}, {dom.CHOSEN_OPTION_CROSS} {{
  color: light-dark(#ffffff, {BACKGROUND[1]}) !important;
}}
{dom.SEGMENTED} button {{ padding-inline: 0.55rem; }}
{dom.SEGMENTED} button:has(+ [aria-checked="true"]) {{
  border-right-color: color-mix(in srgb, currentColor 24%, transparent) !important; }}
{dom.RADIO_OPTION}:not(:has(:checked)) > div > div:first-child {{
  border-color: color-mix(in srgb, currentColor 60%, transparent);
}}
{dom.CHECKBOX} label:not(:has(:checked)) > div:first-of-type {{
  background-color: color-mix(in srgb, currentColor 60%, transparent);
}}
{dom.SHORTCUT} {{
  border: 1px solid; border-radius: 0.25rem; padding: 0 0.25rem; font-size: 0.85em; }}
{dom.SHORTCUT}, button span:has(> {dom.SHORTCUT}) {{
  color: inherit !important; opacity: 1 !important; }}
{dom.SHORTCUT} {{
  border: 1px solid currentColor !important; border-radius: 0.25rem;
  padding: 0 0.3rem !important; }}
{dom.CONTENT} {dom.PAGE_LINK} a * {{ white-space: normal; }}
@media (min-width: 641px) {{ {dom.FORMULA_ALONE} {{ overflow: visible !important; }} }}
@media (max-width: 640px) {{
  {dom.CONTENT} h1 {{ font-size: 1.8rem; }}
  {dom.keyed("all-lessons")} {dom.CAPTION} {{ display: none; }}
  {dom.keyed("all-lessons")}, {dom.keyed("all-lessons")} * {{ row-gap: 0.4rem; }}
  {dom.ELEMENT}:has(> * > {dom.SLIDER_CLASS}) {{ min-width: 100%; }}
  {dom.keyed("figure-measures")} tr > :last-child {{ display: none; }}
  {_SIX} {{ display: grid; grid-template-columns: 1fr 1fr; }}
  {_SIX} > {dom.CONTAINER}, {_SIX} > {dom.CONTAINER} > * {{ display: contents; }}
  {_SIX} {dom.COLUMN} {{ min-width: 0; width: auto; }}
  {_WIDE}, {_WRITTEN} {{ overflow-x: auto; }}
  {_WIDE} img {{ width: 760px !important; max-width: none !important; }}
  {_WRITTEN} > * {{ min-width: 640px; }}
  {dom.keyed("figure-lens")} {dom.ELEMENT}:has({dom.PLOT}) > * {{ min-width: 900px; }}
  {dom.FORMULA_ALONE} > {dom.FORMULA} {{ font-size: 0.9em; }}
  {dom.FORMULA_ALONE} {{ {_SHADOW} }}
}}
@media (forced-colors: active) {{
  {dom.SLIDER} [role="group"], {dom.CHECKBOX} label > div:first-of-type {{
    forced-color-adjust: none;
  }}
  {dom.SLIDER} [role="group"] p {{ color: CanvasText; }}
  {dom.SEGMENTED} [aria-checked="true"] {{ outline: 3px solid Highlight; outline-offset: -3px; }}
}}
[class*="st-key-feed-"] {{ display: none; }}
{_STAYS} {{ position: sticky; top: 0; z-index: 9; padding: 0.4rem 0; background: {_PAGE}; }}
@media (max-width: 640px) {{ {_STAYS} {{ top: 3.75rem; }} }}
@media (min-width: {panes.WIDE}px) {{
  {_STAYS} ~ * {panes.COLUMN}:first-child {{ top: 2.7rem; max-height: calc(100vh - 3.6rem); }}
}}
{_QUESTIONS} a:not(:hover) {{ background: none; }}
{_QUESTIONS} a * {{ font-weight: 400; }}
:is({_QUESTIONS}, {dom.keyed("experiment")}) a * {{ white-space: normal; }}
{dom.keyed("measure")} {dom.SEGMENTED} * {{ white-space: normal; text-overflow: clip; }}
{dom.keyed("measure")} {dom.SEGMENTED} button {{ height: auto; min-height: 2.5rem; }}
{_QUESTIONS} a strong {{ font-weight: 600; }}
:is({dom.keyed("predict")}, {dom.keyed("checks")}) [role="radiogroup"] {{ gap: 0.6rem; }}
{_MENU} {{ gap: 0.35rem; }}
{_MENU} {dom.CAPTION} {{ padding-top: 1.2rem; font-weight: 600; }}
{panes.CSS}</style>"""

_PRESENTER_CSS = f"""<style>
:root {{ font-size: 24px; }}
{dom.HEADER} {{ display: none; }}
{dom.SIDEBAR} {{ display: none; }} /* it stays when a link of the dashboard leads here */
{dom.CONTENT} {{ max-width: 100%; padding-top: 1.2rem; }}
@media (max-width: 640px) {{
  {dom.keyed("side-by-side")} {dom.ELEMENT}:has({dom.PLOT}) > * {{ min-width: 900px; }}
}}
</style>"""


def apply(presenting: bool = False) -> None:
    """Add the style sheet to the page; presenting: large type and full width."""
    st.html(_CSS)
    if presenting:
        st.html(_PRESENTER_CSS)
