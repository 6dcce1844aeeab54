"""Lessons to take away: each a script of cells, exported as a notebook at the page's settings.

The scripts in lessons/ use core alone.
"""
