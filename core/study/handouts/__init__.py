"""Lessons to take away: scripts of cells, exported as notebooks with the page's settings.

The scripts in lessons/ use core alone.
"""
