"""The router. Start it with `make run` or `streamlit run dashboard/app.py`."""

import os

import streamlit as st

from core.system import libraries
from dashboard import lessons, limits, state, style, whole_links
from dashboard.components import export_menu, page, scrolling
from dashboard.course import page_end
from dashboard.stage import stage

# Read by torch when it is first imported: beside a training run, more threads are slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
libraries.search_seldom()
whole_links.keep()

with limits.first_view():
    st.set_page_config("Unrolled", page_icon=style.ICON, layout="wide", initial_sidebar_state=285)
    style.apply(presenting=state.presenting())

    pages = page.of_all_lessons()
    selected_page = st.navigation(list(pages.values()), position="hidden")
    if selected_page.url_path in lessons.WITH_TORCH:
        libraries.open_torch_ahead()
    state.apply_link(selected_page.url_path)
    if not state.presenting():
        st.logo(style.ICON, size="large")
        page.menu(pages)
        export_menu.show(selected_page.url_path or "home")
    with page.one_sentence_for_errors():
        if state.presenting():
            stage.show(selected_page.url_path or "home")
        selected_page.run()
        page_end.show(selected_page.url_path or "home")
    scrolling.reach_what_scrolls()
libraries.import_torch_ahead()
libraries.set_aside_libraries()
