"""Two panes: controls and words on the left, the main figure on the right."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import streamlit_dom as dom

WIDE = 1100  # pixels of the window from which on the panes are side by side
_PANES = '[class*="st-key-panes-"]'
COLUMN = f"{_PANES} > {dom.CONTAINER} > * > {dom.COLUMN}"

# A left pane with controls stays in view while the right one scrolls; one that is higher than the
# window scrolls by itself. Nothing of it happens on the lecturer's stage.
CSS = f"""
@media (max-width: {WIDE - 1}px) {{ {COLUMN} {{ flex-basis: 100%; min-width: 100%; }} }}
@media (min-width: {WIDE}px) {{
  {COLUMN}:first-child:has(button, input, textarea) {{
    position: sticky; top: 0.9rem; align-self: flex-start; max-height: calc(100vh - 1.8rem);
    overflow-y: auto; scrollbar-width: thin; padding: 0 0.3rem 0.3rem;
  }}
}}
"""


def panes(name: str, widths: tuple[int, int] = (1, 2)) -> Sequence[DeltaGenerator]:
    """The left and the right pane, side by side from 1,100 pixels on, below one above the other.

    name: unique on the page. widths: in parts of the whole.
    """
    with st.container(key=f"panes-{name}"):
        return st.columns(widths, gap="medium")
