"""The dashboard: everything between core and pages. `app.py` starts it.

Loose here is what all of it uses: state, controls, lessons, limits, palette and style.
"""
