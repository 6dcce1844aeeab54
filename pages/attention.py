"""Attention, step by step: all maps of a model, one head, one row, why √n, how many heads."""

import streamlit as st

from dashboard import controls
from dashboard.attention import head_count, maps_and_head, scaling
from dashboard.components import page

page.page_header(
    "Attention, step by step",
    "Which words does each word look at, and how does a head compute this?",
)
SECTIONS = {
    "Maps and one head": maps_and_head.show,
    "One row": maps_and_head.show_row,
    "Why √n?": scaling.show,
    "One head or many?": head_count.show,
}
section = controls.pick("Section", list(SECTIONS), key="section", bare=True)
with st.container(key=f"section-{list(SECTIONS).index(section)}"):
    SECTIONS[section]()
