"""The lecturer's view: one beat of a storyline, its keys, and the menu that exports a lesson.

It imports dashboard.state, and hides and moves what a page shows; pages know nothing of it.
"""
