"""The commands that make what assets/ holds: trained models, their cards, measured curves.

May import everything in core but core.study; nothing but the dashboard imports it.
"""
