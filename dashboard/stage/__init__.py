"""The lecturer's view: one beat of a storyline, its keys and its speaker notes.

Imports dashboard.state, components.streamlit_dom and core. It hides parts of a page and sets its
controls; pages know nothing of it.
"""
