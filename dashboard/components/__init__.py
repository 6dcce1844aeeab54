"""Parts that several pages show: headings, figures with downloads, links, token strips.

Imports dashboard.state, lessons, figures and core; never a lesson's own room.
"""
